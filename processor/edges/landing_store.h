// LandingStore: the landing's database: how it is opened, closed, opened anew after a write that failed, and read. RocksLanding
// decides what is written.
//
// Threads: as Landing in ports.h says; whoever uses the database has come in through enter().
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "processor/edges/rocks_landing.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Slice;
class Status;
class WriteBatch;
enum class WALRecoveryMode : char;
}  // namespace rocksdb

namespace tidegate {

// The one translation of the library's errors into ours.
Error error_of(const rocksdb::Status& status, std::string_view what);

rocksdb::Slice landing_slice(ByteView bytes);
ByteView view(const rocksdb::Slice& bytes);

struct LandingStore {
  std::filesystem::path directory;
  std::shared_ptr<rocksdb::Env> env;  // shared with the test that gave it; outlives the database
  // Held by all who use the database, and alone by who opens it anew.
  mutable std::shared_mutex door;
  std::unique_ptr<rocksdb::DB> db;
  // In the order of families(). Destroyed before the database, as it demands.
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  LandingLimits limits;

  mutable std::mutex mutex;  // guards what follows: land() and done() run on different threads
  LandingUsage usage;
  std::uint64_t forgotten = 0;  // ids up to this sequence are dropped
  bool failed = false;          // a write did: nothing is done with the database before it is opened anew

  std::uint64_t uncompacted = 0;  // bytes done since the last compaction; done() alone

  LandingStore(std::filesystem::path place, const LandingOptions& options);
  LandingStore(const LandingStore&) = delete;
  LandingStore& operator=(const LandingStore&) = delete;
  ~LandingStore();

  rocksdb::ColumnFamilyHandle* meta() const { return handles[0]; }
  rocksdb::ColumnFamilyHandle* chunks() const { return handles[1]; }
  rocksdb::ColumnFamilyHandle* arrivals() const { return handles[2]; }
  rocksdb::ColumnFamilyHandle* ids() const { return handles[3]; }

  // Of the library: what it says of the store decides what to do with it.
  rocksdb::Status open(rocksdb::WALRecoveryMode mode);
  void close();
  // Reads where the landing stands; a store that is new is given its format.
  Result<void> load();
  // What a write failed with may be in or not; the store says which. Where even this fails it is tried again by whoever comes next.
  Result<void> open_anew();
  // The way to the database, which is then sound as far as anybody knows. Held as long as it is used.
  Result<std::shared_lock<std::shared_mutex>> enter();
  Error write_failed(const rocksdb::Status& status, std::string_view what);
  Result<LandingPlace> place(const char* key) const;
  // True when the chunk's id is remembered, or stands in `batch_ids`.
  Result<bool> known(const Bytes& key, const std::unordered_set<Bytes>& batch_ids) const;
  // Drops the ids that are too old or too many, a few with each landing, and says up to which place.
  Result<std::uint64_t> forget(rocksdb::WriteBatch& batch, std::size_t at_most, LandingPlace tail, std::uint64_t head,
                               WallTime now) const;
  WallTime arrival_of(std::uint64_t sequence) const;
  void give_space_back(LandingPlace head);
};

}  // namespace tidegate
