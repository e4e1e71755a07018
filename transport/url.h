// An absolute http or https URL, taken apart. Text from outside (page links) goes through here before anyone connects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::size_t url_bytes_max = 16u << 10;

struct Url {
  std::string scheme;  // "http" or "https"
  Secret user_info;    // "user:password", decoded; usually empty
  std::string host;    // lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, percent-encoded, at least "/"

  bool tls() const { return scheme == "https"; }
  // "host:port", with the brackets that an IPv6 address needs.
  std::string authority() const;
  // The value of a Host header: the authority without the scheme's own port.
  std::string host_header() const;
};

// Raw spaces and bytes that a URL may not hold are percent-encoded first: the API's own page links have them. Fragments
// are dropped. `invalid`: not an absolute http(s) URL, too long, or with control characters. The text of the error
// holds no user info.
Result<Url> parse_url(std::string_view text);

}  // namespace tidegate
