#include "storage/rocks_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <limits>

namespace tidegate {
namespace {

// Memory, whatever the backlog (DESIGN.md, "Memory and disk").
constexpr std::size_t write_buffer_bytes = 16u << 20;
constexpr int write_buffers_max = 2;
constexpr std::size_t block_cache_bytes = 8u << 20;
constexpr int open_files_max = 128;

// Disk beside the segments (journal_overhead_bytes_max).
constexpr std::uint64_t wal_bytes_max = 48u << 20;
constexpr std::uint64_t blob_file_bytes = 16u << 20;

constexpr std::size_t blob_bytes_min = 256;  // smaller segments are cheaper inside the table

ByteView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// After an error the journal opens anew, and looks at what it finds: the library must not go on by itself meanwhile.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) override { *automatic = false; }
};

// What the library would write to a log of its own goes nowhere: where the disk has no room for it, the second line that it cannot
// write ends the process (an assertion in Debian's build). What fails is told by what its calls return.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel, const char*, va_list) override {}
  void LogHeader(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(const StorePlace& place, Opening opening) {
  rocksdb::DBOptions options;
  options.env = place.environment();
  options.create_if_missing = opening == Opening::beginning;
  options.create_missing_column_families = opening == Opening::beginning;
  options.paranoid_checks = true;
  options.db_host_id.clear();  // a table need not name the machine that wrote it
  // The library's default opens with what stands before a damage in the log, and says nothing. This mode forgives a log that
  // ends in the middle of a record, and refuses other damage; log_end.h finds what it overlooks.
  options.wal_recovery_mode = opening == Opening::salvage ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                                          : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = opening != Opening::salvage;
  // All families reach the tables together, so that the tables alone are a consistent state too: salvage stands on it.
  options.atomic_flush = true;
  options.avoid_flush_during_shutdown = true;  // stopping takes the path of a crash
  options.max_total_wal_size = wal_bytes_max;
  options.db_write_buffer_size = write_buffers_max * write_buffer_bytes;
  options.max_open_files = open_files_max;
  options.max_file_opening_threads = 1;  // tables are few and small: threads for them would cost more than they open
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log = std::make_shared<NoLog>();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families() {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(block_cache_bytes);
  table.cache_index_and_filter_blocks = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // payloads come compressed
  options.write_buffer_size = write_buffer_bytes;
  options.max_write_buffer_number = write_buffers_max;
  options.arena_block_size = 64u << 10;
  // Keys only grow, so levels would move each small table down as it is: one for each family and flush, all opened at each start.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;

  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (const std::string_view family : family_names) {
    all.emplace_back(std::string{family}, options);
    if (family != family_names[static_cast<std::size_t>(Family::segments)]) continue;
    // A payload is written twice at most: to the log, and, if it is not trimmed before the flush, to a blob file.
    rocksdb::ColumnFamilyOptions& segments = all.back().options;
    segments.arena_block_size = 1u << 20;
    segments.enable_blob_files = true;
    segments.min_blob_size = blob_bytes_min;
    segments.blob_file_size = blob_file_bytes;
    segments.blob_compression_type = rocksdb::kNoCompression;
    segments.enable_blob_garbage_collection = false;  // collect() decides when
  }
  return all;
}

Code code_from(const rocksdb::Status& status) {
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kSpaceLimit) return Code::full;
  if (status.IsCorruption()) return Code::corrupt;
  if (status.IsNotFound() || status.IsPathNotFound()) return Code::absent;
  if (status.IsInvalidArgument() || status.IsNotSupported()) return Code::invalid;
  if (status.IsTimedOut()) return Code::timeout;
  return Code::unavailable;
}

}  // namespace

rocksdb::Env* StorePlace::environment() const { return env ? env.get() : rocksdb::Env::Default(); }

Error error_from(const rocksdb::Status& status, std::string_view doing) {
  TG_ASSERT(!status.ok(), "only a failure is turned into an error");
  return Error{code_from(status), status.ToString()}.in(doing);
}

bool is_missing(const rocksdb::Status& status) { return status.IsNotFound() || status.IsPathNotFound(); }

rocksdb::Slice slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }

Result<std::unique_ptr<RocksStore>> RocksStore::open(const StorePlace& place, Opening opening) {
  const std::string path = place.directory.string();
  const rocksdb::DBOptions options = database_options(place, opening);
  std::unique_ptr<RocksStore> store{new RocksStore{place}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = opening == Opening::salvage
                                     ? rocksdb::DB::OpenForReadOnly(options, path, families(), &handles, &db)
                                     : rocksdb::DB::Open(options, path, families(), &handles, &db);
  if (!status.ok()) return error_from(status, "opening the journal in " + path);
  TG_ASSERT(handles.size() == family_count, "a store is opened with all of its families");
  store->db_.reset(db);
  std::copy(handles.begin(), handles.end(), store->handles_.begin());
  return store;
}

RocksStore::RocksStore(const StorePlace& place) : place_(place) {}

RocksStore::~RocksStore() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* each : handles_) db_->DestroyColumnFamilyHandle(each).PermitUncheckedError();
  db_->Close().PermitUncheckedError();  // what was acknowledged is in the log already
}

Result<Bytes> RocksStore::get(Family family, ByteView key) const {
  Bytes value;
  rocksdb::ReadOptions options;
  // A segment has a checksum of its own over all of it (segment.h), and the library's, in tables, is as dear as all the rest of
  // reading one.
  options.verify_checksums = family != Family::segments;
  const rocksdb::Status status = db_->Get(options, handle(family), slice(key), &value);
  if (!status.ok()) return error_from(status, "reading the journal");
  return value;
}

Result<void> RocksStore::scan(Family family, ByteView from, ByteView to, const Each& each) const {
  rocksdb::ReadOptions options;
  const rocksdb::Slice lower = slice(from);
  const rocksdb::Slice upper = slice(to);
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(options, handle(family))};
  for (at->Seek(lower); at->Valid(); at->Next()) {
    if (Result<void> taken = each(view(at->key()), view(at->value())); !taken) return taken;
  }
  if (!at->status().ok()) return error_from(at->status(), "scanning the journal");
  return {};
}

Result<void> RocksStore::write(rocksdb::WriteBatch& batch, Sync sync) {
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::yes;
  const rocksdb::Status status = db_->Write(options, &batch);
  if (!status.ok()) return error_from(status, "writing the journal");
  return {};
}

Result<void> RocksStore::put(Family family, ByteView key, ByteView value) {
  rocksdb::WriteBatch batch;
  const rocksdb::Status gathered = batch.Put(handle(family), slice(key), slice(value));
  return gathered.ok() ? write(batch, Sync::yes) : error_from(gathered, "writing the journal");
}

Result<void> RocksStore::verify_files() const {
  if (const rocksdb::Status status = db_->VerifyChecksum(rocksdb::ReadOptions{}); !status.ok()) {
    return error_from(status, "verifying the journal's tables");
  }
  // A compaction may be under way already: what is listed now must not be deleted before it is looked at.
  if (const rocksdb::Status status = db_->DisableFileDeletions(); !status.ok()) return error_from(status, "holding files");
  Result<void> blobs = verify_blob_files();
  const rocksdb::Status status = db_->EnableFileDeletions(false);
  if (blobs && !status.ok()) return error_from(status, "releasing files");
  return blobs;
}

Result<void> RocksStore::verify_blob_files() const {
  rocksdb::ColumnFamilyMetaData family;
  db_->GetColumnFamilyMetaData(handle(Family::segments), &family);
  for (const rocksdb::BlobMetaData& blob : family.blob_files) {
    const std::string path = (place_.directory / std::filesystem::path{blob.blob_file_name}.relative_path()).string();
    std::uint64_t bytes = 0;
    const rocksdb::Status status = place_.environment()->GetFileSize(path, &bytes);
    if (status.IsNotFound() || status.IsPathNotFound()) return Error{Code::corrupt, "blob file " + path + " is missing"};
    if (!status.ok()) return error_from(status, "looking at a blob file");
    if (bytes < blob.blob_file_size) {
      return Error{Code::corrupt, "blob file " + path + " has " + std::to_string(bytes) + " bytes, expected " +
                                      std::to_string(blob.blob_file_size)};
    }
  }
  return {};
}

std::uint64_t RocksStore::blob_bytes() const {
  std::uint64_t bytes = 0;
  db_->GetIntProperty(handle(Family::segments), rocksdb::DB::Properties::kLiveBlobFileSize, &bytes);
  return bytes;
}

Result<void> RocksStore::collect(const std::vector<DeadRange>& dead, Rewrite rewrite) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.allow_write_stall = true;
  if (rewrite == Rewrite::yes) {
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1.0;
  }
  for (const DeadRange& range : dead) {
    const rocksdb::Slice from = slice(range.from);
    const rocksdb::Slice to = slice(range.to);
    const rocksdb::Status status = db_->CompactRange(options, handle(Family::segments), &from, &to);
    if (!status.ok()) return error_from(status, "collecting the journal's dead segments");
  }
  return {};
}

std::uint64_t RocksStore::unwritten_bytes() const {
  std::uint64_t bytes = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  return bytes;
}

std::uint64_t RocksStore::disk_free() const {
  std::uint64_t bytes = 0;
  const rocksdb::Status status = place_.environment()->GetFreeSpace(place_.directory.string(), &bytes);
  return status.ok() ? bytes : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace tidegate
