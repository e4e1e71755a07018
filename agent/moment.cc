#include "agent/moment.h"

#include <optional>

#include "config/units.h"

namespace tidegate {
namespace {

constexpr std::size_t moment_bytes_max = 64;

std::optional<WallTime> moment_of(std::string_view text, WallTime now) {
  if (text == "now") return now;
  const std::string_view duration = text.starts_with('-') ? text.substr(1) : text;
  if (const std::optional<std::chrono::milliseconds> back = parse_duration(duration)) {
    const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
    return *back <= since_epoch ? std::optional{now - *back} : std::nullopt;
  }
  if (const std::optional<WallTime> time = parse_time(text)) return time;
  return parse_time(std::string{text}.append("T00:00:00Z"));
}

}  // namespace

Result<WallSeconds> moment_from(std::string_view text, WallTime now) {
  std::optional<WallTime> moment;
  if (text.size() <= moment_bytes_max) moment = moment_of(text, now);
  if (!moment || *moment < WallTime{}) {
    return Error{Code::invalid,
                 "'" + std::string{text.substr(0, moment_bytes_max)} +
                     "' is no time: write UTC like 2026-11-24T13:05:07Z or 2026-11-24, or how far back, like 6h or 7d"};
  }
  if (*moment > now) {
    return Error{Code::invalid,
                 "'" + std::string{text} + "' lies ahead: give a time that has passed, it is " + to_iso8601(now) + " now"};
  }
  return std::chrono::floor<std::chrono::seconds>(*moment);
}

}  // namespace tidegate
