#include "respond/rule_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/respond/rules_samples.h"

namespace tidegate {
namespace {

using std::chrono::minutes;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(RuleRules, AQueryCanBeAskedOrIsRefusedWithItsPosition) {
  EXPECT_EQ(flaws_of_query("'severity: '"),
            "rules.yaml:4: rules[0].query: 'severity: ' is no query: character 11: expected a value after 'severity:'; write for "
            "example trendmicro_visionone.severity: critical\n");
  EXPECT_THAT(flaws_of_query("'a: (b'"), HasSubstr("is no query: character 4: this ( is never closed"));
  EXPECT_THAT(flaws_of_query("'severity: low AND \"--\"'"), HasSubstr("is no query: \"--\" holds no letter or digit to look for"));
  EXPECT_THAT(flaws_of_query("'a: b AND NOT (c OR ?)'"), HasSubstr("holds no letter or digit to look for"));
  EXPECT_EQ(flaws_of_query("'a: \"--\" OR b: ? OR tenantid: acme OR *'"), "") << "with a field it can be matched";
  EXPECT_THAT(flaws_of_query("\"\""), HasSubstr("rules[0].query: is empty; write a value"));
  EXPECT_THAT(flaws_of_query("~"), HasSubstr("rules[0].query: has no value; write a text, such as 'trendmicro_visionone.severity"));
  EXPECT_THAT(flaws_of_query("[a TO b]"), HasSubstr("rules[0].query: is a list, not a text"));
  EXPECT_EQ(flaws_of_query("|\n      a: b AND\n      c: d"), "") << "it may have more lines than one";
  EXPECT_THAT(flaws_of_query(std::string(rule_query_bytes_max + 1, 'a')), HasSubstr("is too long; write at most 4096 bytes"));
  EXPECT_EQ(flaws_of_query(std::string(rule_query_bytes_max, 'a')), "");
  EXPECT_EQ(flaws_in_rules("rules:\n  - {name: a, tenants: all, actions: [{name: a, notify: b}]}\n"),
            "rules.yaml:2: rules[0].query: is missing; give a text\n");
}

TEST(RuleRules, AScheduleSaysHowOftenAndHowFarBack) {
  const std::string neither = flaws_of_rule("    on: schedule\n");
  EXPECT_THAT(neither, AllOf(HasSubstr("rules[0].every: is missing, and on is schedule; write for example 5min"),
                             HasSubstr("rules[0].look_back: is missing, and on is schedule; write for example 15min")));
  EXPECT_THAT(flaws_of_rule("    on: both\n    every: 5min\n"), HasSubstr("look_back: is missing, and on is both"));
  EXPECT_EQ(flaws_of_rule("    on: both\n    every: 5min\n    look_back: 5min\n"), "");
  EXPECT_EQ(
      flaws_of_rule("    on: schedule\n    every: 5min\n    look_back: 4min\n"),
      "rules.yaml:7: rules[0].look_back: '4min' is less than every, so that no look would find what lies between; write 5min or "
      "more\n");
  EXPECT_THAT(flaws_of_rule("    every: 5min\n    look_back: 5min\n"),
              AllOf(HasSubstr("rules[0].every: is of no use where on is stream; take it away"),
                    HasSubstr("rules[0].look_back: is of no use where on is stream; take it away")));
  EXPECT_THAT(flaws_of_rule("    on: schedule\n    every: 59s\n    look_back: 8d\n"),
              AllOf(HasSubstr("every: '59s' is too small; write between 1min and 7d"), HasSubstr("look_back: '8d' is too large"),
                    Not(HasSubstr("is less than every"))));
  EXPECT_EQ(flaws_of_rule("    on: schedule\n    every: 1min\n    look_back: 7d\n"), "");
  EXPECT_THAT(
      flaws_of_rule("    on: stream or so\n    every: 5min\n"),
      AllOf(HasSubstr("rules[0].on: 'stream or so' is not known here; write stream, schedule or both"), Not(HasSubstr("every"))));
}

TEST(RuleRules, OnlyTheStreamHasRecordsThatCameTooLate) {
  EXPECT_THAT(flaws_of_rule("    on: schedule\n    every: 5min\n    look_back: 5min\n    max_age: 1h\n"),
              HasSubstr("rules.yaml:8: rules[0].max_age: is of no use where on is schedule"));
  EXPECT_EQ(flaws_of_rule("    on: both\n    every: 5min\n    look_back: 5min\n    max_age: 7d\n"), "");
  EXPECT_THAT(flaws_of_rule("    max_age: 59s\n"), HasSubstr("'59s' is too small; write between 1min and 7d"));
  EXPECT_THAT(flaws_of_rule("    max_age: 169h\n"), HasSubstr("'169h' is too large"));
  EXPECT_THAT(flaws_of_rule("    max_age: 90500ms\n"), HasSubstr("has a fraction of a second"));
}

TEST(RuleRules, RecordsAreCountedOnScheduleAlone) {
  const std::string looks = "    every: 5min\n    look_back: 15min\n";
  EXPECT_EQ(flaws_of_rule("    at_least: 2\n"),
            "rules.yaml:5: rules[0].at_least: '2' cannot be counted where on is stream: on the stream a record stands by itself; "
            "write on: schedule, or take it away\n");
  EXPECT_THAT(flaws_of_rule("    on: both\n    at_least: 2\n" + looks), HasSubstr("'2' cannot be counted where on is both"));
  EXPECT_EQ(flaws_of_rule("    on: both\n    at_least: 1\n" + looks), "") << "each record by itself, as it is anyway";
  EXPECT_EQ(flaws_of_rule("    on: schedule\n    at_least: 1000000\n" + looks), "");
  EXPECT_THAT(flaws_of_rule("    on: schedule\n    at_least: 0\n" + looks), HasSubstr("'0' is too small"));
  EXPECT_THAT(flaws_of_rule("    on: schedule\n    at_least: 1000001\n" + looks), HasSubstr("is too large"));
}

TEST(RuleRules, WhereRecordsAreCountedTheSameBurstIsMutedUnlessSaidOtherwise) {
  std::string yaml = whole_schedule;
  const std::string mute = "    mute: 1h\n";
  yaml.erase(yaml.find(mute), mute.size());
  Rule rule = only_rule(yaml);
  EXPECT_EQ(rule.mute, minutes{15}) << "look_back";
  EXPECT_THAT(to_yaml(rule), Not(HasSubstr("mute")));
  EXPECT_EQ(only_rule(to_yaml(rule)), rule);
  rule.mute = std::chrono::seconds{1};
  EXPECT_EQ(only_rule(to_yaml(rule)), rule) << "what is given holds";
  rule.at_least = 1;
  rule.mute = minutes{15};
  EXPECT_EQ(only_rule(to_yaml(rule)), rule) << "where none are counted, look_back is no default";
  rule.mute = std::chrono::seconds{0};
  EXPECT_EQ(only_rule(to_yaml(rule)), rule);
}

TEST(RuleRules, AMuteEndsAndIsOfUse) {
  EXPECT_THAT(flaws_of_rule("    mute: 0s\n"), HasSubstr("rules[0].mute: '0s' is too small; write between 1s and 30d"));
  EXPECT_THAT(flaws_of_rule("    mute: 31d\n"), HasSubstr("'31d' is too large"));
  EXPECT_EQ(flaws_of_rule("    mute: 30d\n"), "");
  EXPECT_THAT(flaws_of_action(least_rule, "        mute: 0s\n"), HasSubstr("rules[0].actions[0].mute: '0s' is too small"));
  EXPECT_THAT(
      flaws_in_rules("rules:\n  - {name: a, tenants: all, query: a, mute: 1h, actions: [{name: a, notify: b, mute: 2h}]}\n"),
      HasSubstr("rules[0].mute: is of no use where each action has a mute of its own; take it away"));
}

TEST(RuleRules, AnEntityIsAPathInTheRecord) {
  const std::string mute = "    mute: 1h\n";
  EXPECT_EQ(flaws_of_rule("    entity: '@a-b_c.d.9'\n" + mute), "");
  for (const std::string entity : {".a", "a.", "a..b", "a b", "a|b", "{{a}}", "a[0]", "a/b", "a:b"})
    EXPECT_THAT(flaws_of_rule("    entity: '" + entity + "'\n"),
                HasSubstr("rules.yaml:5: rules[0].entity: '" + entity +
                          "' is no path in a record; write for example trendmicro_visionone.loggedUser"))
        << entity;
  EXPECT_THAT(flaws_of_rule("    entity: " + std::string(257, 'a') + "\n"), HasSubstr("is too long; write at most 256 bytes"));
  EXPECT_EQ(flaws_of_rule("    entity: " + std::string(256, 'a') + "\n" + mute), "");
  EXPECT_THAT(flaws_of_rule("    entity: [a, b]\n"), HasSubstr("rules[0].entity: is a list, not a single value"));
}

TEST(RuleRules, WhatWouldHaveNoEffectIsRefused) {
  EXPECT_EQ(flaws_of_rule("    severity: critical\n"),
            "rules.yaml:5: rules[0].severity: is of no use where no action is a notify: it is that of a message; take it away\n");
  EXPECT_EQ(
      flaws_of_rule("    entity: a.b\n"),
      "rules.yaml:5: rules[0].entity: is of no use where nothing is muted, counted or told: its values tell that apart; take it "
      "away\n");
  const std::string looks = "    on: schedule\n    every: 5min\n    look_back: 15min\n    entity: a.b\n";
  EXPECT_THAT(flaws_of_rule(looks), HasSubstr("rules[0].entity: is of no use"));
  EXPECT_EQ(flaws_of_rule(looks + "    at_least: 2\n"), "");
  EXPECT_EQ(flaws_of_rule("    entity: a.b\n    mute: 1h\n"), "");
  const std::string with_both = "rules:\n  - {name: a, tenants: all, query: a, severity: high, entity: a.b, actions: [{name: b, ";
  EXPECT_THAT(flaws_in_rules(with_both + "responder: c, mute: 1h}]}\n"), Not(HasSubstr("entity")));
  EXPECT_THAT(flaws_in_rules(with_both + "notify: c}]}\n"), Not(HasSubstr("is of no use"))) << "a message names its entity";
}

TEST(RuleRules, TheSizeOfARuleIsOfAGoodOne) {
  const std::string big = "        body: '[\"" + std::string(rule_bytes_max, 'a') + "\"]'\n";
  EXPECT_THAT(flaws_of_action(least_rule, big), Not(HasSubstr("are too many for a rule"))) << "too long for a template already";
  std::string large = least_rule;
  for (std::size_t i = 1; i < rule_actions_max; ++i)
    large.append("      - name: act")
        .append(std::to_string(i))
        .append("\n        responder: a\n        body: '[\"")
        .append(std::string(60'000, 'a'))
        .append("\"]'\n");
  EXPECT_THAT(flaws_in_rules(large), HasSubstr("are too many for a rule"));
  EXPECT_THAT(flaws_in_rules(large + "        per_hour: 0\n"), Not(HasSubstr("are too many for a rule")));
}

TEST(RuleRules, AnActionIsAResponderOrAMessage) {
  EXPECT_EQ(
      flaws_of_action(least_rule, "        notify: soc-mail\n"),
      "rules.yaml:8: rules[0].actions[0].notify: stands beside responder; keep one of the two, and list an action for each\n");
  EXPECT_THAT(flaws_in_rules("rules:\n  - {name: a, tenants: all, query: a, actions: [{name: b}]}\n"),
              HasSubstr("rules.yaml:2: rules[0].actions[0].responder: is missing, and so is notify; name the responder that acts"));
  for (const std::string line : {"action: isolate_endpoint", "given: {a: b}", "body: '[]'", "path: /a", "lasts: 1h"})
    EXPECT_THAT(flaws_of_action(least_told, "        " + line + "\n"),
                HasSubstr("rules.yaml:8: rules[0].actions[0]." + line.substr(0, line.find(':')) +
                          ": is of no use where notify is given: a message has nothing of a responder's; take it away"))
        << line;
  EXPECT_THAT(flaws_of_action(least_told, "        body: '[{{'\n"), Not(HasSubstr("is no template"))) << "one error says it";
  EXPECT_EQ(flaws_of_action(least_told, "        mute: 1h\n        per_hour: 10000\n"), "");
  EXPECT_THAT(flaws_of_action(least_told, "        per_hour: 0\n"), HasSubstr("'0' is too small; write between 1 and 10000"));
  EXPECT_THAT(flaws_of_action(least_rule, "        per_hour: 10001\n"), HasSubstr("'10001' is too large"));
}

TEST(RuleRules, OnlyWhatCanBeTakenBackLastsForATime) {
  EXPECT_EQ(flaws_of_action(least_rule, "        action: quarantine_email\n        lasts: 4h\n"),
            "rules.yaml:9: rules[0].actions[0].lasts: '4h' cannot be kept, as nothing takes quarantine_email back; take it away\n");
  for (const std::string action : {"add_to_block_list", "remove_from_block_list", "isolate_endpoint", "restore_endpoint"})
    EXPECT_EQ(flaws_of_action(least_rule, "        action: " + action + "\n        lasts: 30d\n"), "");
  EXPECT_EQ(flaws_of_action(least_rule, "        lasts: 1min\n"), "") << "what the responder does is not known here";
  EXPECT_THAT(flaws_of_action(least_rule, "        lasts: 59s\n"), HasSubstr("'59s' is too small; write between 1min and 30d"));
  EXPECT_THAT(flaws_of_action(least_rule, "        lasts: 31d\n"), HasSubstr("'31d' is too large"));
}

TEST(RuleRules, TemplatesOfActionsAreParsed) {
  EXPECT_THAT(flaws_of_action(least_rule, "        body: '[{\"agentGuid\": \"{{a}\"}]'\n"),
              HasSubstr("rules.yaml:8: rules[0].actions[0].body: is no template: "));
  EXPECT_THAT(flaws_of_action(least_rule, "        body: hello\n"), HasSubstr("body: is no template: ")) << "a body is JSON";
  EXPECT_THAT(flaws_of_action(least_rule, "        body: [{agentGuid: a}]\n"), HasSubstr("body: is a list, not a text"));
  EXPECT_THAT(flaws_of_action(least_rule, "        path: hooks\n"), HasSubstr("path: is no template: "));
  EXPECT_EQ(flaws_of_action(least_rule, "        path: /hooks/{{a}}\n        body: '{\"a\": {{b}}}'\n"), "");
  EXPECT_THAT(flaws_of_action(least_rule, "        action: isolate_endpoint\n        path: /a\n"),
              HasSubstr("rules.yaml:9: rules[0].actions[0].path: is of no use where action is given, whose path is the API's own"));
  const std::string both = flaws_of_action(least_rule, "        notify: a\n        body: '[{{'\n        path: a\n");
  EXPECT_THAT(both,
              AllOf(HasSubstr("notify: stands beside"), HasSubstr("body: is no template"), HasSubstr("path: is no template")));
}

}  // namespace
}  // namespace tidegate
