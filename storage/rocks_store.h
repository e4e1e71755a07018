// RocksStore: the database as the journal uses it: its families, its options, one way to read, write and scan, and the
// one function that turns the library's errors into ours. Nothing here knows what the rows mean.
//
// Thread: the journal's. The library adds two of its own, for flush and compaction.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/keys.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Slice;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace tidegate {

struct StorePlace {
  std::filesystem::path directory;
  // Null: the machine's. Shared, because the library's threads use it for as long as a store is open.
  std::shared_ptr<rocksdb::Env> env;

  rocksdb::Env* environment() const;
};

enum class Opening : std::uint8_t {
  beginning,  // made where it is missing
  existing,   // must be there; refuses a damaged write-ahead log, but for a tail that ends in the middle of a record
  salvage,    // read-only, up to the first damage in the log: a consistent, perhaps older state
};

enum class Sync : std::uint8_t { no, yes };

// `doing` says what was tried on what.
//   no space → full   corruption → corrupt   not found → absent   wrong use, or a newer format → invalid
//   all else that may pass → unavailable
Error error_from(const rocksdb::Status& status, std::string_view doing);

// True where a file or directory is not there.
bool is_missing(const rocksdb::Status& status);

// The library's view of the same bytes.
rocksdb::Slice slice(ByteView bytes);

class RocksStore {
 public:
  static Result<std::unique_ptr<RocksStore>> open(const StorePlace& place, Opening opening);
  ~RocksStore();
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  // `absent`: no such key.
  Result<Bytes> get(Family family, ByteView key) const;

  // Every key in [from, to), in order, until `each` gives an error, which is then scan's.
  using Each = std::function<Result<void>(ByteView key, ByteView value)>;
  Result<void> scan(Family family, ByteView from, ByteView to, const Each& each) const;

  // All of the batch or nothing. After an error the store takes no more writes: it must be opened again.
  Result<void> write(rocksdb::WriteBatch& batch, Sync sync);
  // One row, synced.
  Result<void> put(Family family, ByteView key, ByteView value);
  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles_[static_cast<std::size_t>(family)]; }

  // The checksums of all tables, and that each blob file is there in full; blobs themselves are not read. `corrupt`.
  Result<void> verify_files() const;

  // Of blob files on disk.
  std::uint64_t blob_bytes() const;
  // Held in memory, and in the log: tables are made of it when the store is opened again.
  std::uint64_t unwritten_bytes() const;
  // Gives back the disk of trimmed segments: compacts away the references in each [from, to), so that blob files to
  // which none is left are deleted. `rewrite`: blobs that live in mostly dead files are copied out of them first.
  struct DeadRange {
    Bytes from;
    Bytes to;
  };
  enum class Rewrite : std::uint8_t { no, yes };
  Result<void> collect(const std::vector<DeadRange>& dead, Rewrite rewrite);

  // Of the file system, for us; the greatest number where the environment cannot tell.
  std::uint64_t disk_free() const;

 private:
  explicit RocksStore(const StorePlace& place);

  Result<void> verify_blob_files() const;

  StorePlace place_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, family_count> handles_{};  // owned by db_, given back before it closes
};

}  // namespace tidegate
