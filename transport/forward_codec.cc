#include "transport/forward_codec.h"

#include "base/check.h"
#include "transport/base64.h"
#include "transport/msgpack_view.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::size_t ack_depth_max = 4;
constexpr std::size_t chunk_text_bytes = 24;

}  // namespace

std::string_view name(WireCompression compression) {
  switch (compression) {
    case WireCompression::none: return "";
    case WireCompression::gzip: return "gzip";
    case WireCompression::zstd: return "zstd";
  }
  return "";
}

ChunkFrame frame_chunk(const ForwardChunk& chunk) {
  TG_ASSERT(chunk.tag.size() <= tag_bytes_max, "a tag is short enough for every receiver");
  ChunkFrame frame;
  put_array(frame.head, 3);
  put_str(frame.head, chunk.tag);
  put_bin_head(frame.head, chunk.payload.size());

  const bool compressed = chunk.compression != WireCompression::none;
  put_map(frame.tail, compressed ? 3 : 2);
  put_str(frame.tail, "size");
  put_uint(frame.tail, chunk.records);
  put_str(frame.tail, "chunk");
  put_str(frame.tail, chunk_text(chunk.chunk));
  if (compressed) {
    put_str(frame.tail, "compressed");
    put_str(frame.tail, name(chunk.compression));
  }
  return frame;
}

std::string chunk_text(const Id128& id) {
  Bytes raw;
  put_id(raw, id);
  return to_base64(raw);
}

std::optional<Id128> id_from_chunk_text(std::string_view text) {
  if (text.size() != chunk_text_bytes) return std::nullopt;
  const auto raw = from_base64(text);
  if (!raw || raw->size() != 16) return std::nullopt;
  return get_id(*raw);
}

Bytes encode_ack(std::string_view chunk) {
  Bytes out;
  put_map(out, 1);
  put_str(out, "ack");
  put_str(out, chunk);
  return out;
}

AckReader::AckReader() : scan_(ack_bytes_max, ack_depth_max) {}

void AckReader::feed(ByteView bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_.append(bytes);
}

Result<std::optional<std::string>> AckReader::fail(std::string why) {
  failed_ = Error{Code::corrupt, std::move(why)};
  return *failed_;
}

Result<std::optional<std::string>> AckReader::next() {
  if (failed_) return *failed_;
  const ByteView rest = ByteView{buffer_}.substr(begin_);
  if (rest.empty()) return std::optional<std::string>{};
  // Refused by its first byte, so that no length is waited for that stands in no ack.
  if (const MsgpackHead head = read_head(rest); head.kind != MsgpackKind::map && head.kind != MsgpackKind::partial)
    return fail("the answer is not an acknowledgement");
  switch (scan_.scan(rest)) {
    case MsgpackScan::State::partial: return std::optional<std::string>{};
    case MsgpackScan::State::whole: break;
    case MsgpackScan::State::too_large:
      return fail("the answer is larger than an acknowledgement may be (" + std::to_string(ack_bytes_max) + " bytes)");
    case MsgpackScan::State::broken:
    case MsgpackScan::State::too_deep: return fail("the answer is not an acknowledgement");
  }
  const auto answer = MsgpackView::open(rest.substr(0, scan_.bytes()));
  TG_ASSERT(answer.has_value(), "what was scanned whole can be viewed");
  if (answer->size() == 0) return fail("the receiver answers that it did not keep the chunk");
  const auto ack = answer->find("ack");
  const auto text = ack ? ack->as_str() : std::nullopt;
  if (!text) return fail("the answer is not an acknowledgement");
  std::string chunk{*text};
  begin_ += scan_.bytes();
  scan_.restart();
  return std::optional<std::string>{std::move(chunk)};
}

}  // namespace tidegate
