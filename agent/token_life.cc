#include "agent/token_life.h"

namespace tidegate {
namespace {

using std::chrono::days;

// In whole seconds no two moments are too far apart for their difference to be told.
std::chrono::seconds from_to(WallTime from, WallTime to) {
  return std::chrono::floor<std::chrono::seconds>(to) - std::chrono::floor<std::chrono::seconds>(from);
}

std::string days_text(std::chrono::seconds span) {
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
  const std::chrono::seconds left = from_to(now, *expiry.expires);
  if (left <= days{1}) return ExpiryLevel::day;
  if (left <= days{7}) return ExpiryLevel::week;
  if (left <= days{30}) return ExpiryLevel::month;
  return ExpiryLevel::far;
}

std::string expiry_text(const TokenExpiry& expiry, WallTime now) {
  if (expiry.source == TokenExpiry::Source::unknown) return "not known";
  std::string text = "never expires";
  if (expiry.expires) {
    const bool over = now >= *expiry.expires;
    text = (over ? "expired " : "expires ") + to_iso8601(*expiry.expires) + ", ";
    text.append(over ? days_text(from_to(*expiry.expires, now)) + " ago" : "in " + days_text(from_to(now, *expiry.expires)));
  }
  if (expiry.source == TokenExpiry::Source::hint) text.append(" (a hint of the token itself, not documented)");
  return text;
}

}  // namespace tidegate
