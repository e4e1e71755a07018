#include "base/id128.h"

#include <bit>
#include <cstring>

namespace tidegate {
namespace {

constexpr std::uint64_t c1 = 0x87c37b91114253d5u;
constexpr std::uint64_t c2 = 0x4cf5ad432745937fu;

std::uint64_t load_le(const char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i > 0; --i) value = (value << 8) | static_cast<std::uint8_t>(at[i - 1]);
  return value;
}

std::uint64_t load_block(const char* at) {
  static_assert(std::endian::native == std::endian::little, "load_block reads little-endian words");
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::uint64_t finish(std::uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdu;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53u;
  return k ^ (k >> 33);
}

}  // namespace

Id128 hash128(ByteView bytes) {
  std::uint64_t h1 = 0;
  std::uint64_t h2 = 0;
  const char* at = bytes.data();
  const std::size_t blocks = bytes.size() / 16;
  for (std::size_t i = 0; i < blocks; ++i, at += 16) {
    h1 ^= std::rotl(load_block(at) * c1, 31) * c2;
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729u;
    h2 ^= std::rotl(load_block(at + 8) * c2, 33) * c1;
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5u;
  }
  const std::size_t rest = bytes.size() % 16;
  if (rest > 8) h2 ^= std::rotl(load_le(at + 8, rest - 8) * c2, 33) * c1;
  if (rest > 0) h1 ^= std::rotl(load_le(at, rest < 8 ? rest : 8) * c1, 31) * c2;

  h1 ^= bytes.size();
  h2 ^= bytes.size();
  h1 += h2;
  h2 += h1;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

Id128 hash128(std::initializer_list<ByteView> parts) {
  Bytes scratch;
  return hash128(parts, scratch);
}

Id128 hash128(std::initializer_list<ByteView> parts, Bytes& scratch) {
  scratch.clear();
  for (ByteView part : parts) {
    put_u64_be(scratch, part.size());
    scratch.append(part);
  }
  return hash128(ByteView{scratch});
}

void put_id(Bytes& out, const Id128& id) {
  put_u64_be(out, id.high);
  put_u64_be(out, id.low);
}

Id128 get_id(ByteView at) { return {get_u64_be(at), get_u64_be(at.substr(8))}; }

std::string to_hex(const Id128& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[15 - i] = digits[(id.high >> (4 * i)) & 15];
    text[31 - i] = digits[(id.low >> (4 * i)) & 15];
  }
  return text;
}

std::optional<Id128> id_from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  Id128 id;
  for (std::size_t i = 0; i < 32; ++i) {
    const char c = text[i];
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a' + 10);
    else return std::nullopt;
    std::uint64_t& half = i < 16 ? id.high : id.low;
    half = (half << 4) | digit;
  }
  return id;
}

}  // namespace tidegate
