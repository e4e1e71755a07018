// Id128: a 128-bit id, and the hash that makes one from text (record ids, chunk ids). The hash is fixed for good:
// ids are stored, sent and compared across versions. It is MurmurHash3 x64 128 (public domain algorithm), seed 0:
// fast, well spread, not a defence against an adversary who chooses records (he could only repeat his own).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>

#include "base/bytes.h"

namespace tidegate {

struct Id128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Id128&) const = default;
};

// 16 bytes, big-endian, so that bytes sort as ids do.
void put_id(Bytes& out, const Id128& id);
//   requires: at.size() >= 16
Id128 get_id(ByteView at);

// 32 lower-case hexadecimal digits, and back. Absent when the text is anything else.
std::string to_hex(const Id128& id);
std::optional<Id128> id_from_hex(std::string_view text);

Id128 hash128(ByteView bytes);
// The hash of the parts, each preceded by its length: ("ab","c") and ("a","bc") differ.
Id128 hash128(std::initializer_list<ByteView> parts);
// The same; `scratch` is overwritten, and keeps its memory for the next.
Id128 hash128(std::initializer_list<ByteView> parts, Bytes& scratch);

}  // namespace tidegate

template <>
struct std::hash<tidegate::Id128> {
  std::size_t operator()(const tidegate::Id128& id) const noexcept { return id.high ^ (id.low * 0x9E3779B97F4A7C15u); }
};
