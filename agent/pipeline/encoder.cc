#include "agent/pipeline/encoder.h"

#include <algorithm>

#include "agent/compression.h"
#include "base/check.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::size_t plain_keys = envelope_pairs + 3;  // timestamp, record_id, and the API's record

void put_length_prefixed(Bytes& out, std::string_view text) {
  put_u64_be(out, text.size());
  out.append(text);
}

}  // namespace

Encoder::Encoder(Origin origin, Compression compression)
    : origin_(std::move(origin)), compression_(compression), compressor_({.gzip = 4, .zstd = 1}), constant_(envelope(origin_)) {
  put_length_prefixed(id_prefix_, origin_.tenant_id);
  put_length_prefixed(id_prefix_, origin_.connector);
  put_length_prefixed(id_prefix_, name(origin_.lane));
}

Id128 Encoder::record_id(const Id128& id) const {
  Bytes text = id_prefix_;
  put_id(text, id);
  return hash128(text);
}

void Encoder::append_entry(Bytes& entries, const Page& page, const Record& record, const Id128& id) const {
  begin_entry(entries, record.time, record_id(id), plain_keys + (record.understood ? 0 : 1));
  entries.append(constant_);
  if (!record.understood) {
    put_str(entries, "tidegate");
    put_map(entries, 1);
    put_str(entries, "understood");
    put_bool(entries, false);
  }
  put_str(entries, "trendmicro_visionone");
  entries.append(page.payload(record));
}

Result<Segment> Encoder::close(const Bytes& entries, Segment segment) {
  segment.tag = tag_of(origin_.lane);
  segment.compression = compression_;
  segment.plain_bytes = static_cast<std::uint32_t>(entries.size());
  if (compression_ == Compression::none) {
    segment.payload = entries;
    return segment;
  }
  Result<Bytes> packed = compressor_.compress_entries(entries, on_wire(compression_));
  if (!packed) return std::move(packed).error().in("encoder");
  segment.payload = *std::move(packed);
  return segment;
}

Result<std::vector<Segment>> Encoder::encode(const Page& page, std::span<const std::uint32_t> chosen, std::span<const Id128> ids) {
  TG_ASSERT(chosen.size() == ids.size(), "P2: every chosen record has an id");
  std::vector<Segment> segments;
  Segment open;
  plain_.clear();
  const std::size_t wrapping = constant_.size() + 256;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Record& record = page.records[chosen[i]];
    if (open.records > 0 && plain_.size() + record.bytes + wrapping > segment_plain_bytes_max) {
      Result<Segment> closed = close(plain_, std::move(open));
      if (!closed) return std::move(closed).error();
      segments.push_back(*std::move(closed));
      open = {};
      plain_.clear();
    }
    append_entry(plain_, page, record, ids[i]);
    open.oldest = open.records == 0 ? record.time : std::min(open.oldest, record.time);
    open.newest = open.records == 0 ? record.time : std::max(open.newest, record.time);
    ++open.records;
  }
  if (open.records == 0) return segments;
  Result<Segment> closed = close(plain_, std::move(open));
  if (!closed) return std::move(closed).error();
  segments.push_back(*std::move(closed));
  return segments;
}

}  // namespace tidegate
