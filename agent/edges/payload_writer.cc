#include "agent/edges/payload_writer.h"

#include <algorithm>

namespace tidegate {

void PayloadWriter::grow(std::size_t bytes) { out_.resize(std::max(out_.size() + out_.size() / 2, size_ + bytes)); }

void PayloadWriter::put_uint(std::uint64_t value) {
  if (value < 0x80) return put_byte(static_cast<unsigned>(value));
  std::size_t bytes = 8;
  if (value <= 0xff) bytes = 1;
  else if (value <= 0xffff) bytes = 2;
  else if (value <= 0xffffffff) bytes = 4;
  const unsigned format = bytes == 1 ? 0xcc : (bytes == 2 ? 0xcd : (bytes == 4 ? 0xce : 0xcf));
  char* const at = room(1 + bytes);
  at[0] = static_cast<char>(format);
  for (std::size_t i = 0; i < bytes; ++i) at[1 + i] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
  size_ += 1 + bytes;
}

std::size_t PayloadWriter::open() {
  const std::size_t at = size_;
  (void)room(3);
  size_ += 3;
  return at;
}

void PayloadWriter::close(std::size_t opened, Kind kind, std::size_t count) {
  if (count <= 0xffff) {
    char* const at = out_.data() + opened;
    at[0] = static_cast<char>(kind == Kind::map ? 0xde : 0xdc);
    at[1] = static_cast<char>(count >> 8);
    at[2] = static_cast<char>(count);
    return;
  }
  // Rare: two bytes more, in front of what is written.
  (void)room(2);
  char* const at = out_.data() + opened;
  std::memmove(at + 5, at + 3, size_ - opened - 3);
  size_ += 2;
  at[0] = static_cast<char>(kind == Kind::map ? 0xdf : 0xdd);
  for (unsigned i = 0; i < 4; ++i) at[1 + i] = static_cast<char>(count >> (24 - 8 * i));
}

}  // namespace tidegate
