// SensorActions: what is handed over to a sensor, when, and what becomes of it where that goes wrong.
#include "processor/respond/sensor_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/sensor_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::isolate_both;
using test::isolate_for;
using test::isolate_order;
using test::visionone_responder;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SensorActionsTest : public test::SensorTest {
 protected:
  SensorActionsTest() { keep_there(); }

  std::vector<std::string> ledgers_handed_to() const {
    std::vector<std::string> ledgers;
    for (const ActionRun& run : sensor.handed) ledgers.push_back(run.handed_to);
    return ledgers;
  }
  void grant(const std::string& id) {
    const Result<ActionRun> decided = wait(desk.decide(id, true, "bob"));
    ASSERT_TRUE(decided) << decided.error().text();
  }
  void needs_approval() {
    Responder guarded = there_by(visionone_responder());
    guarded.guards.approval = true;
    keep(guarded);
  }
};

TEST_F(SensorActionsTest, ARunIsHandedOverAndWhatBecameOfItIsReadOnce) {
  const ActionRun run = accepted(isolate_order());
  EXPECT_EQ(run.sensor, "edge-1");
  pass(3s);
  ASSERT_THAT(sensor.handed, SizeIs(1));
  EXPECT_EQ(sensor.handed.front(), now(run.id));
  EXPECT_EQ(now(run.id).handed_to, sensor.ledger);
  sensor.ends(run.id, ResponseState::running);
  pass(10s);
  EXPECT_EQ(state(run.id), ResponseState::running);
  sensor.ends(run.id, ResponseState::succeeded, "done");
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_EQ(reason(run.id), "done");
  EXPECT_EQ(now(run.id).targets.front().task_id, "00000012");
  EXPECT_THAT(sensor.handed, SizeIs(1));
  EXPECT_THAT(api->sent, IsEmpty()) << "the processor does nothing of it itself";
  const std::size_t asked = sensor.asked.size();
  pass(1h);
  EXPECT_EQ(sensor.asked.size(), asked) << "nothing is left to be asked";
}

TEST_F(SensorActionsTest, P9WhichLedgerIsWrittenDownBeforeARunIsHandedOver) {
  sensor.there = false;
  const ActionRun run = accepted(isolate_order());
  store.broken = Error{Code::unavailable, "the disk failed"};
  sensor.there = true;
  pass(5min);
  EXPECT_GT(sensor.looks(), 3u);
  EXPECT_THAT(sensor.handed, IsEmpty()) << "what is not written down is not handed over";
  EXPECT_EQ(now(run.id).handed_to, "");
  store.broken.reset();
  std::vector<std::string> written;
  sensor.on_hand_over = [this, &run, &written] { written.push_back(now(run.id).handed_to); };
  pass(2min);
  EXPECT_THAT(written, ElementsAre(sensor.ledger));
  EXPECT_THAT(ledgers_handed_to(), ElementsAre(sensor.ledger));
}

TEST_F(SensorActionsTest, P9ALostRequestIsRepeatedToTheSameLedger) {
  sensor.loses_requests = 3;
  const ActionRun run = accepted(isolate_order());
  pass(2min);
  EXPECT_THAT(sensor.handed, SizeIs(4));
  EXPECT_THAT(ledgers_handed_to(), Each(sensor.ledger));
  EXPECT_THAT(sensor.handed, Each(sensor.handed.front()));
  EXPECT_THAT(sensor.runs, SizeIs(1));
  sensor.ends(run.id, ResponseState::succeeded);
  pass(2min);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
}

TEST_F(SensorActionsTest, P9OfALostAnswerTheLedgerTells) {
  sensor.loses_answers = 1;
  const ActionRun run = accepted(isolate_order());
  pass(2min);
  EXPECT_THAT(sensor.handed, SizeIs(1)) << "it has it: that is read";
  EXPECT_EQ(state_of(now(run.id)), RunState::under_way);
  sensor.ends(run.id, ResponseState::failed, "no such agent");
  pass(2min);
  EXPECT_EQ(reason(run.id), "no such agent");
}

TEST_F(SensorActionsTest, P9WhereTheLedgerIsLostNobodyKnowsWhatWasSentAndNothingIsHandedOverAgain) {
  const ActionRun run = taken(isolate_both());
  ActionRun half = sensor.runs.at(run.id);
  half.targets[0].state = ResponseState::succeeded;
  half.targets[1].state = ResponseState::queued;
  sensor.tell(half);
  pass(10s);
  ASSERT_EQ(state(run.id, 1), ResponseState::queued);
  sensor.lose_ledger();
  pass(2min);
  EXPECT_EQ(state(run.id, 0), ResponseState::succeeded);
  EXPECT_EQ(state(run.id, 1), ResponseState::unknown);
  EXPECT_THAT(reason(run.id, 1), HasSubstr("has lost its ledger of actions since it was handed this"));
  EXPECT_TRUE(settled(now(run.id)));
  EXPECT_THAT(sensor.handed, SizeIs(1));
}

TEST_F(SensorActionsTest, P9ALedgerThatIsLostWithALostRequestIsNotTakenForARefusal) {
  // The request comes to a ledger that was begun since: nobody knows what the other one took.
  sensor.on_hand_over = [this] { sensor.lose_ledger(); };
  const ActionRun run = accepted(isolate_order());
  pass(2min);
  EXPECT_EQ(state(run.id), ResponseState::unknown) << reason(run.id);
  EXPECT_THAT(sensor.handed, SizeIs(1));
  EXPECT_THAT(sensor.runs, IsEmpty());
}

TEST_F(SensorActionsTest, P9WhatIsLimitedInTimeIsHandedToTheLedgerThatComesAfter) {
  const ActionRun run = taken(isolate_for(4h));
  ActionRun done = sensor.runs.at(run.id);
  done.targets[0].state = ResponseState::succeeded;
  done.undo_at = clock.wall() + 4h;
  sensor.tell(done);
  pass(10s);
  EXPECT_FALSE(settled(now(run.id)));
  sensor.lose_ledger();
  pass(2min);
  EXPECT_EQ(state(run.id), ResponseState::succeeded);
  ASSERT_THAT(sensor.handed, SizeIs(2));
  EXPECT_EQ(sensor.handed.back().handed_to, sensor.ledger);
  EXPECT_EQ(sensor.handed.back().undo_at, done.undo_at);
  EXPECT_EQ(sensor.handed.back().targets.front().state, ResponseState::succeeded);
  EXPECT_EQ(now(run.id).handed_to, sensor.ledger);
}

TEST_F(SensorActionsTest, WhatNoSensorTookWithinTheHourIsRefusedAlsoWhileItIsAway) {
  sensor.there = false;
  const ActionRun run = accepted(isolate_order());
  pass(59min);
  EXPECT_EQ(state_of(now(run.id)), RunState::under_way);
  pass(3min);
  EXPECT_EQ(state(run.id), ResponseState::refused);
  EXPECT_THAT(reason(run.id), HasSubstr("sensor edge-1 did not take it within 60 minutes"));
  sensor.there = true;
  pass(10min);
  EXPECT_THAT(sensor.handed, IsEmpty());
  // One that is there, and answers nothing of use, has not taken it either.
  SensorReply busy;
  busy.status = 503;
  busy.body = "the ledger cannot be opened";
  sensor.says_to_looks = busy;
  const ActionRun other = accepted(isolate_order());
  pass(62min);
  EXPECT_EQ(state(other.id), ResponseState::refused);
  EXPECT_EQ(times_logged("the ledger cannot be opened"), 1u) << "what stays is logged once";
  sensor.says_to_looks.reset();
  pass(10min);
  EXPECT_THAT(sensor.handed, IsEmpty());
}

TEST_F(SensorActionsTest, P9WhatMayHaveBeenHandedOverAndIsLateIsHandedOverAsRefused) {
  sensor.loses_requests = 1;
  const ActionRun run = accepted(isolate_order());
  pass(1s);
  sensor.there = false;
  pass(3h);
  EXPECT_EQ(state_of(now(run.id)), RunState::under_way) << "nobody knows";
  ASSERT_THAT(sensor.handed, SizeIs(1));
  sensor.there = true;
  pass(2min);
  ASSERT_THAT(sensor.handed, SizeIs(2));
  EXPECT_TRUE(settled(sensor.handed.back())) << "it will never be done";
  EXPECT_EQ(sensor.handed.back().targets.front().state, ResponseState::refused);
  EXPECT_EQ(state(run.id), ResponseState::refused);
  EXPECT_THAT(reason(run.id), HasSubstr("did not take it within 60 minutes"));
}

TEST_F(SensorActionsTest, P9OfWhatIsLateTheSensorsWordCountsWhereItHadTakenIt) {
  sensor.loses_answers = 1;
  sensor.tells_nothing = true;
  const ActionRun run = accepted(isolate_order());
  pass(1s);
  sensor.there = false;
  sensor.ends(run.id, ResponseState::succeeded, "done");
  pass(3h);
  sensor.there = true;
  pass(2min);
  ASSERT_THAT(sensor.handed, SizeIs(2));
  EXPECT_TRUE(settled(sensor.handed.back()));
  EXPECT_EQ(state(run.id), ResponseState::succeeded);
  EXPECT_EQ(reason(run.id), "done");
}

TEST_F(SensorActionsTest, WhatTakesHarmBackIsNeverTooLate) {
  const ActionRun run = taken(isolate_order());
  sensor.ends(run.id, ResponseState::succeeded);
  pass(10s);
  sensor.there = false;
  const Result<ActionRun> back = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->sensor, "edge-1");
  pass(9h);
  EXPECT_EQ(state_of(now(back->id)), RunState::under_way);
  sensor.there = true;
  pass(2min);
  ASSERT_THAT(sensor.handed, SizeIs(2));
  EXPECT_EQ(sensor.handed.back().undoes, run.id);
  EXPECT_EQ(sensor.handed.back().targets.front().state, ResponseState::waiting) << "to be done";
}

TEST_F(SensorActionsTest, TheHourBeginsWhenAPersonHasSaidYes) {
  needs_approval();
  const ActionRun run = accepted(isolate_order());
  const ActionRun denied = accepted(isolate_order());
  pass(2h);
  EXPECT_EQ(state_of(now(run.id)), RunState::awaiting_approval);
  EXPECT_THAT(sensor.handed, IsEmpty());
  grant(run.id);
  EXPECT_TRUE(wait(desk.decide(denied.id, false, "bob")));
  pass(1s);
  ASSERT_THAT(sensor.handed, SizeIs(1)) << "at once";
  EXPECT_EQ(sensor.handed.front().id, run.id);
  EXPECT_FALSE(settled(sensor.handed.front()));
}

TEST_F(SensorActionsTest, WhileTheKillSwitchIsOnNothingIsHandedOverAndTheSensorIsTold) {
  taken(isolate_order());
  ASSERT_TRUE(desk.set_may_send(false, "bob"));
  pass(1s);
  ASSERT_FALSE(sensor.pushed.empty());
  EXPECT_FALSE(sensor.pushed.back().may_send);
  const ActionRun run = accepted(isolate_order());
  pass(30min);
  EXPECT_THAT(sensor.handed, SizeIs(1));
  EXPECT_EQ(now(run.id).handed_to, "");
  ASSERT_TRUE(desk.set_may_send(true, "bob"));
  pass(1s);
  EXPECT_TRUE(sensor.pushed.back().may_send);
  EXPECT_THAT(sensor.handed, SizeIs(2));
}

TEST_F(SensorActionsTest, AKillSwitchThatFallsIntoALookIsToldAtOnceAllTheSame) {
  sensor.on_hand_over = [this] { EXPECT_TRUE(desk.set_may_send(false, "bob")); };
  accepted(isolate_order());
  pass(1s);
  ASSERT_FALSE(sensor.pushed.empty());
  EXPECT_FALSE(sensor.pushed.back().may_send);
}

TEST_F(SensorActionsTest, OfASensorThatWasRevokedNothingStaysOpenButWhatAPersonDecides) {
  needs_approval();
  const ActionRun sent = accepted(isolate_order());
  const ActionRun limited = accepted(isolate_for(4h));
  const ActionRun waits = accepted(isolate_order());
  const ActionRun fresh = accepted(isolate_order());
  grant(sent.id);
  grant(limited.id);
  pass(3s);
  ActionRun done = sensor.runs.at(limited.id);
  done.targets[0].state = ResponseState::succeeded;
  sensor.tell(done);
  pass(10s);
  sensor.there = false;
  grant(fresh.id);
  sensor.was_revoked = true;
  pass(2min);
  EXPECT_EQ(state(sent.id), ResponseState::unknown);
  EXPECT_THAT(reason(sent.id), HasSubstr("revoked after it may have been handed this"));
  EXPECT_EQ(state(fresh.id), ResponseState::refused);
  EXPECT_THAT(reason(fresh.id), HasSubstr("revoked before it was handed this: nothing was done"));
  EXPECT_EQ(state(limited.id), ResponseState::succeeded);
  EXPECT_THAT(reason(limited.id), HasSubstr("its time limit may not be kept, undo it"));
  EXPECT_TRUE(settled(now(limited.id)));
  EXPECT_EQ(state_of(now(waits.id)), RunState::awaiting_approval);
  pass(3h);
  EXPECT_EQ(times_logged("an action of a sensor has ended without it"), 3u) << "each once";
  grant(waits.id);
  pass(2min);
  EXPECT_EQ(state(waits.id), ResponseState::refused);
  EXPECT_THAT(sensor.handed, SizeIs(2));
}

TEST_F(SensorActionsTest, WhatTheSensorRefusesIsRefusedInItsWordsAndHoldsUpNoOther) {
  const std::vector<unsigned> statuses{400, 403, 404, 409, 413};
  std::vector<std::string> ids;
  sensor.there = false;
  for (const unsigned status : statuses) {
    ids.push_back(accepted(isolate_order()).id);
    SensorReply no;
    no.status = status;
    no.body = "it is not permitted here";
    sensor.says[ids.back()] = no;
  }
  const ActionRun lost = accepted(isolate_order());
  SensorReply gone;
  gone.status = 410;
  gone.body = "its row is damaged";
  sensor.says[lost.id] = gone;
  const ActionRun full = accepted(isolate_order());
  SensorReply later;
  later.status = 503;
  later.body = "1000 runs are under way";
  sensor.says[full.id] = later;
  const ActionRun good = accepted(isolate_order());
  sensor.there = true;
  pass(5s);
  for (const std::string& id : ids) {
    EXPECT_EQ(state(id), ResponseState::refused);
    EXPECT_EQ(reason(id), "the sensor refuses it: it is not permitted here");
  }
  EXPECT_EQ(state(lost.id), ResponseState::unknown);
  EXPECT_THAT(reason(lost.id), HasSubstr("has lost what it knew of this since it took it: it may have been done"));
  EXPECT_EQ(state(full.id), ResponseState::waiting);
  EXPECT_TRUE(sensor.runs.contains(good.id)) << "whatever stands before it";
  sensor.says.clear();
  pass(2min);
  EXPECT_TRUE(sensor.runs.contains(full.id));
}

TEST_F(SensorActionsTest, ARequestOfACustomResponderIsHandedOverAndEndsInTheSameWay) {
  keep(there_by(test::ticket_responder()));
  ActionOrder order;
  order.responder = "ticket";
  order.record = test::alert_record();
  const ActionRun run = taken(order);
  ActionRun done = sensor.runs.at(run.id);
  const std::string body = done.webhook->body;
  done.webhook->state = ResponseState::succeeded;
  done.webhook->status = 201;
  done.webhook->answer = "made";
  done.webhook->body = "";
  sensor.tell(done);
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_EQ(now(run.id).webhook->status, 201u);
  EXPECT_EQ(now(run.id).webhook->answer, "made");
  EXPECT_EQ(now(run.id).webhook->body, body) << "what was asked for is not the sensor's to say";
  const ActionRun other = taken(order);
  sensor.lose_ledger();
  pass(2min);
  EXPECT_EQ(now(other.id).webhook->state, ResponseState::unknown);
  EXPECT_THAT(webhook->sent, IsEmpty());
}

}  // namespace
}  // namespace tidegate
