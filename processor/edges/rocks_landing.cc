#include "processor/edges/rocks_landing.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "processor/edges/landing_format.h"

namespace tidegate {
namespace {

namespace format = landing_format;

constexpr std::size_t payload_buffer_bytes = 64u << 20;
constexpr std::size_t other_buffer_bytes = 4u << 20;
constexpr std::size_t write_buffers_bytes_max = 144u << 20;
constexpr std::size_t block_cache_bytes = 32u << 20;
constexpr std::size_t log_bytes_max = 256u << 20;
constexpr std::size_t forget_per_chunk = 4;  // so that forgetting outruns landing

// The one translation of the library's errors into ours.
Error error_of(const rocksdb::Status& status, std::string_view what) {
  Code code = Code::unavailable;
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace) code = Code::full;
  else if (status.IsCorruption()) code = Code::corrupt;
  else if (status.IsNotFound()) code = Code::absent;
  return Error{code, std::string{what} + ": " + status.ToString()};
}

rocksdb::Slice slice(ByteView bytes) { return {bytes.data(), bytes.size()}; }
ByteView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

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
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1u << 20;
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

struct RocksLanding::Store {
  std::shared_ptr<rocksdb::Env> env;  // shared with the test that gave it; outlives the database
  std::unique_ptr<rocksdb::DB> db;
  // In the order of families(). Destroyed before the database, as it demands.
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  LandingLimits limits;

  mutable std::mutex mutex;  // guards what follows: land() and done() run on different threads
  LandingUsage usage;
  std::uint64_t forgotten = 0;  // ids up to this sequence are dropped

  std::uint64_t uncompacted = 0;  // bytes done since the last compaction; done() alone

  explicit Store(const LandingOptions& options) : env(options.env), limits(options.limits) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    if (db) (void)db->Close();
  }

  rocksdb::ColumnFamilyHandle* meta() const { return handles[0]; }
  rocksdb::ColumnFamilyHandle* chunks() const { return handles[1]; }
  rocksdb::ColumnFamilyHandle* arrivals() const { return handles[2]; }
  rocksdb::ColumnFamilyHandle* ids() const { return handles[3]; }

  rocksdb::Status open(const std::filesystem::path& directory, rocksdb::WALRecoveryMode mode);
  Result<void> load();
  Result<LandingPlace> place(const char* key) const;
  // True when the chunk's id is remembered, or stands in `batch_ids`.
  Result<bool> known(const Bytes& key, const std::unordered_set<Bytes>& batch_ids) const;
  Result<std::uint64_t> forget(rocksdb::WriteBatch& batch, std::size_t at_most, LandingPlace tail, std::uint64_t head,
                               WallTime now) const;
  WallTime arrival_of(std::uint64_t sequence) const;
  void give_space_back(LandingPlace head);
};

rocksdb::Status RocksLanding::Store::open(const std::filesystem::path& directory, rocksdb::WALRecoveryMode mode) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(mode, env.get()), directory.string(), families(), &handles, &opened);
  db.reset(opened);
  return status;
}

Result<LandingPlace> RocksLanding::Store::place(const char* key) const {
  std::string value;
  const rocksdb::Status status = db->Get({}, meta(), key, &value);
  if (status.IsNotFound()) return LandingPlace{};
  if (!status.ok()) return error_of(status, "landing");
  return format::read_place(value);
}

Result<void> RocksLanding::Store::load() {
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
  if (status.ok() && value.size() == 8) forgotten = get_u64_be(value);
  else if (!status.IsNotFound()) return error_of(status, "landing");
  usage = {*tail, *head, {}};
  if (usage.head.sequence > usage.tail.sequence) return Error{Code::corrupt, "landing: more was indexed than was landed"};
  usage.oldest = arrival_of(usage.head.sequence + 1);
  return {};
}

Result<std::unique_ptr<RocksLanding>> RocksLanding::open(const std::filesystem::path& directory, LandingReport& report,
                                                         const LandingOptions& options) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return Error{Code::invalid, "landing: cannot make " + directory.string() + ": " + failed.message()};

  // Every write was synced before it was acknowledged, so a torn tail holds nothing that was promised; a broken record
  // before it does, and is never passed over in silence: the tolerant mode is a second, reported attempt.
  for (const auto mode :
       {rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords, rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords}) {
    auto store = std::make_unique<Store>(options);
    const rocksdb::Status status = store->open(directory, mode);
    if (status.ok()) {
      Result<void> loaded = store->load();
      if (loaded) return std::unique_ptr<RocksLanding>{new RocksLanding{std::move(store)}};
      if (loaded.error().code() != Code::corrupt) return std::move(loaded).error();
      report = {true, loaded.error().text(), {}};
    } else if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
      return Error{Code::unavailable, "landing: " + directory.string() + " is in use by another process"};
    } else if (!status.IsCorruption()) {
      return error_of(status, "landing: cannot open " + directory.string()).in("storage");
    } else {
      report = {true, status.ToString(), {}};
    }
  }

  for (int n = 1;; ++n) {
    std::filesystem::path aside = directory;
    aside += ".damaged-" + std::to_string(n);
    if (std::filesystem::exists(aside, failed)) continue;
    std::filesystem::rename(directory, aside, failed);
    if (failed) return Error{Code::invalid, "landing: cannot move the damaged " + directory.string() + ": " + failed.message()};
    report.set_aside = aside.string();
    break;
  }
  auto store = std::make_unique<Store>(options);
  const rocksdb::Status status = store->open(directory, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  if (!status.ok()) return error_of(status, "landing: cannot begin anew in " + directory.string());
  if (Result<void> loaded = store->load(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<RocksLanding>{new RocksLanding{std::move(store)}};
}

RocksLanding::RocksLanding(std::unique_ptr<Store> store) : store_(std::move(store)) {}
RocksLanding::~RocksLanding() = default;

Result<bool> RocksLanding::Store::known(const Bytes& key, const std::unordered_set<Bytes>& batch_ids) const {
  if (batch_ids.contains(key)) return true;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db->Get({}, ids(), key, &value);
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return error_of(status, "landing: ids");
}

// Drops the ids that are too old or too many, a few with each landing, and says up to which place.
Result<std::uint64_t> RocksLanding::Store::forget(rocksdb::WriteBatch& batch, std::size_t at_most, LandingPlace tail,
                                                  std::uint64_t head, WallTime now) const {
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

Result<std::vector<Landed>> RocksLanding::land(std::span<const Chunk> chunks) {
  Store& store = *store_;
  const LandingUsage before = usage();  // only this thread moves the tail, so no lock is held while the disk is at work
  if (before.bytes() > store.limits.backlog_bytes_max)
    return Error{Code::full, "landing: " + std::to_string(before.bytes()) + " bytes wait to be indexed"};

  std::vector<Landed> answers;
  std::unordered_set<Bytes> batch_ids;
  rocksdb::WriteBatch batch;
  LandingPlace tail = before.tail;
  for (const Chunk& chunk : chunks) {
    Bytes id_key;
    if (chunk.id) {
      id_key = format::id_key(chunk);
      const Result<bool> known = store.known(id_key, batch_ids);
      if (!known) return known.error();
      answers.push_back(*known ? Landed::duplicate : Landed::fresh);
      if (*known) continue;
      batch_ids.insert(id_key);
    } else {
      answers.push_back(Landed::fresh);
    }
    tail = {tail.sequence + 1, tail.bytes + chunk.entries.size()};
    const Bytes key = format::sequence_key(tail.sequence);
    const Bytes header = format::chunk_header(chunk, tail);
    const rocksdb::Slice key_part = slice(key);
    const rocksdb::Slice value_parts[2] = {slice(header), slice(chunk.entries)};
    batch.Put(store.chunks(), rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2));
    batch.Put(store.arrivals(), key, format::arrival_value(chunk.received, id_key));
    if (chunk.id) batch.Put(store.ids(), id_key, key);
  }
  if (tail == before.tail) return answers;  // all are durable already: nothing to write

  const Result<std::uint64_t> forgotten =
      store.forget(batch, chunks.size() * forget_per_chunk, tail, before.head.sequence, chunks.back().received);
  if (!forgotten) return forgotten.error();
  batch.Put(store.meta(), "tail", format::place_value(tail));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status status = store.db->Write(synced, &batch);
  if (!status.ok()) return error_of(status, "landing");
  const std::unique_lock lock{store.mutex};
  if (store.usage.chunks() == 0) store.usage.oldest = chunks.front().received;
  store.usage.tail = tail;
  store.forgotten = *forgotten;
  return answers;
}

Result<LandedChunk> RocksLanding::read(std::uint64_t sequence) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = store_->db->Get({}, store_->chunks(), format::sequence_key(sequence), &value);
  if (!status.ok()) return error_of(status, "landed chunk " + std::to_string(sequence));
  return format::read_chunk(sequence, view(value));
}

WallTime RocksLanding::Store::arrival_of(std::uint64_t sequence) const {
  std::string value;
  if (!db->Get({}, arrivals(), format::sequence_key(sequence), &value).ok()) return {};
  const Result<format::Arrival> arrival = format::read_arrival(value);
  return arrival ? arrival->received : WallTime{};
}

Result<void> RocksLanding::done(LandingPlace place) {
  Store& store = *store_;
  const LandingUsage before = usage();
  TG_ASSERT(place.sequence <= before.tail.sequence, "nothing is done that was not landed");
  TG_ASSERT(place.sequence >= before.head.sequence, "what was done stays done");
  rocksdb::WriteBatch batch;
  for (std::uint64_t sequence = before.head.sequence + 1; sequence <= place.sequence; ++sequence)
    batch.Delete(store.chunks(), format::sequence_key(sequence));
  batch.Put(store.meta(), "head", format::place_value(place));
  const rocksdb::Status status = store.db->Write({}, &batch);
  if (!status.ok()) return error_of(status, "landing: done");
  {
    const std::unique_lock lock{store.mutex};
    store.usage.head = place;
    if (store.usage.chunks() > 0) store.usage.oldest = store.arrival_of(place.sequence + 1);
  }
  store.uncompacted += place.bytes - before.head.bytes;
  if (store.uncompacted >= store.limits.compact_after_bytes) store.give_space_back(place);
  return {};
}

// Only keys and references are rewritten: a blob file in which nothing is referred to any more is deleted whole.
void RocksLanding::Store::give_space_back(LandingPlace head) {
  const Bytes first = format::sequence_key(0);
  const Bytes last = format::sequence_key(head.sequence);
  const rocksdb::Slice from = slice(first);
  const rocksdb::Slice to = slice(last);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  if (db->CompactRange(options, chunks(), &from, &to).ok()) uncompacted = 0;
}

LandingUsage RocksLanding::usage() const {
  const std::unique_lock lock{store_->mutex};
  return store_->usage;
}

std::uint64_t RocksLanding::ids() const {
  const std::unique_lock lock{store_->mutex};
  return store_->usage.tail.sequence - store_->forgotten;
}

}  // namespace tidegate
