#include "processor/respond/rule_firings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::block_rule;
using test::CallMoment;
using test::sample_at;
using test::tell_rule;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* firings_wait_line = "what rules have decided cannot be done, and waits";

class RuleFiringsTest : public testing::Test, public test::RuleDeskRig {
 protected:
  static std::string id_of(std::uint64_t number, const std::string& rule = "block-bad", const std::string& action = "block") {
    return run_id_of({rule, action, "acme", test::record_id(number)});
  }
  std::size_t sent() const { return api->sent.size(); }
};

TEST_F(RuleFiringsTest, WhatIsDecidedIsAskedForAtOnceInOrder) {
  put({block_rule(), tell_rule()});
  start_firings();
  tell({sample_at(1), sample_at(2)});
  turn();
  EXPECT_EQ(decided(), "block 1 done, tell 1 done, block 2 done, tell 2 done") << "no time has passed";
  ASSERT_EQ(store.all.size(), 2u);
  const ActionRun& run = store.all.front();
  EXPECT_EQ(run.id, id_of(1));
  EXPECT_EQ(run.requested_by, "rule block-bad");
  EXPECT_EQ(run.record_id, to_hex(test::record_id(1)));
  EXPECT_EQ(run.tenant, "acme");
  EXPECT_EQ(store.all.back().id, id_of(2));
  EXPECT_TRUE(owner->queued(10)->empty());
  pass(10s);
  EXPECT_EQ(name(state_of(now(id_of(1)))), "succeeded");
  EXPECT_EQ(sent(), 2u);
  EXPECT_THAT(logged, HasSubstr("a rule has acted"));
}

TEST_F(RuleFiringsTest, WhatIsQueuedOutlivesARestart) {
  put({block_rule()});
  tell({sample_at(1)});
  restart();
  EXPECT_EQ(decided(), "block 1 queued");
  start_firings();
  EXPECT_EQ(decided(), "block 1 done");
  EXPECT_EQ(store.all.size(), 1u);
}

TEST_F(RuleFiringsTest, WhatNobodyToldOfIsFoundWithinHalfAMinute) {
  put({block_rule()});
  start_firings();
  break_call("transact", Code::unavailable, CallMoment::done);
  const Bytes document = test::record(sample_at(1));
  const Result<RecordView> record = read_record(document);
  const std::vector<IndexRecord> records{{*record, "zurich-01", clock.wall()}};
  EXPECT_FALSE(judge->seen(records));
  turn();
  EXPECT_EQ(decided(), "block 1 queued");
  pass(30s);
  EXPECT_EQ(decided(), "block 1 done");
}

TEST_F(RuleFiringsTest, P9ARunThatIsInTheHistoryIsNotAskedForAgain) {
  put({block_rule()});
  tell({sample_at(1)});
  ActionRun before;
  before.id = id_of(1);
  before.responder = "acme-v1";
  before.requested_by = "rule block-bad";
  store.all.push_back(before);
  start_firings();
  pass(1min);
  EXPECT_EQ(decided(), "block 1 done");
  ASSERT_EQ(store.all.size(), 1u);
  EXPECT_EQ(store.all.front(), before) << "it is left as it is";
  EXPECT_EQ(sent(), 0u);
}

TEST_F(RuleFiringsTest, P9ADeathBetweenTheRunAndItsNoteMakesNoSecondRun) {
  put({block_rule()});
  tell({sample_at(1)});
  break_call("settle");
  start_firings();
  pass(10s);
  EXPECT_EQ(decided(), "block 1 queued");
  EXPECT_EQ(store.all.size(), 1u);
  restart();
  watch = {};
  start_firings();
  pass(10s);
  EXPECT_EQ(decided(), "block 1 done");
  EXPECT_EQ(store.all.size(), 1u);
  EXPECT_EQ(sent(), 1u);
}

TEST_F(RuleFiringsTest, P9WhereTheHistoryCannotBeReadNothingIsAskedFor) {
  put({block_rule()});
  tell({sample_at(1)});
  store.unreadable = Error{Code::corrupt, "actions.db: damaged"};
  start_firings();
  pass(5min);
  EXPECT_EQ(decided(), "block 1 queued");
  EXPECT_TRUE(store.all.empty());
  store.unreadable.reset();
  pass(30s);
  EXPECT_EQ(decided(), "block 1 done");
}

TEST_F(RuleFiringsTest, WhatAResponderMayNotDoIsRefusedWithTheReason) {
  put({block_rule()});
  tell({sample_at(1)});
  Responder guarded = test::visionone_responder();
  guarded.guards.protect = {"bad.example"};
  keep(guarded);
  start_firings();
  EXPECT_EQ(decided(), "block 1 refused");
  EXPECT_THAT(refusal_of("block"), HasSubstr("\"bad.example\" is protected"));
  EXPECT_THAT(logged, HasSubstr("what a rule wanted was refused"));

  Responder narrow = test::visionone_responder();
  narrow.tenants = {"blue"};
  keep(narrow);
  tell({sample_at(2)});
  turn();
  EXPECT_THAT(refusal_of("block", 2), HasSubstr("may not act for 'acme'")) << "P10";

  desk.set_rules_of({});
  ASSERT_TRUE(desk.remove("acme-v1", "bob"));
  tell({sample_at(3)});
  turn();
  EXPECT_THAT(refusal_of("block", 3), HasSubstr("there is no responder 'acme-v1'"));
  EXPECT_TRUE(store.all.empty());
  EXPECT_EQ(owner->totals()->at("block-bad").refused, 3u);
}

TEST_F(RuleFiringsTest, AMissingValueIsRefusedAndNamed) {
  Rule rule = block_rule();
  rule.actions.front().action = ResponseAction::isolate_endpoint;
  rule.actions.front().given.clear();
  put({rule});
  start_firings();
  tell({sample_at(1)});
  turn();
  EXPECT_EQ(decided(), "block 1 refused");
  EXPECT_THAT(refusal_of("block"), HasSubstr("agentGuid"));
}

TEST_F(RuleFiringsTest, WhatTheRuleDoesNotWantAnyMoreIsRefused) {
  Rule all = tell_rule();
  all.tenants = {};
  put({all});
  tell({sample_at(1)});
  Rule renamed = all;
  renamed.actions.front().name = "inform";
  put({renamed});
  start_firings();
  EXPECT_EQ(refusal_of("tell"), "the rule has no such action any more");

  stop();
  restart();
  put({all});
  test::Sample blue = sample_at(2);
  blue.tenant = "blue";
  tell({blue});
  put({tell_rule()});
  start_firings();
  EXPECT_EQ(refusal_of("tell", 2), "the rule is not for that tenant any more");
  EXPECT_TRUE(events.written.empty());
}

TEST_F(RuleFiringsTest, WhatIsQueuedOfARuleThatWasSwitchedOffIsNotDone) {
  put({block_rule()});
  tell({sample_at(1)});
  Rule off = block_rule();
  off.enabled = false;
  put({off});
  start_firings();
  EXPECT_EQ(refusal_of("block"), "the rule is not enabled any more");
  EXPECT_TRUE(store.all.empty());
}

TEST_F(RuleFiringsTest, OfARuleThatIsNotThereNothingIsDone) {
  put({block_rule()});
  tell({sample_at(1)});
  ASSERT_TRUE(rules->remove("block-bad", "bob"));
  // A look that was under way decides for it afterwards.
  const Bytes document = test::record(sample_at(2));
  RuleCase late;
  late.record = test::record_id(2);
  late.tenant = "acme";
  late.document = document;
  late.at = clock.wall();
  const std::vector<RuleCase> cases{late};
  ASSERT_TRUE(judge->decide(block_rule(), cases));
  start_firings();
  EXPECT_EQ(decided(), "block 1 refused, block 2 refused");
  EXPECT_EQ(refusal_of("block", 1), "the rule was deleted");
  EXPECT_EQ(refusal_of("block", 2), "the rule was deleted");
  EXPECT_TRUE(store.all.empty());
}

TEST_F(RuleFiringsTest, WhatCannotBeWrittenDownWaitsIsToldOnceAndHoldsUpNoOther) {
  for (const Code code : {Code::unavailable, Code::timeout, Code::full}) {
    SCOPED_TRACE(name(code));
    const auto number = static_cast<std::uint64_t>(code) + 1;
    const std::size_t told_before = events.written.size();
    const std::size_t runs_before = store.all.size();
    const std::size_t logged_before = times_logged(firings_wait_line);
    put({block_rule(), tell_rule()});
    store.broken = Error{code, "actions.db: cannot be written"};
    start_firings();
    std::size_t looks = 0;
    watch = [&looks](std::string_view call, CallMoment moment) {
      looks += call == "queued" && moment == CallMoment::begun ? 1u : 0u;
      return std::optional<Error>{};
    };
    tell({sample_at(number)});
    turn();
    EXPECT_EQ(events.written.size(), told_before + 1) << "the message is told all the same";
    pass(10min);
    EXPECT_GE(looks, 20u) << "it is tried again, half a minute later at the latest";
    EXPECT_LE(looks, 200u) << "with back-off";
    EXPECT_EQ(times_logged(firings_wait_line), logged_before + 1);
    EXPECT_EQ(events.written.size(), told_before + 1);
    EXPECT_EQ(store.all.size(), runs_before);
    EXPECT_EQ(owner->queued(10)->size(), 1u);
    store.broken.reset();
    pass(31s);
    EXPECT_TRUE(owner->queued(10)->empty());
    ASSERT_EQ(store.all.size(), runs_before + 1);
    EXPECT_EQ(store.all.back().id, id_of(number));
    watch = {};
    restart();
  }
}

TEST_F(RuleFiringsTest, ManyThatWaitHoldUpNoneBehindThem) {
  Rule many = block_rule();
  many.actions.front().per_hour = 1000;
  put({many, tell_rule()});
  store.broken = Error{Code::full, "as many runs as can be kept are not settled"};
  Rule quiet = tell_rule();
  quiet.enabled = false;
  put({quiet});
  constexpr std::uint64_t stuck = 350;
  for (std::uint64_t number = 1; number <= stuck; ++number) tell({sample_at(number)});
  put({tell_rule()});
  tell({sample_at(stuck + 1)});
  start_firings();
  pass(1s);
  EXPECT_EQ(events.written.size(), 1u) << "the message lies behind " << stuck << " actions";
  EXPECT_TRUE(store.all.empty());
  store.broken.reset();
  pass(1min);
  EXPECT_TRUE(owner->queued(10)->empty());
  EXPECT_EQ(store.all.size(), stuck + 1);
}

TEST_F(RuleFiringsTest, WhatIsStuckDelaysNothingThatComesLater) {
  put({block_rule(), tell_rule()});
  store.broken = Error{Code::full, "as many runs as can be kept are not settled"};
  tell({sample_at(1)});
  start_firings();
  pass(10min);
  for (std::uint64_t number = 2; number <= 40; ++number) {
    tell({sample_at(number)});
    turn();
    EXPECT_EQ(events.written.size(), number) << "at once";
  }
}

TEST_F(RuleFiringsTest, AMissingCredentialRefusesNothingTheRunWaits) {
  Responder keyed = test::visionone_responder();
  keyed.secret = Secret{};
  keyed.credential = "acme-key";
  credentials["acme-key"] = "planted-token";
  keep(keyed);
  put({block_rule()});
  start_firings();
  credentials.clear();
  desk.forget_apis_with("acme-key");
  tell({sample_at(1)});
  pass(10min);
  EXPECT_EQ(decided(), "block 1 done");
  ASSERT_EQ(store.all.size(), 1u);
  EXPECT_FALSE(settled(store.all.front()));
  EXPECT_EQ(sent(), 0u);
  credentials["acme-key"] = "planted-token";
  desk.forget_apis_with("acme-key");
  pass(1h);
  EXPECT_EQ(sent(), 1u);
  EXPECT_EQ(name(state_of(now(id_of(1)))), "succeeded");
}

TEST_F(RuleFiringsTest, AQueueThatCannotBeReadIsTriedAgainAndToldOnce) {
  put({block_rule()});
  tell({sample_at(1)});
  break_call("queued", Code::unavailable);
  start_firings();
  pass(5min);
  EXPECT_EQ(times_logged(firings_wait_line), 1u);
  watch = {};
  pass(31s);
  EXPECT_EQ(decided(), "block 1 done");
}

TEST_F(RuleFiringsTest, AStopBetweenTwoDecisionsIsNoFailure) {
  put({tell_rule()});
  tell({sample_at(1), sample_at(2), sample_at(3)});
  watch = [this](std::string_view call, CallMoment moment) {
    if (call == "settle" && moment == CallMoment::done) asio::post(loop, [this] { stop(); });
    return std::optional<Error>{};
  };
  start_firings();
  end();
  EXPECT_EQ(times_logged(firings_wait_line), 0u);
  watch = {};
  begin();
  EXPECT_THAT(decided(), HasSubstr("queued")) << "the rest waits for the next start";
  start_firings();
  EXPECT_EQ(decided(), "tell 1 done, tell 2 done, tell 3 done");
  EXPECT_EQ(events.written.size(), 3u);
}

}  // namespace
}  // namespace tidegate
