#include "processor/edges/rocks_landing.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "processor/edges/landing_format.h"
#include "processor/edges/landing_store.h"

namespace tidegate {
namespace {

namespace format = landing_format;

constexpr std::size_t forget_per_chunk = 4;  // so that forgetting outruns landing

}  // namespace

Result<std::unique_ptr<RocksLanding>> RocksLanding::open(const std::filesystem::path& directory, LandingReport& report,
                                                         const LandingOptions& options) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return Error{Code::invalid, "landing: cannot make " + directory.string() + ": " + failed.message()};

  // Every write was synced before it was acknowledged, so a torn tail holds nothing that was promised; a broken record
  // before it does, and is never passed over in silence: the tolerant mode is a second, reported attempt.
  for (const auto mode :
       {rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords, rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords}) {
    auto store = std::make_unique<LandingStore>(directory, options);
    const rocksdb::Status status = store->open(mode);
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
  auto store = std::make_unique<LandingStore>(directory, options);
  const rocksdb::Status status = store->open(rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  if (!status.ok()) return error_of(status, "landing: cannot begin anew in " + directory.string());
  if (Result<void> loaded = store->load(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<RocksLanding>{new RocksLanding{std::move(store)}};
}

RocksLanding::RocksLanding(std::unique_ptr<LandingStore> store) : store_(std::move(store)) {}
RocksLanding::~RocksLanding() = default;

Result<std::vector<Landed>> RocksLanding::land(std::span<const Chunk> chunks) {
  LandingStore& store = *store_;
  const auto inside = store.enter();
  if (!inside) return inside.error();
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
    const rocksdb::Slice key_part = landing_slice(key);
    const rocksdb::Slice value_parts[2] = {landing_slice(header), landing_slice(chunk.entries)};
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
  if (!status.ok()) return store.write_failed(status, "landing");
  const std::unique_lock lock{store.mutex};
  if (store.usage.chunks() == 0) store.usage.oldest = chunks.front().received;
  store.usage.tail = tail;
  store.forgotten = *forgotten;
  return answers;
}

Result<LandedChunk> RocksLanding::read(std::uint64_t sequence) {
  const auto inside = store_->enter();
  if (!inside) return inside.error();
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = store_->db->Get({}, store_->chunks(), format::sequence_key(sequence), &value);
  if (!status.ok()) return error_of(status, "landed chunk " + std::to_string(sequence));
  return format::read_chunk(sequence, view(value));
}

Result<void> RocksLanding::done(LandingPlace place) {
  LandingStore& store = *store_;
  const auto inside = store.enter();
  if (!inside) return inside.error();
  const LandingUsage before = usage();
  TG_ASSERT(place.sequence <= before.tail.sequence, "nothing is done that was not landed");
  TG_ASSERT(place.sequence >= before.head.sequence, "what was done stays done");
  rocksdb::WriteBatch batch;
  for (std::uint64_t sequence = before.head.sequence + 1; sequence <= place.sequence; ++sequence)
    batch.Delete(store.chunks(), format::sequence_key(sequence));
  batch.Put(store.meta(), "head", format::place_value(place));
  const rocksdb::Status status = store.db->Write({}, &batch);
  if (!status.ok()) return store.write_failed(status, "landing: done");
  {
    const std::unique_lock lock{store.mutex};
    store.usage.head = place;
    if (store.usage.chunks() > 0) store.usage.oldest = store.arrival_of(place.sequence + 1);
  }
  store.uncompacted += place.bytes - before.head.bytes;
  if (store.uncompacted >= store.limits.compact_after_bytes) store.give_space_back(place);
  return {};
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
