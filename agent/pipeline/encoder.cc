#include "agent/pipeline/encoder.h"

#include <algorithm>

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

Encoder::Encoder(Origin origin) : tag_(tag_of(origin.lane)), constant_(envelope(origin)) {
  put_length_prefixed(id_prefix_, origin.tenant_id);
  put_length_prefixed(id_prefix_, origin.connector);
  put_length_prefixed(id_prefix_, name(origin.lane));
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

std::vector<Segment> Encoder::encode(const Page& page, std::span<const std::uint32_t> chosen, std::span<const Id128> ids) const {
  TG_ASSERT(chosen.size() == ids.size(), "P2: every chosen record has an id");
  std::vector<Segment> segments;
  const std::size_t wrapping = constant_.size() + 256;
  std::size_t left = page.payloads.size() + chosen.size() * wrapping;  // at most, of what is not laid down yet
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Record& record = page.records[chosen[i]];
    if (segments.empty() || segments.back().payload.size() + record.bytes + wrapping > segment_plain_bytes_max) {
      if (!segments.empty()) left -= std::min(left, segments.back().payload.size());
      Segment& begun = segments.emplace_back();
      begun.tag = tag_;
      begun.oldest = begun.newest = record.time;
      begun.payload.reserve(std::min(left, segment_plain_bytes_max));
    }
    Segment& open = segments.back();
    append_entry(open.payload, page, record, ids[i]);
    open.oldest = std::min(open.oldest, record.time);
    open.newest = std::max(open.newest, record.time);
    ++open.records;
  }
  for (Segment& segment : segments) segment.plain_bytes = static_cast<std::uint32_t>(segment.payload.size());
  return segments;
}

}  // namespace tidegate
