#include "processor/edges/landing_format.h"

namespace tidegate::landing_format {
namespace {

constexpr char chunk_version = 1;
constexpr std::size_t fixed_header_bytes = 1 + 1 + 8 + 4 + 8;

void put_u16_be(Bytes& out, std::size_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

std::size_t get_u16_be(ByteView at) {
  return (static_cast<std::size_t>(static_cast<std::uint8_t>(at[0])) << 8) | static_cast<std::uint8_t>(at[1]);
}

void put_time(Bytes& out, WallTime time) { put_u64_be(out, static_cast<std::uint64_t>(time.time_since_epoch().count())); }

WallTime get_time(ByteView at) { return WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(get_u64_be(at))}}; }

void put_text(Bytes& out, const std::optional<std::string>& text) {
  put_u16_be(out, text ? text->size() + 1 : 0);
  if (text) out.append(*text);
}

// Removes one text from the front of `rest`. False when `rest` is cut short.
bool take_text(ByteView& rest, std::optional<std::string>& text) {
  if (rest.size() < 2) return false;
  const std::size_t field = get_u16_be(rest);
  rest.remove_prefix(2);
  if (field == 0) return true;
  if (rest.size() < field - 1) return false;
  text = std::string{rest.substr(0, field - 1)};
  rest.remove_prefix(field - 1);
  return true;
}

char compression_byte(WireCompression compression) {
  switch (compression) {
    case WireCompression::none: return 0;
    case WireCompression::gzip: return 1;
    case WireCompression::zstd: return 2;
  }
  return 0;
}

Error broken(std::uint64_t sequence, std::string_view what) {
  return Error{Code::corrupt, "landed chunk " + std::to_string(sequence) + ": " + std::string{what}};
}

}  // namespace

Bytes sequence_key(std::uint64_t sequence) {
  Bytes key;
  put_u64_be(key, sequence);
  return key;
}

Bytes place_value(LandingPlace place) {
  Bytes value;
  put_u64_be(value, place.sequence);
  put_u64_be(value, place.bytes);
  return value;
}

Result<LandingPlace> read_place(ByteView value) {
  if (value.size() != 16) return Error{Code::corrupt, "a place of the landing has " + std::to_string(value.size()) + " bytes"};
  return LandingPlace{get_u64_be(value), get_u64_be(value.substr(8))};
}

Bytes id_key(const Chunk& chunk) {
  Bytes key;
  put_u16_be(key, chunk.sensor.size());
  key.append(chunk.sensor).append(*chunk.id);
  return key;
}

Bytes arrival_value(WallTime received, ByteView id_key) {
  Bytes value;
  put_time(value, received);
  value.append(id_key);
  return value;
}

Result<Arrival> read_arrival(ByteView value) {
  if (value.size() < 8) return Error{Code::corrupt, "an arrival of the landing is cut short"};
  return Arrival{get_time(value), Bytes{value.substr(8)}};
}

Bytes chunk_header(const Chunk& chunk, LandingPlace place) {
  TG_ASSERT(chunk.sensor.size() <= text_bytes_max && chunk.tag.size() <= text_bytes_max &&
                (!chunk.id || chunk.id->size() <= text_bytes_max),
            "what names a chunk is bounded before it is landed");
  Bytes header;
  header.push_back(chunk_version);
  header.push_back(compression_byte(chunk.compression));
  put_time(header, chunk.received);
  put_u32_be(header, chunk.records);
  put_u64_be(header, place.bytes);
  put_text(header, chunk.sensor);
  put_text(header, chunk.tag);
  put_text(header, chunk.id);
  return header;
}

Result<LandedChunk> read_chunk(std::uint64_t sequence, ByteView value) {
  if (value.size() < fixed_header_bytes) return broken(sequence, "cut short");
  if (value[0] != chunk_version) return broken(sequence, "not of a format that this version reads");
  LandedChunk landed;
  switch (value[1]) {
    case 0: landed.chunk.compression = WireCompression::none; break;
    case 1: landed.chunk.compression = WireCompression::gzip; break;
    case 2: landed.chunk.compression = WireCompression::zstd; break;
    default: return broken(sequence, "unknown compression");
  }
  landed.chunk.received = get_time(value.substr(2));
  landed.chunk.records = get_u32_be(value.substr(10));
  landed.place = {sequence, get_u64_be(value.substr(14))};
  value.remove_prefix(fixed_header_bytes);
  std::optional<std::string> sensor;
  std::optional<std::string> tag;
  if (!take_text(value, sensor) || !take_text(value, tag) || !take_text(value, landed.chunk.id))
    return broken(sequence, "its header is cut short");
  if (!sensor || !tag) return broken(sequence, "its header names no sensor or no tag");
  landed.chunk.sensor = *std::move(sensor);
  landed.chunk.tag = *std::move(tag);
  landed.chunk.entries = Bytes{value};
  return landed;
}

}  // namespace tidegate::landing_format
