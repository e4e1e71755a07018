// msgpack on the lowest level: the head of one value, and where a value ends. No allocation, no recursion, no trust in
// lengths. Source: the msgpack specification, "Formats".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace tidegate {

enum class MsgpackKind : std::uint8_t {
  nil,
  boolean,
  integer,  // zero or above
  negative,
  real,
  str,
  bin,
  array,
  map,
  ext,
  partial,  // the head is not whole yet
  broken,   // 0xc1: no format has it
};

struct MsgpackHead {
  MsgpackKind kind = MsgpackKind::partial;
  std::int8_t ext_type = 0;
  bool single = false;          // a real of 32 bits
  std::uint8_t head_bytes = 0;  // up to the body
  std::uint32_t length = 0;     // str, bin, ext: bytes of the body; array: elements; map: pairs
  std::uint64_t bits = 0;       // boolean, integers (two's complement), reals (their IEEE bits)

  bool has_body() const { return kind == MsgpackKind::str || kind == MsgpackKind::bin || kind == MsgpackKind::ext; }
  bool container() const { return kind == MsgpackKind::array || kind == MsgpackKind::map; }
  // Values inside a container.
  std::uint64_t children() const { return kind == MsgpackKind::map ? std::uint64_t{length} * 2 : length; }
};

MsgpackHead read_head(ByteView at);

inline constexpr std::size_t msgpack_depth_max = 64;

// Finds the end of the value that begins at the front of a growing buffer, and goes on where it left off, so that bytes
// that come one by one cost no more than those that come at once.
class MsgpackScan {
 public:
  enum class State : std::uint8_t { partial, whole, broken, too_deep, too_large };

  //   requires: depth_max <= msgpack_depth_max. A scalar is of depth 0, an array of scalars of depth 1.
  MsgpackScan(std::size_t bytes_max, std::size_t depth_max);

  // `from_begin`: the value's first byte and all that followed so far.
  State scan(ByteView from_begin);

  // The value's bytes once whole; before that, how many are known to be needed at least.
  std::size_t bytes() const { return at_; }
  void restart();

 private:
  bool close_containers();

  std::size_t bytes_max_;
  std::size_t depth_max_;
  std::size_t at_ = 0;  // the end of what was looked at; beyond the buffer where a body is not whole yet
  std::size_t depth_ = 0;
  bool whole_ = false;                                       // the last head was seen; its body may still be on its way
  std::array<std::uint64_t, msgpack_depth_max + 1> left_{};  // values still to come, per open container
};

// The bytes of the first value of `at`, 0 when there is no whole and sound one within depth_max.
std::size_t value_bytes(ByteView at, std::size_t depth_max = msgpack_depth_max);

}  // namespace tidegate
