// Forward v1, the receiver's side: a stream of bytes into messages. Pure and incremental. Takes what senders are known to
// send (all four carrier modes, bin and str entries, a missing or nil option, unknown option keys, "text", heartbeats)
// and gives one shape: a tag and packed entries. It never looks into packed entries: forward_entries.h does.
//
// Bounds: nothing is allocated for a length that is only announced beyond the limits; the buffer holds one message and
// what was read behind it. After an error it stays in error: the connection must go, without an ack.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/forward_codec.h"

namespace tidegate {

struct ForwardReaderLimits {
  std::size_t message_bytes_max = 8u << 20;
  std::size_t depth_max = 32;
  std::size_t tag_bytes_max = 128;
  std::size_t chunk_bytes_max = 256;
};

struct ForwardMessage {
  std::string tag;
  std::optional<std::string> chunk;  // asks for an ack with the same text; opaque
  WireCompression compression = WireCompression::none;
  std::uint64_t size_hint = 0;  // the sender's word for the number of entries; 0: none. Never trusted

  // Entries back to back, compressed as `compression` says. Valid as long as the message is, also after a move of it.
  ByteView entries() const { return ByteView{bytes}.substr(entries_begin, entries_bytes); }

  Bytes bytes;  // the message as it came; entries() is a part of it
  std::size_t entries_begin = 0;
  std::size_t entries_bytes = 0;
};

class ForwardReader {
 public:
  explicit ForwardReader(ForwardReaderLimits limits = {});

  void feed(ByteView bytes);

  // To read from a socket without a copy: room for at least one and at most `bytes_max` bytes, then how many came.
  // prepare() sizes the room after the message under way, within bytes_max.
  std::span<char> prepare(std::size_t bytes_max);
  void commit(std::size_t bytes);

  // The next message, or absent until more bytes come. `corrupt`: not Forward, or beyond a limit. `invalid`: a
  // compression that we do not know.
  Result<std::optional<ForwardMessage>> next();

  // Bytes held of a message that is not whole yet: a connection that ends now was cut off.
  std::size_t pending_bytes() const { return filled_ - begin_; }

 private:
  Result<std::optional<ForwardMessage>> fail(Error error);
  Result<ForwardMessage> decode(std::size_t bytes);
  Bytes take(std::size_t bytes);

  ForwardReaderLimits limits_;
  Bytes buffer_;
  std::size_t begin_ = 0;   // of the message under way
  std::size_t filled_ = 0;  // end of what was read; the rest of buffer_ is room
  MsgpackScan scan_;
  std::optional<Error> failed_;
};

}  // namespace tidegate
