// SensorActions: whose word counts for what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/sensor_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::end_of_limit;
using test::isolate_for;
using test::isolate_order;
using test::visionone_responder;
using test::ws8_guid;
using testing::SizeIs;

const std::string run_begun_there(32, 'e');
const std::string run_made_up(32, 'f');

class SensorReportsTest : public test::SensorTest {
 protected:
  SensorReportsTest() { keep_there(); }

  // What the sensor says changes nothing.
  void expect_ignored(const ActionRun& told, const std::string& what) {
    const std::vector<ActionRun> before = store.all;
    const std::size_t logs = times_logged("what a sensor says of an action is ignored");
    sensor.tell(told);
    pass(2min);
    EXPECT_TRUE(store.all == before) << what;
    EXPECT_EQ(times_logged("what a sensor says of an action is ignored"), logs + 1) << what;
  }
  // One that is limited in time, and was done.
  ActionRun done_for(std::chrono::seconds time) {
    const ActionRun run = taken(isolate_for(time));
    ActionRun done = sensor.runs.at(run.id);
    done.targets[0].state = ResponseState::succeeded;
    done.undo_at = clock.wall() + time;
    sensor.tell(done);
    pass(2min);
    EXPECT_EQ(now(run.id).undo_at, done.undo_at);
    return now(run.id);
  }
};

TEST_F(SensorReportsTest, P10OfARunThatIsAnotherOneThanWasAskedForNothingIsTaken) {
  const ActionRun run = taken(isolate_order());
  ActionRun told = run;
  told.targets[0].state = ResponseState::succeeded;
  const ActionRun honest = told;
  const auto altered = [&](const std::string& what, const std::function<void(ActionRun&)>& change) {
    told = honest;
    change(told);
    expect_ignored(told, what);
  };
  altered("tenant", [](ActionRun& one) { one.tenant = "globex"; });
  altered("sensor", [](ActionRun& one) { one.sensor = "edge-2"; });
  altered("no sensor", [](ActionRun& one) { one.sensor.clear(); });
  altered("responder", [](ActionRun& one) { one.responder = "globex-v1"; });
  altered("action", [](ActionRun& one) { one.action = ResponseAction::restore_endpoint; });
  altered("no action", [](ActionRun& one) { one.action.reset(); });
  altered("webhook", [](ActionRun& one) { one.webhook.emplace(); });
  altered("target", [](ActionRun& one) { one.targets[0].target.value = ws8_guid; });
  altered("description", [](ActionRun& one) { one.targets[0].target.description = "other"; });
  altered("no target", [](ActionRun& one) { one.targets.clear(); });
  altered("more targets", [](ActionRun& one) { one.targets.push_back(one.targets.front()); });
  sensor.tell(honest);
  pass(2min);
  EXPECT_EQ(state(run.id), ResponseState::succeeded) << "what it says then counts";
}

TEST_F(SensorReportsTest, P10OfARunThatNobodyHandedToItASensorHasNoWord) {
  const ActionRun open = taken(isolate_order());  // so that it is asked
  Responder guarded = there_by(visionone_responder());
  guarded.guards.approval = true;
  keep(guarded);
  ActionRun told = accepted(isolate_order());
  ASSERT_EQ(told.approval, Approval::awaited);
  told.approval = Approval::granted;
  told.targets[0].state = ResponseState::succeeded;
  expect_ignored(told, "it waits for a person");
  // Of the processor's own, of another sensor.
  Responder here = visionone_responder("here");
  here.tenants = {"acme"};
  keep(here);
  ActionOrder order = isolate_order();
  order.responder = "here";
  api->outcome = ResponseState::running;
  told = accepted(order);
  pass(10s);
  told = now(told.id);
  told.sensor = "edge-1";
  told.targets[0].state = ResponseState::failed;
  expect_ignored(told, "it is the processor's");
  Responder elsewhere = visionone_responder("elsewhere");
  elsewhere.sensor = "edge-2";
  keep(elsewhere);
  order.responder = "elsewhere";
  told = accepted(order);
  told.targets[0].state = ResponseState::succeeded;
  expect_ignored(told, "it is another sensor's");
  told.sensor = "edge-1";
  expect_ignored(told, "it is another sensor's, and says that it is its own");
  told = open;
  told.id = run_made_up;
  expect_ignored(told, "nobody asked for it");
}

TEST_F(SensorReportsTest, WhatTheHistoryHasForgottenIsLeftAsideQuietly) {
  const ActionRun open = taken(isolate_order());
  ActionRun old = open;
  old.id = run_made_up;
  old.targets[0].state = ResponseState::succeeded;
  sensor.tell(old);
  pass(2min);
  EXPECT_THAT(store.all, SizeIs(1));
  EXPECT_EQ(times_logged("is ignored"), 0u);
}

TEST_F(SensorReportsTest, WhatTheSensorTakesBackInTimeIsInTheHistoryAndFollowed) {
  const ActionRun run = done_for(4h);
  ActionRun back = end_of_limit(run, run_begun_there);
  ActionRun undoing = sensor.runs.at(run.id);
  undoing.undone_by = run_begun_there;
  sensor.tell(undoing);
  sensor.tell(back);
  pass(2min);
  EXPECT_EQ(state_of(now(run.id)), RunState::undoing);
  ASSERT_THAT(store.all, SizeIs(2));
  EXPECT_EQ(now(run_begun_there).undoes, run.id);
  EXPECT_EQ(now(run_begun_there).handed_to, sensor.ledger);
  EXPECT_THAT(sensor.handed, SizeIs(1)) << "what the sensor has begun is not handed to it";
  back.targets[0].state = ResponseState::succeeded;
  undoing.undone = true;
  undoing.targets[0].given_back = true;
  sensor.tell(back);
  sensor.tell(undoing);
  pass(2min);
  EXPECT_EQ(state_of(now(run_begun_there)), RunState::succeeded);
  EXPECT_EQ(state_of(now(run.id)), RunState::undone);
  EXPECT_TRUE(now(run.id).targets[0].given_back);
  EXPECT_EQ(times_logged("is ignored"), 0u);
}

TEST_F(SensorReportsTest, WhatWasTakenBackWhileNobodyLookedIsInTheHistoryAllTheSame) {
  const ActionRun run = done_for(4h);
  sensor.there = false;
  pass(1h);
  ActionRun back = end_of_limit(run, run_begun_there);
  back.targets[0].state = ResponseState::succeeded;
  sensor.tell(back);
  ActionRun undone = sensor.runs.at(run.id);
  undone.undone_by = run_begun_there;
  undone.undone = true;
  undone.targets[0].given_back = true;
  sensor.tell(undone);
  sensor.there = true;
  pass(2min);
  ASSERT_THAT(store.all, SizeIs(2));
  EXPECT_EQ(state_of(now(run_begun_there)), RunState::succeeded);
  EXPECT_EQ(state_of(now(run.id)), RunState::undone);
}

TEST_F(SensorReportsTest, ALimitThatTheSensorCouldNotKeepIsNoneAnyMore) {
  const ActionRun run = done_for(4h);
  ActionRun back = end_of_limit(run, run_begun_there);
  back.targets[0].state = ResponseState::refused;
  back.targets[0].reason = "AccessDenied";
  sensor.tell(back);
  ActionRun left = sensor.runs.at(run.id);
  left.lasts.reset();
  left.undo_at.reset();
  sensor.tell(left);
  pass(2min);
  EXPECT_EQ(reason(run_begun_there), "AccessDenied");
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_TRUE(settled(now(run.id))) << "it holds its responder no longer";
  EXPECT_EQ(now(run.id).undone_by, "");
  EXPECT_TRUE(wait(desk.undo(run.id, "bob"))) << "a person can still take it back";
}

TEST_F(SensorReportsTest, WhereAPersonAndTheLimitTakeARunBackAtOnceTheSensorSaysWhichCameFirst) {
  const ActionRun run = done_for(4h);
  sensor.there = false;
  const Result<ActionRun> asked = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(asked) << asked.error().text();
  ActionRun undoing = sensor.runs.at(run.id);
  undoing.undone_by = run_begun_there;
  sensor.tell(undoing);
  sensor.tell(end_of_limit(run, run_begun_there));
  SensorReply no;
  no.status = 409;
  no.body = "it is being undone by another run";
  sensor.says[asked->id] = no;
  sensor.there = true;
  pass(2min);
  EXPECT_EQ(now(run.id).undone_by, run_begun_there);
  EXPECT_EQ(state_of(now(run_begun_there)), RunState::under_way);
  EXPECT_EQ(state(asked->id), ResponseState::refused);
  EXPECT_EQ(times_logged("is ignored"), 0u);
}

TEST_F(SensorReportsTest, P10NothingElseIsBegunByASensor) {
  const ActionRun run = done_for(4h);
  const ActionRun unlimited = taken(isolate_order());
  sensor.ends(unlimited.id, ResponseState::succeeded);
  pass(2min);
  const ActionRun honest = end_of_limit(run, run_made_up);
  ActionRun told;
  const auto altered = [&](const std::string& what, const std::function<void(ActionRun&)>& change) {
    told = honest;
    change(told);
    expect_ignored(told, what);
    told.targets[0].state = ResponseState::succeeded;
    expect_ignored(told, what + ", done");
  };
  altered("of no limit", [](ActionRun& one) { one.by_limit = false; });
  altered("of another target", [](ActionRun& one) { one.targets[0].target.value = ws8_guid; });
  altered("of one more target", [](ActionRun& one) {
    TargetRun other = one.targets.front();
    other.target.value = ws8_guid;
    one.targets.push_back(other);
  });
  altered("of another tenant", [](ActionRun& one) { one.tenant = "globex"; });
  altered("of another sensor", [](ActionRun& one) { one.sensor = "edge-2"; });
  altered("of another responder", [](ActionRun& one) { one.responder = "globex-v1"; });
  altered("of another action", [](ActionRun& one) { one.action = ResponseAction::isolate_endpoint; });
  altered("of a run without a limit", [&unlimited](ActionRun& one) { one.undoes = unlimited.id; });
  sensor.tell(end_of_limit(run, run_begun_there));
  pass(2min);
  EXPECT_EQ(now(run.id).undone_by, run_begun_there);
  expect_ignored(honest, "a second one");
}

TEST_F(SensorReportsTest, AnUndoingAndAnotherTryThatTheSensorDoesNotKnowYetStay) {
  const ActionRun run = taken(test::isolate_both());
  ActionRun half = sensor.runs.at(run.id);
  half.targets[0].state = ResponseState::succeeded;
  half.targets[1].state = ResponseState::failed;
  sensor.tell(half);
  pass(2min);
  ASSERT_EQ(state_of(now(run.id)), RunState::partly);
  sensor.there = false;
  const Result<ActionRun> again = wait(desk.retry(run.id, "bob"));
  const Result<ActionRun> back = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(again && back);
  half.targets[1].reason = "no such agent";
  sensor.tell(half);
  sensor.loses_requests = 1;
  sensor.there = true;
  pass(3s);
  EXPECT_EQ(reason(run.id, 1), "no such agent");
  EXPECT_EQ(now(run.id).undone_by, back->id);
  EXPECT_EQ(now(run.id).retried_by, again->id);
  pass(2min);
  EXPECT_TRUE(sensor.runs.contains(again->id) && sensor.runs.contains(back->id));
  sensor.ends(back->id, ResponseState::failed);
  pass(2min);
  EXPECT_EQ(now(run.id).undone_by, "") << "it can be undone again";
  EXPECT_EQ(now(run.id).retried_by, again->id);
}

}  // namespace
}  // namespace tidegate
