#include "transport/msgpack_scan.h"

#include "base/check.h"

namespace tidegate {
namespace {

// The `bytes` big-endian bytes at `at`.   requires: bytes <= 8, and that many are there
std::uint64_t number_at(ByteView at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = (value << 8) | static_cast<std::uint8_t>(at[i]);
  return value;
}

// A head of one format byte and a length of `width` bytes.
MsgpackHead sized(MsgpackKind kind, ByteView at, std::size_t width) {
  if (at.size() < 1 + width) return {};
  return {.kind = kind,
          .head_bytes = static_cast<std::uint8_t>(1 + width),
          .length = static_cast<std::uint32_t>(number_at(at.substr(1), width))};
}

// An extension: its length in `width` bytes (0: `length` is given by the format byte), then its type.
MsgpackHead extension(ByteView at, std::size_t width, std::uint32_t length = 0) {
  if (at.size() < 2 + width) return {};
  return {.kind = MsgpackKind::ext,
          .ext_type = static_cast<std::int8_t>(at[1 + width]),
          .head_bytes = static_cast<std::uint8_t>(2 + width),
          .length = width == 0 ? length : static_cast<std::uint32_t>(number_at(at.substr(1), width))};
}

MsgpackHead number(MsgpackKind kind, ByteView at, std::size_t width) {
  if (at.size() < 1 + width) return {};
  std::uint64_t bits = number_at(at.substr(1), width);
  if (kind == MsgpackKind::negative) {
    const std::uint64_t sign = std::uint64_t{1} << (8 * width - 1);
    if ((bits & sign) == 0) {
      kind = MsgpackKind::integer;
    } else if (width < 8) {
      bits |= ~std::uint64_t{0} << (8 * width);
    }
  }
  return {.kind = kind,
          .single = kind == MsgpackKind::real && width == 4,
          .head_bytes = static_cast<std::uint8_t>(1 + width),
          .bits = bits};
}

}  // namespace

MsgpackHead read_head(ByteView at) {
  if (at.empty()) return {};
  const auto format = static_cast<std::uint8_t>(at.front());
  if (format < 0x80) return {.kind = MsgpackKind::integer, .head_bytes = 1, .bits = format};
  if (format >= 0xe0) return {.kind = MsgpackKind::negative, .head_bytes = 1, .bits = ~std::uint64_t{0xff} | format};
  if (format < 0x90) return {.kind = MsgpackKind::map, .head_bytes = 1, .length = format & 0x0fu};
  if (format < 0xa0) return {.kind = MsgpackKind::array, .head_bytes = 1, .length = format & 0x0fu};
  if (format < 0xc0) return {.kind = MsgpackKind::str, .head_bytes = 1, .length = format & 0x1fu};
  switch (format) {
    case 0xc0: return {.kind = MsgpackKind::nil, .head_bytes = 1};
    case 0xc2: return {.kind = MsgpackKind::boolean, .head_bytes = 1, .bits = 0};
    case 0xc3: return {.kind = MsgpackKind::boolean, .head_bytes = 1, .bits = 1};
    case 0xc4: return sized(MsgpackKind::bin, at, 1);
    case 0xc5: return sized(MsgpackKind::bin, at, 2);
    case 0xc6: return sized(MsgpackKind::bin, at, 4);
    case 0xc7: return extension(at, 1);
    case 0xc8: return extension(at, 2);
    case 0xc9: return extension(at, 4);
    case 0xca: return number(MsgpackKind::real, at, 4);
    case 0xcb: return number(MsgpackKind::real, at, 8);
    case 0xcc: return number(MsgpackKind::integer, at, 1);
    case 0xcd: return number(MsgpackKind::integer, at, 2);
    case 0xce: return number(MsgpackKind::integer, at, 4);
    case 0xcf: return number(MsgpackKind::integer, at, 8);
    case 0xd0: return number(MsgpackKind::negative, at, 1);
    case 0xd1: return number(MsgpackKind::negative, at, 2);
    case 0xd2: return number(MsgpackKind::negative, at, 4);
    case 0xd3: return number(MsgpackKind::negative, at, 8);
    case 0xd4: return extension(at, 0, 1);
    case 0xd5: return extension(at, 0, 2);
    case 0xd6: return extension(at, 0, 4);
    case 0xd7: return extension(at, 0, 8);
    case 0xd8: return extension(at, 0, 16);
    case 0xd9: return sized(MsgpackKind::str, at, 1);
    case 0xda: return sized(MsgpackKind::str, at, 2);
    case 0xdb: return sized(MsgpackKind::str, at, 4);
    case 0xdc: return sized(MsgpackKind::array, at, 2);
    case 0xdd: return sized(MsgpackKind::array, at, 4);
    case 0xde: return sized(MsgpackKind::map, at, 2);
    case 0xdf: return sized(MsgpackKind::map, at, 4);
    default: return {.kind = MsgpackKind::broken, .head_bytes = 1};
  }
}

MsgpackScan::MsgpackScan(std::size_t bytes_max, std::size_t depth_max) : bytes_max_(bytes_max), depth_max_(depth_max) {
  TG_ASSERT(depth_max <= msgpack_depth_max, "a scan is no deeper than its stack");
}

void MsgpackScan::restart() {
  at_ = 0;
  depth_ = 0;
  whole_ = false;
}

// One value has ended: so have the containers that it was the last of. True when none is left open.
bool MsgpackScan::close_containers() {
  while (depth_ > 0 && --left_[depth_ - 1] == 0) --depth_;
  return depth_ == 0;
}

MsgpackScan::State MsgpackScan::scan(ByteView from_begin) {
  while (!whole_) {
    if (at_ >= from_begin.size()) return State::partial;
    const MsgpackHead head = read_head(from_begin.substr(at_));
    if (head.kind == MsgpackKind::partial) return State::partial;
    if (head.kind == MsgpackKind::broken) return State::broken;
    // Each child is a byte at least, so a count beyond what may still come is refused before anyone believes it.
    const std::uint64_t least = head.container() ? head.children() : (head.has_body() ? head.length : 0);
    if (at_ + head.head_bytes + least > bytes_max_) return State::too_large;
    at_ += head.head_bytes;
    if (head.container() && depth_ == depth_max_) return State::too_deep;
    if (head.container() && head.length > 0) {
      left_[depth_++] = head.children();
      continue;
    }
    if (head.has_body()) at_ += head.length;
    whole_ = close_containers();
  }
  return at_ <= from_begin.size() ? State::whole : State::partial;
}

std::size_t value_bytes(ByteView at, std::size_t depth_max) {
  MsgpackScan scan{at.size(), depth_max};
  return scan.scan(at) == MsgpackScan::State::whole ? scan.bytes() : 0;
}

}  // namespace tidegate
