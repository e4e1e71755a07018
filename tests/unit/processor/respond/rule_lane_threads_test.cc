// The landing thread, that of the rules and that of the index over real stores: nothing passes by the rules, and nothing is decided
// twice, whichever of them comes to a chunk first.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "processor/edges/sqlite_rules.h"
#include "processor/edges/stores.h"
#include "processor/pipeline/index_worker.h"
#include "processor/pipeline/land.h"
#include "processor/respond/rule_lane.h"
#include "tests/unit/processor/records.h"
#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using test::chunk;

constexpr std::uint64_t landed_chunks = 60;
constexpr std::uint64_t records_of_chunk = 4;
constexpr std::uint64_t landed_records = landed_chunks * records_of_chunk;

class RuleLaneThreadsTest : public testing::Test {
 protected:
  RuleLaneThreadsTest() {
    Result<Stores> stores = open_stores(folder_.path(), log_, metrics_);
    TG_ASSERT(stores.has_value(), "a test's stores open");
    stores_ = *std::move(stores);
    for (std::unique_ptr<SqliteRules>* side : {&owner_, &judged_}) {
      Result<std::unique_ptr<SqliteRules>> rules = SqliteRules::open(folder_.path() / "rules.db");
      TG_ASSERT(rules.has_value(), "a test's store of rules opens");
      *side = *std::move(rules);
    }
  }
  // With a record that came in the chunk before, too.
  static Chunk numbered_chunk(std::uint64_t number) {
    std::vector<test::Sample> samples;
    for (std::uint64_t i = 0; i < records_of_chunk; ++i) samples.push_back({.number = number * records_of_chunk + i});
    if (number > 0) samples.push_back({.number = number * records_of_chunk - 1});
    return chunk("chunk-" + std::to_string(number), samples);
  }
  std::uint64_t counted(const std::string& metric) const {
    const std::string text = metrics_.text();
    const std::size_t at = text.find(metric + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + metric.size() + 1));
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  Stores stores_;
  std::unique_ptr<SqliteRules> owner_;
  std::unique_ptr<SqliteRules> judged_;
};

TEST_F(RuleLaneThreadsTest, P9EachRecordOfEachChunkIsDecidedOnceWhoeverComesToItFirst) {
  Rule rule = test::host_rule();
  rule.entity.clear();
  rule.mute = std::chrono::seconds{0};
  rule.actions[0].per_hour = landed_records;
  RuleJudge judge{*judged_, clock_, log_, metrics_, [] {}};
  ASSERT_TRUE(judge.set_rules({rule}));
  RuleLaneLimits narrow;
  narrow.queue_max = 8;  // the others are left to the index
  narrow.batch_bytes_max = 1;
  RuleLane lane{judge, log_, metrics_, narrow};
  IndexWorkerLimits small;
  small.batch_plain_bytes_max = numbered_chunk(1).entries.size() * 3;
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, small, &lane};
  LanderLimits few;
  few.batch_chunks_max = 5;
  Lander lander{*stores_.landing, log_, metrics_, [&worker] { worker.wake(); }, few, &lane};
  worker.start();
  lane.start();
  lander.start();
  for (std::uint64_t number = 0; number < landed_chunks; ++number) {
    for (int times = 0; times < 2; ++times) {  // the second is a duplicate
      Chunk one = numbered_chunk(number);
      ASSERT_TRUE(lander.offer(one, [](const Result<Landed>& landed) { EXPECT_TRUE(landed); }));
    }
  }
  EXPECT_TRUE(test::eventually([this] {
    const LandingUsage usage = stores_.landing->usage();
    return usage.tail.sequence == landed_chunks && usage.chunks() == 0;
  }));
  lander.stop();
  lane.stop();
  worker.stop();

  DecisionQuery all;
  all.limit = RuleLimits{}.rows_shown_max;
  const Result<std::vector<RuleDecision>> decisions = owner_->decisions(all);
  ASSERT_TRUE(decisions);
  std::map<Id128, int> decided;
  for (const RuleDecision& each : *decisions) {
    EXPECT_EQ(name(each.outcome), "fired");
    ++decided[each.key.record];
  }
  EXPECT_EQ(decided.size(), landed_records) << "nothing passes by the rules";
  EXPECT_EQ(decisions->size(), landed_records) << "and nothing is decided twice";
  EXPECT_EQ(owner_->totals()->at(rule.name).fired, landed_records);
  EXPECT_EQ(counted("tidegate_rule_decisions_total{outcome=\"fired\"}"), landed_records);
  // The index may come to a chunk before the lane is told of it: then both look.
  EXPECT_GE(counted("tidegate_rule_chunks_total{looked=\"ahead\"}") + counted("tidegate_rule_chunks_total{looked=\"behind\"}"),
            landed_chunks);
}

}  // namespace
}  // namespace tidegate
