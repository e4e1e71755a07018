// A stored segment: the payload, byte for byte what goes on the wire, and behind it a tail that describes it. The payload
// stands first so that what the store hands out becomes the payload by being cut to length: no second copy.
//
// Format 1, big-endian:
//   payload | tag | oldest i64 ns | newest i64 ns | payload's length u32 | plain bytes u32 | records u32
//           | compression u8 | tag's length u8 | version u8 (1) | crc32 u32 of all before it
// In every version the last five bytes are version and checksum.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

inline constexpr std::uint8_t segment_version = 1;

// Limits of one segment.
inline constexpr std::size_t segment_tag_bytes_max = 255;
inline constexpr std::size_t segment_payload_bytes_max =
    (8u << 20) - (64u << 10);  // with its frame it fits a receiver's message; one record may be so large

// `invalid`: beyond a limit, which is named.
Result<void> check_limits(const Segment& segment);

// The bytes that it takes on disk: payload and tail.
std::size_t stored_bytes(const Segment& segment);

// What is stored behind the payload.   requires: check_limits(segment)
Bytes encode_tail(const Segment& segment);

// The checksum at the end of what is stored: of the whole value, or of its tail alone.   requires: stored.size() >= 4
std::uint32_t stored_checksum(ByteView stored);

// `corrupt`, with what does not hold: bounds, version, lengths, compression, checksum.
Result<Segment> decode_segment(Bytes stored);

}  // namespace tidegate
