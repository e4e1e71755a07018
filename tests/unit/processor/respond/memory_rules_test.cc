#include "processor/respond/memory_rules.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime rehearsed_noon{std::chrono::seconds{1'700'000'000}};

RuleDecision rehearsed(std::uint64_t record, WallTime at = rehearsed_noon, RuleOutcome outcome = RuleOutcome::fired) {
  RuleDecision decision;
  decision.key = {"r", "isolate", "acme", Id128{7, record}};
  decision.outcome = outcome;
  decision.at = at;
  decision.document = "record " + std::to_string(record);
  return decision;
}

TEST(MemoryRules, WhatIsDecidedIsKeptInItsOrderAndDecidedOnce) {
  MemoryRules ledger;
  EXPECT_FALSE(*ledger.is_decided(rehearsed(1).key));
  ASSERT_TRUE(ledger.transact([&]() -> Result<void> {
    EXPECT_TRUE(ledger.decide(rehearsed(2)));
    return ledger.decide(rehearsed(1, rehearsed_noon, RuleOutcome::muted));
  }));
  EXPECT_TRUE(*ledger.is_decided(rehearsed(1).key));
  EXPECT_FALSE(*ledger.is_decided({"r", "tell", "acme", Id128{7, 1}}));
  EXPECT_FALSE(*ledger.is_decided({"r", "isolate", "blue", Id128{7, 1}}));
  std::vector<RuleDecision> expected{rehearsed(2), rehearsed(1, rehearsed_noon, RuleOutcome::muted)};
  for (RuleDecision& each : expected) each.document.clear();
  EXPECT_EQ(ledger.decisions(), expected);
  EXPECT_DEATH((void)ledger.decide(rehearsed(1)), "P9");
}

TEST(MemoryRules, FiringsAreCountedAfterATimeWhateverTheirOrder) {
  MemoryRules ledger;
  RuleDecision blue = rehearsed(5);
  blue.key.tenant = "blue";
  for (const RuleDecision& each : {rehearsed(1), rehearsed(2, rehearsed_noon - 1h), rehearsed(3, rehearsed_noon - 30min),
                                   rehearsed(4, rehearsed_noon, RuleOutcome::capped), blue})
    ASSERT_TRUE(ledger.decide(each));
  EXPECT_EQ(*ledger.fired_after(rehearsed(9).key, rehearsed_noon - 1h), 2u);
  EXPECT_EQ(*ledger.fired_after(rehearsed(9).key, rehearsed_noon - 2h), 3u);
  EXPECT_EQ(*ledger.fired_after(blue.key, rehearsed_noon - 2h), 1u);
  EXPECT_EQ(*ledger.fired_after({"r", "tell", "acme", {}}, rehearsed_noon - 2h), 0u);
}

TEST(MemoryRules, AMuteIsFoundByAllOfItsPartsAndReplaced) {
  MemoryRules ledger;
  RuleMute mute{"r", "isolate", "acme", "host", rehearsed_noon, rehearsed_noon + 1h, 0};
  EXPECT_EQ(*ledger.find_mute(mute), std::nullopt);
  ASSERT_TRUE(ledger.put_mute(mute));
  mute.muted = 3;
  ASSERT_TRUE(ledger.put_mute(mute));
  EXPECT_EQ(*ledger.find_mute({"r", "isolate", "acme", "host", {}, {}, 0}), mute);
  EXPECT_EQ(*ledger.find_mute({"r", "isolate", "blue", "host", {}, {}, 0}), std::nullopt);
}

TEST(MemoryRules, IsBoundedAndKeepsNoRecords) {
  MemoryRules ledger;
  for (std::uint64_t i = 0; i < memory_decisions_max; ++i) ASSERT_TRUE(ledger.decide(rehearsed(i)));
  for (const RuleDecision& decision : ledger.decisions()) ASSERT_EQ(decision.document, "");
  EXPECT_EQ(ledger.decide(rehearsed(memory_decisions_max)).error().code(), Code::full);
}

}  // namespace
}  // namespace tidegate
