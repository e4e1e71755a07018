// The store of rules on a file of its own, opened twice as the processor does: by the owner and by the judge.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "processor/edges/sqlite_rules.h"
#include "tests/support/temporary_directory.h"

namespace tidegate::test {

inline constexpr WallTime rules_noon{std::chrono::seconds{1'700'000'000}};

class SqliteRulesRig : public testing::Test {
 protected:
  SqliteRulesRig() { reopen(); }

  Result<std::unique_ptr<SqliteRules>> open(RuleLimits limits = {}) { return SqliteRules::open(file_, limits); }
  void reopen(RuleLimits limits = {}) {
    judge_.reset();
    store_.reset();
    for (std::unique_ptr<SqliteRules>* side : {&store_, &judge_}) {
      Result<std::unique_ptr<SqliteRules>> opened = open(limits);
      ASSERT_TRUE(opened) << opened.error().text();
      *side = *std::move(opened);
    }
  }
  // Of the file as it lies on the disk; the store is closed, and opened again.
  void change_rules_file(const std::string& sql) {
    judge_.reset();
    store_.reset();
    {
      Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
      ASSERT_TRUE(database) << database.error().text();
      const Result<void> changed = database->execute(sql);
      ASSERT_TRUE(changed) << changed.error().text();
    }
    reopen();
  }
  std::int64_t rows_of(const std::string& table) {
    Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::read);
    Result<SqliteStatement> count = database->prepare("SELECT count(*) FROM " + table);
    EXPECT_TRUE(count && count->step()) << table;
    return count ? count->integer(0) : -1;
  }

  static KeptRule rule_of(const std::string& name) {
    KeptRule kept;
    kept.rule.name = name;
    kept.rule.query = "msg_class: trendmicro_visionone_alerts";
    RuleAction& tell = kept.rule.actions.emplace_back();
    tell.name = "tell";
    tell.notify = "soc-mail";
    kept.changed = rules_noon;
    kept.changed_by = "alice";
    return kept;
  }
  static RuleDecision decision_of(std::uint64_t record, RuleOutcome outcome = RuleOutcome::fired, WallTime at = rules_noon,
                                  const std::string& rule = "r") {
    RuleDecision decision;
    decision.key = {rule, "isolate", "acme", Id128{7, record}};
    decision.outcome = outcome;
    decision.at = at;
    decision.entities = "host-" + std::to_string(record);
    if (outcome != RuleOutcome::fired) return decision;
    decision.state = FiringState::queued;
    decision.run_id = "run-" + std::to_string(record);
    decision.document = "record " + std::to_string(record);
    return decision;
  }
  static RuleMute mute_of(const std::string& entity, WallTime until, const std::string& rule = "r") {
    return {rule, "isolate", "acme", entity, rules_noon, until, 0};
  }

  Result<void> decide(const std::vector<RuleDecision>& all) {
    return judge_->transact([&]() -> Result<void> {
      for (const RuleDecision& decision : all)
        if (Result<void> decided = judge_->decide(decision); !decided) return decided;
      return {};
    });
  }
  Result<void> put_mutes(const std::vector<RuleMute>& all) {
    return judge_->transact([&]() -> Result<void> {
      for (const RuleMute& mute : all)
        if (Result<void> put = judge_->put_mute(mute); !put) return put;
      return {};
    });
  }
  // The numbers of the records that were decided for, in the order of the answer.
  static std::string records_in(const Result<std::vector<RuleDecision>>& found) {
    if (!found) return found.error().text();
    std::string records;
    for (const RuleDecision& decision : *found)
      records.append(records.empty() ? "" : " ").append(std::to_string(decision.key.record.low));
    return records;
  }
  std::string records_of(const DecisionQuery& query) { return records_in(store_->decisions(query)); }
  std::string queued_records() { return records_in(store_->queued(1000)); }
  RuleTotals totals_of(const std::string& rule) {
    Result<std::map<std::string, RuleTotals>> totals = store_->totals();
    EXPECT_TRUE(totals) << totals.error().text();
    return totals ? (*totals)[rule] : RuleTotals{};
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "rules.db";
  std::unique_ptr<SqliteRules> store_;  // the loop's
  std::unique_ptr<SqliteRules> judge_;
};

}  // namespace tidegate::test
