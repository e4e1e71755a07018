#include "match/value_match.h"

#include <bit>
#include <charconv>
#include <optional>

#include "base/clock.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

// Wide enough for every 64-bit integer.
std::optional<long double> number_in(std::string_view text) {
  // "nan" and "inf" are names of users and hosts, and no numbers; and where a text begins like one of them, GCC 12's library reads
  // on behind it to a zero byte.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  long double value = 0;
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long double> number_of(const Scalar& value) {
  const MsgpackHead& head = value.head;
  switch (head.kind) {
    case MsgpackKind::integer: return static_cast<long double>(head.bits);
    case MsgpackKind::negative: return static_cast<long double>(static_cast<std::int64_t>(head.bits));
    case MsgpackKind::real:
      if (head.single) return static_cast<long double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.bits)));
      return static_cast<long double>(std::bit_cast<double>(head.bits));
    case MsgpackKind::ext: return head.ext_type == ext_decimal ? number_in(value.body) : std::nullopt;
    default: return std::nullopt;
  }
}

bool written_with_fraction(std::string_view number) { return number.find_first_of(".eE") != std::string_view::npos; }

// What a range's bound may be read as, found once.
struct Bound {
  std::string text;
  std::optional<long double> number;
  std::optional<WallTime> time;
  bool inclusive = true;
};

std::optional<Bound> bound_of(const std::optional<QueryBound>& bound) {
  if (!bound) return std::nullopt;
  return Bound{bound->value, number_in(bound->value), parse_time(bound->value), bound->inclusive};
}

// Below zero, zero or above zero as the value lies to the bound; absent when they are not alike.
std::optional<int> compare(const Scalar& value, const Bound& bound, NumbersAre numbers) {
  const auto sign = [](const auto& left, const auto& right) { return left < right ? -1 : (right < left ? 1 : 0); };
  if (const std::optional<long double> number = number_of(value)) {
    if (bound.number) return sign(*number, *bound.number);
    if (numbers == NumbersAre::milliseconds && bound.time)
      return sign(*number * 1'000'000, static_cast<long double>(bound.time->time_since_epoch().count()));
    return std::nullopt;
  }
  if (value.head.kind != MsgpackKind::str) return std::nullopt;
  if (bound.number) {  // some sources write their numbers as text
    const std::optional<long double> number = number_in(value.body);
    return number ? std::optional{sign(*number, *bound.number)} : std::nullopt;
  }
  if (bound.time)
    if (const std::optional<WallTime> time = parse_time(value.body)) return sign(*time, *bound.time);
  return sign(std::string_view{value.body}, std::string_view{bound.text});
}

}  // namespace

ValueTest value_is(const Pattern& pattern) {
  std::optional<long double> number;
  if (!pattern.has_wildcards() && written_with_fraction(pattern.literal())) number = number_in(pattern.literal());
  return [pattern, number](const Scalar& value) {
    if (value.is_nil()) return false;
    std::string room;
    if (number && value.is_number()) return number_of(value) == number;
    const std::string_view text = text_of(value, room);
    if (matches(pattern, text)) return true;
    // 5 is also 5.0, which a source may write for it.
    constexpr std::string_view whole = ".0";
    return value.head.kind == MsgpackKind::real && text.ends_with(whole) &&
           matches(pattern, text.substr(0, text.size() - whole.size()));
  };
}

ValueTest value_lies_between(const QueryRange& range, NumbersAre numbers) {
  return [least = bound_of(range.least), most = bound_of(range.most), numbers](const Scalar& value) {
    if (least) {
      const std::optional<int> order = compare(value, *least, numbers);
      if (!order || *order < 0 || (*order == 0 && !least->inclusive)) return false;
    }
    if (most) {
      const std::optional<int> order = compare(value, *most, numbers);
      if (!order || *order > 0 || (*order == 0 && !most->inclusive)) return false;
    }
    return true;
  };
}

}  // namespace tidegate
