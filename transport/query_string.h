// The query of a request to the control socket: "name=value&name=value", percent-encoded. Source: RFC 3986, sections 2.1 and 3.4;
// a plus sign is itself. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidegate {

inline constexpr std::size_t query_string_bytes_max = 8u << 10;
inline constexpr std::size_t query_string_pairs_max = 16;

using QueryPairs = std::map<std::string, std::string, std::less<>>;

// "" has no pairs. `invalid`: too long or too many, a name that comes twice or is empty, no "=", or a percent sign without two
// hexadecimal digits behind it.
Result<QueryPairs> parse_query_string(std::string_view text, std::size_t bytes_max = query_string_bytes_max);

// Everything but letters, digits and - . _ ~ is encoded.
std::string percent_encoded(std::string_view text);
// Absent: a percent sign without two hexadecimal digits behind it, or a byte that no URI may hold as it is.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace tidegate
