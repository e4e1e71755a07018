#include "respond/template_encode.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "transport/utf8.h"

namespace tidegate {
namespace {

void append_unicode_escape(std::string& out, unsigned code) {
  static constexpr char digits[] = "0123456789abcdef";
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(code >> shift) & 0x0fu]);
}

// Of one character of UTF-8 that must not stand in a JSON string as it is, or would be read as the end of a line or as a terminal's
// command by who shows it.
std::optional<unsigned> escaped_code(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<std::uint8_t>(character[i]); };
  if (character.size() == 1 && (byte(0) < 0x20 || byte(0) == 0x7f)) return byte(0);
  if (character.size() == 2 && byte(0) == 0xc2 && byte(1) < 0xa0) return byte(1);  // U+0080 to U+009F
  if (character == "\xe2\x80\xa8") return 0x2028u;
  if (character == "\xe2\x80\xa9") return 0x2029u;
  return std::nullopt;
}

template <class Number>
std::string number_as_json(Number number) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return {text, end};
}

std::string real_as_json(double real) {
  if (!std::isfinite(real)) return "null";
  std::string text = number_as_json(real);
  if (text.find_first_of(".e") == std::string::npos) text.append(".0");
  return text;
}

bool append_value_at(std::string& out, const boost::json::value& value, std::size_t depth) {
  if (depth > template_value_depth_max) return false;
  if (const auto* object = value.if_object()) {
    out.push_back('{');
    bool first = true;
    for (const auto& member : *object) {
      out.append(first ? "\"" : ",\"");
      first = false;
      append_json_text(out, {member.key().data(), member.key().size()});
      out.append("\":");
      if (!append_value_at(out, member.value(), depth + 1)) return false;
    }
    out.push_back('}');
  } else if (const auto* list = value.if_array()) {
    out.push_back('[');
    for (const boost::json::value& element : *list) {
      if (&element != &list->front()) out.push_back(',');
      if (!append_value_at(out, element, depth + 1)) return false;
    }
    out.push_back(']');
  } else if (const auto* text = value.if_string()) {
    out.push_back('"');
    append_json_text(out, {text->data(), text->size()});
    out.push_back('"');
  } else {
    out.append(plain_text_of(value).value_or("null"));
  }
  return true;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_bytes(text);
    const std::string_view character = text.substr(0, bytes);
    if (bytes == 0) {
      out.append(utf8_replacement);
    } else if (character == "\"" || character == "\\") {
      out.append("\\").append(character);
    } else if (const std::optional<unsigned> code = escaped_code(character)) {
      append_unicode_escape(out, *code);
    } else {
      out.append(character);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

bool append_json_value(std::string& out, const boost::json::value& value) { return append_value_at(out, value, 0); }

std::optional<std::string> plain_text_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::string: return std::string{value.get_string().data(), value.get_string().size()};
    case boost::json::kind::int64: return number_as_json(value.get_int64());
    case boost::json::kind::uint64: return number_as_json(value.get_uint64());
    case boost::json::kind::double_: return real_as_json(value.get_double());
    case boost::json::kind::bool_: return value.get_bool() ? "true" : "false";
    case boost::json::kind::null:
    case boost::json::kind::array:
    case boost::json::kind::object: break;
  }
  return std::nullopt;
}

}  // namespace tidegate
