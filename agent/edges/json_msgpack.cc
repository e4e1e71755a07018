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

// Absent where the token is no integer that fits.
std::optional<std::uint64_t> small_integer(std::string_view token) {
  constexpr std::size_t digits_max = 18;
  if (token.empty() || token.size() > digits_max || (token.front() == '0' && token.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
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

simdjson::error_code append_object(PayloadWriter& out, JsonText& json, unsigned depth) {
  const std::size_t opened = out.open();
  std::size_t count = 0;
  if (!json.take('}')) {
    do {
      std::string_view key;
      if (auto error = append_string(out, json, key)) return error;
      if (!json.take(':')) return simdjson::TAPE_ERROR;
      if (auto error = append_msgpack(out, json, depth + 1)) return error;
      ++count;
    } while (json.take(','));
    if (!json.take('}')) return simdjson::TAPE_ERROR;
  }
  out.close(opened, PayloadWriter::Kind::map, count);
  return simdjson::SUCCESS;
}

simdjson::error_code append_array(PayloadWriter& out, JsonText& json, unsigned depth) {
  const std::size_t opened = out.open();
  std::size_t count = 0;
  if (!json.take(']')) {
    do {
      if (auto error = append_msgpack(out, json, depth + 1)) return error;
      ++count;
    } while (json.take(','));
    if (!json.take(']')) return simdjson::TAPE_ERROR;
  }
  out.close(opened, PayloadWriter::Kind::array, count);
  return simdjson::SUCCESS;
}

simdjson::error_code append_scalar(PayloadWriter& out, std::string_view token) {
  switch (token.empty() ? '\0' : token.front()) {
    case 't':
      if (token != "true") return simdjson::T_ATOM_ERROR;
      out.put_byte(0xc3);
      return simdjson::SUCCESS;
    case 'f':
      if (token != "false") return simdjson::F_ATOM_ERROR;
      out.put_byte(0xc2);
      return simdjson::SUCCESS;
    case 'n':
      if (token != "null") return simdjson::N_ATOM_ERROR;
      out.put_byte(0xc0);
      return simdjson::SUCCESS;
    default: return append_number(out, token);
  }
}

}  // namespace

simdjson::error_code append_number(PayloadWriter& out, std::string_view token) {
  if (const std::optional<std::uint64_t> value = small_integer(token)) {
    out.put_uint(*value);
    return simdjson::SUCCESS;
  }
  if (!is_json_number(token)) return simdjson::NUMBER_ERROR;
  Bytes number;
  const bool integer = token.find_first_of(".eE") == std::string_view::npos;
  if (!integer || !append_integer(number, token)) {
    const std::optional<double> value = integer ? std::nullopt : exact_double(token);
    if (value) put_double(number, *value);
    else put_ext(number, ext_decimal, token);
  }
  out.put_bytes(number);
  return simdjson::SUCCESS;
}

simdjson::error_code append_string(PayloadWriter& out, JsonText& json, std::string_view& text) {
  if (json.quoted(text) && out.put_plain_str(text)) {
    json.pass();
    return simdjson::SUCCESS;
  }
  if (auto error = json.take_string(text)) return error;
  out.put_str(text);
  return simdjson::SUCCESS;
}

simdjson::error_code append_msgpack(PayloadWriter& out, JsonText& json, unsigned depth) {
  if (depth > payload_depth_max) return simdjson::DEPTH_ERROR;
  switch (json.next()) {
    case '"': {
      std::string_view text;
      return append_string(out, json, text);
    }
    case '{': json.pass(); return append_object(out, json, depth);
    case '[': json.pass(); return append_array(out, json, depth);
    default: return append_scalar(out, json.take_scalar());
  }
}

}  // namespace tidegate
