// Bytes and ByteView: the only byte types of the project. A ByteView never owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidegate {

// Owned bytes. std::string is the container that RocksDB, zstd, Beast and msgpack all take without a copy.
using Bytes = std::string;
using ByteView = std::string_view;

// Big-endian integers: keys sort as their numbers do, and the wire (Forward, msgpack) wants them so.
inline void put_u32_be(Bytes& out, std::uint32_t value) {
  const char raw[4] = {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                       static_cast<char>(value)};
  out.append(raw, sizeof raw);
}

inline void put_u64_be(Bytes& out, std::uint64_t value) {
  put_u32_be(out, static_cast<std::uint32_t>(value >> 32));
  put_u32_be(out, static_cast<std::uint32_t>(value));
}

//   requires: at.size() >= 4
inline std::uint32_t get_u32_be(ByteView at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<std::uint8_t>(at[i]);
  return value;
}

//   requires: at.size() >= 8
inline std::uint64_t get_u64_be(ByteView at) {
  return (static_cast<std::uint64_t>(get_u32_be(at)) << 32) | get_u32_be(at.substr(4));
}

}  // namespace tidegate
