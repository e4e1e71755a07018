// What a request asks: the target taken apart, its parameters checked by the API's rules, and the token of a page link.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

// "/path?name=value&…", percent-decoded ('+' is a space).
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;

  // The first parameter of that name.
  std::optional<std::string_view> find(std::string_view name) const;
};
std::optional<Target> parse_target(std::string_view target);

// Everything but letters, digits and "-._~:,=" as %XX; spaces as themselves where they are to stay raw.
enum class Spaces : std::uint8_t { encoded, raw };
std::string encode(std::string_view text, Spaces spaces = Spaces::encoded);

// The errors of these are the message of a 400.
// "yyyy-MM-ddThh:mm:ssZ" and nothing else; absent where the parameter is.
Result<std::optional<WallSeconds>> time_parameter(const Target& target, std::string_view name);
// 50, 100 or 200; 50 where absent.
Result<std::size_t> top_parameter(const Target& target);

struct OrderTerm {
  std::string field;
  bool descending = false;
};
// "field [asc|desc], …"; every field one of `known`; at most 200 characters.
Result<std::vector<OrderTerm>> order_parameter(const Target& target, std::string_view fallback,
                                               const std::vector<std::string_view>& known);

// What skipToken and nextBatchToken hold: where the next page begins, counted from the front of the list as it is then.
// Base64 of decimal numbers.
struct PageToken {
  std::uint64_t offset = 0;
  WallTime issued{};     // whole milliseconds
  bool endless = false;  // a fault: the pages after this one have no end
};
std::string encode_token(const PageToken& token);
std::optional<PageToken> decode_token(std::string_view text);

}  // namespace tidegate
