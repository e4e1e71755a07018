#include "processor/respond/action_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/desk_fixture.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::alert_record;
using test::isolate_order;
using test::ticket_responder;
using test::visionone_responder;
using test::ws7_guid;
using test::ws7_sha1;
using test::ws8_guid;
using testing::ElementsAre;
using testing::HasSubstr;

class ActionDeskTest : public test::DeskTest {};

TEST_F(ActionDeskTest, AnOrderIsSentOnceAndFollowedToItsEnd) {  // P9
  keep(visionone_responder());
  const ActionRun run = accepted(isolate_order());
  EXPECT_EQ(run.id.size(), 32u);
  EXPECT_EQ(run.tenant, "acme") << "the record's";
  EXPECT_EQ(run.record_id, "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(run.requested_by, "alice");
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  ASSERT_EQ(api->sent.size(), 1u);
  EXPECT_THAT(api->sent.front(), HasSubstr(std::string{"isolate_endpoint "} + ws7_guid)) << "the record's only candidate";
  EXPECT_THAT(api->sent.front(), HasSubstr(marker_of(run, 0)));
}

TEST_F(ActionDeskTest, OfSeveralCandidatesAPersonHasToNameThoseThatAreMeant) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.record = alert_record({ws7_guid, ws8_guid});
  const std::string refused = refusal(order, Code::invalid);
  EXPECT_THAT(refused, HasSubstr(ws7_guid));
  EXPECT_THAT(refused, HasSubstr(ws8_guid));
  order.given["agentGuid"] = boost::json::array{ws7_guid, ws8_guid};
  EXPECT_EQ(accepted(order).targets.size(), 2u);
  order.given["agentGuid"] = ws8_guid;
  const ActionRun one = accepted(order);
  ASSERT_EQ(one.targets.size(), 1u);
  EXPECT_EQ(one.targets.front().target.value, ws8_guid);
}

TEST_F(ActionDeskTest, ABodyThatIsGivenStandsInPlaceOfTheResponders) {
  Responder responder = visionone_responder();
  responder.bodies[ResponseAction::add_to_block_list] = R"([{"fileSha1": "{{fileSha1}}", "description": "own"}])";
  keep(responder);
  ActionOrder order = isolate_order();
  order.action = ResponseAction::add_to_block_list;
  EXPECT_EQ(accepted(order).targets.front().target, (ActionTarget{ObjectType::file_sha1, ws7_sha1, {}, "own"}));
  order.body = R"([{"ip": "192.0.2.7"}, {"url": "http://bad.example/"}])";
  EXPECT_EQ(accepted(order).targets.size(), 2u);
}

TEST_F(ActionDeskTest, ADryRunIsShownAndKeptAndNeverSent) {
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  responder.verify_certificate = false;
  keep(responder);
  ActionOrder order = isolate_order();
  order.dry_run = true;
  const Result<ActionPreview> preview = desk.preview(order);
  ASSERT_TRUE(preview) << preview.error().text();
  EXPECT_EQ(preview->method, "POST");
  EXPECT_EQ(preview->url, "https://api.xdr.trendmicro.com/v3.0/response/endpoints/isolate");
  EXPECT_THAT(preview->body, HasSubstr(ws7_guid));
  EXPECT_THAT(preview->warnings, ElementsAre(HasSubstr("does not verify certificates"), HasSubstr("a person has approved")));
  const ActionRun run = accepted(order);
  pass(1h);
  EXPECT_EQ(state_of(now(run.id)), RunState::previewed);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_THAT(wait(desk.retry(run.id, "alice")).error().text(), HasSubstr("was a dry run"));
}

TEST_F(ActionDeskTest, WhileTheKillSwitchIsOnNothingIsSent) {  // P9
  keep(visionone_responder());
  ASSERT_TRUE(desk.set_may_send(false, "bob"));
  EXPECT_FALSE(store.may) << "it outlives a restart";
  const ActionRun run = accepted(isolate_order());
  pass(1h);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_THAT(desk.preview(isolate_order())->warnings, ElementsAre(HasSubstr("kill switch")));
  ASSERT_TRUE(desk.set_may_send(true, "bob"));
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_THAT(logged, HasSubstr("the kill switch is on"));
}

TEST_F(ActionDeskTest, WhatFailedIsTriedAgainAndNothingElse) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.given["agentGuid"] = boost::json::array{ws7_guid, ws8_guid};
  SentElement refused;
  refused.fate = SentElement::Fate::refused;
  refused.reason = "AccessDenied";
  api->answers[ws8_guid] = refused;
  const ActionRun run = accepted(order);
  EXPECT_THAT(wait(desk.retry(run.id, "bob")).error().text(), HasSubstr("is not settled"));
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::partly);
  api->answers.clear();
  api->sent.clear();
  const Result<ActionRun> again = wait(desk.retry(run.id, "bob"));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->retries, run.id);
  EXPECT_EQ(again->requested_by, "bob");
  pass(10s);
  EXPECT_EQ(state_of(now(again->id)), RunState::succeeded);
  EXPECT_THAT(api->sent, ElementsAre(HasSubstr(ws8_guid)));
  EXPECT_THAT(wait(desk.retry(again->id, "bob")).error().text(), HasSubstr("nothing is left to be done"));
  EXPECT_EQ(wait(desk.retry("00", "bob")).error().code(), Code::absent);
}

TEST_F(ActionDeskTest, UndoingTakesBackWhatHasSucceededOnce) {  // P9
  Responder responder = visionone_responder();
  responder.actions = {ResponseAction::isolate_endpoint};
  responder.guards.approval = false;
  keep(responder);
  const ActionRun run = succeeded(isolate_order());
  const Result<ActionRun> back = wait(desk.undo(run.id, "bob"));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->action, ResponseAction::restore_endpoint) << "what it may do it may take back";
  EXPECT_EQ(back->undoes, run.id);
  pass(10s);
  EXPECT_EQ(state_of(now(back->id)), RunState::succeeded);
  EXPECT_EQ(now(run.id).undone_by, back->id);
  EXPECT_EQ(state_of(now(run.id)), RunState::undone);
  EXPECT_THAT(wait(desk.undo(run.id, "bob")).error().text(), HasSubstr("was undone already"));
  responder.guards.protect = {ws7_guid};
  keep(responder);
  EXPECT_EQ(wait(desk.undo(back->id, "bob")).error().code(), Code::denied)
      << "that would isolate again, which is an action like any";
}

TEST_F(ActionDeskTest, AnUndoingThatDidNothingMayBeAskedForAgain) {
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

TEST_F(ActionDeskTest, WhatEndsByItselfNeedsAnInverse) {
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
  EXPECT_THAT(wait(desk.undo(quarantined.id, "bob")).error().text(), HasSubstr("nothing takes back"));
}

TEST_F(ActionDeskTest, ACustomResponderMakesItsOneRequest) {
  keep(ticket_responder());
  ActionOrder order;
  order.responder = "ticket";
  order.record = alert_record();
  const ActionRun run = accepted(order);
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_THAT(webhook->sent,
              ElementsAre("POST /hooks/000102030405060708090a0b0c0d0e0f {\"id\": \"000102030405060708090a0b0c0d0e0f\"}"));
  order.path = "/other?q={{msg_class}}";
  order.body = R"({"a": 1})";
  accepted(order);
  turn();
  EXPECT_THAT(webhook->sent.back(), HasSubstr("POST /other?q=trendmicro_visionone_alerts {"));
  order.action = ResponseAction::isolate_endpoint;
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("is a custom one"));
  order.action.reset();
  order.lasts = 1h;
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("nothing takes back what a custom responder has done"));
  EXPECT_THAT(wait(desk.undo(run.id, "bob")).error().text(), HasSubstr("(webhook)"));
}

TEST_F(ActionDeskTest, ADocumentWithAFlawReplacesNothing) {
  keep(visionone_responder());
  Responder good = visionone_responder("good");
  Responder bad = visionone_responder("bad");
  bad.credential = "acme-key";
  Responder worse = ticket_responder();
  worse.name = "acme-v1";
  Responder worst = visionone_responder("worst");
  worst.ca_file = "/nowhere";
  const Result<void> applied = desk.apply({good, bad, worse, worst}, "alice");
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().text(), HasSubstr("credential 'acme-key' is not kept"));
  EXPECT_THAT(applied.error().text(), HasSubstr("responder 'acme-v1' is of type trendmicro_visionone; delete it"));
  EXPECT_THAT(applied.error().text(), HasSubstr("responder 'worst': CA file /nowhere: cannot be read"));
  EXPECT_EQ(desk.responders().size(), 1u);
  EXPECT_EQ(store.kept.size(), 1u);
}

TEST_F(ActionDeskTest, ACredentialThatChangesIsUsedFromThenOn) {
  credentials["acme-key"] = "old-token";
  Responder responder = visionone_responder();
  responder.secret = Secret{};
  responder.credential = "acme-key";
  keep(responder);
  succeeded(isolate_order());
  EXPECT_THAT(made, ElementsAre("acme-v1 old-token"));
  EXPECT_THAT(desk.users_of("acme-key"), ElementsAre("acme-v1"));
  credentials["acme-key"] = "new-token";
  desk.forget_apis_with("acme-key");
  succeeded(isolate_order());
  EXPECT_THAT(made, ElementsAre("acme-v1 old-token", "acme-v1 new-token"));
}

TEST_F(ActionDeskTest, AResponderIsNotDeletedWhileItIsNeeded) {
  Responder responder = visionone_responder();
  responder.guards.approval = true;
  keep(responder);
  const ActionRun run = accepted(isolate_order());
  const Result<void> held = wait(desk.remove("acme-v1", "alice"));
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code(), Code::denied);
  EXPECT_THAT(held.error().text(), HasSubstr("run " + run.id + " is not settled (awaiting_approval)"));
  ASSERT_TRUE(wait(desk.decide(run.id, false, "alice")));
  ASSERT_TRUE(wait(desk.remove("acme-v1", "alice")));
  EXPECT_TRUE(store.kept.empty());
  EXPECT_EQ(wait(desk.remove("acme-v1", "alice")).error().code(), Code::absent);
  EXPECT_EQ(desk.api_for(run).error().code(), Code::absent);
}

TEST_F(ActionDeskTest, WhatAResponderMayNoMoreIsDeniedToRunsUnderWay) {  // P10
  keep(visionone_responder());
  ActionRun run;
  run.responder = "acme-v1";
  run.tenant = "acme";
  run.action = ResponseAction::isolate_endpoint;
  EXPECT_TRUE(desk.api_for(run));
  run.tenant = "blue";
  EXPECT_EQ(desk.api_for(run).error().code(), Code::denied);
  run.tenant = "acme";
  Responder less = visionone_responder();
  less.actions = {ResponseAction::restore_endpoint};
  keep(less);
  EXPECT_EQ(desk.api_for(run).error().code(), Code::denied);
  run.undoes = "another";
  EXPECT_EQ(desk.api_for(run).error().code(), Code::denied) << "who may restore may not isolate for it";
}

TEST_F(ActionDeskTest, NoSecretAndNoBodyIsLogged) {  // P10
  Responder responder = visionone_responder();
  responder.protocol = ResponderProtocol::http;
  keep(responder);
  const ActionRun run = succeeded(isolate_order());
  ASSERT_TRUE(wait(desk.undo(run.id, "bob")));
  EXPECT_THAT(logged, HasSubstr("plain HTTP"));
  EXPECT_THAT(logged, HasSubstr("an action was asked for"));
  EXPECT_THAT(logged, HasSubstr("an action is undone"));
  EXPECT_EQ(logged.find("planted-token"), std::string::npos) << logged;
  EXPECT_EQ(logged.find(ws7_guid), std::string::npos) << logged;
}

TEST_F(ActionDeskTest, WhatCannotBeWrittenIsRefused) {
  keep(visionone_responder());
  store.broken = Error{Code::full, "no space"};
  EXPECT_EQ(submit(isolate_order()).error().code(), Code::full);
  EXPECT_EQ(desk.set_may_send(false, "bob").error().code(), Code::full);
  EXPECT_TRUE(desk.may_send());
}

TEST_F(ActionDeskTest, AfterARestartRespondersAndKillSwitchAreThere) {
  keep(visionone_responder());
  store.may = false;
  ActionDesk again{{store, store, store, {}, {}, {}}, clock, random, log};
  ASSERT_TRUE(again.load());
  EXPECT_TRUE(again.responders().contains("acme-v1"));
  EXPECT_FALSE(again.may_send());
}

}  // namespace
}  // namespace tidegate
