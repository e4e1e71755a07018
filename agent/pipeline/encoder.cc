#include "agent/pipeline/encoder.h"

#include <algorithm>

#include "agent/compression.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

constexpr std::size_t plain_keys = 9;

void put_length_prefixed(Bytes& out, std::string_view text) {
  put_u64_be(out, text.size());
  out.append(text);
}

Bytes constant_part(const Origin& origin) {
  Bytes out;
  const auto pair = [&out](std::string_view key, std::string_view value) {
    put_str(out, key);
    put_str(out, value);
  };
  pair("tenantid", origin.tenant_id);
  pair("tenant_name", origin.tenant_name);
  pair("msg_class", msg_class(origin.lane));
  put_str(out, "msg_origin");
  put_map(out, 3);
  pair("source", "trendmicro_visionone");
  pair("vendor", "trendmicro");
  pair("category", "endpoint");
  pair("connector", origin.connector);
  pair("sensor", origin.sensor);
  return out;
}

}  // namespace

std::string_view msg_class(Lane lane) {
  switch (lane) {
    case Lane::alerts: return "trendmicro_visionone_alerts";
    case Lane::audit_logs: return "trendmicro_visionone_audit_logs";
    case Lane::techniques: return "trendmicro_visionone_observedattacktechniques";
    case Lane::own_events: return "tidegate_own_events";
  }
  return "tidegate_own_events";
}

Encoder::Encoder(Origin origin, Compression compression)
    : origin_(std::move(origin)),
      compression_(compression),
      compressor_({.gzip = 4, .zstd = 1}),
      constant_(constant_part(origin_)) {
  put_length_prefixed(id_prefix_, origin_.tenant_id);
  put_length_prefixed(id_prefix_, origin_.connector);
  put_length_prefixed(id_prefix_, name(origin_.lane));
}

Id128 Encoder::record_id(const Record& record) const {
  Bytes text = id_prefix_;
  put_id(text, record.source_id);
  return hash128(text);
}

void Encoder::append_entry(Bytes& entries, const Page& page, const Record& record) const {
  put_array(entries, 2);
  put_event_time(entries, record.time);
  put_map(entries, plain_keys + (record.understood ? 0 : 1));
  put_str(entries, "timestamp");
  put_int(entries, std::chrono::floor<std::chrono::milliseconds>(record.time.time_since_epoch()).count());
  put_str(entries, "record_id");
  put_str(entries, to_hex(record_id(record)));
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
  segment.tag.append("tidegate.").append(msg_class(origin_.lane));
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

Result<std::vector<Segment>> Encoder::encode(const Page& page, std::span<const std::uint32_t> chosen) {
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
    append_entry(plain_, page, record);
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
