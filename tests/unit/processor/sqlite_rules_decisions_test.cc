// What the judge writes, what the owner reads of it and settles, and what is forgotten.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "tests/unit/processor/sqlite_rules_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::rules_noon;

class SqliteRulesDecisionsTest : public test::SqliteRulesRig {};

TEST_F(SqliteRulesDecisionsTest, WhatFiredIsQueuedForTheOtherConnectionOnceItIsCommitted) {  // P9
  RuleDecision first = decision_of(2);
  first.count = 12;
  first.document = std::string{"\x81\x00\xff", 3};
  ASSERT_TRUE(decide({first, decision_of(1), decision_of(3, RuleOutcome::muted)}));
  const Result<std::vector<RuleDecision>> queued = store_->queued(100);
  ASSERT_TRUE(queued) << queued.error().text();
  EXPECT_EQ(*queued, (std::vector<RuleDecision>{first, decision_of(1)})) << "whole, in the order of deciding";
  EXPECT_EQ(records_in(store_->queued(1)), "2");
  reopen();
  EXPECT_EQ(queued_records(), "2 1") << "it outlives a restart";
}

TEST_F(SqliteRulesDecisionsTest, AnErrorOfTheBodyTakesBackAllOfIt) {
  const Result<void> refused = judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(judge_->decide(decision_of(1)));
    EXPECT_TRUE(*judge_->is_decided(decision_of(1).key)) << "its own writes it sees";
    EXPECT_TRUE(judge_->put_mute(mute_of("host-1", rules_noon + 1h)));
    return Error{Code::throttled, "the body's own"};
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Code::throttled, "the body's own"}));
  EXPECT_FALSE(*judge_->is_decided(decision_of(1).key));
  EXPECT_EQ(*judge_->find_mute(mute_of("host-1", {})), std::nullopt);
  EXPECT_EQ(queued_records(), "");
  EXPECT_EQ(rows_of("queued_documents"), 0);
  EXPECT_TRUE(store_->totals()->empty());
  EXPECT_TRUE(decide({decision_of(1)})) << "and it may be decided again";
}

TEST_F(SqliteRulesDecisionsTest, ARecordIsDecidedOfOnceForEachActionOfARule) {  // P9
  ASSERT_TRUE(decide({decision_of(1), decision_of(2, RuleOutcome::muted)}));
  EXPECT_TRUE(*judge_->is_decided(decision_of(1).key));
  EXPECT_TRUE(*judge_->is_decided(decision_of(2).key)) << "whatever it was";
  EXPECT_FALSE(*judge_->is_decided({"r", "isolate", "acme", Id128{8, 1}}));
  EXPECT_FALSE(*judge_->is_decided({"r", "tell", "acme", Id128{7, 1}}));
  EXPECT_FALSE(*judge_->is_decided({"R", "isolate", "acme", Id128{7, 1}}));
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::done, ""));
  EXPECT_TRUE(*judge_->is_decided(decision_of(1).key));
  EXPECT_DEATH((void)decide({decision_of(1)}), "P9");
  EXPECT_DEATH((void)judge_->decide(decision_of(3)), "within a transaction");
}

TEST_F(SqliteRulesDecisionsTest, P10ARecordOfOneTenantIsAnotherThanThatOfTheSameIdOfAnother) {
  RuleDecision blue = decision_of(1);
  blue.key.tenant = "blue";
  blue.run_id = "run-of-blue";
  ASSERT_TRUE(decide({blue}));
  EXPECT_FALSE(*judge_->is_decided(decision_of(1).key));
  ASSERT_TRUE(decide({decision_of(1)}));
  ASSERT_TRUE(store_->settle(blue.key, FiringState::refused, "no"));
  EXPECT_EQ(*store_->queued(10), std::vector<RuleDecision>{decision_of(1)}) << "each is settled by itself";
}

TEST_F(SqliteRulesDecisionsTest, FiringsAreCountedByActionAndTenantAfterATime) {
  RuleDecision blue = decision_of(5);
  blue.key.tenant = "blue";
  RuleDecision tell = decision_of(6);
  tell.key.action = "tell";
  ASSERT_TRUE(decide({decision_of(1, RuleOutcome::fired, rules_noon - 1h),
                      decision_of(2, RuleOutcome::fired, rules_noon - 1h + 1ns), decision_of(3),
                      decision_of(4, RuleOutcome::capped), blue, tell, decision_of(7, RuleOutcome::fired, rules_noon, "other")}));
  const RuleKey any = decision_of(99).key;
  EXPECT_EQ(*judge_->fired_after(any, rules_noon - 1h), 2u);
  EXPECT_EQ(*judge_->fired_after(any, rules_noon - 2h), 3u);
  EXPECT_EQ(*judge_->fired_after(any, rules_noon), 0u);
  EXPECT_EQ(*judge_->fired_after(blue.key, rules_noon - 1h), 1u);
  EXPECT_EQ(*judge_->fired_after(tell.key, rules_noon - 1h), 1u);
  ASSERT_TRUE(store_->settle(decision_of(3).key, FiringState::refused, "no"));
  EXPECT_EQ(*judge_->fired_after(any, rules_noon - 1h), 2u) << "what was tried counts, whatever became of it";
}

TEST_F(SqliteRulesDecisionsTest, WhatATransactionHasWrittenItSees) {
  const auto at = [](std::chrono::minutes before) { return rules_noon - before; };
  ASSERT_TRUE(decide({decision_of(1, RuleOutcome::fired, at(90min)), decision_of(2, RuleOutcome::fired, at(30min))}));
  const RuleKey any = decision_of(99).key;
  const auto fired = [&](std::chrono::minutes before) { return *judge_->fired_after(any, at(before)); };
  ASSERT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_EQ(fired(60min), 1u);
    EXPECT_TRUE(judge_->decide(decision_of(3, RuleOutcome::fired, at(40min))));
    EXPECT_TRUE(judge_->decide(decision_of(4, RuleOutcome::fired, at(80min))));
    EXPECT_TRUE(judge_->decide(decision_of(5, RuleOutcome::muted, at(10min))));
    EXPECT_TRUE(judge_->decide(decision_of(6, RuleOutcome::fired, at(10min), "other")));
    EXPECT_EQ(fired(60min), 2u);
    EXPECT_EQ(fired(40min), 1u) << "after, not from";
    EXPECT_EQ(fired(2min), 0u);
    EXPECT_EQ(fired(120min), 4u) << "further back than was asked before";
    EXPECT_TRUE(judge_->decide(decision_of(7, RuleOutcome::fired, at(100min))));
    EXPECT_EQ(fired(120min), 5u);
    RuleMute mute = mute_of("host-1", rules_noon + 4h);
    EXPECT_TRUE(judge_->put_mute(mute));
    mute.muted = 2;
    EXPECT_TRUE(judge_->put_mute(mute));
    EXPECT_EQ(*judge_->find_mute(mute_of("host-1", {})), mute) << "the later of both";
    return {};
  }));
  EXPECT_EQ(fired(120min), 5u);
  EXPECT_EQ(judge_->find_mute(mute_of("host-1", {})).value()->muted, 2u);
  ASSERT_TRUE(store_->lift_mutes("r", "", ""));
  ASSERT_TRUE(decide({decision_of(8, RuleOutcome::fired, at(1min))}));
  ASSERT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_EQ(fired(120min), 6u) << "each transaction looks anew";
    EXPECT_EQ(*judge_->find_mute(mute_of("host-1", {})), std::nullopt);
    return {};
  }));
}

TEST_F(SqliteRulesDecisionsTest, AMuteIsFoundByAllOfItsPartsAndReplaced) {
  const RuleMute mute = mute_of("host-1", rules_noon + 4h);
  ASSERT_TRUE(put_mutes({mute}));
  EXPECT_EQ(*judge_->find_mute(mute_of("host-1", {})), mute);
  EXPECT_EQ(*judge_->find_mute(mute_of("host-1", {})), mute) << "finding counts nothing";
  for (auto change : {+[](RuleMute& other) { other.rule = "x"; }, +[](RuleMute& other) { other.action = "x"; },
                      +[](RuleMute& other) { other.tenant = "x"; }, +[](RuleMute& other) { other.entity = ""; }}) {
    RuleMute other = mute;
    change(other);
    EXPECT_EQ(*judge_->find_mute(other), std::nullopt);
  }
  RuleMute counted = mute;
  counted.muted = 7;
  RuleMute everyone = mute_of("", rules_noon + 5h);
  ASSERT_TRUE(put_mutes({counted, everyone}));
  reopen();
  EXPECT_EQ(*judge_->find_mute(mute), counted);
  EXPECT_EQ(*store_->mutes("r"), (std::vector<RuleMute>{everyone, counted})) << "those that last longest first";
  EXPECT_EQ(store_->mutes("x")->size(), 0u);
}

TEST_F(SqliteRulesDecisionsTest, MutesAreLiftedByWhatIsNamed) {
  RuleMute tell = mute_of("host-1", rules_noon + 1h);
  tell.action = "tell";
  const std::vector<RuleMute> all{mute_of("host-1", rules_noon + 1h), mute_of("host-2", rules_noon + 1h), tell,
                                  mute_of("host-1", rules_noon + 1h, "other")};
  ASSERT_TRUE(put_mutes(all));
  EXPECT_EQ(*store_->lift_mutes("r", "isolate", "host-9"), 0u);
  EXPECT_EQ(*store_->lift_mutes("r", "isolate", "host-1"), 1u);
  EXPECT_EQ(*judge_->find_mute(all[0]), std::nullopt);
  EXPECT_EQ(*store_->lift_mutes("r", "", ""), 2u);
  EXPECT_EQ(*store_->lift_mutes("", "", ""), 0u) << "no rule is without a name";
  EXPECT_EQ(*store_->lift_mutes("other", "", "host-1"), 1u);
}

TEST_F(SqliteRulesDecisionsTest, ItSaysWhenNoMoreMayBeQueued) {
  RuleLimits limits;
  limits.queued_max = 2;
  reopen(limits);
  const auto room = [this] {
    bool has = false;
    EXPECT_TRUE(judge_->transact([&]() -> Result<void> {
      has = *judge_->has_room(8);
      return {};
    }));
    return has;
  };
  ASSERT_TRUE(decide({decision_of(1)}));
  EXPECT_TRUE(room());
  EXPECT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(*judge_->has_room(8));
    EXPECT_TRUE(judge_->decide(decision_of(2)));
    EXPECT_FALSE(*judge_->has_room(8)) << "what is queued in this transaction counts";
    return judge_->decide(decision_of(4, RuleOutcome::muted));
  }));
  EXPECT_FALSE(room());
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::done, ""));
  EXPECT_TRUE(room());
}

TEST_F(SqliteRulesDecisionsTest, TheRecordsOfWhatIsQueuedAreBoundedByTheirBytesToo) {
  RuleLimits limits;
  limits.queued_bytes_max = 30;
  reopen(limits);
  RuleDecision large = decision_of(1);
  large.document = std::string(20, 'x');
  ASSERT_TRUE(decide({large}));
  EXPECT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(*judge_->has_room(10));
    EXPECT_FALSE(*judge_->has_room(11));
    EXPECT_TRUE(judge_->decide(decision_of(2)));  // of eight bytes
    EXPECT_TRUE(*judge_->has_room(2));
    EXPECT_FALSE(*judge_->has_room(3)) << "what is queued in this transaction counts";
    return {};
  }));
  ASSERT_TRUE(store_->settle(large.key, FiringState::done, ""));
  EXPECT_TRUE(judge_->transact([&]() -> Result<void> {
    EXPECT_TRUE(*judge_->has_room(22));
    EXPECT_FALSE(*judge_->has_room(23));
    return {};
  }));
}

TEST_F(SqliteRulesDecisionsTest, WhatIsSettledIsNotQueuedAndItsRecordIsForgotten) {
  ASSERT_TRUE(decide({decision_of(1), decision_of(2), decision_of(3, RuleOutcome::muted)}));
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::refused, std::string(1023, 'x') + "é"));
  ASSERT_TRUE(store_->settle(decision_of(2).key, FiringState::done, ""));
  EXPECT_EQ(queued_records(), "");
  EXPECT_EQ(rows_of("queued_documents"), 0);
  const Result<std::vector<RuleDecision>> all = store_->decisions({});
  ASSERT_EQ(records_in(all), "3 2 1");
  EXPECT_EQ(all->at(1).state, FiringState::done);
  EXPECT_EQ(all->at(2).state, FiringState::refused);
  EXPECT_EQ(all->at(2).reason, std::string(1023, 'x')) << "cut between two characters";
  EXPECT_EQ(all->at(2).document, "");
  EXPECT_EQ(store_->settle(decision_of(9).key, FiringState::done, "").error().code(), Code::absent);
  EXPECT_EQ(store_->settle(decision_of(3).key, FiringState::done, "").error().code(), Code::absent) << "it did not fire";
  EXPECT_DEATH((void)store_->settle(decision_of(1).key, FiringState::queued, ""), "not queued any more");
}

TEST_F(SqliteRulesDecisionsTest, WhatWasRefusedWhileItWasDoneCountsAsDone) {
  ASSERT_TRUE(store_->put_rules({rule_of("r")}));
  ASSERT_TRUE(decide({decision_of(1)}));
  ASSERT_TRUE(store_->delete_rule("r"));
  EXPECT_EQ(totals_of("r").refused, 1u);
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::done, ""));
  EXPECT_EQ(totals_of("r").refused, 0u);
  EXPECT_EQ(store_->decisions({})->front().state, FiringState::done);
  EXPECT_EQ(store_->decisions({})->front().reason, "");
}

TEST_F(SqliteRulesDecisionsTest, DecisionsAreAskedByAllPartsTogether) {
  Random random{Seed{11}};
  const std::vector<std::string> rules{"a", "b", "c"};
  std::vector<RuleDecision> all;
  for (std::uint64_t i = 1; i <= 150; ++i)
    all.push_back(decision_of(i, static_cast<RuleOutcome>(random.below(3)), rules_noon + std::chrono::seconds{random.below(20)},
                              rules[random.below(3)]));
  ASSERT_TRUE(decide(all));
  std::ranges::sort(all, std::ranges::greater{}, [](const RuleDecision& each) { return std::pair{each.at, each.key.record}; });
  for (int i = 0; i < 300; ++i) {
    DecisionQuery query;
    if (random.chance(2)) query.rule = rules[random.below(3)];
    if (random.chance(2)) query.outcome = static_cast<RuleOutcome>(random.below(3));
    if (random.chance(2)) query.since = rules_noon + std::chrono::seconds{random.below(25)};
    query.limit = 1 + random.below(200);
    std::vector<RuleDecision> expected;
    for (const RuleDecision& each : all) {
      const bool fits = (query.rule.empty() || each.key.rule == query.rule) && (!query.outcome || each.outcome == *query.outcome) &&
                        (!query.since || each.at >= *query.since);
      if (fits && expected.size() < query.limit) expected.push_back(each);
    }
    for (RuleDecision& each : expected) each.document.clear();
    ASSERT_EQ(*store_->decisions(query), expected) << "query " << i;
  }
  DecisionQuery hostile;
  hostile.rule = "a' OR 1=1 --";
  EXPECT_EQ(records_of(hostile), "");
  RuleLimits limits;
  limits.rows_shown_max = 3;
  reopen(limits);
  EXPECT_EQ(store_->decisions({})->size(), 3u);
}

TEST_F(SqliteRulesDecisionsTest, LargeRecordsComeInParts) {
  std::vector<RuleDecision> large;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    large.push_back(decision_of(i));
    large.back().document = std::string(12u << 20, static_cast<char>('a' + i));
  }
  ASSERT_TRUE(decide(large));
  EXPECT_EQ(queued_records(), "1 2");
  ASSERT_TRUE(store_->settle(large[0].key, FiringState::done, ""));
  EXPECT_EQ(queued_records(), "2 3");
}

TEST_F(SqliteRulesDecisionsTest, WhatIsTooMuchGoesButNothingThatIsQueued) {
  RuleLimits limits;
  limits.fired_max = 2;
  limits.unfired_max = 3;
  reopen(limits);
  std::vector<RuleDecision> all;
  // The clock is set back meanwhile: the newest are those that were decided last.
  for (std::uint64_t i = 1; i <= 6; ++i) all.push_back(decision_of(i, RuleOutcome::fired, rules_noon - 1min * i));
  for (std::uint64_t i = 11; i <= 16; ++i)
    all.push_back(decision_of(i, i % 2 == 0 ? RuleOutcome::muted : RuleOutcome::capped, rules_noon - 1min * i));
  ASSERT_TRUE(decide(all));
  for (const std::uint64_t i : {1u, 3u, 4u, 5u, 6u}) ASSERT_TRUE(store_->settle(decision_of(i).key, FiringState::done, ""));
  ASSERT_TRUE(store_->trim(rules_noon));
  EXPECT_EQ(records_of({}), "2 5 6 14 15 16");
  EXPECT_EQ(queued_records(), "2");
  EXPECT_EQ(totals_of("r").fired, 6u) << "totals are since the rule was first applied";
  ASSERT_TRUE(store_->trim(rules_noon));
  EXPECT_EQ(records_of({}), "2 5 6 14 15 16");
}

TEST_F(SqliteRulesDecisionsTest, WhatIsOldGoesAndTotalsWithTheLastOfADeletedRule) {
  const RuleLimits limits;
  const WallTime old = rules_noon - limits.kept - 1ns;
  ASSERT_TRUE(store_->put_rules({rule_of("kept")}));
  ASSERT_TRUE(decide({decision_of(1, RuleOutcome::fired, old), decision_of(2, RuleOutcome::fired, old),
                      decision_of(3, RuleOutcome::muted, old), decision_of(4, RuleOutcome::capped, old),
                      decision_of(5, RuleOutcome::muted, old + 1ns), decision_of(6, RuleOutcome::muted, old, "kept")}));
  ASSERT_TRUE(store_->settle(decision_of(1).key, FiringState::done, ""));
  ASSERT_TRUE(put_mutes({mute_of("ended", old), mute_of("just", old + 1ns), mute_of("lasts", rules_noon + 1h)}));
  ASSERT_TRUE(store_->trim(rules_noon));
  EXPECT_EQ(records_of({}), "5 2");
  EXPECT_EQ(queued_records(), "2");
  ASSERT_EQ(store_->mutes("r")->size(), 2u);
  EXPECT_EQ(store_->mutes("r")->back().entity, "just");
  EXPECT_EQ(store_->totals()->size(), 2u) << "decisions are left";
  ASSERT_TRUE(store_->settle(decision_of(2).key, FiringState::done, ""));
  ASSERT_TRUE(store_->trim(rules_noon + 1h));
  EXPECT_EQ(records_of({}), "");
  ASSERT_EQ(store_->totals()->size(), 1u);
  EXPECT_EQ(totals_of("kept").muted, 1u);
}

TEST_F(SqliteRulesDecisionsTest, OfTooManyMutesThoseGoThatEndSoonest) {
  RuleLimits limits;
  limits.mutes_max = 2;
  reopen(limits);
  ASSERT_TRUE(put_mutes({mute_of("a", rules_noon + 3h), mute_of("b", rules_noon + 1h), mute_of("c", rules_noon + 4h),
                         mute_of("d", rules_noon + 2h)}));
  ASSERT_TRUE(store_->trim(rules_noon));
  const Result<std::vector<RuleMute>> left = store_->mutes("r");
  ASSERT_EQ(left->size(), 2u);
  EXPECT_EQ(left->front().entity, "c");
  EXPECT_EQ(left->back().entity, "a");
}

TEST_F(SqliteRulesDecisionsTest, OfVeryManyDecisionsSomeGoWithEachCallAndTheOldestFirst) {
  RuleLimits limits;
  limits.unfired_max = 10;
  reopen(limits);
  std::vector<RuleDecision> all;
  for (std::uint64_t i = 1; i <= 25'000; ++i) all.push_back(decision_of(i, RuleOutcome::muted));
  ASSERT_TRUE(decide(all));
  ASSERT_TRUE(store_->trim(rules_noon));
  EXPECT_EQ(rows_of("decisions"), 5'000);
  EXPECT_FALSE(*judge_->is_decided(all[19'999].key));
  EXPECT_TRUE(*judge_->is_decided(all[20'000].key));
  ASSERT_TRUE(store_->trim(rules_noon));
  EXPECT_EQ(rows_of("decisions"), 10);
  EXPECT_TRUE(*judge_->is_decided(all.back().key));
}

}  // namespace
}  // namespace tidegate
