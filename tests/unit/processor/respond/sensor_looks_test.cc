// SensorActions: by what a sensor acts, how often it is asked, and how all goes on after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/sensor_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::isolate_order;
using test::visionone_responder;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SensorLooksTest : public test::SensorTest {
 protected:
  SensorLooksTest() { keep_there(); }
};

TEST_F(SensorLooksTest, TheSensorIsToldByWhatItActsWhenThatHasChangedAndNotAgain) {
  pass(10min);
  ASSERT_THAT(sensor.pushed, SizeIs(1));
  ASSERT_THAT(sensor.pushed[0].responders, SizeIs(1));
  EXPECT_EQ(sensor.pushed[0].responders[0].secret, Secret{"planted-token"});
  Responder of_key = there_by(visionone_responder("of-key"));
  of_key.secret = Secret{};
  of_key.credential = "key";
  credentials["key"] = "planted-1";
  keep(of_key);
  keep(visionone_responder("here"));
  pass(10min);
  ASSERT_THAT(sensor.pushed, SizeIs(2)) << "that of the processor is not the sensor's";
  ASSERT_THAT(sensor.pushed[1].responders, SizeIs(2));
  EXPECT_EQ(sensor.pushed[1].responders[1].secret, Secret{"planted-1"});
  EXPECT_EQ(sensor.pushed[1].responders[1].credential, "") << "the sensor keeps no credentials";
  credentials["key"] = "planted-2";
  desk.forget_apis_with("key");
  pass(10min);
  ASSERT_THAT(sensor.pushed, SizeIs(3));
  EXPECT_EQ(sensor.pushed[2].responders[1].secret, Secret{"planted-2"});
  ASSERT_TRUE(desk.remove("acme-v1", "bob"));
  ASSERT_TRUE(desk.remove("of-key", "bob"));
  pass(10min);
  ASSERT_FALSE(sensor.pushed.empty());
  EXPECT_THAT(sensor.pushed.back().responders, IsEmpty()) << "it keeps no secret that it has no use for";
  const std::size_t pushes = sensor.pushed.size();
  end();
  begin();
  pass(10min);
  EXPECT_EQ(sensor.pushed.size(), pushes);
  EXPECT_THAT(logged, Not(HasSubstr("planted"))) << "P10";
}

TEST_F(SensorLooksTest, P10AKeyIsTakenFromASensorThatWasAwayAlsoAfterARestart) {
  pass(1s);
  ASSERT_THAT(sensor.pushed, SizeIs(1));
  sensor.there = false;
  ASSERT_TRUE(desk.remove("acme-v1", "bob"));
  pass(1min);
  end();
  begin();
  sensor.there = true;
  pass(3s);
  ASSERT_THAT(sensor.pushed, SizeIs(2)) << "no responder names it any more";
  EXPECT_THAT(sensor.pushed.back().responders, IsEmpty());
  pass(10min);
  EXPECT_THAT(sensor.pushed, SizeIs(2));
}

TEST_F(SensorLooksTest, WhatTheSensorDoesNotActByIsToldAgainAndRunsWaitForIt) {
  SensorReply no;
  no.status = 400;
  no.body = "responder 'acme-v1': host: is no API host that the sensor's own file permits";
  sensor.says_to_pushes = no;
  const ActionRun run = accepted(isolate_order());
  pass(10min);
  EXPECT_THAT(sensor.handed, IsEmpty());
  EXPECT_EQ(times_logged("is no API host that the sensor's own file permits"), 1u);
  sensor.says_to_pushes.reset();
  pass(2min);
  EXPECT_THAT(sensor.pushed, SizeIs(1));
  EXPECT_TRUE(sensor.runs.contains(run.id));
}

TEST_F(SensorLooksTest, P9ARunThatTheSensorSaysNothingOfIsAskedForAndNotBegunAnew) {
  const ActionRun run = taken(isolate_order());
  sensor.ends(run.id, ResponseState::running);
  const ActionRun forgotten = taken(isolate_order());
  pass(50min);
  EXPECT_THAT(sensor.handed, SizeIs(2));
  pass(20min);
  ASSERT_THAT(sensor.handed, SizeIs(4)) << "each once more";
  EXPECT_EQ(state(run.id), ResponseState::running) << "it has it, and says so";
  EXPECT_EQ(state(forgotten.id), ResponseState::waiting);
  // One row is damaged, and tells so when it is asked for; the other is there no longer.
  SensorReply damaged;
  damaged.status = 410;
  damaged.body = "its row is damaged";
  sensor.says[run.id] = damaged;
  sensor.lose_row(forgotten.id);
  pass(62min);
  EXPECT_EQ(state(run.id), ResponseState::unknown);
  EXPECT_EQ(state(forgotten.id), ResponseState::unknown);
  EXPECT_THAT(reason(forgotten.id), HasSubstr("has lost what it knew of this since it took it"));
  ASSERT_THAT(sensor.handed, SizeIs(6));
  for (const ActionRun& each : {sensor.handed[4], sensor.handed[5]}) EXPECT_TRUE(settled(each)) << "it is never done again";
}

TEST_F(SensorLooksTest, LooksBecomeRareWhileNothingChangesAndOftenWhenSomethingDoes) {
  const ActionRun run = taken(isolate_order());
  pass(10min);
  const std::size_t before = sensor.looks();
  pass(1h);
  const std::size_t rare = sensor.looks() - before;
  EXPECT_GE(rare, 59u);
  EXPECT_LE(rare, 70u) << "and once it is asked for";
  sensor.ends(run.id, ResponseState::running);
  pass(61s);
  const std::size_t seen = sensor.looks();
  EXPECT_EQ(state(run.id), ResponseState::running);
  for (int i = 0; i < 60; ++i) {
    sensor.ends(run.id, ResponseState::running, "step " + std::to_string(i));
    pass(2s);
  }
  EXPECT_GE(sensor.looks() - seen, 30u);
  const ActionRun fresh = accepted(isolate_order());
  pass(1s);
  EXPECT_TRUE(sensor.runs.contains(fresh.id)) << "a new run waits for no look";
}

TEST_F(SensorLooksTest, MoreThanOneAnswerTakesIsReadToItsEnd) {
  std::vector<ActionRun> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(taken(isolate_order()));
  sensor.there = false;
  sensor.told_at_once = 2;
  for (const ActionRun& run : runs) sensor.ends(run.id, ResponseState::succeeded);
  sensor.there = true;
  pass(61s);
  for (const ActionRun& run : runs) EXPECT_EQ(state(run.id), ResponseState::succeeded);
}

TEST_F(SensorLooksTest, AfterARestartAllGoesOn) {  // P9
  const ActionRun known = taken(isolate_order());
  sensor.loses_requests = 1;
  const ActionRun lost = accepted(isolate_order());
  pass(1s);
  const std::string ledger = now(lost.id).handed_to;
  EXPECT_EQ(ledger, sensor.ledger);
  sensor.there = false;
  const ActionRun fresh = accepted(isolate_order());
  end();
  sensor.ends(known.id, ResponseState::succeeded);
  pass(10min);
  sensor.there = true;
  begin();
  pass(2min);
  EXPECT_EQ(state(known.id), ResponseState::succeeded);
  EXPECT_TRUE(sensor.runs.contains(lost.id) && sensor.runs.contains(fresh.id));
  EXPECT_THAT(sensor.handed, SizeIs(4)) << "the one that was lost twice, the others once";
  EXPECT_THAT(sensor.pushed, SizeIs(1)) << "it acts by the same as before";
  // A ledger that was lost meanwhile is known by what was written down.
  end();
  sensor.lose_ledger();
  begin();
  pass(2min);
  EXPECT_EQ(state(lost.id), ResponseState::unknown);
  EXPECT_EQ(state(fresh.id), ResponseState::unknown);
  EXPECT_THAT(sensor.handed, SizeIs(4));
}

}  // namespace
}  // namespace tidegate
