// Log filters in the configuration: read, checked, compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/diff.h"
#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

using testing::ElementsAre;

// The least agent with these elements of `log_filters`, each on a line of its own from line 15 on.
std::string with_filters(const std::vector<std::string>& filters) {
  std::string yaml = least_agent + "    log_filters:\n";
  for (const std::string& filter : filters) yaml.append("      - ").append(filter).append("\n");
  return yaml;
}

std::vector<std::string> filter_errors(const std::vector<std::string>& filters) {
  std::vector<std::string> lines;
  for (const ConfigError& error : parse_agent(with_filters(filters), "agent.yaml").errors) lines.push_back(to_text(error));
  return lines;
}

ConnectorConfig connector_with(const std::vector<std::string>& filters) {
  ParsedAgent parsed = parse_agent(with_filters(filters), "agent.yaml");
  EXPECT_TRUE(parsed.config) << to_text(parsed.errors);
  return parsed.config ? parsed.config->connectors.at(0) : ConnectorConfig{};
}

TEST(LogFilters, TheExampleOfTheDesignIsRead) {
  const ConnectorConfig connector =
      connector_with({"{name: no-info, content_types: [observed_attack_techniques], exclude: 'filters.riskLevel: info'}"});
  const LogFilterConfig expected{.name = "no-info",
                                 .content_types = {ContentType::observed_attack_techniques},
                                 .include = "",
                                 .exclude = "filters.riskLevel: info"};
  EXPECT_THAT(connector.log_filters, ElementsAre(expected));
}

TEST(LogFilters, AreForAllContentTypesUnlessToldOtherwise) {
  EXPECT_EQ(connector_with({"{name: one, include: a}"}).log_filters.at(0).content_types.size(), 3u);
}

TEST(LogFilters, EachConnectorHasItsOwn) {
  const std::string second = R"(  - name: other
    type: trendmicro_visionone
    tenant: {id: acme, name: ACME Corp}
    region: eu
    bearer_token: abc.def.ghi
    log_filters: [{name: same, include: a}, {name: two, exclude: b}]
)";
  const ParsedAgent parsed = parse_agent(with_filters({"{name: same, exclude: c}"}) + second, "agent.yaml");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  EXPECT_EQ(parsed.config->connectors.at(0).log_filters.size(), 1u);
  EXPECT_EQ(parsed.config->connectors.at(1).log_filters.size(), 2u);
  EXPECT_EQ(parsed.config->connectors.at(1).log_filters.at(1).exclude, "b");
}

TEST(LogFilters, AQueryThatDoesNotParseIsShownAtItsFieldWithThePosition) {
  EXPECT_THAT(filter_errors({"{name: fine, include: 'a'}", "{name: broken, exclude: 'severity: low AND ('}"}),
              ElementsAre("agent.yaml:16: connectors[0].log_filters[1].exclude: 'severity: low AND (' is not a filter's query: "
                          "character 20: expected a word, a quote, a field or (; write for example filters.riskLevel: info"));
}

TEST(LogFilters, AFieldOfTheEnvelopeIsRefusedBecauseNoRecordOfTheApiHasIt) {
  EXPECT_THAT(filter_errors({"{name: one, include: 'msg_class: trendmicro_visionone_alerts'}"}),
              ElementsAre("agent.yaml:15: connectors[0].log_filters[0].include: 'msg_class: trendmicro_visionone_alerts' is not a "
                          "filter's query: 'msg_class' is not in the API's record, which is all that a filter looks at; write for "
                          "example filters.riskLevel: info"));
}

TEST(LogFilters, NeedANameAndExactlyOneQuery) {
  EXPECT_THAT(filter_errors({"{include: a}", "{name: none}", "{name: both, include: a, exclude: b}"}),
              ElementsAre("agent.yaml:15: connectors[0].log_filters[0].name: is missing; give a label",
                          "agent.yaml:16: connectors[0].log_filters[1].include: is missing, and so is exclude; give one of the two",
                          "agent.yaml:17: connectors[0].log_filters[2].exclude: stands beside include; keep one of the two"));
}

TEST(LogFilters, NamesAreUniqueInAConnector) {
  EXPECT_THAT(filter_errors({"{name: same, include: a}", "{name: same, exclude: b}"}),
              ElementsAre("agent.yaml:16: connectors[0].log_filters[1].name: 'same' is the name of connectors[0].log_filters[0] as "
                          "well; give each filter a name of its own"));
}

TEST(LogFilters, AnUnknownKeyNamesTheNearest) {
  EXPECT_THAT(filter_errors({"{name: one, exclud: a}"}),
              testing::Contains("agent.yaml:15: connectors[0].log_filters[0].exclud: is not a known key; the nearest known key is "
                                "exclude"));
}

TEST(LogFilters, AreBoundedInNumber) {
  std::vector<std::string> filters;
  for (std::size_t i = 0; i < 300; ++i) filters.push_back("{name: f" + std::to_string(i) + ", exclude: a}");
  EXPECT_THAT(filter_errors(filters),
              ElementsAre("agent.yaml:15: connectors[0].log_filters: '300 elements' are too many; keep at most 64"));
  filters.clear();
  for (std::size_t i = 0; i < log_filters_max; ++i) filters.push_back("{name: f" + std::to_string(i) + ", exclude: a}");
  EXPECT_EQ(connector_with(filters).log_filters.size(), log_filters_max);
  filters.push_back("{name: last, exclude: a}");
  EXPECT_THAT(filter_errors(filters),
              ElementsAre("agent.yaml:15: connectors[0].log_filters: '65 elements' are too many; keep at most 64"));
}

std::vector<std::string> filter_changes(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const ParsedAgent old_side = parse_agent(with_filters(before), "agent.yaml");
  const ParsedAgent new_side = parse_agent(with_filters(after), "agent.yaml");
  EXPECT_TRUE(old_side.config && new_side.config) << to_text(old_side.errors) << to_text(new_side.errors);
  std::vector<std::string> lines;
  for (const ConfigChange& change : diff(*old_side.config, *new_side.config)) {
    EXPECT_EQ(change.applies, Applies::live);
    lines.push_back(to_text(change));
  }
  return lines;
}

TEST(LogFilters, AChangeIsLiveAndShownByTheFiltersName) {
  EXPECT_THAT(filter_changes({"{name: one, exclude: a}", "{name: two, include: c}"},
                             {"{name: one, exclude: b}", "{name: two, include: c}"}),
              ElementsAre("connectors[acme-visionone].log_filters[one].exclude: a to b"));
  EXPECT_THAT(filter_changes({"{name: one, exclude: a}"}, {"{name: one, exclude: a, content_types: [alerts]}"}),
              ElementsAre("connectors[acme-visionone].log_filters[one].content_types: "
                          "[alerts, audit_logs, observed_attack_techniques] to [alerts]"));
}

TEST(LogFilters, OneThatComesOrGoesIsAChangeOfItsConnector) {
  EXPECT_THAT(filter_changes({}, {"{name: one, exclude: a}"}),
              ElementsAre("connectors[acme-visionone].log_filters[one].name: nothing to one",
                          "connectors[acme-visionone].log_filters[one].exclude: nothing to a"));
  EXPECT_THAT(filter_changes({"{name: one, exclude: a}"}, {}),
              ElementsAre("connectors[acme-visionone].log_filters[one].name: one to nothing",
                          "connectors[acme-visionone].log_filters[one].exclude: a to nothing"));
}

TEST(LogFilters, TheirOrderIsNoChange) {
  EXPECT_THAT(filter_changes({"{name: one, exclude: a}", "{name: two, exclude: b}"},
                             {"{name: two, exclude: b}", "{name: one, exclude: a}"}),
              ElementsAre());
}

}  // namespace
}  // namespace tidegate
