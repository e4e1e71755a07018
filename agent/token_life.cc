#include "agent/token_life.h"

namespace tidegate {
namespace {

using std::chrono::days;

std::string days_text(WallTime::duration span) {
  const auto count = std::chrono::floor<days>(span).count();
  return std::to_string(count) + (count == 1 ? " day" : " days");
}

}  // namespace

std::string_view name(TokenExpiry::Source source) {
  switch (source) {
    case TokenExpiry::Source::unknown: return "unknown";
    case TokenExpiry::Source::hint: return "hint";
    case TokenExpiry::Source::api: return "api";
  }
  return "unknown";
}

std::string_view name(ExpiryLevel level) {
  switch (level) {
    case ExpiryLevel::far: return "far";
    case ExpiryLevel::month: return "month";
    case ExpiryLevel::week: return "week";
    case ExpiryLevel::day: return "day";
    case ExpiryLevel::expired: return "expired";
  }
  return "far";
}

ExpiryLevel expiry_level(const TokenExpiry& expiry, WallTime now) {
  if (expiry.source == TokenExpiry::Source::unknown || !expiry.expires) return ExpiryLevel::far;
  if (now >= *expiry.expires) return ExpiryLevel::expired;
  // The sum could run over where the end is far: the present is moved instead.
  if (now + days{1} >= *expiry.expires) return ExpiryLevel::day;
  if (now + days{7} >= *expiry.expires) return ExpiryLevel::week;
  if (now + days{30} >= *expiry.expires) return ExpiryLevel::month;
  return ExpiryLevel::far;
}

std::string expiry_text(const TokenExpiry& expiry, WallTime now) {
  if (expiry.source == TokenExpiry::Source::unknown) return "not known";
  std::string text = "never expires";
  if (expiry.expires) {
    const bool over = now >= *expiry.expires;
    text = (over ? "expired " : "expires ") + to_iso8601(*expiry.expires) + ", ";
    text.append(over ? days_text(now - *expiry.expires) + " ago" : "in " + days_text(*expiry.expires - now));
  }
  if (expiry.source == TokenExpiry::Source::hint) text.append(" (a hint of the token itself, not documented)");
  return text;
}

}  // namespace tidegate
