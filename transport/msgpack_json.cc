#include "transport/msgpack_json.h"

#include <charconv>
#include <cmath>

#include "transport/base64.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

void append_escape(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += digits[(static_cast<unsigned char>(c) >> 4) & 0x0f];
  out += digits[static_cast<unsigned char>(c) & 0x0f];
}

bool plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\';
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain(text[run])) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    std::size_t taken = 1;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_escape(out, text.front());
    } else if (const std::size_t bytes = utf8_bytes(text); bytes != 0) {
      out.append(text.substr(0, bytes));
      taken = bytes;
    } else {
      out += utf8_replacement;
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

template <class Real>
void append_real(std::string& out, Real value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const std::size_t before = out.size();
  append_number(out, value);
  if (std::string_view{out}.substr(before).find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_time(std::string& out, WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  append_number(out, whole.count());
  std::string fraction = std::to_string((time.time_since_epoch() - whole).count());
  out.append(".").append(9 - fraction.size(), '0').append(fraction);
}

Result<void> append_value(std::string& out, const MsgpackView& value);

Result<void> append_array(std::string& out, const MsgpackView& array) {
  out += '[';
  bool first = true;
  MsgpackItems items = array.items();
  while (auto item = items.next()) {
    if (!first) out += ',';
    first = false;
    if (auto done = append_value(out, *item); !done) return done;
  }
  out += ']';
  return {};
}

Result<void> append_map(std::string& out, const MsgpackView& map) {
  out += '{';
  bool first = true;
  MsgpackItems items = map.items();
  while (auto pair = items.next_pair()) {
    if (!first) out += ',';
    first = false;
    const auto text = pair->first.as_str();
    const auto key = text ? text : pair->first.as_bin();
    if (!key) return Error{Code::corrupt, "a key of a map is no text"};
    append_string(out, *key);
    out += ':';
    if (auto done = append_value(out, pair->second); !done) return done;
  }
  out += '}';
  return {};
}

Result<void> append_ext(std::string& out, const MsgpackView& value) {
  if (const auto time = value.as_time()) {
    append_time(out, *time);
  } else if (const auto decimal = value.as_decimal()) {
    if (!is_json_number(*decimal)) return Error{Code::corrupt, "a number kept as text is no number"};
    out += *decimal;
  } else {
    append_string(out, to_base64(value.as_ext()->second));
  }
  return {};
}

// Recursion is bounded: the view was opened with msgpack_depth_max.
Result<void> append_value(std::string& out, const MsgpackView& value) {
  switch (value.kind()) {
    case MsgpackKind::boolean: out += *value.as_bool() ? "true" : "false"; return {};
    case MsgpackKind::integer: append_number(out, *value.as_uint()); return {};
    case MsgpackKind::negative: append_number(out, *value.as_int()); return {};
    case MsgpackKind::real:
      if (const auto single = value.as_single()) {
        append_real(out, *single);
      } else {
        append_real(out, *value.as_real());
      }
      return {};
    case MsgpackKind::str: append_string(out, *value.as_str()); return {};
    case MsgpackKind::bin: append_string(out, to_base64(*value.as_bin())); return {};
    case MsgpackKind::array: return append_array(out, value);
    case MsgpackKind::map: return append_map(out, value);
    case MsgpackKind::ext: return append_ext(out, value);
    case MsgpackKind::nil:
    case MsgpackKind::partial:
    case MsgpackKind::broken: break;
  }
  out += "null";
  return {};
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
  return count;
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

Result<void> append_json(std::string& out, ByteView msgpack) {
  const auto value = MsgpackView::open(msgpack);
  if (!value || value->bytes().size() != msgpack.size()) return Error{Code::corrupt, "not one whole msgpack value"};
  return append_value(out, *value);
}

Result<std::string> to_json(ByteView msgpack) {
  std::string out;
  out.reserve(msgpack.size() + msgpack.size() / 4);
  if (auto done = append_json(out, msgpack); !done) return std::move(done).error();
  return out;
}

}  // namespace tidegate
