// Requests over OpAMP: what both ends must agree on. A request to the sensor's local control socket travels as a custom message,
// and so does its answer:
//
//   type "request"   ID METHOD TARGET, and where it has a body a line feed and the body
//   type "answer"    ID STATUS CONTENT_TYPE, a line feed, and the body
//
// The protocol acknowledges nothing: a request is repeated until it is answered, and one that comes again is answered again and not
// done again. Pure; any thread. Source: design, section 8; OpAMP specification 0.18, "Custom Messages".
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tidegate {

inline constexpr std::string_view requests_capability = "io.tidegate.requests/v1";
inline constexpr std::size_t request_id_bytes_max = 64;
inline constexpr std::size_t request_body_bytes_max = 192u << 10;

// 1 to 64 of lower-case letters, digits and dashes.
inline bool is_request_id(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= request_id_bytes_max && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace tidegate
