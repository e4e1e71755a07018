// Appends msgpack values to Bytes, always in their shortest form. Made for the hot path: no state, no allocation but the
// growth of the output. Source: the msgpack specification, "Formats"; EventTime: Forward v1.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"

namespace tidegate {

namespace msgpack_detail {

inline void put_u8(Bytes& out, unsigned value) { out.push_back(static_cast<char>(value)); }

inline void put_head16(Bytes& out, unsigned format, std::uint32_t value) {
  const char raw[3] = {static_cast<char>(format), static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(raw, sizeof raw);
}

inline void put_head32(Bytes& out, unsigned format, std::uint32_t value) {
  const char raw[5] = {static_cast<char>(format), static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                       static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(raw, sizeof raw);
}

inline void put_head8(Bytes& out, unsigned format, std::uint32_t value) {
  const char raw[2] = {static_cast<char>(format), static_cast<char>(value)};
  out.append(raw, sizeof raw);
}

}  // namespace msgpack_detail

inline void put_nil(Bytes& out) { msgpack_detail::put_u8(out, 0xc0); }
inline void put_bool(Bytes& out, bool value) { msgpack_detail::put_u8(out, value ? 0xc3 : 0xc2); }

inline void put_uint(Bytes& out, std::uint64_t value) {
  if (value < 0x80) return msgpack_detail::put_u8(out, static_cast<unsigned>(value));
  if (value <= 0xff) return msgpack_detail::put_head8(out, 0xcc, static_cast<std::uint32_t>(value));
  if (value <= 0xffff) return msgpack_detail::put_head16(out, 0xcd, static_cast<std::uint32_t>(value));
  if (value <= 0xffffffff) return msgpack_detail::put_head32(out, 0xce, static_cast<std::uint32_t>(value));
  msgpack_detail::put_u8(out, 0xcf);
  put_u64_be(out, value);
}

inline void put_int(Bytes& out, std::int64_t value) {
  if (value >= 0) return put_uint(out, static_cast<std::uint64_t>(value));
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= -32) return msgpack_detail::put_u8(out, static_cast<unsigned>(bits & 0xff));
  if (value >= INT8_MIN) return msgpack_detail::put_head8(out, 0xd0, static_cast<std::uint32_t>(bits));
  if (value >= INT16_MIN) return msgpack_detail::put_head16(out, 0xd1, static_cast<std::uint32_t>(bits));
  if (value >= INT32_MIN) return msgpack_detail::put_head32(out, 0xd2, static_cast<std::uint32_t>(bits));
  msgpack_detail::put_u8(out, 0xd3);
  put_u64_be(out, bits);
}

inline void put_double(Bytes& out, double value) {
  msgpack_detail::put_u8(out, 0xcb);
  put_u64_be(out, std::bit_cast<std::uint64_t>(value));
}

//   requires, here and below: fewer than 2^32 bytes or elements
inline void put_str_head(Bytes& out, std::size_t bytes) {
  TG_ASSERT(bytes <= UINT32_MAX, "a msgpack length fits 32 bits");
  const auto size = static_cast<std::uint32_t>(bytes);
  if (size < 32) return msgpack_detail::put_u8(out, 0xa0u | size);
  if (size <= 0xff) return msgpack_detail::put_head8(out, 0xd9, size);
  if (size <= 0xffff) return msgpack_detail::put_head16(out, 0xda, size);
  msgpack_detail::put_head32(out, 0xdb, size);
}

inline void put_str(Bytes& out, std::string_view text) {
  put_str_head(out, text.size());
  out.append(text);
}

inline void put_bin_head(Bytes& out, std::size_t bytes) {
  TG_ASSERT(bytes <= UINT32_MAX, "a msgpack length fits 32 bits");
  const auto size = static_cast<std::uint32_t>(bytes);
  if (size <= 0xff) return msgpack_detail::put_head8(out, 0xc4, size);
  if (size <= 0xffff) return msgpack_detail::put_head16(out, 0xc5, size);
  msgpack_detail::put_head32(out, 0xc6, size);
}

inline void put_bin(Bytes& out, ByteView bytes) {
  put_bin_head(out, bytes.size());
  out.append(bytes);
}

inline void put_array(Bytes& out, std::size_t elements) {
  TG_ASSERT(elements <= UINT32_MAX, "a msgpack length fits 32 bits");
  const auto size = static_cast<std::uint32_t>(elements);
  if (size < 16) return msgpack_detail::put_u8(out, 0x90u | size);
  if (size <= 0xffff) return msgpack_detail::put_head16(out, 0xdc, size);
  msgpack_detail::put_head32(out, 0xdd, size);
}

inline void put_map(Bytes& out, std::size_t pairs) {
  TG_ASSERT(pairs <= UINT32_MAX, "a msgpack length fits 32 bits");
  const auto size = static_cast<std::uint32_t>(pairs);
  if (size < 16) return msgpack_detail::put_u8(out, 0x80u | size);
  if (size <= 0xffff) return msgpack_detail::put_head16(out, 0xde, size);
  msgpack_detail::put_head32(out, 0xdf, size);
}

inline void put_ext(Bytes& out, std::int8_t type, ByteView bytes) {
  TG_ASSERT(bytes.size() <= UINT32_MAX, "a msgpack length fits 32 bits");
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (size != 0 && size <= 16 && std::has_single_bit(size)) {
    msgpack_detail::put_u8(out, 0xd4u + static_cast<unsigned>(std::countr_zero(size)));
  } else if (size <= 0xff) {
    msgpack_detail::put_head8(out, 0xc7, size);
  } else if (size <= 0xffff) {
    msgpack_detail::put_head16(out, 0xc8, size);
  } else {
    msgpack_detail::put_head32(out, 0xc9, size);
  }
  out.push_back(static_cast<char>(type));
  out.append(bytes);
}

// EventTime as fixext8, extension type 0. The wire holds 1970 to 2106: times outside are moved to the nearest end.
inline void put_event_time(Bytes& out, WallTime time) {
  using namespace std::chrono;
  const auto least = WallTime{};
  const auto most = WallTime{seconds{UINT32_MAX}} + nanoseconds{999'999'999};
  const WallTime held = time < least ? least : (time > most ? most : time);
  const auto whole = floor<seconds>(held.time_since_epoch());
  msgpack_detail::put_u8(out, 0xd7);
  msgpack_detail::put_u8(out, 0x00);
  put_u32_be(out, static_cast<std::uint32_t>(whole.count()));
  put_u32_be(out, static_cast<std::uint32_t>((held.time_since_epoch() - whole).count()));
}

}  // namespace tidegate
