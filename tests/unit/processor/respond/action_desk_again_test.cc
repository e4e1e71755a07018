// ActionDesk: what is asked of a run that is there: to be tried again, to be taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processor/respond/action_desk.h"
#include "tests/unit/processor/respond/desk_fixture.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::isolate_order;
using test::visionone_responder;
using test::ws7_guid;
using test::ws8_guid;
using testing::ElementsAre;
using testing::HasSubstr;

class ActionDeskAgainTest : public test::DeskTest {};

TEST_F(ActionDeskAgainTest, WhatFailedIsTriedAgainAndNothingElse) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.given["agentGuid"] = boost::json::array{ws7_guid, ws8_guid};
  SentElement refused;
  refused.fate = SentElement::Fate::refused;
  refused.reason = "AccessDenied";
  api->answers[ws8_guid] = refused;
  const ActionRun run = accepted(order);
  EXPECT_THAT(no_retry(run.id), HasSubstr("is not settled"));
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::partly);
  api->answers.clear();
  api->sent.clear();
  const Result<ActionRun> again = wait(desk.retry(run.id, "bob"));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->retries, run.id);
  EXPECT_EQ(again->requested_by, "bob");
  EXPECT_EQ(now(run.id).retried_by, again->id);
  pass(10s);
  EXPECT_EQ(state_of(now(again->id)), RunState::succeeded);
  EXPECT_THAT(api->sent, ElementsAre(HasSubstr(ws8_guid)));
  EXPECT_THAT(no_retry(again->id), HasSubstr("nothing is left to be done"));
  EXPECT_EQ(wait(desk.retry("00", "bob")).error().code(), Code::absent);
}

TEST_F(ActionDeskAgainTest, OneTryAtATimeTakesPlaceOfARun) {  // P9
  keep(visionone_responder());
  api->outcome = ResponseState::failed;
  const ActionRun run = accepted(isolate_order());
  pass(10s);
  ASSERT_EQ(state_of(now(run.id)), RunState::failed);
  api->outcome = ResponseState::running;
  const Result<ActionRun> first = wait(desk.retry(run.id, "bob"));
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_THAT(no_retry(run.id), HasSubstr("run " + run.id + " is being tried again: run " + first->id));
  pass(10s);
  EXPECT_THAT(no_retry(run.id), HasSubstr("is being tried again"));
  EXPECT_EQ(store.all.size(), 2u);
  api->outcome = ResponseState::failed;
  pass(60s);
  ASSERT_EQ(state_of(now(first->id)), RunState::failed);
  const Result<ActionRun> second = wait(desk.retry(run.id, "bob"));
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(now(run.id).retried_by, second->id) << "the last try";
  pass(10s);
  std::erase_if(store.all, [&second](const ActionRun& each) { return each.id == second->id; });
  EXPECT_TRUE(wait(desk.retry(run.id, "bob"))) << "a try that the history has forgotten was settled";
}

TEST_F(ActionDeskAgainTest, WhatIsUnderWayIsRefusedAtOnceThoughItsStepHangs) {
  keep(visionone_responder());
  api->hangs = true;
  const ActionRun run = accepted(isolate_order());
  turn();
  EXPECT_THAT(no_retry(run.id), HasSubstr("is not settled: it is under_way"));
  EXPECT_THAT(no_undo(run.id), HasSubstr("is not settled: it is under_way"));
}

TEST_F(ActionDeskAgainTest, UndoingTakesBackWhatHasSucceededOnce) {  // P9
  Responder responder = visionone_responder();
  responder.actions = {ResponseAction::isolate_endpoint};
  responder.guards.approval = false;
  keep(responder);
  const ActionRun run = succeeded(isolate_order());
  const Result<ActionRun> back = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->action, ResponseAction::restore_endpoint) << "what it may do it may take back";
  EXPECT_EQ(back->undoes, run.id);
  EXPECT_THAT(no_undo(run.id), HasSubstr("is being undone by run " + back->id));
  pass(10s);
  EXPECT_EQ(state_of(now(back->id)), RunState::succeeded);
  EXPECT_EQ(now(run.id).undone_by, back->id);
  EXPECT_EQ(state_of(now(run.id)), RunState::undone);
  EXPECT_THAT(no_undo(run.id), HasSubstr("was undone already, by run " + back->id));
  responder.guards.protect = {ws7_guid};
  keep(responder);
  EXPECT_EQ(wait(desk.undo(back->id, "bob")).error().code(), Code::denied)
      << "that would isolate again, which is an action like any";
}

TEST_F(ActionDeskAgainTest, AnUndoingThatDidNothingMayBeAskedForAgain) {
  keep(visionone_responder());
  const ActionRun run = succeeded(isolate_order());
  SentElement refused;
  refused.fate = SentElement::Fate::refused;
  api->answers[ws7_guid] = refused;
  const Result<ActionRun> first = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(first);
  pass(10s);
  EXPECT_EQ(state_of(now(first->id)), RunState::failed);
  api->answers.clear();
  const Result<ActionRun> second = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(second) << second.error().text();
  pass(10s);
  EXPECT_EQ(now(run.id).undone_by, second->id);
}

TEST_F(ActionDeskAgainTest, WhatEndsByItselfNeedsAnInverse) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.lasts = 4h;
  const ActionRun run = accepted(order);
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  pass(4h);
  EXPECT_EQ(state_of(now(run.id)), RunState::undone);
  ActionOrder mail;
  mail.responder = "acme-v1";
  mail.action = ResponseAction::quarantine_email;
  mail.given["messageId"] = "<1@bad.example>";
  mail.lasts = 4h;
  EXPECT_THAT(refusal(mail, Code::invalid), HasSubstr("lasts: nothing takes back quarantine_email"));
  mail.lasts.reset();
  const ActionRun quarantined = succeeded(mail);
  EXPECT_THAT(no_undo(quarantined.id), HasSubstr("nothing takes back"));
}

}  // namespace
}  // namespace tidegate
