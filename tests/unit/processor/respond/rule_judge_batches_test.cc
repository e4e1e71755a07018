// Rules over many records at once, and over those that are decided of long after they came.
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using test::host_rule;
using test::judged_noon;
using test::Sample;

class RuleJudgeBatchesTest : public test::RuleJudgeRig {
 protected:
  static Sample of_host(std::uint64_t number, const std::string& host) {
    return {.number = number, .payload = test::hosts({host})};
  }
};

// Else the look on schedule would act for what was muted on the stream.
TEST_F(RuleJudgeBatchesTest, P9OfARuleThatLooksOnScheduleTooAllThatIsMutedIsKept) {
  Rule both = host_rule();
  both.on = RuleTrigger::both;
  rules({both});
  std::vector<Sample> many;
  for (std::uint64_t number = 1; number <= 100; ++number) many.push_back(of_host(number, "ws-7"));
  ASSERT_TRUE(tell(many));
  EXPECT_EQ(ledger_.book.decisions.size(), 100u);
  EXPECT_EQ(ledger_.book.unkept, 0u);
}

TEST_F(RuleJudgeBatchesTest, ARecordThatCameEarlierAndIsDecidedLaterCutsNoMuteShort) {
  rules({host_rule()});
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  Sample backlog = of_host(2, "ws-7");
  const Bytes document = test::record(backlog);
  const Result<RecordView> view = read_record(document);
  const IndexRecord late{*view, "zurich-01", judged_noon - std::chrono::hours{5}};
  ASSERT_TRUE(judge_.seen({&late, 1}));
  ASSERT_TRUE(tell({of_host(3, "ws-7")}, judged_noon + std::chrono::minutes{59}));
  EXPECT_EQ(decided(), "fired 1, muted 2, muted 3");
}

TEST_F(RuleJudgeBatchesTest, ABacklogHasTheCapOfTheHourInWhichItIsDecided) {
  Rule rule = host_rule();
  rule.mute = std::chrono::seconds{0};
  rule.actions[0].per_hour = 2;
  rules({rule});
  for (std::uint64_t number = 1; number <= 5; ++number) {
    const Bytes document = test::record(of_host(number, "ws-" + std::to_string(number)));
    const Result<RecordView> view = read_record(document);
    const IndexRecord late{*view, "zurich-01", judged_noon - std::chrono::hours{12 - 2 * static_cast<int>(number)}};
    ASSERT_TRUE(judge_.seen({&late, 1}));
  }
  EXPECT_EQ(decided(), "fired 1, fired 2, capped 3, capped 4, capped 5");
}

TEST_F(RuleJudgeBatchesTest, WhileNoMoreMayBeQueuedWhatWouldFireIsCappedAndSaid) {  // P12
  rules({host_rule()});
  ledger_.room = test::record(of_host(1, "ws-7")).size() - 1;
  ASSERT_TRUE(tell({of_host(1, "ws-7")}));
  EXPECT_EQ(decided(), "capped 1");
  EXPECT_EQ(ledger_.book.decisions.front().reason, "as many actions of rules wait to be done as can wait");
  EXPECT_EQ(mute_of("ws-7"), nullptr) << "nothing was done for it";
  EXPECT_NE(lines_.find("too much waits to be done"), std::string::npos);
  ++ledger_.room;
  ASSERT_TRUE(tell({of_host(2, "ws-7")}));
  EXPECT_EQ(decided(), "capped 1, fired 2");
}

TEST_F(RuleJudgeBatchesTest, OfManyCasesSomeHundredAreOneTransaction) {
  Rule rule = host_rule();
  rule.actions[0].per_hour = 1000;
  rules({rule});
  std::vector<Sample> many;
  for (std::uint64_t number = 1; number <= 999; ++number) many.push_back(of_host(number, "ws-" + std::to_string(number)));
  ASSERT_TRUE(tell(many));
  EXPECT_EQ(ledger_.transactions, 2u);
  EXPECT_EQ(ledger_.book.decisions.size(), 999u);
  EXPECT_EQ(woken_.size(), 2u);
}

TEST_F(RuleJudgeBatchesTest, OfMuchThatIsMutedInOneBatchTheFirstIsKeptAndTheRestIsCounted) {
  rules({host_rule()});
  std::vector<Sample> many;
  for (std::uint64_t number = 1; number <= 100; ++number) many.push_back(of_host(number, "ws-7"));
  ASSERT_TRUE(tell(many));
  EXPECT_EQ(ledger_.book.decisions.size(), 1 + rule_unfired_kept);
  EXPECT_EQ(ledger_.book.unkept, 99 - rule_unfired_kept);
  EXPECT_EQ(mute_of("ws-7")->muted, 99u);
  EXPECT_TRUE(counts(1, 99, 0, 0)) << metrics_.text();
}

}  // namespace
}  // namespace tidegate
