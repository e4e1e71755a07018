#include "agent/control/responder.h"

#include <gmock/gmock.h>

#include "tests/unit/agent/control/responder_rig.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SensorResponderTest : public SensorRig {
 protected:
  SensorResponderTest() {
    policy_.api_places = {{"tickets.example.net", 443}};
    begin();
  }
};

TEST_F(SensorResponderTest, P9ARunIsTakenOnceHoweverOftenItIsHandedOver) {
  ASSERT_TRUE(give({visionone()}));
  const ActionRun run = isolation();
  Result<ActionRun> taken = hand_over(run);
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(taken->targets.front().state, ResponseState::waiting);
  pass(std::chrono::seconds{5});
  ActionRun other = run;  // the second time something else stands in it
  other.targets.front().target.value = "another";
  for (const ActionRun& again : {run, other, run}) {
    taken = hand_over(again);
    ASSERT_TRUE(taken) << taken.error().text();
    EXPECT_EQ(*taken, kept(run)) << "as the ledger has it";
    EXPECT_EQ(taken->targets.front().state, ResponseState::succeeded);
  }
  restart();
  EXPECT_TRUE(hand_over(run));
  pass(std::chrono::minutes{5});
  EXPECT_THAT(api_->sent, SizeIs(1));
}

TEST_F(SensorResponderTest, P9ARunOfAnotherLedgerIsNeverTaken) {
  ASSERT_TRUE(give({visionone()}));
  const ActionRun run = isolation();
  const Result<ActionRun> refused = run_to_end(responder_->take_run("ffeeddccbbaa99887766554433221100", stored_run(run)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::gone);
  EXPECT_THAT(refused.error().text(), HasSubstr(ledger_.ledger_id));
  pass(std::chrono::minutes{5});
  EXPECT_THAT(ledger_.rows.kept, IsEmpty());
  EXPECT_THAT(api_->sent, IsEmpty());
}

TEST_F(SensorResponderTest, P9ARunThatIsHandedOverTwiceAtOnceIsTakenOnce) {
  ASSERT_TRUE(give({visionone()}));
  const ActionRun run = isolation();
  ledger_.be_slow();
  const auto first = begin_to(responder_->take_run(ledger_.ledger_id, stored_run(run)));
  const Result<ActionRun> second = hand_over(run);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::unavailable);
  ledger_.release();
  pass(std::chrono::minutes{1});
  ASSERT_TRUE(*first);
  EXPECT_TRUE(**first);
  EXPECT_TRUE(hand_over(run));
  EXPECT_THAT(api_->sent, SizeIs(1));
}

TEST_F(SensorResponderTest, P9WhatWasTakenGoesOnAfterARestart) {
  ASSERT_TRUE(give({visionone()}, false));
  const ActionRun run = isolation();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::minutes{1});
  restart();
  pass(std::chrono::minutes{1});
  EXPECT_THAT(api_->sent, IsEmpty()) << "the kill switch is kept";
  EXPECT_THAT(kept(run).targets.front().reason, HasSubstr("held up"));
  ASSERT_TRUE(give({visionone()}));
  pass(std::chrono::minutes{1});
  EXPECT_EQ(kept(run).targets.front().state, ResponseState::succeeded);
  EXPECT_THAT(api_->sent, SizeIs(1));
}

TEST_F(SensorResponderTest, P9WhatIsSettledIsKeptAndNeverDone) {
  ASSERT_TRUE(give({visionone()}));
  ActionRun run = isolation();
  run.targets.front().state = ResponseState::refused;
  run.targets.front().reason = "nobody took it in time";
  ASSERT_TRUE(hand_over(run));
  run.targets.front().state = ResponseState::waiting;
  const Result<ActionRun> again = hand_over(run);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->targets.front().state, ResponseState::refused);
  pass(std::chrono::minutes{5});
  EXPECT_THAT(api_->sent, IsEmpty());
}

TEST_F(SensorResponderTest, P9ALedgerThatDoesNotAnswerTakesNothing) {
  ASSERT_TRUE(give({visionone()}));
  const ActionRun run = isolation();
  ledger_.read_error = Error{Code::corrupt, "its row is damaged"};
  Result<ActionRun> taken = hand_over(run);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::corrupt) << "it may have been done: it is not taken anew, nor refused";
  ledger_.read_error = Error{Code::unavailable, "the disk failed"};
  taken = hand_over(run);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::unavailable);
  ledger_.read_error.reset();
  ledger_.rows.failures = 1;
  taken = hand_over(run);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::unavailable);
  EXPECT_THAT(api_->sent, IsEmpty());
  EXPECT_TRUE(hand_over(run));
  pass(std::chrono::minutes{1});
  EXPECT_THAT(api_->sent, SizeIs(1));
}

TEST_F(SensorResponderTest, P9ARunIsTakenBackOnce) {
  ASSERT_TRUE(give({visionone()}));
  const ActionRun run = isolation();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::minutes{1});
  ActionRun back = inverse_run(kept(run), to_hex(Id128{2, 1}), "bob", clock_.wall());
  back.sensor = sensor;
  ASSERT_TRUE(hand_over(back));
  EXPECT_EQ(kept(run).undone_by, back.id);
  EXPECT_FALSE(kept(run).undone);
  ASSERT_TRUE(hand_over(back)) << "repeated, it is answered";
  ActionRun another = back;
  another.id = to_hex(Id128{2, 2});
  Result<ActionRun> refused = hand_over(another);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
  pass(std::chrono::minutes{1});
  EXPECT_TRUE(kept(run).undone);
  refused = hand_over(another);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("undone already, by run " + back.id));
  ASSERT_THAT(api_->sent, SizeIs(2));
  EXPECT_EQ(api_->sent.back().action, ResponseAction::restore_endpoint);
}

TEST_F(SensorResponderTest, WhatIsUnderWayIsNotTakenBackYetAndWhatIsUnknownHereIs) {
  ASSERT_TRUE(give({visionone()}));
  api_->tasks["task-1-0"] = TaskView{"task-1-0", ResponseState::running, {}, {}, {}, {}, {}};
  const ActionRun run = isolation();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::seconds{10});
  ActionRun ended = kept(run);
  ended.targets.front().state = ResponseState::succeeded;
  ActionRun back = inverse_run(ended, to_hex(Id128{2, 1}), "bob", clock_.wall());
  back.sensor = sensor;
  const Result<ActionRun> early = hand_over(back);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), Code::unavailable);
  back.undoes = to_hex(Id128{9, 9});
  ASSERT_TRUE(hand_over(back));
  pass(std::chrono::minutes{1});
  EXPECT_EQ(kept(back).targets.front().state, ResponseState::succeeded);
}

TEST_F(SensorResponderTest, ARunThatCannotBeCarriedOutIsRefusedWhole) {
  ASSERT_TRUE(give({visionone()}));
  std::vector<std::pair<ActionRun, std::string>> bad(9, {isolation(), {}});
  bad[0].first.id = "../value";
  bad[0].second = "id: ";
  bad[1].first.sensor = "bern-01";
  bad[1].second = "sensor: 'bern-01'";
  bad[2].first.approval = Approval::awaited;
  bad[2].second = "waits for a person";
  bad[3].first.action.reset();
  bad[3].second = "one of an action and a request";
  bad[4].first.targets.clear();
  bad[4].second = "targets: ";
  bad[5].first.targets.front().target.type = ObjectType::url;
  bad[5].second = "does not act upon it";
  bad[6].first.lasts = std::chrono::hours{24 * 31};
  bad[6].second = "lasts: ";
  bad[7].first.created = WallTime::min();
  bad[7].second = "before 1970";
  bad[8].first.webhook = request().webhook;
  bad[8].second = "one of an action and a request";
  for (const auto& [run, why] : bad) {
    const Result<ActionRun> refused = hand_over(run);
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().code(), Code::invalid);
    EXPECT_THAT(refused.error().text(), HasSubstr(why));
  }
  for (const std::string& text : {std::string{}, std::string{"{"}, std::string(sensor_message_bytes_max + 1, ' ')}) {
    const Result<ActionRun> refused = run_to_end(responder_->take_run(ledger_.ledger_id, text));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::invalid);
  }
  EXPECT_THAT(ledger_.rows.kept, IsEmpty());
}

TEST_F(SensorResponderTest, ChangesSayWhatTheSensorActsBy) {
  EXPECT_EQ(changes().responders, "");
  const Result<Secret> text = sensor_responders_text({true, {visionone()}});
  ASSERT_TRUE(text);
  ASSERT_TRUE(give({visionone()}));
  EXPECT_EQ(changes().responders, digest_of(*text));
  EXPECT_EQ(changes().ledger, ledger_.ledger_id);
  const ActionRun run = isolation();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::minutes{1});
  const SensorChanges found = changes();
  ASSERT_THAT(found.runs, SizeIs(1));
  EXPECT_EQ(found.runs.front(), kept(run));
  EXPECT_THAT(changes(found.through).runs, IsEmpty());
  restart();
  EXPECT_EQ(changes().responders, digest_of(*text)) << "they are kept";
}

TEST_F(SensorResponderTest, P10RespondersAreTakenWholeOrNotAtAll) {
  ASSERT_TRUE(give({visionone()}));
  const std::string before = changes().responders;
  Responder foreign = visionone("foreign");
  foreign.host = "evil.example.net";
  Responder plain = webhook();
  plain.host = "hooks.example.net";
  const Result<void> refused = give({visionone("fine"), foreign, plain});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_THAT(refused.error().text(), HasSubstr("responder 'foreign': host: 'evil.example.net:443'"));
  EXPECT_THAT(refused.error().text(), HasSubstr("responder 'hook': host: 'hooks.example.net:443'"));
  EXPECT_EQ(changes().responders, before);
  unfit_ = Error{Code::invalid, "it cannot be made"};
  const Result<void> unfit = give({visionone("fine")});
  ASSERT_FALSE(unfit);
  EXPECT_THAT(unfit.error().text(), HasSubstr("responder 'fine': it cannot be made"));
  unfit_.reset();
  ledger_.keep_error = Error{Code::denied, "there is no key"};
  const Result<void> not_kept = give({visionone("fine")});
  ASSERT_FALSE(not_kept);
  EXPECT_EQ(not_kept.error().code(), Code::unavailable) << "it is no fault of theirs";
  EXPECT_EQ(changes().responders, before);
  const Result<void> no_text = run_to_end(responder_->take_responders(Secret{"nothing of it"}));
  ASSERT_FALSE(no_text);
  EXPECT_EQ(no_text.error().code(), Code::invalid);
}

TEST_F(SensorResponderTest, OthersThatComeWhileSomeAreTakenAreAskedForAgain) {
  const Result<Secret> text = sensor_responders_text({true, {visionone()}});
  ASSERT_TRUE(text);
  ledger_.be_slow();
  const auto first = begin_to(responder_->take_responders(*text));
  const Result<void> second = give({webhook()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::unavailable);
  EXPECT_EQ(changes().responders, "") << "not in force before it is kept";
  ledger_.release();
  turn_until_idle(loop_);
  ASSERT_TRUE(*first && **first);
  EXPECT_EQ(changes().responders, digest_of(*text));
}

TEST_F(SensorResponderTest, P10ARunOfAForeignTenantOrActionIsNeverSent) {
  Responder responder = visionone();
  responder.actions = {ResponseAction::add_to_block_list};
  ASSERT_TRUE(give({responder}));
  ActionRun foreign = isolation();
  foreign.tenant = "blue";
  ActionRun nobodys = isolation();
  nobodys.tenant.clear();
  const ActionRun other = isolation();
  for (const ActionRun& run : {foreign, nobodys, other}) ASSERT_TRUE(hand_over(run));
  pass(std::chrono::minutes{1});
  for (const ActionRun& run : {foreign, nobodys, other}) EXPECT_EQ(kept(run).targets.front().state, ResponseState::refused);
  EXPECT_THAT(kept(foreign).targets.front().reason, HasSubstr("may not act for 'blue'"));
  EXPECT_THAT(kept(nobodys).targets.front().reason, HasSubstr("tenant: is missing"));
  EXPECT_THAT(kept(other).targets.front().reason, HasSubstr("may not do isolate_endpoint"));
  policy_.tenants = {"blue"};
  restart();
  ASSERT_TRUE(give({visionone()}));
  const ActionRun not_here = isolation();
  ASSERT_TRUE(hand_over(not_here));
  pass(std::chrono::minutes{1});
  EXPECT_THAT(kept(not_here).targets.front().reason, HasSubstr("no tenant of this sensor"));
  EXPECT_THAT(api_->sent, IsEmpty());
}

TEST_F(SensorResponderTest, ARunWhoseResponderIsMissingWaitsForIt) {
  const ActionRun run = isolation();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::hours{1});
  EXPECT_EQ(kept(run).targets.front().state, ResponseState::waiting);
  EXPECT_THAT(kept(run).targets.front().reason, HasSubstr("responder 'acme-v1' is not in force on this sensor"));
  ASSERT_TRUE(give({visionone()}));
  pass(std::chrono::minutes{1});
  EXPECT_EQ(kept(run).targets.front().state, ResponseState::succeeded);
}

TEST_F(SensorResponderTest, P12WhatWasKeptAndCannotBeUsedIsToldUntilItIsSentAgain) {
  ASSERT_TRUE(give({visionone(), webhook()}));
  ASSERT_THAT(responder_->troubles(), IsEmpty());
  policy_.api_places.clear();  // the sensor's file was changed
  restart();
  EXPECT_EQ(changes().responders, "") << "so the processor sends them again";
  ASSERT_THAT(responder_->troubles(), SizeIs(1));
  EXPECT_EQ(responder_->troubles().front().part, "responders");
  EXPECT_THAT(responder_->troubles().front().reason, HasSubstr("tickets.example.net"));
  EXPECT_THAT(logged_, HasSubstr("are not in force"));
  ASSERT_TRUE(give({visionone()}));
  EXPECT_THAT(responder_->troubles(), IsEmpty());
  ledger_.open_error = Error{Code::denied, "another key sealed them"};
  restart();
  ASSERT_THAT(responder_->troubles(), SizeIs(1));
  EXPECT_THAT(responder_->troubles().front().reason, HasSubstr("another key"));
}

TEST_F(SensorResponderTest, P12WithoutALedgerNothingIsTakenAndWhyIsTold) {
  ledger_.ledger_id.clear();
  restart();
  for (const Error& error : {give({visionone()}).error(), run_to_end(responder_->take_run("", stored_run(isolation()))).error(),
                             run_to_end(responder_->changes_after(0)).error(), run_to_end(responder_->test("acme-v1")).error()}) {
    EXPECT_EQ(error.code(), Code::unavailable);
    EXPECT_THAT(error.text(), HasSubstr("a newer version wrote the ledger"));
  }
  ASSERT_THAT(responder_->troubles(), SizeIs(1));
  EXPECT_EQ(responder_->troubles().front().part, "ledger");
}

TEST_F(SensorResponderTest, P12ARunThatNobodyKnowsTheEndOfIsToldForADay) {
  ASSERT_TRUE(give({webhook()}));
  webhook_->answer = Error{Code::timeout, "no answer"};
  const ActionRun run = request();
  ASSERT_TRUE(hand_over(run));
  pass(std::chrono::seconds{1});
  ASSERT_EQ(state_of(kept(run)), RunState::unknown);
  ASSERT_THAT(responder_->troubles(), SizeIs(1));
  EXPECT_EQ(responder_->troubles().front().part, "runs");
  EXPECT_THAT(responder_->troubles().front().reason, HasSubstr("1 of the last 24 h"));
  ActionRun again = request();
  again.retries = run.id;
  webhook_->answer = WebhookApi::Answer{200, "ok"};
  ASSERT_TRUE(hand_over(again));
  EXPECT_THAT(responder_->troubles(), IsEmpty()) << "somebody has looked at it";
  webhook_->answer = Error{Code::timeout, "no answer"};
  ASSERT_TRUE(hand_over(request()));
  pass(unknown_run_told_for + std::chrono::seconds{1});
  EXPECT_THAT(responder_->troubles(), IsEmpty());
}

TEST_F(SensorResponderTest, AResponderIsTestedByItsName) {
  ASSERT_TRUE(give({visionone()}));
  const Result<std::string> good = run_to_end(responder_->test("acme-v1"));
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "the key is good");
  const Result<std::string> missing = run_to_end(responder_->test("acme-v2"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::absent);
  EXPECT_THAT(missing.error().text(), HasSubstr("there are acme-v1"));
  probe_answer_ = Error{Code::absent, "HTTP 404"};
  const Result<std::string> failed = run_to_end(responder_->test("acme-v1"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::unavailable) << "absent is the responder alone";
}

TEST_F(SensorResponderTest, P10TheSecretGoesToTheApiAndNowhereElse) {
  ASSERT_TRUE(give({visionone()}));
  EXPECT_THAT(secrets_, ElementsAre(std::string{api_key}));
  ASSERT_TRUE(hand_over(isolation()));
  pass(std::chrono::minutes{1});
  Responder foreign = visionone("foreign");
  foreign.host = "evil.example.net";
  const Result<void> refused = give({foreign});
  ASSERT_FALSE(refused);
  const std::string shown{api_key};
  EXPECT_THAT(refused.error().text(), Not(HasSubstr(shown)));
  EXPECT_THAT(logged_, Not(HasSubstr(shown)));
  EXPECT_THAT(stored_changes(changes()), Not(HasSubstr(shown)));
}

}  // namespace
}  // namespace tidegate
