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
using testing::IsEmpty;

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

TEST_F(ActionDeskTest, P9AnOrderThatBringsItsIdIsOneRunHoweverOftenItIsAskedFor) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.id = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(accepted(order).id, order.id);
  EXPECT_EQ(accepted(order).id, order.id);
  pass(10s);
  EXPECT_EQ(api->sent.size(), 1u);
  const ActionRun before = now(order.id);
  ASSERT_EQ(state_of(before), RunState::succeeded);
  Responder guarded = visionone_responder();
  guarded.guards.protect = {ws7_guid};
  keep(guarded);
  EXPECT_EQ(accepted(order), before) << "as it is, whatever may be asked for by now";
  pass(10s);
  EXPECT_EQ(store.all.size(), 1u);
  EXPECT_EQ(api->sent.size(), 1u);
}

TEST_F(ActionDeskTest, P9WhereNobodyKnowsWhetherThereIsSuchARunItIsAskedForAgainLater) {
  keep(visionone_responder());
  ActionOrder order = isolate_order();
  order.id = "0123456789abcdef0123456789abcdef";
  store.unreadable = Error{Code::corrupt, "actions.db: the run has lost its value"};
  EXPECT_EQ(refusal(order, Code::unavailable), "actions.db: the run has lost its value");
  store.unreadable.reset();
  EXPECT_EQ(accepted(order).id, order.id);
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
  const Result<ActionDraft> dry = submit(order);
  ASSERT_TRUE(dry) << dry.error().text();
  EXPECT_EQ(dry->preview.method, "POST");
  EXPECT_EQ(dry->preview.url, "https://api.xdr.trendmicro.com/v3.0/response/endpoints/isolate");
  EXPECT_THAT(dry->preview.body, HasSubstr(ws7_guid));
  EXPECT_THAT(desk.warnings_for(dry->run),
              ElementsAre(HasSubstr("does not verify certificates"), HasSubstr("a person has approved")));
  pass(1h);
  EXPECT_EQ(store.all.size(), 1u);
  EXPECT_EQ(state_of(now(dry->run.id)), RunState::previewed);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_THAT(no_retry(dry->run.id), HasSubstr("was a dry run"));
}

TEST_F(ActionDeskTest, WhileTheKillSwitchIsOnNothingIsSent) {  // P9
  keep(visionone_responder());
  ASSERT_TRUE(desk.set_may_send(false, "bob"));
  EXPECT_FALSE(store.may) << "it outlives a restart";
  const ActionRun run = accepted(isolate_order());
  pass(1h);
  EXPECT_TRUE(api->sent.empty());
  EXPECT_THAT(desk.warnings_for(run), ElementsAre(HasSubstr("the kill switch is on")));
  ActionOrder dry = isolate_order();
  dry.dry_run = true;
  EXPECT_THAT(desk.warnings_for(accepted(dry)), ElementsAre(HasSubstr("the kill switch is on")));
  ASSERT_TRUE(desk.set_may_send(true, "bob"));
  pass(10s);
  EXPECT_EQ(state_of(now(run.id)), RunState::succeeded);
  EXPECT_THAT(desk.warnings_for(now(run.id)), IsEmpty());
  EXPECT_THAT(logged, HasSubstr("the kill switch is on"));
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
              ElementsAre("post /hooks/000102030405060708090a0b0c0d0e0f {\"id\": \"000102030405060708090a0b0c0d0e0f\"}"));
  order.path = "/other?q={{msg_class}}";
  order.body = R"({"a": 1})";
  accepted(order);
  turn();
  EXPECT_THAT(webhook->sent.back(), HasSubstr("post /other?q=trendmicro_visionone_alerts {"));
  order.action = ResponseAction::isolate_endpoint;
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("is a custom one"));
  order.action.reset();
  order.lasts = 1h;
  EXPECT_THAT(refusal(order, Code::invalid), HasSubstr("nothing takes back what a custom responder has done"));
  EXPECT_THAT(no_undo(run.id), HasSubstr("(webhook)"));
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
  keep(visionone_responder("another"));
  ASSERT_TRUE(desk.remove("another", "alice")) << "what is needed is another one";
  const Result<void> held = desk.remove("acme-v1", "alice");
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code(), Code::denied);
  EXPECT_THAT(held.error().text(), HasSubstr("run " + run.id + " of it is not settled"));
  store.unreadable = Error{Code::corrupt, "the disk is broken"};
  EXPECT_EQ(desk.remove("acme-v1", "alice").error().code(), Code::corrupt) << "nobody knows whether it is needed";
  store.unreadable.reset();
  ASSERT_TRUE(wait(desk.decide(run.id, false, "alice")));
  ASSERT_TRUE(desk.remove("acme-v1", "alice"));
  EXPECT_TRUE(store.kept.empty());
  EXPECT_EQ(desk.remove("acme-v1", "alice").error().code(), Code::absent);
  EXPECT_EQ(desk.api_for(run).error().code(), Code::absent);
  EXPECT_EQ(desk.permits(run).error().code(), Code::absent);
}

TEST_F(ActionDeskTest, AResponderStaysWhereItsRunsAreUntilTheyAreSettled) {  // P9
  keep(visionone_responder());
  api->outcome = ResponseState::running;
  const ActionRun run = accepted(isolate_order());
  pass(10s);
  ASSERT_EQ(state_of(now(run.id)), RunState::under_way);
  std::vector<Responder> moved(3, visionone_responder());
  moved[0].host = "api.eu.xdr.trendmicro.com";
  moved[1].port = 8443;
  moved[2].protocol = ResponderProtocol::http;
  for (const Responder& each : moved) {
    const Result<void> applied = desk.apply({each}, "alice");
    ASSERT_FALSE(applied) << origin_of(each);
    EXPECT_EQ(applied.error().code(), Code::denied);
    EXPECT_THAT(applied.error().text(), HasSubstr("run " + run.id + " of it is not settled"));
    EXPECT_THAT(applied.error().text(), HasSubstr("is to send to " + origin_of(each)));
    EXPECT_EQ(store.kept.at("acme-v1").responder, visionone_responder());
  }
  Responder same_console = visionone_responder();
  same_console.secret = Secret{"another-token"};
  same_console.guards.approval = true;
  EXPECT_TRUE(desk.apply({same_console}, "alice")) << "all else may change";
  keep(visionone_responder("another"));
  Responder another = moved[0];
  another.name = "another";
  EXPECT_TRUE(desk.apply({another}, "alice")) << "nothing is under way there";
  api->outcome = ResponseState::succeeded;
  pass(60s);
  ASSERT_EQ(state_of(now(run.id)), RunState::succeeded);
  store.unreadable = Error{Code::corrupt, "the disk is broken"};
  EXPECT_EQ(desk.apply({moved[0]}, "alice").error().code(), Code::corrupt) << "nobody knows what is under way";
  store.unreadable.reset();
  const Result<void> applied = desk.apply({moved[0]}, "alice");
  EXPECT_TRUE(applied) << applied.error().text();
  EXPECT_EQ(desk.responders().at("acme-v1").responder.host, "api.eu.xdr.trendmicro.com");
}

// An isolation that nobody asked the desk for.
ActionRun isolation() {
  ActionRun run;
  run.responder = "acme-v1";
  run.tenant = "acme";
  run.action = ResponseAction::isolate_endpoint;
  run.targets.emplace_back().target = {ObjectType::agent_guid, ws7_guid, {}, {}};
  return run;
}

TEST_F(ActionDeskTest, WhatAResponderMayNoMoreIsNotSentAndStillFollowed) {  // P10
  keep(visionone_responder());
  ActionRun run = isolation();
  EXPECT_TRUE(desk.permits(run));
  run.tenant = "blue";
  EXPECT_EQ(desk.permits(run).error().code(), Code::denied);
  EXPECT_TRUE(desk.api_for(run)) << "what was sent is followed, whatever it may do now";
  run.tenant = "acme";
  Responder less = visionone_responder();
  less.actions = {ResponseAction::restore_endpoint};
  less.guards.protect = {ws7_guid};
  keep(less);
  const Result<void> refused = desk.permits(run);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
  EXPECT_THAT(refused.error().text(), HasSubstr("may not do isolate_endpoint"));
  EXPECT_THAT(refused.error().text(), HasSubstr("is protected")) << "every reason is told";
  EXPECT_TRUE(desk.api_for(run));
  run.undoes = "another";
  EXPECT_EQ(desk.permits(run).error().code(), Code::denied) << "who may restore may not isolate for it";
}

TEST_F(ActionDeskTest, WhatNeedsACredentialThatIsGoneWaitsForIt) {
  credentials["acme-key"] = "token";
  Responder responder = visionone_responder();
  responder.secret = Secret{};
  responder.credential = "acme-key";
  keep(responder);
  credentials.clear();
  desk.forget_apis_with("acme-key");
  const Result<ResponderApi> api_now = desk.api_for(isolation());
  ASSERT_FALSE(api_now);
  EXPECT_EQ(api_now.error().code(), Code::unavailable) << "it may come back";
  EXPECT_THAT(api_now.error().text(), HasSubstr("`tidegate-processor credential set acme-key`"));
  EXPECT_TRUE(desk.permits(isolation()));
  ActionRun of_nobody = isolation();
  of_nobody.responder = "gone";
  EXPECT_EQ(desk.api_for(of_nobody).error().code(), Code::absent);
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
  ActionDesk again{{store, store, {}, {}, {}}, clock, random, log};
  ASSERT_TRUE(again.load());
  EXPECT_TRUE(again.responders().contains("acme-v1"));
  EXPECT_FALSE(again.may_send());
}

}  // namespace
}  // namespace tidegate
