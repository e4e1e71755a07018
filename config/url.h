// URLs as far as a configuration needs them: taken apart and checked by form. Pure.
// Source: RFC 3986, section 3, without empty hosts and without internationalised names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

inline constexpr std::size_t split_url_bytes_max = 2048;

struct UrlParts {
  std::string scheme;     // lower case
  std::string user_info;  // "name:password"; empty: none
  std::string host;       // without brackets
  std::optional<std::uint16_t> port;
  std::string path;  // with its slash, or empty
  std::string rest;  // query and fragment with their ? or #, or empty
};

// Absent when the text is no absolute URL with a host.
std::optional<UrlParts> split_url(std::string_view text);

}  // namespace tidegate
