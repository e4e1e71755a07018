// What tells apart what is muted: the values of a rule's entity.
#include <gtest/gtest.h>

#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::host_rule;
using test::hosts;
using test::judged_noon;
using test::Sample;

Sample of_hosts(std::uint64_t number, std::vector<std::string> those) {
  return {.number = number, .payload = hosts(std::move(those))};
}

std::vector<std::string> numbered_hosts(std::size_t from, std::size_t to) {
  std::vector<std::string> those;
  for (std::size_t i = from; i < to; ++i) those.push_back("h" + std::to_string(i));
  return those;
}

class RuleJudgeEntitiesTest : public test::RuleJudgeRig {};

TEST_F(RuleJudgeEntitiesTest, OneThatIsNewIsActedForThoughOthersAreMuted) {
  rules({host_rule()});
  ASSERT_TRUE(tell({of_hosts(1, {"a", "b"})}));
  ASSERT_TRUE(tell({of_hosts(2, {"b", "a"}), of_hosts(3, {"a"})}, judged_noon + 10min));
  EXPECT_EQ(decided(), "fired 1, muted 2, muted 3") << "each of them is muted";
  EXPECT_EQ(mute_of("a")->muted, 2u);
  EXPECT_EQ(mute_of("b")->muted, 1u);
  ASSERT_TRUE(tell({of_hosts(4, {"a", "c"})}, judged_noon + 20min));
  EXPECT_EQ(decided(), "fired 1, muted 2, muted 3, fired 4");
  EXPECT_EQ(mute_of("c")->until, judged_noon + 20min + 1h);
  EXPECT_EQ(mute_of("a")->until, judged_noon + 20min + 1h) << "it was acted for too";
  EXPECT_EQ(mute_of("b")->until, judged_noon + 1h);
}

TEST_F(RuleJudgeEntitiesTest, AMuteEndsWhenItsTimeIsOver) {
  rules({host_rule()});
  ASSERT_TRUE(tell({of_hosts(1, {"a"})}));
  ASSERT_TRUE(tell({of_hosts(2, {"a"})}, judged_noon + 1h - 1ns));
  ASSERT_TRUE(tell({of_hosts(3, {"a"})}, judged_noon + 1h));
  EXPECT_EQ(decided(), "fired 1, muted 2, fired 3") << "what is muted does not mute for longer";
}

TEST_F(RuleJudgeEntitiesTest, WithoutValuesTheTenantIsMutedAsAWhole) {
  Rule rule = host_rule();
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(1, {}), of_hosts(2, {"a"}), of_hosts(3, {})}));
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3") << "a record without a host does not mute a host";
  ASSERT_NE(mute_of(""), nullptr);
  rule.entity.clear();
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(4, {"b"})}));
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3, muted 4") << "of a rule that tells nothing apart";
  Sample blue = of_hosts(5, {"b"});
  blue.tenant = "blue";
  ASSERT_TRUE(tell({blue}));
  EXPECT_EQ(decided(), "fired 1, fired 2, muted 3, muted 4, fired 5");
}

TEST_F(RuleJudgeEntitiesTest, AnActionsOwnMuteStandsForTheRules) {
  Rule rule = host_rule();
  rule.actions[0].mute = 5min;
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(1, {"a"})}));
  ASSERT_TRUE(tell({of_hosts(2, {"a"})}, judged_noon + 4min));
  ASSERT_TRUE(tell({of_hosts(3, {"a"})}, judged_noon + 5min));
  EXPECT_EQ(decided(), "fired 1, muted 2, fired 3");
  rule.mute = 0s;
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(4, {"a"})}, judged_noon + 6min));
  EXPECT_EQ(decided(), "fired 1, muted 2, fired 3, muted 4") << "also of a rule that does not mute";
}

TEST_F(RuleJudgeEntitiesTest, WithoutAMuteNothingIsMutedAndNoMuteIsKept) {
  Rule rule = host_rule();
  rule.mute = 0s;
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(1, {"a"}), of_hosts(2, {"a"})}));
  EXPECT_EQ(decided(), "fired 1, fired 2");
  EXPECT_TRUE(ledger_.book.mutes.empty());
  rule = host_rule();
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(3, {"a"})}));
  rule.actions[0].mute = 0s;
  rules({rule});
  ASSERT_TRUE(tell({of_hosts(4, {"a"})}));
  EXPECT_EQ(decided(), "fired 1, fired 2, fired 3, fired 4") << "one that was kept before holds nothing up either";
}

TEST_F(RuleJudgeEntitiesTest, FurtherValuesThanAreLookedAtDoNotTellApart) {
  rules({host_rule()});
  ASSERT_TRUE(tell({of_hosts(1, numbered_hosts(0, rule_entities_max + 1))}));
  EXPECT_EQ(ledger_.book.mutes.size(), rule_entities_max);
  std::vector<std::string> others = numbered_hosts(0, rule_entities_max);
  others.push_back("new");
  ASSERT_TRUE(tell({of_hosts(2, others)}));
  EXPECT_EQ(decided(), "fired 1, muted 2");
  ASSERT_TRUE(tell({of_hosts(3, {"new"})}));
  EXPECT_EQ(decided(), "fired 1, muted 2, fired 3");
}

TEST_F(RuleJudgeEntitiesTest, ALongValueIsCutBetweenCharactersAndShownInPart) {
  rules({host_rule()});
  const std::string long_host = std::string(rule_entity_bytes_max - 1, 'x') + "ü and more";
  ASSERT_TRUE(tell({of_hosts(1, {long_host, "b"})}));
  ASSERT_NE(mute_of(std::string(rule_entity_bytes_max - 1, 'x')), nullptr);
  EXPECT_LE(ledger_.book.decisions[0].entities.size(), rule_entities_shown_bytes);
  EXPECT_TRUE(ledger_.book.decisions[0].entities.starts_with(std::string(rule_entity_bytes_max - 1, 'x')));
  ASSERT_TRUE(tell({of_hosts(2, {long_host + " still"})}));
  EXPECT_EQ(decided(), "fired 1, muted 2") << "what differs beyond the cut is the same";
}

TEST_F(RuleJudgeEntitiesTest, TheValuesAreShownInTheirOrder) {
  rules({host_rule()});
  ASSERT_TRUE(tell({of_hosts(1, {"b", "a", "b"})}));
  EXPECT_EQ(ledger_.book.decisions[0].entities, "b, a");
}

TEST(EntitiesIn, AreTheValuesAtThePathEachOnceAsTheyAreWritten) {
  const Bytes document = test::record({.payload = [](Bytes& out) {
    put_map(out, 3);
    put_str(out, "entities");
    put_array(out, 7);
    for (const char* id : {"z", "a", "z", ""}) {
      put_map(out, 1);
      test::put_pair(out, "id", id);
    }
    put_map(out, 1);
    put_str(out, "id");
    put_int(out, 42);
    put_map(out, 1);
    put_str(out, "id");
    put_nil(out);
    put_map(out, 1);
    put_str(out, "id");
    put_array(out, 2);
    put_str(out, "in a list");
    put_bool(out, true);
    test::put_pair(out, "entity", "beside");
    test::put_pair(out, "bytes", "\xff");
  }});
  const auto at = [&document](std::string_view path) { return entities_in(document, path); };
  EXPECT_EQ(at("trendmicro_visionone.entities.id"), (std::vector<std::string>{"z", "a", "42", "in a list", "true"}));
  EXPECT_EQ(at("trendmicro_visionone.entity"), (std::vector<std::string>{"beside"}));
  EXPECT_EQ(at("trendmicro_visionone.bytes"), (std::vector<std::string>{"\xef\xbf\xbd"}));
  EXPECT_EQ(at("sensor"), (std::vector<std::string>{"zurich-01"})) << "of the envelope too";
  EXPECT_TRUE(at("trendmicro_visionone.entities").empty()) << "what lies below is not at the path";
  EXPECT_TRUE(at("trendmicro_visionone.ent").empty());
  EXPECT_TRUE(at("").empty());
}

TEST(RuleTally, IsAddedPartByPart) {
  RuleTally tally{1, 2, 3, 4};
  tally += RuleTally{10, 20, 30, 40};
  EXPECT_EQ(tally.fired, 11u);
  EXPECT_EQ(tally.muted, 22u);
  EXPECT_EQ(tally.capped, 33u);
  EXPECT_EQ(tally.too_old, 44u);
}

}  // namespace
}  // namespace tidegate
