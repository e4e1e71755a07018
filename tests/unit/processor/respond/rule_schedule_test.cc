#include "processor/respond/rule_schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime schedule_noon = test::desk_noon;
constexpr const char* cannot_look_line = "a rule cannot look into the whole index";

class RuleScheduleTest : public testing::Test, public test::RuleDeskRig {
 protected:
  static Rule looking(const std::string& name = "look", const std::string& tenant = "acme") {
    Rule rule = test::tell_rule(name);
    rule.tenants = {tenant};
    rule.on = RuleTrigger::schedule;
    rule.every = 5min;
    rule.look_back = 15min;
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
  std::pair<std::int64_t, std::int64_t> last_range() const {
    const auto minutes = [](WallTime at) { return std::chrono::floor<std::chrono::minutes>(at - schedule_noon).count(); };
    if (index.asked.empty()) return {};
    return {minutes(index.asked.back().range.from), minutes(index.asked.back().range.to)};
  }
  std::size_t looks() const { return index.asked.size(); }
  RuleSight sight() const { return rules->sight_of("look"); }
};

using LookMinutes = std::pair<std::int64_t, std::int64_t>;

TEST_F(RuleScheduleTest, ANewRuleLooksAtOnceThenEverySoOften) {
  begin_looking();
  pass_looking(10min);
  EXPECT_EQ(looks(), 0u);
  EXPECT_EQ(sight().next, std::nullopt) << "there is no such rule";
  apply({looking()});
  EXPECT_EQ(looks(), 1u) << "the change wakes it";
  EXPECT_EQ(last_range(), LookMinutes(10 - 15, 10));
  EXPECT_EQ(index.asked.front().tenant, "acme");
  EXPECT_EQ(sight().looked, schedule_noon + 10min);
  EXPECT_EQ(sight().next, schedule_noon + 15min);
  EXPECT_EQ(sight().trouble, "");
  pass_looking(5min - 1ns);
  EXPECT_EQ(looks(), 1u);
  pass_looking(1ns);
  EXPECT_EQ(looks(), 2u);
  EXPECT_EQ(last_range().second, 15);
  pass_looking(1h);
  EXPECT_EQ(looks(), 14u);
}

TEST_F(RuleScheduleTest, WhatALookFindsIsDecidedOnceThoughLooksOverlap) {
  hold({test::sample_at(1, -1min), test::sample_at(2, 2min), test::sample_at(3, 3h)});
  begin_looking();
  apply({looking()});
  EXPECT_EQ(decided(), "tell 1 queued");
  EXPECT_EQ(owner->queued(10)->front().at, schedule_noon) << "the time of the look";
  pass_looking(30min);
  EXPECT_EQ(decided(), "tell 1 queued, tell 2 queued");
}

TEST_F(RuleScheduleTest, RulesLookOneAfterTheOtherTheMostOverdueFirst) {
  begin_looking();
  Rule slow = looking("a-slow", "blue");
  slow.every = 10min;
  apply({looking("z-quick", "acme"), slow});
  ASSERT_EQ(looks(), 2u);
  // The clock jumps: z-quick is overdue since minute 5, a-slow since minute 10.
  clock.advance(12min);
  settle();
  ASSERT_EQ(looks(), 4u);
  EXPECT_EQ(index.asked[2].tenant, "acme");
  EXPECT_EQ(index.asked[3].tenant, "blue");
}

TEST_F(RuleScheduleTest, ARuleThatTakesItsTimeHoldsUpNoneForLonger) {
  begin_looking();
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<bool> first = true;
  index.on_open = [&] {
    if (!first.exchange(false)) return;
    begun.set_value();
    go_on.get_future().wait();
  };
  put({looking("a", "acme"), looking("b", "blue")});
  turn();
  begun.get_future().wait();
  turn();
  EXPECT_EQ(looks(), 0u) << "b waits for a";
  go_on.set_value();
  settle();
  EXPECT_EQ(looks(), 2u);
}

TEST_F(RuleScheduleTest, WhereItHasLookedOutlivesARestartAndTheNextLookReachesBackToIt) {
  begin_looking();
  apply({looking()});
  restart();
  EXPECT_EQ(sight().looked, schedule_noon);
  clock.advance(2h);
  begin_looking();
  EXPECT_EQ(looks(), 2u) << "it is overdue";
  EXPECT_EQ(last_range(), LookMinutes(-15, 120)) << "what came late to the last look counts, too";
}

TEST_F(RuleScheduleTest, ARestartBeforeTheTimeMakesNoLook) {
  begin_looking();
  apply({looking()});
  restart();
  clock.advance(4min);
  begin_looking();
  EXPECT_EQ(looks(), 1u);
  pass_looking(1min);
  EXPECT_EQ(looks(), 2u);
}

TEST_F(RuleScheduleTest, ItReachesBackAWeekAtMost) {
  begin_looking();
  apply({looking()});
  restart();
  clock.advance(24h * 30);
  begin_looking();
  EXPECT_EQ(last_range(), LookMinutes(23 * 24 * 60, 30 * 24 * 60));
}

TEST_F(RuleScheduleTest, WhereRecordsAreCountedALookReachesNoFurtherBackThanItIsWritten) {
  begin_looking();
  Rule rule = looking();
  rule.at_least = 3;
  rule.mute = rule.look_back;
  apply({rule});
  restart();
  clock.advance(2h);
  begin_looking();
  EXPECT_EQ(last_range(), LookMinutes(105, 120)) << "three within fifteen minutes, not within two hours";
}

TEST_F(RuleScheduleTest, AFailingIndexIsTroubleThatIsToldOnceAndTriedAgainWithinAMinute) {
  index.broken = Error{Code::unavailable, "the index is away"};
  begin_looking();
  apply({looking()});
  EXPECT_EQ(sight().trouble, "the index is away");
  EXPECT_EQ(sight().looked, std::nullopt);
  EXPECT_EQ(sight().next, schedule_noon + 1min);
  EXPECT_EQ(index.opened, 1u);
  pass_looking(1min - 1ns);
  EXPECT_EQ(index.opened, 1u) << "it does not spin";
  pass_looking(1ns);
  EXPECT_EQ(index.opened, 2u);
  pass_looking(10min);
  EXPECT_EQ(index.opened, 12u);
  EXPECT_EQ(times_logged(cannot_look_line), 1u);

  index.broken.reset();
  pass_looking(1min);
  EXPECT_EQ(sight().trouble, "");
  EXPECT_EQ(sight().looked, schedule_noon + 12min);
  EXPECT_EQ(sight().next, schedule_noon + 17min);

  index.broken = Error{Code::corrupt, "the index is damaged"};
  pass_looking(5min);
  EXPECT_EQ(sight().trouble, "the index is damaged");
  EXPECT_EQ(sight().looked, schedule_noon + 12min) << "the next one reaches back to there";
  EXPECT_EQ(times_logged(cannot_look_line), 2u) << "it is another one";
  index.broken.reset();
  pass_looking(1min);
  EXPECT_EQ(last_range(), LookMinutes(12 - 15, 18));
}

TEST_F(RuleScheduleTest, ARuleThatCannotLookHoldsUpNoOther) {
  Rule deaf = looking("deaf");
  begin_looking();
  break_call("set_looked");
  apply({deaf, looking("look", "blue")});
  pass_looking(3min);
  std::size_t of_blue = 0;
  for (const test::RuleIndex::Asked& each : index.asked) of_blue += each.tenant == "blue" ? 1u : 0u;
  EXPECT_EQ(of_blue, 4u);
  EXPECT_EQ(looks(), 8u);
}

TEST_F(RuleScheduleTest, WhatCannotBeWrittenDownIsTroubleThatIsToldOnce) {
  hold({test::sample_at(1, -1min)});
  break_call("set_looked");
  begin_looking();
  apply({looking()});
  pass_looking(5min);
  EXPECT_EQ(looks(), 6u);
  EXPECT_EQ(sight().trouble, "rules.db failed");
  EXPECT_EQ(sight().looked, std::nullopt);
  EXPECT_EQ(times_logged(cannot_look_line), 1u);
  EXPECT_EQ(decided(), "tell 1 queued") << "looking again decides nothing twice (P9)";
  watch = {};
  pass_looking(1min);
  EXPECT_EQ(sight().trouble, "");
  EXPECT_EQ((*owner->looked())["look"], schedule_noon + 6min);
}

TEST_F(RuleScheduleTest, APartThatCannotBeReadIsTroubleAndTheRestIsDecided) {
  hold({test::sample_at(1, -1min)});
  index.unreadable = {"2026-11-23: damaged", "2026-11-22: damaged"};
  begin_looking();
  apply({looking()});
  EXPECT_EQ(sight().trouble, "2026-11-23: damaged, 2026-11-22: damaged");
  EXPECT_EQ(sight().looked, schedule_noon);
  EXPECT_EQ(decided(), "tell 1 queued");
  pass_looking(20min);
  EXPECT_EQ(looks(), 5u);
  EXPECT_EQ(times_logged(cannot_look_line), 1u);
}

TEST_F(RuleScheduleTest, AClockThatIsSetBackHoldsNoLookUp) {
  begin_looking();
  apply({looking()});
  pass_looking(5min);
  ASSERT_EQ(looks(), 2u);
  clock.step_wall(-240h);
  pass_looking(5min);
  EXPECT_EQ(looks(), 3u);
  EXPECT_EQ(sight().looked, schedule_noon + 10min - 240h);
  EXPECT_EQ(last_range().first, 10 - 240 * 60 - 15) << "from is never behind to";
  pass_looking(10min);
  EXPECT_EQ(looks(), 5u);
}

TEST_F(RuleScheduleTest, AClockThatIsSetBackHoldsNoTryUp) {
  index.broken = Error{Code::unavailable, "the index is away"};
  begin_looking();
  apply({looking()});
  pass_looking(30s);
  clock.step_wall(-10h);
  pass_looking(30s);
  EXPECT_EQ(index.opened, 2u);
  pass_looking(1min);
  EXPECT_EQ(index.opened, 3u);
}

TEST_F(RuleScheduleTest, AClockThatIsSetForwardPassesNothingOver) {
  begin_looking();
  apply({looking()});
  clock.step_wall(3h);
  pass_looking(5min);
  EXPECT_EQ(looks(), 2u);
  EXPECT_EQ(last_range(), LookMinutes(-15, 185));
  pass_looking(5min);
  EXPECT_EQ(looks(), 3u);
}

TEST_F(RuleScheduleTest, ADeletedOrDisabledRuleLooksNoMore) {
  begin_looking();
  Rule other = looking("other", "blue");
  apply({looking(), other});
  ASSERT_EQ(looks(), 2u);
  ASSERT_TRUE(rules->remove("look", "bob"));
  other.enabled = false;
  apply({other});
  pass_looking(2h);
  EXPECT_EQ(looks(), 2u);
  EXPECT_EQ(sight().looked, std::nullopt);
  EXPECT_EQ(rules->sight_of("other").next, std::nullopt);
  other.enabled = true;
  apply({other});
  EXPECT_EQ(looks(), 3u) << "it is overdue";
  EXPECT_EQ(last_range().first, -15);
  apply({looking()});
  EXPECT_EQ(looks(), 4u) << "it is new again";
  EXPECT_EQ(last_range(), LookMinutes(105, 120));
}

TEST_F(RuleScheduleTest, ARuleThatIsDeletedWhileItLooksLeavesNothing) {
  begin_looking();
  std::promise<void> begun;
  std::promise<void> go_on;
  index.on_open = [&] {
    begun.set_value();
    go_on.get_future().wait();
  };
  put({looking()});
  turn();
  begun.get_future().wait();
  ASSERT_TRUE(rules->remove("look", "bob"));
  go_on.set_value();
  settle();
  EXPECT_TRUE(owner->looked()->empty());
  pass_looking(1h);
  EXPECT_EQ(looks(), 1u);
}

TEST_F(RuleScheduleTest, AShorterTimeCountsAtOnce) {
  begin_looking();
  Rule rule = looking();
  rule.every = 2h;
  rule.look_back = 2h;
  apply({rule});
  pass_looking(10min);
  ASSERT_EQ(looks(), 1u);
  apply({looking()});
  EXPECT_EQ(looks(), 2u) << "it is overdue by now";
}

TEST_F(RuleScheduleTest, RulesOnTheStreamDoNotLook) {
  begin_looking();
  Rule both = looking("both", "blue");
  both.on = RuleTrigger::both;
  apply({test::tell_rule("stream"), both});
  EXPECT_EQ(looks(), 1u);
  EXPECT_EQ(index.asked.front().tenant, "blue");
  EXPECT_EQ(rules->sight_of("stream").next, std::nullopt);
}

TEST_F(RuleScheduleTest, AStopWaitsForTheLookThatIsUnderWay) {
  begin_looking();
  std::promise<void> begun;
  std::promise<void> go_on;
  index.on_open = [&] {
    begun.set_value();
    go_on.get_future().wait();
  };
  put({looking()});
  turn();
  begun.get_future().wait();
  stop();
  turn();
  go_on.set_value();
  end();
  EXPECT_EQ(looks(), 1u);
  index.on_open = {};
  begin();
  EXPECT_EQ(sight().looked, std::nullopt) << "it looks again";
}

TEST_F(RuleScheduleTest, AStoreThatCannotBeReadIsAnErrorOfTheBegin) {
  break_call("looked", Code::corrupt);
  const Result<void> loaded = schedule->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), (Error{Code::corrupt, "rules.db failed"}));
}

}  // namespace
}  // namespace tidegate
