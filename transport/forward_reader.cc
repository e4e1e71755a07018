#include "transport/forward_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::size_t read_bytes_least = 16u << 10;  // a whole TLS record

Error corrupt(std::string why) { return Error{Code::corrupt, std::move(why)}; }

std::string first_byte(ByteView at) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", static_cast<unsigned>(static_cast<unsigned char>(at.front())));
  return text;
}

Result<WireCompression> compression_from(std::string_view text) {
  if (text.empty() || text == "text") return WireCompression::none;
  if (text == "gzip") return WireCompression::gzip;
  if (text == "zstd") return WireCompression::zstd;
  return Error{Code::invalid, "the sender compresses in a way that is not known here; known are gzip and zstd"};
}

// Reads the option map into the message; keys that are not known are left out.
Result<void> read_option(const MsgpackView& option, const ForwardReaderLimits& limits, ForwardMessage& message) {
  if (option.is_nil()) return {};
  if (option.kind() != MsgpackKind::map) return corrupt("the option is no map");
  MsgpackItems items = option.items();
  while (const auto pair = items.next_pair()) {
    const auto& [key, value] = *pair;
    if (key.as_str() == "size") {
      message.size_hint = value.as_uint().value_or(0);
    } else if (key.as_str() == "chunk" && !value.is_nil()) {
      const auto chunk = value.as_str();
      if (!chunk) return corrupt("the chunk option is no text");
      if (chunk->size() > limits.chunk_bytes_max) return corrupt("the chunk option is too long");
      message.chunk.emplace(*chunk);
    } else if (key.as_str() == "compressed" && !value.is_nil()) {
      const auto text = value.as_str() ? value.as_str() : value.as_bin();
      if (!text) return corrupt("the compressed option is no text");
      auto compression = compression_from(*text);
      if (!compression) return std::move(compression).error();
      message.compression = *compression;
    }
  }
  return {};
}

// [tag, time, record, option?] holds its entry but for the entry's own head: it becomes packed entries of one.
void pack_single(const MsgpackView& time, const MsgpackView& record, ForwardMessage& message) {
  Bytes packed;
  packed.reserve(1 + time.bytes().size() + record.bytes().size());
  put_array(packed, 2);
  packed.append(time.bytes()).append(record.bytes());
  message.bytes = std::move(packed);
  message.entries_begin = 0;
  message.entries_bytes = message.bytes.size();
}

}  // namespace

ForwardReader::ForwardReader(ForwardReaderLimits limits) : limits_(limits), scan_(limits.message_bytes_max, limits.depth_max) {}

void ForwardReader::feed(ByteView bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = prepare(bytes.size());
    const std::size_t taken = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), taken);
    commit(taken);
    bytes.remove_prefix(taken);
  }
}

std::span<char> ForwardReader::prepare(std::size_t bytes_max) {
  TG_ASSERT(bytes_max > 0, "a read has room");
  if (failed_) {  // what comes after an error is not kept
    begin_ = filled_ = 0;
    scan_.restart();
  }
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  const std::size_t needed = scan_.bytes() > filled_ ? scan_.bytes() - filled_ : 0;
  const std::size_t room = std::min(bytes_max, std::max(needed, read_bytes_least));
  // What was announced is within the limits (the scan refuses all else), so it is worth one allocation.
  if (buffer_.capacity() < filled_ + needed) buffer_.reserve(filled_ + needed + read_bytes_least);
  if (buffer_.size() < filled_ + room) buffer_.resize(filled_ + room);
  return {buffer_.data() + filled_, room};
}

void ForwardReader::commit(std::size_t bytes) {
  TG_ASSERT(filled_ + bytes <= buffer_.size(), "no more is read than there was room for");
  filled_ += bytes;
}

Result<std::optional<ForwardMessage>> ForwardReader::fail(Error error) {
  failed_ = std::move(error);
  buffer_ = {};
  begin_ = filled_ = 0;
  return *failed_;
}

Result<std::optional<ForwardMessage>> ForwardReader::next() {
  if (failed_) return *failed_;
  constexpr char nil = '\xc0';
  while (begin_ < filled_ && scan_.bytes() == 0 && buffer_[begin_] == nil) ++begin_;  // heartbeats
  const ByteView rest = ByteView{buffer_}.substr(begin_, filled_ - begin_);
  if (rest.empty()) return std::optional<ForwardMessage>{};
  // Anything but an array is refused by its first byte: plain HTTP or a TLS hello on a wrong port is no heartbeat.
  if (const MsgpackHead head = read_head(rest); head.kind != MsgpackKind::array && head.kind != MsgpackKind::partial)
    return fail(corrupt("not a forward message: it begins with byte " + first_byte(rest)));
  switch (scan_.scan(rest)) {
    case MsgpackScan::State::partial: return std::optional<ForwardMessage>{};
    case MsgpackScan::State::whole: break;
    case MsgpackScan::State::broken: return fail(corrupt("not msgpack"));
    case MsgpackScan::State::too_deep:
      return fail(corrupt("a message is nested deeper than " + std::to_string(limits_.depth_max) + " levels"));
    case MsgpackScan::State::too_large:
      return fail(corrupt("a message is larger than " + std::to_string(limits_.message_bytes_max) + " bytes"));
  }
  const std::size_t bytes = scan_.bytes();
  scan_.restart();
  Result<ForwardMessage> message = decode(bytes);
  if (!message) return fail(std::move(message).error());
  return std::optional<ForwardMessage>{std::move(*message)};
}

// The message's bytes, out of the buffer. Where they are the larger part of it they keep the allocation, and the few
// bytes behind them move; so a large chunk is never copied.
Bytes ForwardReader::take(std::size_t bytes) {
  const std::size_t behind = filled_ - begin_ - bytes;
  if (begin_ == 0 && behind <= bytes) {
    Bytes next{buffer_, bytes, behind};
    buffer_.resize(bytes);
    Bytes message = std::move(buffer_);
    buffer_ = std::move(next);
    filled_ = behind;
    return message;
  }
  Bytes message{buffer_, begin_, bytes};
  begin_ += bytes;
  return message;
}

Result<ForwardMessage> ForwardReader::decode(std::size_t bytes) {
  ForwardMessage message;
  message.bytes = take(bytes);
  const auto array = MsgpackView::open(message.bytes, limits_.depth_max);
  TG_ASSERT(array.has_value(), "what was scanned whole can be viewed");
  if (array->size() < 2 || array->size() > 4) return corrupt("a message has " + std::to_string(array->size()) + " parts");

  MsgpackItems parts = array->items();
  const auto tag = parts.next()->as_str();
  if (!tag) return corrupt("the tag is no text");
  if (tag->size() > limits_.tag_bytes_max)
    return corrupt("the tag is longer than " + std::to_string(limits_.tag_bytes_max) + " bytes");
  message.tag = *tag;

  const MsgpackView second = *parts.next();
  const auto packed = second.as_str() ? second.as_str() : second.as_bin();
  const bool single = second.kind() == MsgpackKind::ext || second.kind() == MsgpackKind::integer;
  if (!packed && !single && second.kind() != MsgpackKind::array) return corrupt("a message of no known mode");
  if (single ? array->size() < 3 : array->size() > 3) return corrupt("a message with a wrong number of parts");
  const auto record = single ? parts.next() : std::nullopt;
  if (const auto option = parts.next()) {
    if (auto done = read_option(*option, limits_, message); !done) return std::move(done).error();
  }
  if (!packed) message.compression = WireCompression::none;  // only packed entries can be compressed

  if (single) {
    pack_single(second, *record, message);
    return message;
  }
  // The entries of Forward mode stand back to back behind the head of their array: they are packed already.
  const ByteView entries = packed ? *packed : second.bytes().substr(read_head(second.bytes()).head_bytes);
  message.entries_begin = static_cast<std::size_t>(entries.data() - message.bytes.data());
  message.entries_bytes = entries.size();
  return message;
}

}  // namespace tidegate
