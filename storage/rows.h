// Rows: the small values beside the segments. Each ends in its checksum (row_bytes.h); each is written whole, in the batch of
// the commit or trim that changes it.
//
// Lane row:    first u64 | last u64 | records ever u64 | bytes ever u64 | records trimmed u64 | bytes trimmed u64 | crc32
// Index row:   records ever u64 | bytes ever u64 | oldest i64 ns | read from i64 s
//              | [ back-fill's number u32 | [ lane u8 | sequence u64 ] ] | crc32
// Note row:    the note's value, 1 byte to note_value_bytes_max | crc32
// Cursor row:  settled i64 s | through i64 s | position i64 s | pass's end i64 s | commits u64 | first pack u64 |
//              next pack u64 | packs u32 | sweep u8 (0 or 1)
//              [ from i64 s | to i64 s | started i64 ns | pages u32 | attempts u32 | total count i64 | link's length u32 | link ]
//              | crc32
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

// Limit of a page link, which an API chooses.
inline constexpr std::size_t link_bytes_max = 64u << 10;

// Where a lane begins and ends, and sums since the store was begun: what is kept is the difference.
struct LaneRow {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::uint64_t records_ever = 0;
  std::uint64_t bytes_ever = 0;
  std::uint64_t records_trimmed = 0;
  std::uint64_t bytes_trimmed = 0;

  bool operator==(const LaneRow&) const = default;
};

// Beside each segment, so that usage and continuity are known without reading payloads. The sums include the segment
// itself: the row of a lane's last segment has the lane's own.
struct IndexRow {
  std::uint64_t records_ever = 0;
  std::uint64_t bytes_ever = 0;
  WallTime oldest{};
  WallSeconds read_from{};  // reading again from here on meets every record of the segment
  std::uint32_t job = 0;    // whose reading that is, as in CursorKey; on disk only where it is not 0, or a place follows
  std::optional<SegmentId> origin = {};  // of what is set aside: where it was

  bool operator==(const IndexRow&) const = default;
};

struct CursorRow {
  Cursor cursor{};
  std::uint64_t commits = 0;     // for this key, ever: tells whether a commit of uncertain fate is in
  std::uint64_t pack_first = 0;  // no pack of ids has a lower number
  std::uint64_t pack_next = 0;   // none has this one or a higher
  std::uint32_t packs = 0;       // packs kept

  bool operator==(const CursorRow&) const = default;
};

Bytes encode(const LaneRow& row);
Bytes encode(const IndexRow& row);
//   requires: the window's link has at most link_bytes_max bytes
Bytes encode(const CursorRow& row);
//   requires: 1 <= value.size() <= note_value_bytes_max
Bytes encode_note(ByteView value);

// `corrupt`, with what does not hold.
Result<LaneRow> decode_lane_row(ByteView stored);
Result<IndexRow> decode_index_row(ByteView stored);
Result<CursorRow> decode_cursor_row(ByteView stored);
Result<Bytes> decode_note(ByteView stored);

}  // namespace tidegate
