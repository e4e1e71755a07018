#include "transport/protobuf_wire.h"

namespace tidegate {
namespace {

constexpr std::uint32_t field_number_max = (1u << 29) - 1;
constexpr int varint_bytes_max = 10;

std::optional<std::uint64_t> take_fixed(ByteView& at, std::size_t bytes) {
  if (at.size() < bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = (value << 8) | static_cast<std::uint8_t>(at[i]);
  at.remove_prefix(bytes);
  return value;
}

}  // namespace

std::optional<std::uint64_t> take_varint(ByteView& at) {
  std::uint64_t value = 0;
  for (int i = 0; i < varint_bytes_max; ++i) {
    if (static_cast<std::size_t>(i) == at.size()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(at[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) {
      at.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<WireField> WireReader::fail() {
  broken_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<WireField> WireReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::optional<std::uint64_t> tag = take_varint(rest_);
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > field_number_max) return fail();
  WireField field{
      .number = static_cast<std::uint32_t>(*tag >> 3), .type = static_cast<WireType>(*tag & 7), .value = 0, .bytes = {}};
  std::optional<std::uint64_t> value;
  switch (field.type) {
    case WireType::varint:
    case WireType::bytes: value = take_varint(rest_); break;
    case WireType::fixed64: value = take_fixed(rest_, 8); break;
    case WireType::fixed32: value = take_fixed(rest_, 4); break;
  }
  if (!value) return fail();
  if (field.type == WireType::bytes) {
    if (*value > rest_.size()) return fail();
    field.bytes = rest_.substr(0, *value);
    rest_.remove_prefix(*value);
  } else {
    field.value = *value;
  }
  return field;
}

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_wire_tag(Bytes& out, std::uint32_t number, WireType type) {
  put_varint(out, (std::uint64_t{number} << 3) | static_cast<std::uint8_t>(type));
}

void put_wire_fixed64(Bytes& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void put_wire_bytes(Bytes& out, std::uint32_t number, ByteView bytes) {
  put_wire_tag(out, number, WireType::bytes);
  put_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace tidegate
