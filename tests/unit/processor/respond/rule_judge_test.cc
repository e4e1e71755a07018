#include "processor/respond/rule_judge.h"

#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::host_rule;
using test::hosts;
using test::judged_noon;
using test::noon_ms;
using test::record_id;
using test::Sample;

Sample of_host(std::uint64_t number, const std::string& host) { return {.number = number, .payload = hosts({host})}; }

class RuleJudgeTest : public test::RuleJudgeRig {};

TEST_F(RuleJudgeTest, WhatFiresIsQueuedWithItsRecordAndItsRunsId) {
  rules({host_rule()});
  const Sample sample = of_host(1, "ws-7");
  ASSERT_TRUE(tell({sample}, judged_noon + 5s));
  const RuleKey key{"isolate-hosts", "isolate", "acme", record_id(1)};
  RuleDecision expected;
  expected.key = key;
  expected.at = judged_noon + 5s;
  expected.entities = "ws-7";
  expected.run_id = run_id_of(key);
  expected.state = FiringState::queued;
  expected.document = test::record(sample);
  ASSERT_EQ(ledger_.book.decisions.size(), 1u);
  EXPECT_EQ(ledger_.book.decisions.front(), expected);
  ASSERT_NE(mute_of("ws-7"), nullptr);
  EXPECT_EQ(*mute_of("ws-7"), (RuleMute{"isolate-hosts", "isolate", "acme", "ws-7", judged_noon + 5s, judged_noon + 5s + 1h, 0}));
  EXPECT_EQ(ledger_.transactions, 1u) << "all of it is one";
}

TEST_F(RuleJudgeTest, ARecordThatIsTooOldIsCountedAndNothingIsKeptOfIt) {
  Rule rule = host_rule();
  rule.max_age = 24h;
  rules({rule});
  Sample old = of_host(1, "ws-7");
  old.timestamp_ms = noon_ms - 24 * 3600 * 1000 - 1;
  Sample just = of_host(2, "ws-8");
  just.timestamp_ms = noon_ms - 24 * 3600 * 1000;
  ASSERT_TRUE(tell({old, just}));
  EXPECT_EQ(decided(), "fired 2");
  EXPECT_EQ(mute_of("ws-7"), nullptr);
  EXPECT_EQ(ledger_.book.too_old, (std::map<std::string, std::uint64_t>{{"isolate-hosts", 1}}));
  EXPECT_TRUE(counts(1, 0, 0, 1)) << metrics_.text();
  ASSERT_TRUE(tell({old}));
  EXPECT_EQ(ledger_.book.too_old["isolate-hosts"], 2u) << "it counts also where nothing else happens";
  EXPECT_EQ(decided(), "fired 2");
  EXPECT_EQ(woken_.size(), 1u);
}

TEST_F(RuleJudgeTest, ARecordOfTheFutureIsNotTooOld) {
  rules({host_rule()});
  Sample early = of_host(1, "ws-7");
  early.timestamp_ms = noon_ms + 40LL * 365 * 24 * 3600 * 1000;
  ASSERT_TRUE(tell({early}));
  EXPECT_EQ(decided(), "fired 1");
}

TEST_F(RuleJudgeTest, P9WhatWasDecidedComesBeforeWhatIsMutedOrCapped) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  EXPECT_EQ(decided(), "fired 1");
  EXPECT_EQ(mute_of("ws-7")->muted, 0u) << "it held up nothing";
}

TEST_F(RuleJudgeTest, WhatIsMutedIsNotCapped) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7"), of_host(2, "ws-7"), of_host(3, "ws-8")}));
  EXPECT_EQ(decided(), "fired 1, muted 2, capped 3");
  EXPECT_EQ(mute_of("ws-7")->muted, 1u);
  EXPECT_EQ(mute_of("ws-8"), nullptr) << "nothing was done for it";
  EXPECT_TRUE(counts(1, 1, 1, 0)) << metrics_.text();
  for (std::size_t i : {1u, 2u}) {
    const RuleDecision& unfired = ledger_.book.decisions.at(i);
    EXPECT_EQ(unfired.state, FiringState::done) << "it is not queued";
    EXPECT_TRUE(unfired.document.empty());
    EXPECT_TRUE(unfired.run_id.empty());
  }
}

TEST_F(RuleJudgeTest, P9ARecordToldOfAgainDecidesNothingWhateverWasDecided) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1;
  rules({rule});
  const std::vector<Sample> all{of_host(1, "ws-7"), of_host(2, "ws-7"), of_host(3, "ws-8")};
  ASSERT_TRUE(tell(all));
  const std::string before = decided();
  EXPECT_EQ(before, "fired 1, muted 2, capped 3");
  rules({});
  rules({rule});
  for (const std::chrono::hours later : {0h, 2h, 24h * 6}) {
    rule.max_age = rule_age_max;
    rules({rule});
    ASSERT_TRUE(tell(all, judged_noon + later)) << "also when nothing holds it up any more";
    EXPECT_EQ(decided(), before) << later.count();
  }
  EXPECT_EQ(woken_.size(), 1u);
  EXPECT_TRUE(counts(1, 1, 1, 0)) << metrics_.text();
}

TEST_F(RuleJudgeTest, P9ARecordTwiceInOneBatchIsDecidedOnce) {
  Rule rule = host_rule();
  rule.mute = 0s;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7"), of_host(1, "ws-7")}));
  EXPECT_EQ(decided(), "fired 1");
}

TEST_F(RuleJudgeTest, P9TheRunOfADecisionHasTheSameIdWheneverItIsDecided) {
  Rule rule = host_rule();
  rules({rule});
  ledger_.fails_after = 0;
  ASSERT_FALSE(tell({of_host(1, "ws-7")}));
  ledger_.fails_after.reset();
  ASSERT_TRUE(tell({of_host(1, "ws-7")}, judged_noon + 1h));
  const std::string id = ledger_.book.decisions.at(0).run_id;
  ledger_.book = {};
  ASSERT_TRUE(tell({of_host(1, "another")}, judged_noon + 3h));
  EXPECT_EQ(ledger_.book.decisions.at(0).run_id, id);
  EXPECT_EQ(id.size(), 32u);
}

// A record's id can be made up by whoever knows it, its tenant cannot.
TEST_F(RuleJudgeTest, P10ATenantsSensorCannotTakeAnothersDecision) {
  Rule rule = host_rule();
  rule.mute = 0s;
  rules({rule});
  Sample forged = of_host(1, "ws-7");
  forged.tenant = "blue";
  ASSERT_TRUE(tell({forged}));
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  ASSERT_EQ(decided(), "fired 1, fired 1");
  EXPECT_EQ(ledger_.book.decisions[0].key.tenant, "blue");
  EXPECT_EQ(ledger_.book.decisions[1].key.tenant, "acme");
  EXPECT_NE(ledger_.book.decisions[0].run_id, ledger_.book.decisions[1].run_id) << "nor its run";
}

TEST(RuleRunId, P9IsOfTheRuleTheActionTheTenantAndTheRecordAlone) {
  const RuleKey key{"ab", "c", "d", record_id(1)};
  EXPECT_EQ(run_id_of(key), run_id_of({"ab", "c", "d", record_id(1)}));
  EXPECT_NE(run_id_of(key), run_id_of({"a", "bc", "d", record_id(1)}));
  EXPECT_NE(run_id_of(key), run_id_of({"ab", "", "cd", record_id(1)}));
  EXPECT_NE(run_id_of(key), run_id_of({"ab", "d", "d", record_id(1)}));
  EXPECT_NE(run_id_of(key), run_id_of({"ab", "c", "e", record_id(1)}));
  EXPECT_NE(run_id_of(key), run_id_of({"ab", "c", "d", record_id(2)}));
  // It is fixed for good: what is queued across an update must not be done under another id.
  EXPECT_EQ(run_id_of({"isolate-hosts", "isolate", "acme", Id128{1, 2}}), "8cb197806de703e8e5fe49161793f133");
}

TEST_F(RuleJudgeTest, EachActionIsDecidedByItself) {
  Rule rule = host_rule();
  RuleAction tell_mail = rule.actions[0];
  tell_mail.name = "tell";
  tell_mail.mute = 0s;
  tell_mail.per_hour = 2;
  rule.actions.push_back(tell_mail);
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7"), of_host(2, "ws-7"), of_host(3, "ws-7")}));
  EXPECT_EQ(decided(), "fired 1, fired 1, muted 2, fired 2, muted 3, capped 3") << "its own mute and its own cap";
  EXPECT_NE(ledger_.book.decisions[0].run_id, ledger_.book.decisions[1].run_id);
}

TEST_F(RuleJudgeTest, NoTenantMutesOrCapsAnother) {  // P10
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1;
  rules({rule});
  Sample blue = of_host(2, "ws-7");
  blue.tenant = "blue";
  ASSERT_TRUE(tell({of_host(1, "ws-7"), blue}));
  EXPECT_EQ(decided(), "fired 1, fired 2");
  Sample blue_again = of_host(4, "ws-8");
  blue_again.tenant = "blue";
  ASSERT_TRUE(tell({of_host(3, "ws-7"), blue_again}));
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3, capped 4");
  EXPECT_EQ(mute_of("ws-7", "blue")->muted, 0u);
}

TEST_F(RuleJudgeTest, NoRuleMutesOrCapsAnother) {
  Rule one = host_rule();
  one.actions[0].per_hour = 1;
  Rule other = one;
  other.name = "other";
  rules({one, other});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  EXPECT_EQ(decided(), "fired 1, fired 1");
}

TEST_F(RuleJudgeTest, ACapEndsAfterItsHour) {
  Rule rule = host_rule();
  rule.mute = 0s;
  rule.actions[0].per_hour = 2;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "a")}, judged_noon));
  ASSERT_TRUE(tell({of_host(2, "b")}, judged_noon + 30min));
  ASSERT_TRUE(tell({of_host(3, "c")}, judged_noon + 1h - 1ns));
  ASSERT_TRUE(tell({of_host(4, "d")}, judged_noon + 1h));
  ASSERT_TRUE(tell({of_host(5, "e")}, judged_noon + 1h + 1ns));
  EXPECT_EQ(decided(), "fired 1, fired 2, capped 3, fired 4, capped 5") << "what is capped does not count";
}

TEST_F(RuleJudgeTest, ThatARuleIsCappedIsLoggedOnceInAnHour) {  // P12
  Rule rule = host_rule();
  rule.mute = 0s;
  rule.actions[0].per_hour = 1;
  rules({rule});
  const auto told = [this] {
    std::size_t lines = 0;
    for (std::size_t at = lines_.find("as often as it may"); at != std::string::npos;
         at = lines_.find("as often as it may", at + 1))
      ++lines;
    return lines;
  };
  ASSERT_TRUE(tell({of_host(1, "a"), of_host(2, "b"), of_host(3, "c")}));
  EXPECT_EQ(told(), 1u) << lines_;
  EXPECT_NE(lines_.find("isolate-hosts"), std::string::npos);
  ASSERT_TRUE(tell({of_host(4, "d")}, judged_noon + 59min));
  EXPECT_EQ(told(), 1u);
  ASSERT_TRUE(tell({of_host(5, "e"), of_host(6, "f")}, judged_noon + 60min));
  EXPECT_EQ(told(), 2u);
}

TEST_F(RuleJudgeTest, AClockThatWasSetBackMutesAndCapsNothingForEver) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}, judged_noon));
  ASSERT_TRUE(tell({of_host(2, "ws-7")}, judged_noon - 10min)) << "a small step opens nothing";
  ASSERT_TRUE(tell({of_host(3, "ws-8")}, judged_noon - 10min));
  EXPECT_EQ(decided(), "fired 1, muted 2, capped 3");
  ASSERT_TRUE(tell({of_host(4, "ws-7")}, judged_noon - 30 * 24h));
  EXPECT_EQ(decided(), "fired 1, muted 2, capped 3, fired 4");
  EXPECT_EQ(mute_of("ws-7")->until, judged_noon - 30 * 24h + 1h) << "and it is muted as it would be at that time";
  ASSERT_TRUE(tell({of_host(5, "ws-8")}, judged_noon - 30 * 24h + 1min));
  EXPECT_EQ(decided(), "fired 1, muted 2, capped 3, fired 4, capped 5") << "what fired since counts";
}

TEST_F(RuleJudgeTest, AnErrorOfTheLedgerLeavesNothingAndIsReturned) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 2;
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  const test::ToldLedger::Book before = ledger_.book;
  Sample old = of_host(2, "ws-1");
  old.timestamp_ms = noon_ms - 25 * 3600 * 1000;
  const std::vector<Sample> batch{old, of_host(3, "ws-7"), of_host(4, "ws-8"), of_host(5, "ws-9")};
  std::size_t failed = 0;
  for (bool passed = false; !passed; ++failed) {
    ASSERT_LT(failed, 100u);
    ledger_.calls = 0;
    ledger_.fails_after = failed;
    const Result<void> told = tell(batch);
    passed = told.has_value();
    if (passed) break;
    EXPECT_EQ(told.error(), (Error{Code::unavailable, "rules: the disk is away"})) << failed;
    EXPECT_EQ(ledger_.book.decisions, before.decisions) << failed;
    EXPECT_EQ(ledger_.book.mutes, before.mutes) << failed;
    EXPECT_EQ(ledger_.book.too_old, before.too_old) << failed;
    EXPECT_EQ(woken_.size(), 1u) << failed;
    EXPECT_TRUE(counts(1, 0, 0, 0)) << failed << metrics_.text();
  }
  EXPECT_EQ(failed, ledger_.calls) << "each call was failed once, and the end of the transaction too";
  EXPECT_GE(failed, 12u);
  EXPECT_EQ(decided(), "fired 1, muted 3, fired 4, capped 5");
  EXPECT_EQ(ledger_.book.too_old.at("isolate-hosts"), 1u);
  EXPECT_TRUE(counts(2, 1, 1, 1)) << metrics_.text();
}

TEST_F(RuleJudgeTest, ItIsToldOnceAfterTheTransactionAndOnlyWhereSomethingFired) {
  Rule rule = host_rule();
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7"), of_host(2, "ws-8")}));
  EXPECT_EQ(woken_, (std::vector<std::size_t>{2}));
  ASSERT_TRUE(tell({of_host(3, "ws-7")}));
  ASSERT_TRUE(tell({}));
  EXPECT_EQ(woken_.size(), 1u) << "what is muted wakes nobody";
  const Sample sample = of_host(4, "ws-9");
  const Bytes document = test::record(sample);
  const std::vector<RuleCase> cases{{record_id(4), "acme", document, judged_noon, 3, {"ws-9"}}};
  const Result<RuleTally> tally = judge_.decide(rule, cases);
  ASSERT_TRUE(tally);
  EXPECT_EQ(tally->fired, 1u);
  EXPECT_EQ(woken_, (std::vector<std::size_t>{2, 4}));
}

TEST_F(RuleJudgeTest, P9OnScheduleItDecidesAsOnTheStreamOnceForBoth) {
  const Rule rule = host_rule();
  rules({rule});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  const Bytes first = test::record(of_host(1, "ws-7"));
  const Bytes second = test::record(of_host(2, "ws-8"));
  const Bytes third = test::record(of_host(3, "ws-7"));
  const std::vector<RuleCase> cases{{record_id(1), "acme", first, judged_noon + 2h, 1, {"ws-7"}},
                                    {record_id(2), "acme", second, judged_noon + 2h, 12, {"ws-8"}},
                                    {record_id(3), "acme", third, judged_noon + 30min, 1, {"ws-7"}}};
  const Result<RuleTally> tally = judge_.decide(rule, cases);
  ASSERT_TRUE(tally);
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3");
  EXPECT_EQ(tally->fired, 1u);
  EXPECT_EQ(tally->muted, 1u);
  EXPECT_EQ(ledger_.book.decisions.at(1).count, 12u);
  EXPECT_EQ(ledger_.book.decisions.at(1).document, second);
  EXPECT_EQ(ledger_.transactions, 2u);
  EXPECT_TRUE(counts(2, 1, 0, 0)) << metrics_.text();
  ASSERT_TRUE(tell({of_host(2, "ws-8")}, judged_noon + 9h));
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3");
  ledger_.calls = 0;
  ledger_.fails_after = 1;
  EXPECT_EQ(judge_.decide(rule, cases).error(), (Error{Code::unavailable, "the disk is away"}));
}

TEST_F(RuleJudgeTest, RulesThatAreOffOrForOthersOrOnScheduleAloneAreNotAsked) {
  Rule off = host_rule("off");
  off.enabled = false;
  off.query = "severity: ((";  // nothing is asked of it
  Rule others = host_rule("others");
  others.tenants = {"blue", "red"};
  Rule scheduled = host_rule("scheduled");
  scheduled.on = RuleTrigger::schedule;
  rules({off, others, scheduled});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  EXPECT_EQ(ledger_.transactions, 0u) << "a batch that no rule matches costs no write";
  Rule both = host_rule("both");
  both.on = RuleTrigger::both;
  Rule narrow = host_rule("narrow");
  narrow.query = "trendmicro_visionone.host: other";
  others.tenants.push_back("acme");
  rules({off, others, scheduled, both, narrow});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  std::vector<std::string> fired;
  for (const RuleDecision& each : ledger_.book.decisions) fired.push_back(each.key.rule);
  EXPECT_EQ(fired, (std::vector<std::string>{"others", "both"}));
  rules({});
  ASSERT_TRUE(tell({of_host(2, "ws-9")}));
  EXPECT_EQ(ledger_.book.decisions.size(), 2u);
}

TEST_F(RuleJudgeTest, AnotherTenantsRecordIsNoOldOneOfTheRule) {
  Rule rule = host_rule();
  rule.tenants = {"blue"};
  rules({rule});
  Sample old = of_host(1, "ws-7");
  old.timestamp_ms = noon_ms - 25 * 3600 * 1000;
  ASSERT_TRUE(tell({old}));
  EXPECT_TRUE(ledger_.book.too_old.empty());
}

TEST_F(RuleJudgeTest, RulesThatCannotBeAskedLeaveThoseInForce) {
  rules({host_rule()});
  Rule broken = host_rule("broken");
  broken.query = "severity: ((";
  const Result<void> refused = judge_.set_rules({host_rule("fine"), broken});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_TRUE(refused.error().text().starts_with("rule 'broken': query: ")) << refused.error().text();
  broken.query = "...";
  EXPECT_EQ(judge_.set_rules({broken}).error().code(), Code::invalid) << "a term that holds no word";
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  ASSERT_EQ(ledger_.book.decisions.size(), 1u);
  EXPECT_EQ(ledger_.book.decisions[0].key.rule, "isolate-hosts");
}

}  // namespace
}  // namespace tidegate
