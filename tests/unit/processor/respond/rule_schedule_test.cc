#include "processor/respond/rule_schedule.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_schedule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::LookMinutes;
using test::schedule_noon;

constexpr const char* cannot_look_line = "a rule cannot look into the whole index";

class RuleScheduleTest : public test::RuleScheduleRig {};

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
  test::SearchGate gate;
  index.on_open = gate.for_first();
  put({looking("a", "acme"), looking("b", "blue")});
  turn();
  gate.await_first();
  turn();
  EXPECT_EQ(looks(), 0u) << "b waits for a";
  gate.open();
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

TEST_F(RuleScheduleTest, RulesOnTheStreamDoNotLook) {
  begin_looking();
  Rule both = looking("both", "blue");
  both.on = RuleTrigger::both;
  apply({test::tell_rule("stream"), both});
  EXPECT_EQ(looks(), 1u);
  EXPECT_EQ(index.asked.front().tenant, "blue");
  EXPECT_EQ(rules->sight_of("stream").next, std::nullopt);
}

TEST_F(RuleScheduleTest, AStoreThatCannotBeReadIsAnErrorOfTheBegin) {
  break_call("looked", Code::corrupt);
  const Result<void> loaded = schedule->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), (Error{Code::corrupt, "rules.db failed"}));
}

}  // namespace
}  // namespace tidegate
