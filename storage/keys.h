// Keys: every column family and every key of the store, in one place. Integers are big-endian, so keys sort as what they
// name does. The values are in rows.h, segment.h and seen_set.h. The format's number counts all of them together.
//
//   family     key                                                          value
//   default    "damage"                                                     text: what was found wrong; present = heal at open
//   default    "epoch"                                                      16 bytes
//   default    "healed"                                                     u8 1 if every cursor was saved | text: why; gone once
//   reported default    "format"                                                     u32: format_version default    "lane" | lane
//   u8                                             lane row cursors    lane u8 | connector cursor row index      lane u8 | sequence
//   u64                                       index row, one for each segment kept segments   lane u8 | sequence u64 segment (in
//   blob files, out of compaction) seen       lane u8 | connector's length u8 | connector | number u64     pack of ids seen
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

// Raised when bytes on disk change their meaning; a store with a higher number is left alone.
inline constexpr std::uint32_t format_version = 1;

// The library insists on a family called "default"; it holds what is about the store itself.
enum class Family : std::uint8_t { meta = 0, cursors = 1, index = 2, segments = 3, seen = 4 };
inline constexpr std::size_t family_count = 5;
inline constexpr std::array<std::string_view, family_count> family_names{"default", "cursors", "index", "segments", "seen"};

inline constexpr std::string_view damage_key = "damage";
inline constexpr std::string_view epoch_key = "epoch";
inline constexpr std::string_view format_key = "format";
inline constexpr std::string_view healed_key = "healed";

// Limit of a connector's name: its length is one byte of a key.
inline constexpr std::size_t connector_bytes_max = 255;

Bytes lane_key(Lane lane);

// In `index` and `segments` alike.
Bytes segment_key(const SegmentId& id);
// `corrupt`: no such key is written.
Result<SegmentId> segment_id_from(ByteView key);
// Above every key of the lane, and not above any of the next.
Bytes lane_end(Lane lane);

//   requires: key.connector.size() <= connector_bytes_max
Bytes cursor_key(const CursorKey& key);
Result<CursorKey> cursor_key_from(ByteView stored);

//   requires: key.connector.size() <= connector_bytes_max
Bytes pack_key(const CursorKey& key, std::uint64_t number);
// The number at the key's end.   requires: key was made by pack_key()
std::uint64_t pack_number(ByteView key);

}  // namespace tidegate
