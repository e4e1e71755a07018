// The bytes of stored rows: writing and reading of fixed numbers, and the checksum that ends every row. All of it is
// bounded by the row's own length; a row that ends too soon reads as zeros and says so once, at the end.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

// CRC-32 as zlib has it. `before`: the checksum of the bytes that stand before these; 0 at the start.
std::uint32_t checksum(ByteView bytes, std::uint32_t before = 0);

// Appends the checksum of all that is in the row.
void seal(Bytes& row);
// The row without its checksum. `corrupt`: too short, or the checksum does not hold.
Result<ByteView> unseal(ByteView stored);

inline void put_i64_be(Bytes& out, std::int64_t value) { put_u64_be(out, static_cast<std::uint64_t>(value)); }
inline void put_seconds(Bytes& out, WallSeconds time) { put_i64_be(out, time.time_since_epoch().count()); }
inline void put_time(Bytes& out, WallTime time) { put_i64_be(out, time.time_since_epoch().count()); }

class RowReader {
 public:
  explicit RowReader(ByteView row) : rest_(row) {}

  std::uint8_t u8() {
    const ByteView at = take(1);
    return at.empty() ? 0 : static_cast<std::uint8_t>(at.front());
  }
  std::uint32_t u32() {
    const ByteView at = take(4);
    return at.empty() ? 0 : get_u32_be(at);
  }
  std::uint64_t u64() {
    const ByteView at = take(8);
    return at.empty() ? 0 : get_u64_be(at);
  }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  WallSeconds seconds() { return WallSeconds{std::chrono::seconds{i64()}}; }
  WallTime time() { return WallTime{std::chrono::nanoseconds{i64()}}; }
  ByteView bytes(std::size_t count) { return take(count); }
  bool at_end() const { return rest_.empty(); }

  // Ok when the row had neither too few bytes nor too many.
  Result<void> end(std::string_view row_name) const {
    if (short_) return Error{Code::corrupt, std::string{row_name} + " ends too soon"};
    if (!rest_.empty()) return Error{Code::corrupt, std::string{row_name} + " has bytes beyond its end"};
    return {};
  }

 private:
  ByteView take(std::size_t count) {
    if (rest_.size() < count) {
      short_ = true;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  ByteView rest_;
  bool short_ = false;
};

}  // namespace tidegate
