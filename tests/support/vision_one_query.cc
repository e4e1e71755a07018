#include "tests/support/vision_one_query.h"

#include <algorithm>
#include <charconv>

#include "transport/base64.h"

namespace tidegate {
namespace {

constexpr std::size_t order_bytes_max = 200;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (text[i] == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The part of `text` up to the separator, which is removed from it together with the separator.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const std::string_view digits = take_until(text, ';');
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && at == digits.data() + digits.size();
}

}  // namespace

std::optional<std::string_view> Target::find(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<Target> parse_target(std::string_view target) {
  Target parsed;
  const auto path = decode(take_until(target, '?'));
  if (!path || path->empty() || path->front() != '/') return std::nullopt;
  parsed.path = *path;
  while (!target.empty()) {
    std::string_view pair = take_until(target, '&');
    const auto name = decode(take_until(pair, '='));
    const auto value = decode(pair);
    if (!name || !value) return std::nullopt;
    if (!name->empty()) parsed.parameters.emplace_back(*name, *value);
  }
  return parsed;
}

std::string encode(std::string_view text, Spaces spaces) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~:,="}.find(c) != std::string_view::npos;
    if (plain || (c == ' ' && spaces == Spaces::raw)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(digits[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

Result<std::optional<WallSeconds>> time_parameter(const Target& target, std::string_view name) {
  const auto text = target.find(name);
  if (!text) return std::optional<WallSeconds>{};
  constexpr std::size_t length = std::string_view{"yyyy-MM-ddThh:mm:ssZ"}.size();
  std::optional<WallTime> time;
  if (text->size() == length && (*text)[10] == 'T' && text->back() == 'Z') time = parse_time(*text);
  if (!time) return Error{Code::invalid, "Invalid parameter: " + std::string{name} + " (yyyy-MM-ddThh:mm:ssZ in UTC)"};
  return std::optional{std::chrono::floor<std::chrono::seconds>(*time)};
}

Result<std::size_t> top_parameter(const Target& target) {
  const auto text = target.find("top");
  if (!text || *text == "50") return std::size_t{50};
  if (*text == "100") return std::size_t{100};
  if (*text == "200") return std::size_t{200};
  return Error{Code::invalid, "Invalid parameter: top (50, 100 or 200)"};
}

Result<std::vector<OrderTerm>> order_parameter(const Target& target, std::string_view fallback,
                                               const std::vector<std::string_view>& known) {
  std::string_view text = target.find("orderBy").value_or(fallback);
  std::vector<OrderTerm> terms;
  if (text.size() > order_bytes_max) return Error{Code::invalid, "Invalid parameter: orderBy (longer than 200 characters)"};
  while (!text.empty()) {
    std::string_view term = trimmed(take_until(text, ','));
    const std::string_view field = take_until(term, ' ');
    const std::string_view direction = trimmed(term);
    const bool fits = std::find(known.begin(), known.end(), field) != known.end();
    if (!fits || (!direction.empty() && direction != "asc" && direction != "desc"))
      return Error{Code::invalid, "Invalid parameter: orderBy"};
    terms.push_back({std::string{field}, direction == "desc"});
  }
  if (terms.empty()) return Error{Code::invalid, "Invalid parameter: orderBy"};
  return terms;
}

std::string encode_token(const PageToken& token) {
  const auto issued = std::chrono::floor<std::chrono::milliseconds>(token.issued.time_since_epoch()).count();
  return to_base64(std::to_string(token.offset) + ";" + std::to_string(issued) + (token.endless ? ";1" : ";0"));
}

std::optional<PageToken> decode_token(std::string_view text) {
  const std::optional<Bytes> plain = from_base64(text);
  if (!plain) return std::nullopt;
  std::string_view rest = *plain;
  PageToken token;
  std::int64_t issued = 0;
  int endless = 0;
  if (!take_number(rest, token.offset) || !take_number(rest, issued) || !take_number(rest, endless) || !rest.empty())
    return std::nullopt;
  token.issued = WallTime{std::chrono::milliseconds{issued}};
  token.endless = endless != 0;
  return token;
}

}  // namespace tidegate
