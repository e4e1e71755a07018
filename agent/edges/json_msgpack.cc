#include "agent/edges/json_msgpack.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "transport/msgpack_json.h"
#include "transport/msgpack_write.h"

namespace tidegate {
namespace {

namespace sj = simdjson::ondemand;

constexpr std::size_t exact_digits = 15;  // a decimal of so many digits survives a double
constexpr int exact_exponent = 290;       // well inside a double's range

// A number as digits without zeros at either end, times ten to a power: equal numbers have equal forms.
struct Decimal {
  bool negative = false;
  std::string digits;
  long exponent = 0;

  bool operator==(const Decimal&) const = default;
};

// Absent when the exponent is absurdly long.   requires: is_json_number(text)
std::optional<Decimal> decimal_of(std::string_view text) {
  Decimal number;
  number.negative = text.front() == '-';
  bool fraction = false;
  std::size_t at = number.negative ? 1 : 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      fraction = true;
    } else {
      if (fraction) --number.exponent;
      if (!number.digits.empty() || text[at] != '0') number.digits.push_back(text[at]);
    }
  }
  if (at < text.size()) {
    std::string_view power = text.substr(at + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (power.size() > 8) return std::nullopt;
    long exponent = 0;
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    number.exponent += exponent;
  }
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.pop_back();
    ++number.exponent;
  }
  if (number.digits.empty()) number.exponent = 0;
  return number;
}

// The double that reads back as the same decimal; absent when there is none.
std::optional<double> exact_double(std::string_view text) {
  const std::optional<Decimal> wanted = decimal_of(text);
  if (!wanted) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  if (wanted->digits.size() <= exact_digits && std::labs(wanted->exponent) < exact_exponent) return value;
  char shortest[40];
  const auto printed = std::to_chars(shortest, shortest + sizeof shortest, value);
  const std::optional<Decimal> got = decimal_of({shortest, static_cast<std::size_t>(printed.ptr - shortest)});
  if (got && *got == *wanted) return value;
  return std::nullopt;
}

bool append_integer(Bytes& out, std::string_view token) {
  const char* const begin = token.data();
  const char* const end = begin + token.size();
  if (token.front() == '-') {
    std::int64_t value = 0;
    if (std::from_chars(begin, end, value).ec != std::errc{}) return false;
    // A double keeps the sign of "-0".
    if (value == 0) put_double(out, -0.0);
    else put_int(out, value);
    return true;
  }
  std::uint64_t value = 0;
  if (std::from_chars(begin, end, value).ec != std::errc{}) return false;
  put_uint(out, value);
  return true;
}

simdjson::error_code append_object(Bytes& out, sj::object& object, unsigned depth) {
  OpenContainer map{out, OpenContainer::Kind::map};
  std::size_t count = 0;
  for (auto field : object) {
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return error;
    put_str(out, key);
    sj::value value;
    if (auto error = field.value().get(value)) return error;
    if (auto error = append_msgpack(out, value, depth + 1)) return error;
    ++count;
  }
  map.close(count);
  return simdjson::SUCCESS;
}

simdjson::error_code append_array(Bytes& out, sj::array& array, unsigned depth) {
  OpenContainer list{out, OpenContainer::Kind::array};
  std::size_t count = 0;
  for (auto element : array) {
    sj::value value;
    if (auto error = element.get(value)) return error;
    if (auto error = append_msgpack(out, value, depth + 1)) return error;
    ++count;
  }
  list.close(count);
  return simdjson::SUCCESS;
}

}  // namespace

OpenContainer::OpenContainer(Bytes& out, Kind kind) : out_(out), at_(out.size()), kind_(kind) { out_.append(3, '\0'); }

void OpenContainer::close(std::size_t count) {
  if (count > 0xffff) {
    // Rare: two bytes more, in front of what is written.
    out_.insert(at_ + 3, 2, '\0');
    out_[at_] = static_cast<char>(kind_ == Kind::map ? 0xdf : 0xdd);
    for (std::size_t i = 0; i < 4; ++i) out_[at_ + 1 + i] = static_cast<char>(count >> (8 * (3 - i)));
    return;
  }
  out_[at_] = static_cast<char>(kind_ == Kind::map ? 0xde : 0xdc);
  out_[at_ + 1] = static_cast<char>(count >> 8);
  out_[at_ + 2] = static_cast<char>(count);
}

simdjson::error_code append_number(Bytes& out, std::string_view token) {
  if (!is_json_number(token)) return simdjson::NUMBER_ERROR;
  const bool integer = token.find_first_of(".eE") == std::string_view::npos;
  if (integer && append_integer(out, token)) return simdjson::SUCCESS;
  if (!integer) {
    if (const std::optional<double> value = exact_double(token)) {
      put_double(out, *value);
      return simdjson::SUCCESS;
    }
  }
  put_ext(out, ext_decimal, token);
  return simdjson::SUCCESS;
}

simdjson::error_code append_msgpack(Bytes& out, sj::value& value, unsigned depth) {
  if (depth > payload_depth_max) return simdjson::DEPTH_ERROR;
  sj::json_type type;
  if (auto error = value.type().get(type)) return error;
  switch (type) {
    case sj::json_type::object: {
      sj::object object;
      if (auto error = value.get_object().get(object)) return error;
      return append_object(out, object, depth);
    }
    case sj::json_type::array: {
      sj::array array;
      if (auto error = value.get_array().get(array)) return error;
      return append_array(out, array, depth);
    }
    case sj::json_type::string: {
      std::string_view text;
      if (auto error = value.get_string().get(text)) return error;
      put_str(out, text);
      return simdjson::SUCCESS;
    }
    case sj::json_type::number: {
      std::string_view token = value.raw_json_token();
      // The token reaches up to the next structural character.
      const std::size_t end = token.find_last_not_of(" \t\r\n");
      return append_number(out, token.substr(0, end == std::string_view::npos ? 0 : end + 1));
    }
    case sj::json_type::boolean: {
      bool truth = false;
      if (auto error = value.get_bool().get(truth)) return error;
      put_bool(out, truth);
      return simdjson::SUCCESS;
    }
    case sj::json_type::null: {
      bool null = false;
      if (auto error = value.is_null().get(null)) return error;
      if (!null) return simdjson::N_ATOM_ERROR;
      put_nil(out);
      return simdjson::SUCCESS;
    }
  }
  return simdjson::INCORRECT_TYPE;
}

}  // namespace tidegate
