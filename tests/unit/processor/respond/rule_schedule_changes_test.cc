// Rules on schedule that change, and looks into an index that is behind, or that end early.
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_schedule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::LookMinutes;
using test::schedule_noon;

class RuleScheduleChangesTest : public test::RuleScheduleRig {};

TEST_F(RuleScheduleChangesTest, ADeletedOrDisabledRuleLooksNoMore) {
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
  EXPECT_TRUE(owner->looked()->empty());
  apply({looking()});
  EXPECT_EQ(looks(), 3u) << "it is new again";
  EXPECT_EQ(last_range(), LookMinutes(105, 120));
}

TEST_F(RuleScheduleChangesTest, ARuleThatWasOffDoesNotActForTheTimeInWhichItWas) {
  hold({test::sample_at(1, -1min), test::sample_at(2, 30min), test::sample_at(3, 110min)});
  begin_looking();
  const auto switch_off_and_on = [this](const Rule& off) {
    apply({off});
    pass_looking(2h);
    apply({looking()});
  };
  apply({looking()});
  Rule off = looking();
  off.enabled = false;
  switch_off_and_on(off);
  EXPECT_EQ(looks(), 2u) << "at once";
  EXPECT_EQ(last_range(), LookMinutes(105, 120));
  EXPECT_EQ(decided(), "tell 1 queued, tell 3 queued");
  switch_off_and_on(test::tell_rule("look"));
  EXPECT_EQ(last_range(), LookMinutes(225, 240)) << "nor one that was not on schedule";
  apply({off});
  restart();
  clock.advance(2h);
  begin_looking();
  apply({looking()});
  EXPECT_EQ(last_range(), LookMinutes(345, 360)) << "also over a restart";
}

TEST_F(RuleScheduleChangesTest, OfARuleThatIsReplacedWhileItLooksTheNewOneBeginsWhereTheLastLookWas) {
  begin_looking();
  apply({looking()});
  test::SearchGate gate;
  index.on_open = gate.for_first();
  clock.advance(5min);
  turn();
  gate.await_first();
  Rule other = looking();
  other.query = "trendmicro_visionone.severity: low";
  put({other});
  gate.open();
  settle();
  ASSERT_EQ(looks(), 3u) << "it looks at once, for nothing was looked for by its query";
  EXPECT_EQ(last_range(), LookMinutes(-15, 5)) << "and back to where it did not get";
  EXPECT_EQ(sight().looked, schedule_noon + 5min);
}

TEST_F(RuleScheduleChangesTest, ARuleThatIsSwitchedOffAndOnWhileItLooksBeginsAnew) {
  begin_looking();
  apply({looking()});
  test::SearchGate gate;
  index.on_open = gate.for_first();
  clock.advance(2h);
  turn();
  gate.await_first();
  Rule off = looking();
  off.enabled = false;
  put({off});
  put({looking()});
  gate.open();
  settle();
  ASSERT_EQ(looks(), 3u);
  EXPECT_EQ(last_range(), LookMinutes(105, 120));
}

// P12: to where it has looked is to where there was something to look at.
TEST_F(RuleScheduleChangesTest, ALookGoesAsFarAsTheIndexAndTheNextOneTakesUpWhatCameMeanwhile) {
  begin_looking();
  pass_looking(2h);
  oldest_unindexed = schedule_noon + 1h;
  apply({looking()});
  EXPECT_EQ(last_range(), LookMinutes(45, 60));
  EXPECT_EQ(sight().looked, schedule_noon + 1h);
  EXPECT_EQ(sight().next, schedule_noon + 2h + 5min) << "it is due by the look's own time: it does not spin";
  pass_looking(5min - 1ns);
  EXPECT_EQ(looks(), 1u);
  // It came after an hour, and is indexed only now.
  hold({test::sample_at(1, 1h + 1min)});
  oldest_unindexed.reset();
  pass_looking(1ns);
  EXPECT_EQ(looks(), 2u);
  EXPECT_EQ(last_range(), LookMinutes(45, 125));
  EXPECT_EQ(decided(), "tell 1 queued");
  EXPECT_EQ(owner->queued(10)->front().at, clock.wall()) << "decided now, whenever it came";
}

TEST_F(RuleScheduleChangesTest, AnIndexThatIsBehindOutlivesARestart) {
  begin_looking();
  pass_looking(2h);
  oldest_unindexed = schedule_noon + 1h;
  apply({looking()});
  restart();
  begin_looking();
  EXPECT_EQ(looks(), 2u) << "nobody knows when it has looked, but to where";
  oldest_unindexed.reset();
  pass_looking(5min);
  EXPECT_EQ(last_range(), LookMinutes(45, 125));
}

TEST_F(RuleScheduleChangesTest, P9WithAnIndexThatIsFarBehindNothingIsLookedAtOfWhichNobodyKnowsWhatWasDecided) {
  begin_looking();
  apply({looking()});
  oldest_unindexed = schedule_noon + 1min;
  clock.advance(24h * 40);
  settle();
  EXPECT_EQ(last_range(), LookMinutes(26 * 24 * 60, 33 * 24 * 60));
  oldest_unindexed = clock.wall() + 1h;  // received before the clock was set back
  pass_looking(5min);
  EXPECT_EQ(last_range().second, 40 * 24 * 60 + 5) << "never beyond now";
}

TEST_F(RuleScheduleChangesTest, AStopEndsTheSearchThatIsUnderWay) {
  hold({test::sample_at(1, -1min)});
  begin_looking();
  test::SearchGate gate;
  index.on_search = gate.for_first();
  put({looking()});
  turn();
  gate.await_first();
  stop();
  turn();
  gate.open();
  end();
  begin();
  EXPECT_EQ(decided(), "") << "it gave nothing any more";
  EXPECT_TRUE(owner->looked()->empty());
}

TEST_F(RuleScheduleChangesTest, ALongLookKeepsNoPersonWaiting) {
  hold({test::sample_at(1, -1min)});
  begin_looking();
  test::SearchGate gate;
  index.on_search = gate.for_first();
  put({looking()});
  turn();
  gate.await_first();
  const Result<RuleRehearsal> rehearsed = answer_of(rules->rehearse("look", {}));
  ASSERT_TRUE(rehearsed) << rehearsed.error().text();
  EXPECT_EQ(rehearsed->tally.fired, 1u);
  EXPECT_EQ(decided(), "") << "the look is still under way";
  gate.open();
  settle();
  EXPECT_EQ(decided(), "tell 1 queued");
}

TEST_F(RuleScheduleChangesTest, ARuleThatIsDeletedWhileItLooksLeavesNothing) {
  begin_looking();
  test::SearchGate gate;
  index.on_open = gate.for_first();
  put({looking()});
  turn();
  gate.await_first();
  ASSERT_TRUE(rules->remove("look", "bob"));
  gate.open();
  settle();
  EXPECT_TRUE(owner->looked()->empty());
  pass_looking(1h);
  EXPECT_EQ(looks(), 1u);
}

TEST_F(RuleScheduleChangesTest, AShorterTimeCountsAtOnce) {
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

TEST_F(RuleScheduleChangesTest, AStopWaitsForTheLookThatIsUnderWay) {
  begin_looking();
  test::SearchGate gate;
  index.on_open = gate.for_first();
  put({looking()});
  turn();
  gate.await_first();
  stop();
  turn();
  gate.open();
  end();
  EXPECT_EQ(looks(), 1u);
  index.on_open = {};
  begin();
  EXPECT_EQ(sight().looked, std::nullopt) << "it looks again";
}

}  // namespace
}  // namespace tidegate
