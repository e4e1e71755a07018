// Forward v1, the sender's side and what both sides share: chunks out, acknowledgements in. Pure: bytes in, bytes out.
// Messages in are forward_reader.h, the entries of a chunk forward_entries.h, their compression compression.h.
//
// We send PackedForward or CompressedPackedForward: [tag, bin(entries), {"size", "chunk", "compressed"?}]. The payload
// is never copied: a frame is what stands before it and what stands behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/msgpack_scan.h"

namespace tidegate {

enum class WireCompression : std::uint8_t { none, gzip, zstd };

// "gzip", "zstd"; none is empty: the option is not sent.
std::string_view name(WireCompression compression);

inline constexpr std::size_t tag_bytes_max = 128;

// One chunk to send. The views are the sender's.
struct ForwardChunk {
  std::string_view tag;  // at most tag_bytes_max
  ByteView payload;      // entries back to back, compressed as it says
  WireCompression compression = WireCompression::none;
  std::uint32_t records = 0;
  Id128 chunk;
};

// The message is head + payload + tail.
struct ChunkFrame {
  Bytes head;
  Bytes tail;
};

//   requires: a tag of at most tag_bytes_max, a payload below 4 GiB
ChunkFrame frame_chunk(const ForwardChunk& chunk);

// The `chunk` option: Base64 of the id's 16 big-endian bytes, 24 characters. Back: absent when the text is no such.
std::string chunk_text(const Id128& id);
std::optional<Id128> id_from_chunk_text(std::string_view text);

// {"ack": chunk}: what a receiver answers. The text is the sender's, unchanged.
Bytes encode_ack(std::string_view chunk);

inline constexpr std::size_t ack_bytes_max = 512;

// Reads acknowledgements from a stream of bytes. Holds at most what was fed and not yet read. After an error it stays
// in error: the connection must go.
class AckReader {
 public:
  AckReader();

  void feed(ByteView bytes);
  // The next chunk text, or absent until more is fed. `corrupt`: not a map with a text "ack", `{}`, or larger than
  // ack_bytes_max.
  Result<std::optional<std::string>> next();

 private:
  Result<std::optional<std::string>> fail(std::string why);

  Bytes buffer_;
  std::size_t begin_ = 0;  // of what is not yet read
  MsgpackScan scan_;
  std::optional<Error> failed_;
};

}  // namespace tidegate
