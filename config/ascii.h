// Letters and digits of ASCII, whatever the locale. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tidegate {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

// Lower case within ASCII.
inline char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), fold);
  return lower;
}
inline bool same_but_for_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, fold, fold); }

}  // namespace tidegate
