// The names of HTTP headers: the same whatever their case (RFC 9110, section 5.1).
//
// Inside transport/. Pure; any thread.
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

}  // namespace tidegate
