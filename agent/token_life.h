// How long a token lives, and when to speak of it. A token that expires unnoticed stops collection in the night, and the API
// then says no more than 401.
//
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidegate {

struct TokenExpiry {
  enum class Source : unsigned char {
    unknown,
    hint,  // the token's own payload, whose meaning is not documented
    api,   // GET /v3.0/iam/apiKeys
  };
  Source source = Source::unknown;
  std::optional<WallTime> expires;  // absent where the source is known: never
  // The API's clock less ours when this was learnt: a token ends by the API's. Absent: not known.
  std::optional<std::chrono::seconds> clock_offset{};

  bool operator==(const TokenExpiry&) const = default;
};

std::string_view name(TokenExpiry::Source source);

// How near the end is, from far to past.
enum class ExpiryLevel : unsigned char { far, month, week, day, expired };  // at most 30, 7, 1 days ahead; over

std::string_view name(ExpiryLevel level);
ExpiryLevel expiry_level(const TokenExpiry& expiry, WallTime now);

// "expires 2026-11-24T13:05:07Z, in 6 days", "expired …, 2 days ago", "never expires", "not known"; a hint is marked so.
std::string expiry_text(const TokenExpiry& expiry, WallTime now);

}  // namespace tidegate
