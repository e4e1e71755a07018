// What HTTP takes as the name and as the value of a header (RFC 9110, sections 5.1, 5.5 and 5.6.2). Names are the same whatever
// their case.
//
// Pure; any thread.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tidegate {

inline bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// A name of a header, or a method.
inline bool is_http_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.find(c) != std::string_view::npos;
  });
}

// Those that http_client.h itself sends: where a request goes and where it ends is no caller's to say.
inline bool is_own_header(std::string_view name) {
  for (const std::string_view own : {"Host", "Content-Length", "Transfer-Encoding", "Connection"})
    if (same_name(name, own)) return true;
  return false;
}

// A value that every server reads as it was written.
inline bool is_printable_ascii(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace tidegate
