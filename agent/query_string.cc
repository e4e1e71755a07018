#include "agent/query_string.h"

#include <optional>

namespace tidegate {
namespace {

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    const std::optional<unsigned> high = at + 1 < text.size() ? digit_of(text[at + 1]) : std::nullopt;
    const std::optional<unsigned> low = at + 2 < text.size() ? digit_of(text[at + 2]) : std::nullopt;
    if (!high || !low) return Error{Code::invalid, "a % in the query has no two hexadecimal digits behind it: encode it as %25"};
    decoded.push_back(static_cast<char>(*high << 4 | *low));
    at += 2;
  }
  return decoded;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

Result<QueryPairs> parse_query_string(std::string_view text) {
  if (text.size() > query_string_bytes_max) return Error{Code::invalid, "the query is longer than 8 KiB"};
  QueryPairs pairs;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return Error{Code::invalid, "the query is no list of name=value&name=value"};
    Result<std::string> name = percent_decoded(pair.substr(0, equals));
    if (!name) return std::move(name).error();
    Result<std::string> value = percent_decoded(pair.substr(equals + 1));
    if (!value) return std::move(value).error();
    if (pairs.size() == query_string_pairs_max) return Error{Code::invalid, "the query has more than 16 parameters"};
    if (!pairs.emplace(*name, *std::move(value)).second) return Error{Code::invalid, "the query has " + *name + " twice"};
  }
  return pairs;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(digits[byte >> 4]);
    encoded.push_back(digits[byte & 15]);
  }
  return encoded;
}

}  // namespace tidegate
