#include "processor/edges/sqlite_rules.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <latch>
#include <thread>

#include "tests/support/file_content.h"
#include "tests/unit/processor/sqlite_rules_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::rules_noon;

class SqliteRulesTest : public test::SqliteRulesRig {};

TEST_F(SqliteRulesTest, IsForItsOwnerAlone) {
  for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0u) << file.path();
  }
}

TEST_F(SqliteRulesTest, ARuleIsKeptWholeAndReplacedByItsName) {
  KeptRule b = rule_of("b");
  b.rule.tenants = {"acme"};
  b.rule.entity = "trendmicro_visionone.loggedUser";
  b.rule.mute = 4h;
  ASSERT_TRUE(store_->put_rules({b, rule_of("a")}));
  b.rule.mute = 2h;
  b.changed = rules_noon + 1h;
  b.changed_by = std::string(300, 'x');
  ASSERT_TRUE(store_->put_rules({b}));
  reopen();
  const Result<std::vector<KeptRule>> all = store_->rules();
  ASSERT_TRUE(all) << all.error().text();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).rule, rule_of("a").rule) << "by name";
  EXPECT_EQ(all->at(0).changed, rules_noon);
  EXPECT_EQ(all->at(0).changed_by, "alice");
  EXPECT_EQ(all->at(1).rule, b.rule);
  EXPECT_EQ(all->at(1).changed, rules_noon + 1h);
  EXPECT_EQ(all->at(1).changed_by, std::string(256, 'x'));
}

TEST_F(SqliteRulesTest, AtMostAsManyRulesAreKeptAsMayBe) {
  std::vector<KeptRule> all;
  for (std::size_t i = 0; i < rules_max; ++i) all.push_back(rule_of("r" + std::to_string(i)));
  ASSERT_TRUE(store_->put_rules(all));
  EXPECT_TRUE(store_->put_rules({rule_of("r7")})) << "to replace one needs no room";
  KeptRule changed = rule_of("r7");
  changed.changed_by = "bob";
  const Result<void> refused = store_->put_rules({changed, rule_of("one-more")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::full);
  EXPECT_NE(refused.error().text().find("tidegate-processor rule delete NAME"), std::string::npos) << refused.error().text();
  const Result<std::vector<KeptRule>> kept = store_->rules();
  ASSERT_EQ(kept->size(), rules_max);
  for (const KeptRule& each : *kept) EXPECT_EQ(each.changed_by, "alice") << each.rule.name << ": all of them or none";
}

TEST_F(SqliteRulesTest, ARuleThatCannotBeReadAnyMoreIsSaidAndHoldsUpNoOther) {
  ASSERT_TRUE(store_->put_rules({rule_of("a"), rule_of("b"), rule_of("c")}));
  for (const std::string value : {"'rules: [{name: b}]'", "''", "(SELECT value FROM rules WHERE name = 'c')"}) {
    change_rules_file("UPDATE rules SET value = " + value + " WHERE name = 'b'");
    const Result<std::vector<KeptRule>> kept = store_->rules();
    ASSERT_TRUE(kept && kept->size() == 3u) << value;
    EXPECT_EQ(kept->at(1).rule.name, "b");
    EXPECT_NE(kept->at(1).unreadable.find("`tidegate-processor rule delete b`"), std::string::npos) << kept->at(1).unreadable;
    EXPECT_TRUE(kept->at(0).unreadable.empty() && kept->at(2).unreadable.empty()) << "it holds up no other";
  }
  ASSERT_TRUE(store_->delete_rule("b"));
  EXPECT_EQ(store_->rules()->size(), 2u);
}

TEST_F(SqliteRulesTest, WhatIsQueuedOfADeletedRuleIsRefusedAndWhatWasDecidedStays) {  // P9
  ASSERT_TRUE(store_->put_rules({rule_of("r"), rule_of("other")}));
  ASSERT_TRUE(decide({decision_of(1), decision_of(2), decision_of(3, RuleOutcome::muted),
                      decision_of(4, RuleOutcome::fired, rules_noon, "other")}));
  ASSERT_TRUE(put_mutes({mute_of("host-1", rules_noon + 1h), mute_of("host-4", rules_noon + 1h, "other")}));
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::done, ""));
  ASSERT_TRUE(store_->set_looked("r", rules_noon));
  ASSERT_TRUE(store_->set_looked("other", rules_noon));
  ASSERT_TRUE(store_->delete_rule("r"));
  EXPECT_EQ(store_->delete_rule("r").error().code(), Code::absent);
  EXPECT_EQ(store_->rules()->size(), 1u);
  EXPECT_EQ(queued_records(), "4");
  EXPECT_EQ(rows_of("queued_documents"), 1) << "records of what is not done are forgotten";
  EXPECT_EQ(store_->mutes("r")->size(), 0u);
  EXPECT_EQ(store_->mutes("other")->size(), 1u);
  EXPECT_EQ(store_->looked()->size(), 1u);
  DecisionQuery query;
  query.rule = "r";
  const Result<std::vector<RuleDecision>> decisions = store_->decisions(query);
  ASSERT_EQ(records_in(decisions), "3 2 1");
  EXPECT_EQ(decisions->at(1).state, FiringState::refused);
  EXPECT_EQ(decisions->at(1).reason, "the rule was deleted");
  EXPECT_EQ(decisions->at(2).state, FiringState::done);
  EXPECT_EQ(totals_of("r").refused, 1u);
  EXPECT_TRUE(*judge_->is_decided(decision_of(2).key)) << "applied again it does not act twice";
  EXPECT_EQ(totals_of("other").queued, 1u);
}

TEST_F(SqliteRulesTest, TotalsCountWhatWasDecidedInTheTransactionsOfWhatTheyCount) {
  EXPECT_TRUE(store_->totals()->empty());
  RuleDecision several = decision_of(4, RuleOutcome::capped);
  several.count = 12;
  ASSERT_TRUE(decide({decision_of(1), decision_of(2, RuleOutcome::fired, rules_noon - 1h), decision_of(3, RuleOutcome::muted),
                      several, decision_of(5, RuleOutcome::fired, rules_noon, "other")}));
  ASSERT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(judge_->add_unkept("r", {10, 20, 3}));
    return judge_->add_unkept("r", {0, 0, 4});
  }));
  ASSERT_FALSE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(judge_->add_unkept("r", {100, 100, 100}));
    EXPECT_TRUE(judge_->decide(decision_of(6)));
    return Error{Code::invalid, "no"};
  }));
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::refused, "why"));
  reopen();
  const RuleTotals totals = totals_of("r");
  EXPECT_EQ(totals.fired, 2u);
  EXPECT_EQ(totals.muted, 11u);
  EXPECT_EQ(totals.capped, 21u);
  EXPECT_EQ(totals.too_old, 7u);
  EXPECT_EQ(totals.refused, 1u);
  EXPECT_EQ(totals.queued, 1u);
  EXPECT_EQ(totals.last_fired, rules_noon) << "the latest, whatever the order";
  EXPECT_EQ(totals_of("other").fired, 1u);
  ASSERT_TRUE(decide({decision_of(7, RuleOutcome::muted, rules_noon, "quiet")}));
  EXPECT_EQ(totals_of("quiet").last_fired, std::nullopt);
}

TEST_F(SqliteRulesTest, ToWhereARuleHasLookedIsKept) {
  ASSERT_TRUE(store_->set_looked("a", rules_noon));
  ASSERT_TRUE(store_->set_looked("a", rules_noon + 1ns));
  ASSERT_TRUE(store_->set_looked("b", rules_noon));
  reopen();
  EXPECT_EQ(*store_->looked(), (std::map<std::string, WallTime>{{"a", rules_noon + 1ns}, {"b", rules_noon}}));
}

TEST_F(SqliteRulesTest, OfARuleThatIsOffOrNotOnScheduleItIsForgottenToWhereItHasLooked) {
  KeptRule scheduled = rule_of("r");
  scheduled.rule.on = RuleTrigger::schedule;
  KeptRule off = scheduled;
  off.rule.enabled = false;
  KeptRule both = scheduled;
  both.rule.on = RuleTrigger::both;
  for (const KeptRule& other : {off, rule_of("r"), both}) {
    ASSERT_TRUE(store_->put_rules({scheduled}));
    ASSERT_TRUE(store_->set_looked("r", rules_noon));
    ASSERT_TRUE(store_->set_looked("other", rules_noon));
    ASSERT_TRUE(store_->put_rules({scheduled})) << "to apply it again changes nothing";
    EXPECT_EQ(store_->looked()->size(), 2u);
    ASSERT_TRUE(store_->put_rules({other}));
    EXPECT_EQ(store_->looked()->contains("r"), other.rule.enabled && other.rule.on_schedule());
    EXPECT_TRUE(store_->looked()->contains("other"));
  }
}

TEST_F(SqliteRulesTest, WhoWantsToWriteWaitsForTheOtherAndWhoReadsDoesNot) {
  std::latch begun{1};
  std::thread owner;
  ASSERT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(judge_->decide(decision_of(1)));
    EXPECT_EQ(queued_records(), "") << "what is not committed is not seen, and nobody waits to say so";
    owner = std::thread{[this, &begun] {
      begun.count_down();
      EXPECT_TRUE(store_->set_looked("r", rules_noon)) << "it waits, and does not fail at once";
    }};
    begun.wait();
    return {};
  }));
  owner.join();
  EXPECT_EQ(store_->looked()->size(), 1u);
  EXPECT_EQ(queued_records(), "1");
}

TEST_F(SqliteRulesTest, AnotherFormatOrADamagedFileIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(store_->put_rules({rule_of("a")}));
  judge_.reset();
  store_.reset();
  {
    Result<SqliteDatabase> newer = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
    ASSERT_TRUE(newer->execute("PRAGMA user_version = 99"));
  }
  const Result<std::unique_ptr<SqliteRules>> refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_NE(refused.error().text().find("install that version again"), std::string::npos) << refused.error().text();
  EXPECT_EQ(rows_of("rules"), 1);
  {
    Result<SqliteDatabase> older = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
    ASSERT_TRUE(older->execute("PRAGMA user_version = 1"));
  }
  const Result<std::unique_ptr<SqliteRules>> too_old = open();
  ASSERT_FALSE(too_old);
  EXPECT_EQ(too_old.error().code(), Code::invalid);
  EXPECT_NE(too_old.error().text().find("apply the rules again"), std::string::npos) << too_old.error().text();
  EXPECT_EQ(rows_of("rules"), 1) << "it is left as it is";
  const std::string garbage =
      "this is no database, whatever its name says, and it is longer than a header of one: 0123456789abcdef";
  std::filesystem::remove(file_.string() + "-wal");
  std::filesystem::remove(file_.string() + "-shm");
  std::ofstream{file_, std::ios::trunc} << garbage;
  const Result<std::unique_ptr<SqliteRules>> damaged = open();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), Code::corrupt);
  EXPECT_NE(damaged.error().text().find(file_.string()), std::string::npos) << damaged.error().text();
  EXPECT_NE(damaged.error().text().find("put a copy of it back"), std::string::npos) << damaged.error().text();
  EXPECT_EQ(content_of(file_), garbage);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_.path()}, {}), 1) << "nothing is begun beside it";
}

}  // namespace
}  // namespace tidegate
