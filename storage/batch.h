// Batch: rows that are written together or not at all (P3). Its limits are those of what it is given, which are checked before.
//
// Thread: the journal's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/rocks_store.h"
#include "storage/types.h"

namespace tidegate {

class Batch {
 public:
  // `bytes`: about what it will hold.   requires: the store outlives the batch
  explicit Batch(RocksStore& store, std::size_t bytes = 0);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void put(Family family, ByteView key, ByteView value);
  // Straight from the two parts: a payload is copied once on its way into the log.
  void put(Family family, ByteView key, ByteView head, ByteView tail);
  void remove(Family family, ByteView key);
  // For keys that are put once and then deleted: where both meet in a write buffer, both are gone before the flush.
  void remove_once(Family family, ByteView key);
  // One row each: put, or removed where the value is empty.   requires: check_notes(notes)
  void apply(const std::vector<Note>& notes);

  std::uint32_t rows() const;

  // As RocksStore::write().
  Result<void> write(Sync sync);

 private:
  RocksStore& store_;
  std::unique_ptr<rocksdb::WriteBatch> rows_;
};

// `invalid`: beyond a limit, which is named.
Result<void> check_notes(const std::vector<Note>& notes);

}  // namespace tidegate
