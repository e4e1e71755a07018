#include "respond/rules_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/units.h"
#include "respond/template.h"
#include "tests/unit/respond/rules_samples.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(RulesDocument, TheLeastIsReadWithItsDefaults) {
  Rule expected;
  expected.name = "isolate";
  expected.tenants = {"acme"};
  expected.query = "word";
  expected.actions.resize(1);
  expected.actions[0].name = "act";
  expected.actions[0].responder = "acme-v1";
  EXPECT_EQ(only_rule(least_rule), expected);
  EXPECT_TRUE(expected.enabled && !expected.dry_run && expected.on == RuleTrigger::stream);
  EXPECT_EQ(expected.mute, std::chrono::seconds{0}) << "nothing is muted";
  EXPECT_EQ(only_rule(least_told).actions[0].notify, "soc-mail");
  EXPECT_TRUE(only_rule(least_told).tenants.empty());
}

TEST(RulesDocument, EveryKeyIsRead) {
  Rule expected;
  expected.name = "isolate-ransomware";
  expected.enabled = false;
  expected.tenants = {"acme", "blue"};
  expected.query = "msg_class: trendmicro_visionone_alerts AND trendmicro_visionone.severity: critical";
  expected.on = RuleTrigger::both;
  expected.max_age = hours{12};
  expected.every = minutes{5};
  expected.look_back = minutes{15};
  expected.entity = "trendmicro_visionone.impactScope.entities.entityId";
  expected.mute = hours{4};
  expected.severity = EventSeverity::critical;
  expected.dry_run = true;
  expected.actions.resize(3);
  RuleAction& isolate = expected.actions[0];
  isolate.name = "isolate";
  isolate.responder = "acme-v1";
  isolate.action = ResponseAction::isolate_endpoint;
  isolate.given = {{"agentGuid", {"one", "two"}}, {"trendmicro_visionone.note", {"by a rule"}}};
  isolate.body = "[{\n  \"agentGuid\": \"{{agentGuid | each}}\"\n}]\n";
  isolate.lasts = minutes{90};
  isolate.per_hour = 10;
  RuleAction& ticket = expected.actions[1];
  ticket.name = "ticket";
  ticket.responder = "tickets";
  ticket.path = "/hooks/{{record_id}}?q={{tenantid}}";
  ticket.mute = std::chrono::seconds{30};
  RuleAction& tell = expected.actions[2];
  tell.name = "tell";
  tell.notify = "soc-mail";
  tell.mute = minutes{15};
  EXPECT_EQ(only_rule(whole_stream), expected);
  const Rule schedule = only_rule(whole_schedule);
  EXPECT_EQ(schedule.on, RuleTrigger::schedule);
  EXPECT_EQ(schedule.at_least, 10U);
  EXPECT_EQ(schedule.mute, hours{1});
  EXPECT_EQ(schedule.max_age, Rule{}.max_age);
}

TEST(RulesDocument, EachActionOfVisionOneIsKnownByItsName) {
  for (const ResponseAction action : all_response_actions)
    EXPECT_EQ(only_rule(least_rule + "        action: " + std::string{name(action)} + "\n").actions[0].action, action);
  EXPECT_THAT(flaws_of_action(least_rule, "        action: isolate_endpiont\n"),
              HasSubstr("rules.yaml:8: rules[0].actions[0].action: 'isolate_endpiont' is not known here; the nearest one is "
                        "isolate_endpoint"));
}

TEST(RulesDocument, WhatIsWrittenIsReadBackEqual) {
  for (const std::string& yaml : {least_rule, least_told, whole_stream, whole_schedule}) {
    const Rule rule = only_rule(yaml);
    EXPECT_EQ(only_rule(to_yaml(rule)), rule) << to_yaml(rule);
  }
  Rule odd = only_rule(whole_stream);
  odd.name = R"(a "rule": 'x' # {no} [more] \ %)";
  odd.tenants = {"a: b", "- c", "null", "true", "*x", "&y", "!z", "\"q\""};
  odd.query = "a: \"x \\\" y\" OR\n\tb: 'z'  #x \xc3\xbc \xe2\x80\xa8 \xf0\x9f\x94\x92\r\n";
  odd.entity = "a-b._c.@d.\xc3\xbc.9";
  odd.actions[0].name = "-";
  odd.actions[0].responder = "~";
  odd.actions[0].given = {
      {"@timestamp", {"{{\"{{\"}}", "- x", "\xef\xbb\xbf \xc2\x85", "a\nb: c\n\n", " lead and trail ", "# no comment", "7"}},
      {"n", {"null"}}};
  odd.actions[0].body = "{\"a\": \"\xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf \\\\ ' # : {{a}} --- ...\"}\n\t\r\n\n";
  odd.actions[1].path = "/a'b/{{a | default: \"x: #\"}}?b={{c | join: ', '}}";
  EXPECT_EQ(only_rule(to_yaml(odd)), odd) << to_yaml(odd);
}

TEST(RulesDocument, WhatEqualsItsDefaultIsNotWritten) {
  EXPECT_EQ(to_yaml(only_rule(least_rule)),
            "rules:\n"
            "  - name: \"isolate\"\n"
            "    tenants: [\"acme\"]\n"
            "    query: \"word\"\n"
            "    actions:\n"
            "      - name: \"act\"\n"
            "        responder: \"acme-v1\"\n");
}

TEST(RulesDocument, EveryRowIsReadAndWritten) {
  const std::string rules = to_yaml(only_rule(whole_stream)) + to_yaml(only_rule(whole_schedule));
  std::set<std::string_view> paths;
  for (const Field& field : rules_fields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_EQ(field.doc.back(), '.') << field.path;
    const bool of_action = field.path.starts_with("rules[].actions[].");
    const std::string key{field.path.substr(field.path.rfind('.') + 1)};
    const std::string indent = of_action ? "\n        " : "\n    ";
    const std::string first = of_action ? "\n      - " : "\n  - ";
    EXPECT_THAT(rules, testing::AnyOf(HasSubstr(indent + key + ":"), HasSubstr(first + key + ":"))) << field.path;
  }
}

TEST(RulesDocument, TheBoundsOfTheTableAreThoseOfARule) {
  const auto most_of = [](std::string_view path) { return find_field(rules_fields(), path)->most; };
  EXPECT_EQ(parse_count(most_of("rules[].query")), rule_query_bytes_max);
  EXPECT_EQ(parse_count(most_of("rules[].at_least")), rule_at_least_max);
  EXPECT_EQ(parse_count(most_of("rules[].actions[].per_hour")), rule_per_hour_max);
  for (const std::string_view path : {"rules[].max_age", "rules[].every", "rules[].look_back"})
    EXPECT_EQ(parse_duration(most_of(path)), rule_age_max) << path;
  for (const std::string_view path : {"rules[].mute", "rules[].actions[].mute"})
    EXPECT_EQ(parse_duration(most_of(path)), rule_mute_max) << path;
  for (const std::string_view path : {"rules[].actions[].body", "rules[].actions[].path"})
    EXPECT_EQ(parse_count(most_of(path)), template_bytes_max) << path;
}

TEST(RulesDocument, ATenantIsNamedOrAllAre) {
  const std::string rest = "query: word, actions: [{name: a, notify: b}]}\n";
  EXPECT_EQ(flaws_in_rules("rules:\n  - {name: a, " + rest),
            "rules.yaml:2: rules[0].tenants: is missing; write a list of tenants, for example [acme], or all\n");
  EXPECT_THAT(flaws_in_rules("rules:\n  - {name: a, tenants: acme, " + rest), HasSubstr("'acme' is no list, and not the word all"));
  EXPECT_THAT(flaws_in_rules("rules:\n  - {name: a, tenants: [all], " + rest), HasSubstr("'all' stands in a list"));
  EXPECT_THAT(flaws_in_rules("rules:\n  - {name: a, tenants: [], " + rest), HasSubstr("rules[0].tenants: "));
}

TEST(RulesDocument, GivenValuesAreTextsUnderPaths) {
  const auto with_given = [](const std::string& given) { return flaws_of_action(least_rule, "        given: " + given + "\n"); };
  const Rule rule = only_rule(least_rule + "        given: {agentGuid: [a, b], score: 7, one: [c], 'a.b': \"x\\ny\"}\n");
  const std::map<std::string, std::vector<std::string>> expected{
      {"agentGuid", {"a", "b"}}, {"score", {"7"}}, {"one", {"c"}}, {"a.b", {"x\ny"}}};
  EXPECT_EQ(rule.actions[0].given, expected);
  EXPECT_THAT(with_given("{'a b': x}"),
              HasSubstr("rules.yaml:8: rules[0].actions[0].given: 'a b' is no path of a template; write for example agentGuid"));
  EXPECT_THAT(with_given("{a: ''}"), HasSubstr("given: 'a' has an empty value; write a text"));
  EXPECT_THAT(with_given("{a: [b, '']}"), HasSubstr("'a' has an empty value"));
  EXPECT_THAT(with_given("{a: ~}"), HasSubstr("'a' has a value that is no text"));
  EXPECT_THAT(with_given("{a: {b: c}}"), HasSubstr("'a' has a value that is no text"));
  EXPECT_THAT(with_given("{a: [[b]]}"), HasSubstr("'a' has a value that is no text"));
  EXPECT_THAT(with_given("{a: []}"), HasSubstr("'a' has an empty list"));
  EXPECT_THAT(with_given("{a: [b, b]}"), HasSubstr("'a' has one value twice"));
  EXPECT_THAT(with_given("{}"), HasSubstr("given: is empty"));
  EXPECT_THAT(with_given("~"), HasSubstr("given: has no value"));
  EXPECT_THAT(with_given("a"), HasSubstr("given: 'a' is not a map of paths to values"));
  EXPECT_THAT(with_given("[a]"), HasSubstr("given: is not a map of paths to values"));
  EXPECT_THAT(with_given("{'a b': '', c: [], d: {e: f}}"),
              AllOf(HasSubstr("'a b' is no path"), HasSubstr("'a b' has an empty value"), HasSubstr("'c' has an empty list"),
                    HasSubstr("'d' has a value that is no text")))
      << "every error at once";
  EXPECT_EQ(with_given("{a: " + std::string(rule_given_bytes_max, 'b') + "}"), "");
  EXPECT_THAT(with_given("{a: " + std::string(rule_given_bytes_max + 1, 'b') + "}"), HasSubstr("write at most 1024 bytes"));
  const auto numbered = [](std::size_t count, const std::string& between) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "v" : ", v") + std::to_string(i) + between;
    return list;
  };
  EXPECT_EQ(with_given("{a: [" + numbered(rule_given_list_max, "") + "]}"), "");
  EXPECT_THAT(with_given("{a: [" + numbered(rule_given_list_max + 1, "") + "]}"), HasSubstr("'a' has 51 values; keep at most 50"));
  EXPECT_EQ(with_given("{" + numbered(rule_given_max, ": b") + "}"), "");
  EXPECT_THAT(with_given("{" + numbered(rule_given_max + 1, ": b") + "}"), HasSubstr("'33 values' are too many; keep at most 32"));
}

TEST(RulesDocument, NamesAreUniqueAmongRulesAndWithinOne) {
  EXPECT_EQ(flaws_in_rules(least_rule + "  - {name: isolate, tenants: all, query: a, actions: [{name: act, notify: b}]}\n"),
            "rules.yaml:8: rules[1].name: 'isolate' is the name of rules[0] as well; give each rule a name of its own\n");
  EXPECT_EQ(flaws_in_rules(least_rule + "  - {name: other, tenants: all, query: a, actions: [{name: act, notify: b}]}\n"), "");
  EXPECT_EQ(
      flaws_of_action(least_rule, "      - {name: act, notify: b}\n"),
      "rules.yaml:8: rules[0].actions[1].name: 'act' is the name of rules[0].actions[0] as well; give each action a name of its "
      "own\n");
  EXPECT_THAT(flaws_of_action(least_rule, "      - {notify: b}\n"), HasSubstr("rules[0].actions[1].name: is missing"));
  EXPECT_THAT(
      flaws_of_action(least_rule, "      - {name: \"z\xc3\xbcrich\", notify: a b}\n"),
      AllOf(HasSubstr("name: 'z\xc3\xbcrich' holds other than single-byte characters"), HasSubstr("notify: 'a b' is not a name")));
}

TEST(RulesDocument, KeysThatNobodyKnowsAreRefused) {
  EXPECT_THAT(flaws_of_rule("    look_bak: 5min\n"),
              HasSubstr("rules[0].look_bak: is not a known key; the nearest known key is look_back"));
  EXPECT_THAT(flaws_of_action(least_rule, "        respoder: a\n"), HasSubstr("the nearest known key is responder"));
  EXPECT_THAT(flaws_of_action(least_rule, "        at_least: 5\n"), HasSubstr("it belongs at rules[].at_least"));
}

TEST(RulesDocument, ThereAreActionsAndNotTooMany) {
  const std::string rule = "rules:\n  - {name: a, tenants: all, query: a";
  for (const std::string actions : {"", ", actions: []", ", actions: ~"})
    EXPECT_THAT(flaws_in_rules(rule + actions + "}\n"),
                HasSubstr("rules[0].actions: names none, so that nothing would be done; list at least one"))
        << actions;
  EXPECT_THAT(flaws_in_rules(rule + ", actions: tell}\n"),
              AllOf(HasSubstr("actions: is not a list"), Not(HasSubstr("names none"))));
  std::string many = least_rule;
  for (std::size_t i = 1; i < rule_actions_max; ++i) many += "      - {name: a" + std::to_string(i) + ", notify: b}\n";
  EXPECT_EQ(flaws_in_rules(many), "");
  EXPECT_THAT(flaws_in_rules(many + "      - {name: more, notify: b}\n"),
              AllOf(HasSubstr("rules[0].actions: '9 elements' are too many; keep at most 8"), Not(HasSubstr("names none"))));
}

TEST(RulesDocument, ThereAreRulesAndNotTooMany) {
  std::string many = "rules:\n";
  const auto add = [&many](std::size_t i) {
    many += "  - {name: r" + std::to_string(i) + ", tenants: all, query: a, actions: [{name: b, notify: c}]}\n";
  };
  for (std::size_t i = 0; i < rules_max; ++i) add(i);
  EXPECT_EQ(flaws_in_rules(many), "");
  add(rules_max);
  EXPECT_THAT(flaws_in_rules(many), HasSubstr("rules: '501 elements' are too many; keep at most 500"));
}

TEST(RulesDocument, ARuleThatIsTakenCanBeReadAgainHoweverMuchOfItIsEscaped) {
  const auto with_tabs = [](std::size_t tabs) { return least_rule + "        body: '[" + std::string(tabs, '\t') + "]'\n"; };
  EXPECT_THAT(flaws_in_rules(with_tabs(50'000)), HasSubstr("bytes' are too many for a rule; write at most 262144"))
      << "a sixth of it was written";
  const Rule large = only_rule(with_tabs(40'000));
  EXPECT_GT(to_yaml(large).size(), 200'000U);
  EXPECT_TRUE(only_rule(to_yaml(large)) == large);
}

TEST(P8ABadConfigurationIsANoOp, ADocumentOfRulesIsWholeOrRefusedWithEveryError) {
  for (const std::string text : {"", "# nothing\n", "{}", "null", "rules:\n", "rules: []\n", "[]", "rule: []\n", "rules: 7\n"}) {
    const ParsedRules parsed = parse_rules(text);
    EXPECT_FALSE(parsed.rules) << text;
    EXPECT_FALSE(parsed.errors.empty()) << text;
  }
  EXPECT_EQ(
      flaws_in_rules("rules: []\n"),
      "rules.yaml:1: rules: names none, which changes nothing; list at least one; one is taken away with `tidegate-processor rule "
      "delete NAME`\n");
  const ParsedRules parsed = parse_rules(least_rule + R"(  - name: b
    query: 'a: ('
    on: schedule
    every: often
    mute: 0s
    entity: a b
    at_least: 0
    severity: bad
    actions:
      - {name: c, action: block, per_hour: 0, body: '{', given: {a: ''}}
)");
  EXPECT_FALSE(parsed.rules) << "one that is good does not stand for the others";
  std::set<std::string> fields;
  for (const ConfigError& error : parsed.errors) {
    fields.insert(error.field);
    EXPECT_GE(error.line, 8U) << to_text(error);
    EXPECT_FALSE(error.problem.empty());
  }
  EXPECT_EQ(fields,
            (std::set<std::string>{"rules[1].tenants", "rules[1].query", "rules[1].every", "rules[1].look_back", "rules[1].mute",
                                   "rules[1].entity", "rules[1].at_least", "rules[1].severity", "rules[1].actions[0].responder",
                                   "rules[1].actions[0].action", "rules[1].actions[0].per_hour", "rules[1].actions[0].body",
                                   "rules[1].actions[0].given"}));
  EXPECT_TRUE(std::ranges::is_sorted(parsed.errors, {}, &ConfigError::line));
  EXPECT_THAT(flaws_in_rules("rules: " + std::string(2u << 20, 'a')), HasSubstr("rules.yaml"));
}

}  // namespace
}  // namespace tidegate
