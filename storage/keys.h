// Keys: every column family and every key of the store, in one place. Integers are big-endian, so keys sort as what they
// name does. The values are in rows.h, segment.h and seen_set.h. The format's number counts all of them together.
//
// - default, "damage": text, what was found wrong. Present: heal at the next open.
// - default, "epoch": 16 bytes.
// - default, "format": u32, format_version.
// - default, "healed": u8 1 if every cursor and note was saved, then text, why. Gone once it is reported.
// - default, "lane" | lane u8: lane row. Lane 4, here and below: what was set aside.
// - cursors, lane u8 | connector: cursor row of the live reading.
// - cursors, 0x40 | name: note row.
// - cursors, 0x80 + lane u8 | job u32 | connector: cursor row of a back-fill.
// - index, lane u8 | sequence u64: index row, one for each segment kept.
// - segments, lane u8 | sequence u64: segment, in blob files, out of compaction.
// - seen, lane u8 | connector's length u8 | connector | number u64: pack of ids that the live reading saw.
// - seen, 0x80 + lane u8 | job u32 | connector's length u8 | connector | number u64: the same of a back-fill.
//
// Notes and back-fills came with format 2, what is set aside with format 3; all else is format 1 unchanged.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

// Raised when bytes on disk change their meaning; a store with a higher number is left alone. One with a lower number, from the
// least on, is taken over as it stands, and gets this number.
inline constexpr std::uint32_t format_version = 3;
inline constexpr std::uint32_t format_version_least = 1;

// The library insists on a family called "default"; it holds what is about the store itself.
enum class Family : std::uint8_t { meta = 0, cursors = 1, index = 2, segments = 3, seen = 4 };
inline constexpr std::size_t family_count = 5;
inline constexpr std::array<std::string_view, family_count> family_names{"default", "cursors", "index", "segments", "seen"};

// Segments that receivers refused stand in a lane of the store's own, behind those that are collected and shipped.
inline constexpr Lane set_aside_lane = static_cast<Lane>(lane_count);
inline constexpr std::size_t stored_lane_count = lane_count + 1;
inline constexpr std::array<Lane, stored_lane_count> stored_lanes{Lane::alerts, Lane::audit_logs, Lane::techniques,
                                                                  Lane::own_events, set_aside_lane};

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
// `corrupt`: no such key is written.
Result<CursorKey> cursor_key_from(ByteView stored);

// All keys of the cursors' family lie in [begin, end).
inline constexpr std::string_view cursors_begin{"\0", 1};
inline constexpr std::string_view cursors_end{"\xff", 1};

// Notes stand among the cursors: which of the two a key of that family is, its first byte tells.
bool is_note_key(ByteView stored);
//   requires: check_name(name)
Bytes note_key(std::string_view name);
Result<std::string> note_name_from(ByteView stored);
// All notes whose names begin so lie in [first, second).
std::pair<Bytes, Bytes> note_range(std::string_view prefix);
// `invalid`: not printable ASCII, empty or too long.
Result<void> check_name(std::string_view name);

//   requires: key.connector.size() <= connector_bytes_max
Bytes pack_key(const CursorKey& key, std::uint64_t number);
// The number at the key's end.   requires: key was made by pack_key()
std::uint64_t pack_number(ByteView key);

}  // namespace tidegate
