// The entries of a chunk, one by one, without copying: [time, record] back to back. Every length and depth is checked
// before it is trusted, so what comes out can be walked with MsgpackView without fear.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

struct EntryLimits {
  std::size_t depth_max = 32;  // of an entry: the array, the record and what it holds
};

struct Entry {
  WallTime time{};
  ByteView record;  // one whole msgpack map, in the bytes that the reader was given
};

class EntryReader {
 public:
  // `entries` is plain (not compressed) and outlives the reader and its entries.
  explicit EntryReader(ByteView entries, EntryLimits limits = {}) : rest_(entries), limits_(limits) {}

  // The next entry, or absent at the end. `corrupt`: not [time, map], cut off, or too deep, with the entry's number. A
  // time is an EventTime (fixext8 or ext8), whole seconds since 1970, or [time, metadata] (v1.5; the metadata is left
  // out).
  Result<std::optional<Entry>> next();

 private:
  ByteView rest_;
  EntryLimits limits_;
  std::size_t number_ = 0;
};

}  // namespace tidegate
