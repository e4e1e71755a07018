#include "respond/record_json.h"

#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "transport/msgpack_json.h"
#include "transport/msgpack_view.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

// Parentheses around what becomes a boost::json::value: in braces it would become a list with that one element.

template <class Number>
std::optional<Number> number_written(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The number that is written just so, digit by digit; else the text.
//   requires: is_json_number(text)
boost::json::value number_or_text(std::string_view text) {
  if (text.find_first_of(".eE") == std::string_view::npos) {
    const bool negative_zero = text == "-0";  // no integer keeps its sign
    if (const auto number = number_written<std::int64_t>(text); number && !negative_zero) return *number;
    if (const auto number = number_written<std::uint64_t>(text)) return *number;
  } else if (const auto number = number_written<double>(text); number && std::isfinite(*number)) {
    char shortest[40];
    const auto end = std::to_chars(shortest, shortest + sizeof shortest, *number).ptr;
    const std::string written{shortest, end};
    if (written == text || written + ".0" == text) return *number;
  }
  return boost::json::string(text.data(), text.size());
}

boost::json::string text_as_utf8(std::string_view text) {
  if (is_utf8(text)) return boost::json::string(text.data(), text.size());
  const std::string mended = utf8_within(text, text.size() * utf8_replacement.size());
  return boost::json::string(mended.data(), mended.size());
}

class RecordReader {
 public:
  Result<boost::json::object> read_map(const MsgpackView& map) {
    boost::json::object object;
    MsgpackItems items = map.items();
    while (auto pair = items.next_pair()) {
      const std::optional<std::string_view> text = pair->first.as_str();
      if (!text) return Error{Code::corrupt, "a key of a map is no text"};
      auto value = read(pair->second);
      if (!value) return std::move(value).error();
      object[text_as_utf8(*text)] = std::move(*value);
    }
    return object;
  }

 private:
  // Recursion is bounded: the view was opened with msgpack_depth_max.
  Result<boost::json::value> read(const MsgpackView& value) {
    if (++values_ > record_json_values_max)
      return Error{Code::invalid, "the record has more than " + std::to_string(record_json_values_max) + " values"};
    switch (value.kind()) {
      case MsgpackKind::boolean: return boost::json::value(*value.as_bool());
      case MsgpackKind::integer: return read_integer(value);
      case MsgpackKind::negative: return boost::json::value(*value.as_int());
      case MsgpackKind::real: return read_real(value);
      case MsgpackKind::str: return boost::json::value(text_as_utf8(*value.as_str()));
      case MsgpackKind::array: return read_list(value);
      case MsgpackKind::map: {
        auto object = read_map(value);
        if (!object) return std::move(object).error();
        return boost::json::value(std::move(*object));
      }
      case MsgpackKind::bin:
      case MsgpackKind::ext: return read_other(value);
      case MsgpackKind::nil:
      case MsgpackKind::partial:
      case MsgpackKind::broken: break;
    }
    return boost::json::value(nullptr);
  }

  static boost::json::value read_integer(const MsgpackView& value) {
    if (const auto number = value.as_int()) return *number;
    return *value.as_uint();
  }

  static Result<boost::json::value> read_real(const MsgpackView& value) {
    const double real = *value.as_real();
    if (!std::isfinite(real)) return boost::json::value(nullptr);
    if (!value.as_single()) return boost::json::value(real);
    char shortest[40];
    const auto end = std::to_chars(shortest, shortest + sizeof shortest, *value.as_single()).ptr;
    return boost::json::value(number_written<double>({shortest, end}).value_or(real));
  }

  Result<boost::json::value> read_list(const MsgpackView& list) {
    boost::json::array array;
    MsgpackItems items = list.items();
    while (auto item = items.next()) {
      auto element = read(*item);
      if (!element) return std::move(element).error();
      array.push_back(std::move(*element));
    }
    return boost::json::value(std::move(array));
  }

  static Result<boost::json::value> read_other(const MsgpackView& value) {
    auto json = to_json(value.bytes());
    if (!json) return std::move(json).error();
    std::string_view text = *json;
    if (is_json_number(text))
      return value.as_time() ? boost::json::value(boost::json::string(text.data(), text.size())) : number_or_text(text);
    text.remove_prefix(1);  // the quotes around Base64
    text.remove_suffix(1);
    return boost::json::value(boost::json::string(text.data(), text.size()));
  }

  std::size_t values_ = 0;
};

}  // namespace

Result<boost::json::object> record_json(ByteView msgpack) {
  if (msgpack.size() > record_json_bytes_max)
    return Error{Code::invalid, "the record is larger than " + std::to_string(record_json_bytes_max) + " bytes"};
  const auto value = MsgpackView::open(msgpack);
  if (!value || value->bytes().size() != msgpack.size() || value->kind() != MsgpackKind::map)
    return Error{Code::corrupt, "the record is not one whole msgpack map"};
  return RecordReader{}.read_map(*value);
}

}  // namespace tidegate
