#include "transport/msgpack_view.h"

#include <bit>

#include "base/check.h"

namespace tidegate {

std::optional<MsgpackView> MsgpackView::open(ByteView bytes, std::size_t depth_max) {
  const std::size_t size = value_bytes(bytes, depth_max);
  if (size == 0) return std::nullopt;
  const ByteView value = bytes.substr(0, size);
  return MsgpackView{value, read_head(value)};
}

// The first value of bytes that were found sound.
MsgpackView MsgpackView::first_of(ByteView sound) {
  const MsgpackHead head = read_head(sound);
  std::size_t size = head.head_bytes;
  if (head.has_body()) size += head.length;
  if (head.container()) size = value_bytes(sound);
  TG_ASSERT(size > 0 && size <= sound.size(), "a view looks only into values that were checked whole");
  return MsgpackView{sound.substr(0, size), head};
}

std::optional<std::string_view> MsgpackView::as_str() const {
  if (kind() != MsgpackKind::str) return std::nullopt;
  return body();
}

std::optional<ByteView> MsgpackView::as_bin() const {
  if (kind() != MsgpackKind::bin) return std::nullopt;
  return body();
}

std::optional<std::int64_t> MsgpackView::as_int() const {
  if (kind() == MsgpackKind::negative) return static_cast<std::int64_t>(head_.bits);
  if (kind() != MsgpackKind::integer || head_.bits > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(head_.bits);
}

std::optional<std::uint64_t> MsgpackView::as_uint() const {
  if (kind() != MsgpackKind::integer) return std::nullopt;
  return head_.bits;
}

std::optional<double> MsgpackView::as_real() const {
  if (kind() != MsgpackKind::real) return std::nullopt;
  if (head_.single) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head_.bits)));
  return std::bit_cast<double>(head_.bits);
}

std::optional<float> MsgpackView::as_single() const {
  if (kind() != MsgpackKind::real || !head_.single) return std::nullopt;
  return std::bit_cast<float>(static_cast<std::uint32_t>(head_.bits));
}

std::optional<bool> MsgpackView::as_bool() const {
  if (kind() != MsgpackKind::boolean) return std::nullopt;
  return head_.bits != 0;
}

std::optional<WallTime> MsgpackView::as_time() const {
  if (kind() != MsgpackKind::ext || head_.ext_type != ext_event_time || head_.length != 8) return std::nullopt;
  const std::uint32_t nanoseconds = get_u32_be(body().substr(4));
  if (nanoseconds > 999'999'999) return std::nullopt;
  return WallTime{std::chrono::seconds{get_u32_be(body())} + std::chrono::nanoseconds{nanoseconds}};
}

std::optional<std::string_view> MsgpackView::as_decimal() const {
  if (kind() != MsgpackKind::ext || head_.ext_type != ext_decimal) return std::nullopt;
  return body();
}

std::optional<std::pair<std::int8_t, ByteView>> MsgpackView::as_ext() const {
  if (kind() != MsgpackKind::ext) return std::nullopt;
  return std::pair{head_.ext_type, body()};
}

std::optional<MsgpackView> MsgpackView::find(std::string_view key) const {
  if (kind() != MsgpackKind::map) return std::nullopt;
  MsgpackItems items = this->items();
  while (auto name = items.next()) {
    if (name->as_str() == key) return items.next();
    items.skip();
  }
  return std::nullopt;
}

MsgpackItems MsgpackView::items() const {
  if (!head_.container()) return MsgpackItems{{}, 0};
  return MsgpackItems{body(), head_.children()};
}

std::optional<MsgpackView> MsgpackItems::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  const MsgpackView value = MsgpackView::first_of(rest_);
  rest_.remove_prefix(value.bytes().size());
  return value;
}

void MsgpackItems::skip() { (void)next(); }

std::optional<std::pair<MsgpackView, MsgpackView>> MsgpackItems::next_pair() {
  auto key = next();
  if (!key) return std::nullopt;
  auto value = next();
  TG_ASSERT(value.has_value(), "the values of a map come in pairs");
  return std::pair{*key, *value};
}

}  // namespace tidegate
