// Rules on schedule over an index in memory, on a clock that a test moves.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "processor/respond/rule_schedule.h"
#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate::test {

inline constexpr WallTime schedule_noon = desk_noon;
using LookMinutes = std::pair<std::int64_t, std::int64_t>;  // from and to, after noon

class RuleScheduleRig : public testing::Test, public RuleDeskRig {
 protected:
  static Rule looking(const std::string& name = "look", const std::string& tenant = "acme") {
    Rule rule = tell_rule(name);
    rule.tenants = {tenant};
    rule.on = RuleTrigger::schedule;
    rule.every = std::chrono::minutes{5};
    rule.look_back = std::chrono::minutes{15};
    return rule;
  }
  // Until no rule looks: then the schedule alone waits on the clock. Nothing else is started here.
  void settle() {
    run_until_then([this] { return clock.next_deadline().has_value(); });
  }
  void begin_looking() {
    start_schedule();
    settle();
  }
  void apply(std::vector<Rule> all) {
    put(std::move(all));
    settle();
  }
  void pass_looking(std::chrono::nanoseconds time) {
    const SteadyTime until = clock.steady() + time;
    settle();
    while (clock.steady() < until) {
      const std::optional<SteadyTime> next = clock.next_deadline();
      clock.advance(std::min(*next, until) - clock.steady());
      settle();
    }
  }
  // The last search, in minutes after noon.
  LookMinutes last_range() const {
    const auto minutes = [](WallTime at) { return std::chrono::floor<std::chrono::minutes>(at - schedule_noon).count(); };
    if (index.asked.empty()) return {};
    return {minutes(index.asked.back().range.from), minutes(index.asked.back().range.to)};
  }
  std::size_t looks() const { return index.asked.size(); }
  RuleSight sight() const { return rules->sight_of("look"); }
};

}  // namespace tidegate::test
