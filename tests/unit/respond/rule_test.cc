#include "respond/rule.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Rule, ItActsForTheTenantsThatItNamesOrForAll) {
  Rule rule;
  EXPECT_TRUE(rule.may_act_for("acme")) << "none is named: all are meant";
  EXPECT_TRUE(rule.may_act_for(""));
  rule.tenants = {"acme", "blue"};
  EXPECT_TRUE(rule.may_act_for("acme"));
  EXPECT_TRUE(rule.may_act_for("blue"));
  EXPECT_FALSE(rule.may_act_for("acm"));
  EXPECT_FALSE(rule.may_act_for("ACME"));
  EXPECT_FALSE(rule.may_act_for(""));
}

TEST(Rule, AnActionIsFoundByItsName) {
  Rule rule;
  EXPECT_EQ(rule.action_named("isolate"), nullptr);
  rule.actions.resize(2);
  rule.actions[0].name = "isolate";
  rule.actions[1].name = "tell";
  EXPECT_EQ(rule.action_named("isolate"), rule.actions.data());
  EXPECT_EQ(rule.action_named("tell"), &rule.actions[1]);
  EXPECT_EQ(rule.action_named("Tell"), nullptr);
  EXPECT_EQ(rule.action_named(""), nullptr);
}

TEST(Rule, ItLooksAtTheStreamOrOnScheduleOrBoth) {
  struct Sample {
    RuleTrigger on;
    std::string_view name;
    bool stream;
    bool schedule;
  };
  for (const Sample& sample :
       {Sample{RuleTrigger::stream, "stream", true, false}, Sample{RuleTrigger::schedule, "schedule", false, true},
        Sample{RuleTrigger::both, "both", true, true}}) {
    Rule rule;
    rule.on = sample.on;
    EXPECT_EQ(name(rule.on), sample.name);
    EXPECT_EQ(rule.on_stream(), sample.stream) << sample.name;
    EXPECT_EQ(rule.on_schedule(), sample.schedule) << sample.name;
  }
}

TEST(Rule, TheMuteOfAnActionStandsInPlaceOfTheRules) {
  Rule rule;
  rule.mute = minutes{5};
  RuleAction action;
  EXPECT_EQ(rule.mute_of(action), minutes{5});
  action.mute = seconds{1};
  EXPECT_EQ(rule.mute_of(action), seconds{1});
}

}  // namespace
}  // namespace tidegate
