#include "storage/segment.h"

#include "storage/row_bytes.h"

namespace tidegate {
namespace {

constexpr std::size_t fixed_bytes = 8 + 8 + 4 + 4 + 4 + 1 + 1 + 1 + 4;
constexpr std::size_t version_at_end = 5;

Error corrupt(std::string text) { return Error{Code::corrupt, "segment: " + std::move(text)}; }

}  // namespace

Result<void> check_limits(const Segment& segment) {
  if (segment.payload.size() > segment_payload_bytes_max) {
    return Error{Code::invalid, "segment payload of " + std::to_string(segment.payload.size()) + " bytes, at most " +
                                    std::to_string(segment_payload_bytes_max)};
  }
  if (segment.plain_bytes > segment_plain_bytes_max) {
    return Error{Code::invalid, "segment of " + std::to_string(segment.plain_bytes) + " bytes before compression, at most " +
                                    std::to_string(segment_plain_bytes_max)};
  }
  if (segment.tag.size() > segment_tag_bytes_max) {
    return Error{Code::invalid, "segment tag of " + std::to_string(segment.tag.size()) + " bytes, at most 255"};
  }
  return {};
}

std::size_t stored_bytes(const Segment& segment) { return segment.payload.size() + segment.tag.size() + fixed_bytes; }

Bytes encode_tail(const Segment& segment) {
  TG_ASSERT(check_limits(segment).has_value(), "a segment is bounded before it is stored");
  Bytes tail;
  tail.reserve(segment.tag.size() + fixed_bytes);
  tail.append(segment.tag);
  put_time(tail, segment.oldest);
  put_time(tail, segment.newest);
  put_u32_be(tail, static_cast<std::uint32_t>(segment.payload.size()));
  put_u32_be(tail, segment.plain_bytes);
  put_u32_be(tail, segment.records);
  tail.push_back(static_cast<char>(segment.compression));
  tail.push_back(static_cast<char>(segment.tag.size()));
  tail.push_back(static_cast<char>(segment_version));
  put_u32_be(tail, checksum(tail, checksum(segment.payload)));
  return tail;
}

std::uint32_t stored_checksum(ByteView stored) {
  TG_ASSERT(stored.size() >= 4, "what is stored ends in its checksum");
  return get_u32_be(stored.substr(stored.size() - 4));
}

Result<Segment> decode_segment(Bytes stored) {
  const ByteView all{stored};
  if (all.size() < fixed_bytes) return corrupt(std::to_string(all.size()) + " bytes are fewer than its tail has");
  const auto version = static_cast<std::uint8_t>(all[all.size() - version_at_end]);
  if (version != segment_version) return corrupt("version " + std::to_string(version) + ", expected 1");
  if (checksum(all.substr(0, all.size() - 4)) != stored_checksum(all)) {
    return corrupt("checksum does not hold");
  }

  RowReader reader{all.substr(all.size() - fixed_bytes)};
  Segment segment;
  segment.oldest = reader.time();
  segment.newest = reader.time();
  const std::uint32_t payload_bytes = reader.u32();
  segment.plain_bytes = reader.u32();
  segment.records = reader.u32();
  const std::uint8_t compression = reader.u8();
  const std::uint8_t tag_bytes = reader.u8();

  if (compression > static_cast<std::uint8_t>(Compression::zstd)) {
    return corrupt("compression " + std::to_string(compression) + " is not known");
  }
  if (std::size_t{payload_bytes} + tag_bytes + fixed_bytes != all.size()) return corrupt("its lengths do not add up");
  segment.compression = static_cast<Compression>(compression);
  segment.tag = Bytes{all.substr(payload_bytes, tag_bytes)};
  segment.payload = std::move(stored);
  segment.payload.resize(payload_bytes);
  if (Result<void> limits = check_limits(segment); !limits) return corrupt(limits.error().text());
  return segment;
}

}  // namespace tidegate
