#include "processor/edges/landing_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "processor/edges/landing_format.h"

namespace tidegate {
namespace {

namespace format = landing_format;

constexpr std::size_t payload_buffer_bytes = 64u << 20;
constexpr std::size_t other_buffer_bytes = 4u << 20;
constexpr std::size_t write_buffers_bytes_max = 144u << 20;
constexpr std::size_t block_cache_bytes = 32u << 20;
constexpr std::size_t log_bytes_max = 256u << 20;

// After a failed write the store is opened anew: the library must not take up the log that it has broken off.
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

rocksdb::DBOptions database_options(rocksdb::WALRecoveryMode mode, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = mode;
  options.track_and_verify_wals_in_manifest = true;  // a log that is gone is damage, not an empty store
  options.db_write_buffer_size = write_buffers_bytes_max;
  options.max_total_wal_size = log_bytes_max;
  options.max_open_files = 256;
  options.max_file_opening_threads = 1;  // tables are few and small: threads for them would cost more than they open
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.info_log = std::make_shared<NoLog>();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families() {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(block_cache_bytes);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions small;
  small.write_buffer_size = other_buffer_bytes;
  small.compression = rocksdb::kNoCompression;
  small.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::ColumnFamilyOptions payloads = small;
  payloads.write_buffer_size = payload_buffer_bytes;
  payloads.max_write_buffer_number = 2;
  payloads.enable_blob_files = true;
  payloads.min_blob_size = 4096;
  payloads.blob_file_size = payload_buffer_bytes;
  return {{rocksdb::kDefaultColumnFamilyName, small}, {"chunks", payloads}, {"arrivals", small}, {"ids", small}};
}

}  // namespace

Error error_of(const rocksdb::Status& status, std::string_view what) {
  Code code = Code::unavailable;
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace) code = Code::full;
  else if (status.IsCorruption()) code = Code::corrupt;
  else if (status.IsNotFound()) code = Code::absent;
  return Error{code, std::string{what} + ": " + status.ToString()};
}

rocksdb::Slice landing_slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }
ByteView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

LandingStore::LandingStore(std::filesystem::path place, const LandingOptions& options)
    : directory(std::move(place)), env(options.env), limits(options.limits) {}

LandingStore::~LandingStore() { close(); }

rocksdb::Status LandingStore::open(rocksdb::WALRecoveryMode mode) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(mode, env.get()), directory.string(), families(), &handles, &opened);
  db.reset(opened);
  return status;
}

void LandingStore::close() {
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  handles.clear();
  if (db) (void)db->Close();
  db.reset();
}

Result<void> LandingStore::open_anew() {
  const std::unique_lock alone{door};
  {
    const std::unique_lock lock{mutex};
    if (!failed) return {};  // somebody else has
  }
  close();
  const rocksdb::Status status = open(rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  Result<void> loaded = status.ok() ? load() : Result<void>{error_of(status, "landing: cannot be opened again")};
  const std::unique_lock lock{mutex};
  failed = !loaded;
  return loaded;
}

Result<std::shared_lock<std::shared_mutex>> LandingStore::enter() {
  for (;;) {
    std::shared_lock inside{door};
    {
      const std::unique_lock lock{mutex};
      if (!failed) return inside;
    }
    inside.unlock();
    if (Result<void> opened = open_anew(); !opened) return std::move(opened).error();
  }
}

Error LandingStore::write_failed(const rocksdb::Status& status, std::string_view what) {
  const std::unique_lock lock{mutex};
  failed = true;
  return error_of(status, what);
}

Result<LandingPlace> LandingStore::place(const char* key) const {
  std::string value;
  const rocksdb::Status status = db->Get({}, meta(), key, &value);
  if (status.IsNotFound()) return LandingPlace{};
  if (!status.ok()) return error_of(status, "landing");
  return format::read_place(value);
}

Result<void> LandingStore::load() {
  std::string value;
  rocksdb::Status status = db->Get({}, meta(), "format", &value);
  if (status.IsNotFound()) {
    Bytes version;
    put_u32_be(version, format::version);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    status = db->Put(synced, meta(), "format", version);
    if (!status.ok()) return error_of(status, "landing");
  } else if (!status.ok()) {
    return error_of(status, "landing");
  } else if (value.size() != 4 || get_u32_be(value) != format::version) {
    return Error{Code::invalid, "landing: written by another version of the processor; use that version, or move the store away"};
  }
  const Result<LandingPlace> tail = place("tail");
  if (!tail) return tail.error();
  const Result<LandingPlace> head = place("head");
  if (!head) return head.error();
  status = db->Get({}, meta(), "forgotten", &value);
  if (!status.ok() && !status.IsNotFound()) return error_of(status, "landing");
  if (head->sequence > tail->sequence) return Error{Code::corrupt, "landing: more was indexed than was landed"};
  const std::unique_lock lock{mutex};
  forgotten = status.ok() && value.size() == 8 ? get_u64_be(value) : 0;
  usage = {*tail, *head, arrival_of(head->sequence + 1)};
  return {};
}

Result<bool> LandingStore::known(const Bytes& key, const std::unordered_set<Bytes>& batch_ids) const {
  if (batch_ids.contains(key)) return true;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db->Get({}, ids(), key, &value);
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return error_of(status, "landing: ids");
}

Result<std::uint64_t> LandingStore::forget(rocksdb::WriteBatch& batch, std::size_t at_most, LandingPlace tail, std::uint64_t head,
                                           WallTime now) const {
  std::uint64_t last = forgotten;
  for (std::size_t i = 0; i < at_most && last < head; ++i) {
    const Bytes key = format::sequence_key(last + 1);
    std::string value;
    const rocksdb::Status status = db->Get({}, arrivals(), key, &value);
    if (!status.ok() && !status.IsNotFound()) return error_of(status, "landing: arrivals");
    if (status.ok()) {
      const Result<format::Arrival> arrival = format::read_arrival(value);
      if (!arrival) return arrival.error();
      const bool too_old = arrival->received + limits.id_age_max < now;
      const bool too_many = tail.sequence - last > limits.ids_max;
      if (!too_old && !too_many) break;
      if (!arrival->id_key.empty()) batch.Delete(ids(), arrival->id_key);
      batch.Delete(arrivals(), key);
    }
    ++last;
  }
  if (last != forgotten) batch.Put(meta(), "forgotten", format::sequence_key(last));
  return last;
}

WallTime LandingStore::arrival_of(std::uint64_t sequence) const {
  std::string value;
  if (!db->Get({}, arrivals(), format::sequence_key(sequence), &value).ok()) return {};
  const Result<format::Arrival> arrival = format::read_arrival(value);
  return arrival ? arrival->received : WallTime{};
}

// Only keys and references are rewritten: a blob file in which nothing is referred to any more is deleted whole.
void LandingStore::give_space_back(LandingPlace head) {
  const Bytes first = format::sequence_key(0);
  const Bytes last = format::sequence_key(head.sequence);
  const rocksdb::Slice from = landing_slice(first);
  const rocksdb::Slice to = landing_slice(last);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  if (db->CompactRange(options, chunks(), &from, &to).ok()) uncompacted = 0;
}

}  // namespace tidegate
