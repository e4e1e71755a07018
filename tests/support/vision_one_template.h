// Template: a JSON text with slots, compiled once and filled per record by copying, because benchmarks are served a
// million records. A feed has a few dozen templates, made from its vocabulary under the seed; the slots carry what is
// particular to a record.
//
// A slot is '%', an optional number and a letter; "%%" is a percent sign:
//   %u  a random UUID          %Nh  N random hexadecimal digits    %Nn  a random number below N
//   %i  a random IPv4 address  %Nw  about N bytes of words         %x   now and then a member with an awkward value, comma first
//   %Nt time N, seconds and Z  %Nm  time N with milliseconds       %Ne  time N as epoch milliseconds
//   %Nv text N, verbatim       %Nj  text N, verbatim, but not counted in mean_bytes() (parts that are mostly absent)
//
// Thread: filling from any; nothing changes after construction.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"

namespace tidegate {

// What the renderer of a feed knows of one record. Texts are JSON already, or plain letters, digits and hyphens.
struct Filling {
  std::array<WallSeconds, 4> times{};
  std::array<std::string_view, 12> texts{};
};

// Words that need no escape in JSON, to copy from. Made once per simulator.
class Prose {
 public:
  explicit Prose(Seed seed);
  //   requires: length <= longest
  std::string_view cut(Random& dice, std::size_t length) const;
  static constexpr std::size_t longest = 64u << 10;

 private:
  std::string text_;
};

class Template {
 public:
  //   requires: a well-formed pattern
  explicit Template(std::string_view pattern);

  void fill(Bytes& out, const Filling& filling, const Prose& prose, Random& dice) const;
  // About how long a filled template is; texts count as 16 bytes.
  std::size_t mean_bytes() const { return mean_bytes_; }

 private:
  struct Piece {
    std::uint32_t offset = 0;  // of the literal before the slot, in literals_
    std::uint32_t length = 0;
    char slot = 0;  // 0: none, the end
    std::uint32_t number = 0;
  };

  std::string literals_;
  std::vector<Piece> pieces_;
  std::size_t mean_bytes_ = 0;
};

// "2026-11-24T13:05:07Z".
void append_time(Bytes& out, WallSeconds time);
// A version 4 UUID.
void append_uuid(Bytes& out, Random& dice);

// Members whose values are hard to carry exactly: integers beyond 64 bits, doubles at the edges of their precision,
// escapes, empty and unknown keys, nested nulls. Each is `"key":value`.
std::span<const std::string_view> awkward_members();

}  // namespace tidegate
