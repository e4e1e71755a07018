// MsgpackView: looks into one msgpack value without copying or allocating. The bytes are checked whole once, by open();
// then every view of a part of it is sound. A view never outlives the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "transport/msgpack_scan.h"

namespace tidegate {

// Extension types in use. decimal: a JSON number that no msgpack number holds exactly, as its own text (ours alone).
inline constexpr std::int8_t ext_event_time = 0;
inline constexpr std::int8_t ext_decimal = 1;

class MsgpackItems;

class MsgpackView {
 public:
  // Absent: `bytes` do not begin with a whole, sound value within depth_max. What follows the value is left out.
  static std::optional<MsgpackView> open(ByteView bytes, std::size_t depth_max = msgpack_depth_max);

  MsgpackKind kind() const { return head_.kind; }
  ByteView bytes() const { return bytes_; }  // the whole value
  // Elements of an array, pairs of a map; 0 for all else.
  std::size_t size() const { return head_.container() ? head_.length : 0; }

  std::optional<std::string_view> as_str() const;  // str alone; bytes as they came, maybe not UTF-8
  std::optional<ByteView> as_bin() const;
  std::optional<std::int64_t> as_int() const;  // absent also where it does not fit
  std::optional<std::uint64_t> as_uint() const;
  std::optional<double> as_real() const;   // reals alone
  std::optional<float> as_single() const;  // reals of 32 bits alone
  std::optional<bool> as_bool() const;
  std::optional<WallTime> as_time() const;             // EventTime
  std::optional<std::string_view> as_decimal() const;  // the text of a number kept as ext_decimal, not validated
  std::optional<std::pair<std::int8_t, ByteView>> as_ext() const;
  bool is_nil() const { return kind() == MsgpackKind::nil; }

  // The value of the first pair with that str key. Absent also when this is no map.
  std::optional<MsgpackView> find(std::string_view key) const;

  // Walks the values inside in order: for (MsgpackItems items = view.items(); auto item = items.next();). A map gives
  // key, value, key, value.
  MsgpackItems items() const;

 private:
  friend class MsgpackItems;
  MsgpackView(ByteView bytes, MsgpackHead head) : bytes_(bytes), head_(head) {}
  static MsgpackView first_of(ByteView sound);
  ByteView body() const { return bytes_.substr(head_.head_bytes); }

  ByteView bytes_;
  MsgpackHead head_;
};

// The values inside an array or a map.
class MsgpackItems {
 public:
  std::optional<MsgpackView> next();
  void skip();
  // A map's next key and value.   requires: the view is a map
  std::optional<std::pair<MsgpackView, MsgpackView>> next_pair();

 private:
  friend class MsgpackView;
  MsgpackItems(ByteView rest, std::uint64_t left) : rest_(rest), left_(left) {}

  ByteView rest_;
  std::uint64_t left_;
};

}  // namespace tidegate
