// Every key and value of the landing's store, byte for byte. Numbers are big-endian, so that keys sort as they count.
//
//   column family   key                                   value
//   default         "format"                              u32 1
//                   "tail"                                place: u64 sequence, u64 bytes    the last chunk landed
//                   "head"                                place                             the last chunk indexed
//                   "forgotten"                           u64 sequence                      ids up to here are dropped
//   chunks          u64 sequence                          chunk header, then the entries as they came (a blob file)
//   arrivals        u64 sequence                          u64 received (ns), then the key in ids (empty: no id)
//   ids             u16 length, sensor, the chunk's id    u64 sequence
//
//   chunk header    u8 version 1, u8 compression (0 none, 1 gzip, 2 zstd), u64 received (ns), u32 records, u64 bytes of
//                   the place, then sensor, tag and id, each u16 length + 1 and text; length field 0: absent
//
// An id belongs to its sensor: no sensor can make another's chunk look like a duplicate. The store's own checksums cover
// keys, values and blobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "processor/ports.h"

namespace tidegate::landing_format {

inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t text_bytes_max = 60 * 1024;  // of sensor, tag or id

Bytes sequence_key(std::uint64_t sequence);

Bytes place_value(LandingPlace place);
Result<LandingPlace> read_place(ByteView value);

//   requires: chunk.id
Bytes id_key(const Chunk& chunk);

Bytes arrival_value(WallTime received, ByteView id_key);
struct Arrival {
  WallTime received{};
  Bytes id_key;
};
Result<Arrival> read_arrival(ByteView value);

// The part of the value that stands before the entries.
//   requires: sensor, tag and id are at most text_bytes_max long
Bytes chunk_header(const Chunk& chunk, LandingPlace place);
// `corrupt`: not a chunk, or not this one.
Result<LandedChunk> read_chunk(std::uint64_t sequence, ByteView value);

}  // namespace tidegate::landing_format
