// PayloadWriter: msgpack written straight into memory that is already there. Bytes grow by calls that check, copy and zero; a page
// has some ten thousand values, so here they are counted once. Forms as in transport/msgpack_write.h.
//
// Thread: the owner's.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace tidegate {

class PayloadWriter {
 public:
  // Appends to `out`, of which nobody else takes notice until the writer has ended. `expected`: about how many bytes it will be.
  PayloadWriter(Bytes& out, std::size_t expected) : out_(out), size_(out.size()) { out_.resize(size_ + expected); }
  ~PayloadWriter() { out_.resize(size_); }
  PayloadWriter(const PayloadWriter&) = delete;
  PayloadWriter& operator=(const PayloadWriter&) = delete;

  // Of everything, what was there before included.
  std::size_t size() const { return size_; }
  ByteView from(std::size_t at) const { return ByteView{out_}.substr(at, size_ - at); }

  void put_byte(unsigned value) {
    *room(1) = static_cast<char>(value);
    ++size_;
  }
  void put_bytes(ByteView bytes) {
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void put_uint(std::uint64_t value);
  void put_str(std::string_view text) {
    char* const at = put_str_head(text.size());
    std::memcpy(at, text.data(), text.size());
    size_ += text.size();
  }
  // A text between quotes of JSON, if nothing in it is escaped; else false, and nothing is written.
  //   requires: 8 bytes may be read behind the text; fewer than 2^32 bytes
  bool put_plain_str(std::string_view text);

  // A container's head with a count of 16 bits that is not known yet. Gives its place, for close().
  std::size_t open();
  enum class Kind : unsigned char { array, map };
  void close(std::size_t opened, Kind kind, std::size_t count);

 private:
  static constexpr std::size_t word_bytes = 8;
  static constexpr std::size_t str_head_bytes_max = 5;

  char* room(std::size_t bytes) {
    if (out_.size() - size_ < bytes) grow(bytes);
    return out_.data() + size_;
  }
  void grow(std::size_t bytes);
  // Where the text belongs: there is room for it, and a word more.
  char* put_str_head(std::size_t bytes);

  Bytes& out_;
  std::size_t size_;
};

inline char* PayloadWriter::put_str_head(std::size_t bytes) {
  char* const at = room(str_head_bytes_max + bytes + word_bytes);
  if (bytes < 32) {
    at[0] = static_cast<char>(0xa0u | bytes);
    size_ += 1;
    return at + 1;
  }
  if (bytes <= 0xff) {
    at[0] = static_cast<char>(0xd9);
    at[1] = static_cast<char>(bytes);
    size_ += 2;
    return at + 2;
  }
  if (bytes <= 0xffff) {
    at[0] = static_cast<char>(0xda);
    at[1] = static_cast<char>(bytes >> 8);
    at[2] = static_cast<char>(bytes);
    size_ += 3;
    return at + 3;
  }
  at[0] = static_cast<char>(0xdb);
  for (unsigned i = 0; i < 4; ++i) at[1 + i] = static_cast<char>(bytes >> (24 - 8 * i));
  size_ += str_head_bytes_max;
  return at + str_head_bytes_max;
}

// Copies word by word, and looks for a backslash in each on the way: a word from which 0x5c was taken has a zero byte there.
inline bool PayloadWriter::put_plain_str(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t highs = 0x8080808080808080u;
  const std::size_t before = size_;
  char* const at = put_str_head(text.size());
  std::uint64_t escapes = 0;
  for (std::size_t i = 0; i < text.size(); i += word_bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, word_bytes);
    std::memcpy(at + i, &word, word_bytes);
    const std::uint64_t left = word ^ (ones * static_cast<unsigned char>('\\'));
    escapes |= (left - ones) & ~left & highs;
  }
  // What stands behind the text may be taken for an escape too: then the slow way finds none.
  if (escapes != 0 && std::memchr(text.data(), '\\', text.size()) != nullptr) {
    size_ = before;
    return false;
  }
  size_ += text.size();
  return true;
}

}  // namespace tidegate
