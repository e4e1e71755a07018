#include "agent/edges/bandwidth_schedule.h"

#include "base/check.h"

namespace tidegate {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// Whether the interval that begins on `day` is one of the rule's, and holds `time`.
bool holds(const BandwidthRule& rule, sys_days day, WallTime time) {
  TG_ASSERT(rule.from != rule.to, "a rule of the bandwidth holds for some time");
  const auto weekday = static_cast<Weekday>(std::chrono::weekday{day}.iso_encoding() - 1);
  if (!rule.days.contains(weekday)) return false;
  const sys_days last_day = day + (rule.to < rule.from ? days{1} : days{0});
  return day + rule.from <= time && time < last_day + rule.to;
}

}  // namespace

std::optional<std::uint64_t> bandwidth_at(const BandwidthSchedule& schedule, WallTime time) {
  const sys_days today = std::chrono::floor<days>(time);
  for (const BandwidthRule& rule : schedule.rules) {
    if (holds(rule, today - days{1}, time) || holds(rule, today, time)) return rule.bandwidth;
  }
  return schedule.otherwise;
}

}  // namespace tidegate
