#include "config/fields.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/bind.h"
#include "config/regions.h"
#include "config/values.h"
#include "config/written.h"

namespace tidegate {
namespace {

std::set<std::string> paths_of(FieldTable table) {
  std::set<std::string> paths;
  for (const Field& field : table) paths.insert(std::string{field.path});
  return paths;
}

TEST(Fields, EveryRowIsBoundToAMemberAndEveryMemberToARow) {
  AgentConfig agent;
  ConnectorConfig connector;
  std::set<std::string> bound;
  visit_agent(agent, [&](std::string_view path, auto&) { bound.insert(std::string{path}); });
  visit_connector(connector, [&](std::string_view key, auto&) { bound.insert("connectors[]." + std::string{key}); });
  LogFilterConfig filter;
  visit_log_filter(filter, [&](std::string_view key, auto&) { bound.insert("connectors[].log_filters[]." + std::string{key}); });
  BandwidthRule rule;
  visit_bandwidth_rule(rule, [&](std::string_view key, auto&) { bound.insert("ship.bandwidth_schedule[]." + std::string{key}); });
  EXPECT_EQ(bound, paths_of(agent_fields()));

  ProcessorConfig processor;
  bound.clear();
  visit_processor(processor, [&](std::string_view path, auto&) { bound.insert(std::string{path}); });
  NotifyConfig notify;
  visit_notify(notify, [&](std::string_view key, auto&) { bound.insert("notify[]." + std::string{key}); });
  EXPECT_EQ(bound, paths_of(processor_fields()));
}

// A default-made model and one filled from the table's defaults are the same, member by member.
template <class Model, class Visit>
void expect_same_defaults(FieldTable table, const std::string& prefix, Visit visit) {
  Model from_table;
  visit(from_table, [&](std::string_view key, auto& member) {
    const Field* field = find_field(table, prefix + std::string{key});
    if (field->fallback.empty()) return;
    auto from_struct = member;
    const Complained complained = read_value(*field, fallback_node(*field), member);
    EXPECT_FALSE(complained) << field->path << ": " << complained->problem;
    EXPECT_EQ(written(*field, from_struct), written(*field, member)) << field->path;
  });
  EXPECT_EQ(from_table, Model{});
}

TEST(Fields, TheTablesDefaultsAreTheModels) {
  expect_same_defaults<AgentConfig>(agent_fields(), "", [](auto& m, auto v) { visit_agent(m, v); });
  expect_same_defaults<ConnectorConfig>(agent_fields(), "connectors[].", [](auto& m, auto v) { visit_connector(m, v); });
  expect_same_defaults<LogFilterConfig>(agent_fields(), "connectors[].log_filters[].",
                                        [](auto& m, auto v) { visit_log_filter(m, v); });
  expect_same_defaults<BandwidthRule>(agent_fields(), "ship.bandwidth_schedule[].",
                                      [](auto& m, auto v) { visit_bandwidth_rule(m, v); });
  expect_same_defaults<ProcessorConfig>(processor_fields(), "", [](auto& m, auto v) { visit_processor(m, v); });
  expect_same_defaults<NotifyConfig>(processor_fields(), "notify[].", [](auto& m, auto v) { visit_notify(m, v); });
}

TEST(Fields, EveryRowSaysWhatItIsInASentence) {
  for (const FieldTable table : {agent_fields(), processor_fields()}) {
    EXPECT_EQ(paths_of(table).size(), table.size()) << "a path stands twice";
    for (const Field& field : table) {
      EXPECT_GT(field.doc.size(), 10u) << field.path;
      EXPECT_EQ(field.doc.back(), '.') << field.path;
      EXPECT_EQ(field.allowed.empty(), field.kind != FieldKind::choice && field.kind != FieldKind::choices) << field.path;
      EXPECT_FALSE(field.need == Need::required && !field.fallback.empty()) << field.path;
    }
  }
}

TEST(Fields, TheRegionsOfTheTableAreThoseWithHosts) {
  std::set<std::string_view> known;
  for (const Region& region : regions) known.insert(region.name);
  const auto allowed = allowed_of(*find_field(agent_fields(), "connectors[].region"));
  EXPECT_EQ(std::set<std::string_view>(allowed.begin(), allowed.end()), known);
  EXPECT_EQ(api_host_of("uae"), api_host_of("mea"));
  EXPECT_EQ(api_host_of("jp"), "api.xdr.trendmicro.co.jp");
  EXPECT_FALSE(api_host_of("mars"));
}

TEST(Fields, AreFoundWithIndexesAndWithout) {
  ASSERT_NE(find_field(agent_fields(), "connectors[12].interval"), nullptr);
  EXPECT_EQ(find_field(agent_fields(), "connectors[12].interval"), find_field(agent_fields(), "connectors[].interval"));
  EXPECT_EQ(find_field(agent_fields(), "connectors"), nullptr);
  EXPECT_TRUE(is_section(agent_fields(), "processor.tls"));
  EXPECT_TRUE(is_section(agent_fields(), "connectors[]"));
  EXPECT_FALSE(is_section(agent_fields(), "ship.in_flight"));
  EXPECT_FALSE(is_section(agent_fields(), "shi"));
}

TEST(Fields, KeysOfASectionAreItsDirectChildren) {
  EXPECT_EQ(keys_of(processor_fields(), ""),
            (std::vector<std::string_view>{"processor", "listen", "control", "tls", "metrics", "log", "notify"}));
  EXPECT_EQ(keys_of(agent_fields(), "processor"), (std::vector<std::string_view>{"data", "control", "tls"}));
  EXPECT_EQ(keys_of(agent_fields(), "connectors[].tenant"), (std::vector<std::string_view>{"id", "name"}));
}

}  // namespace
}  // namespace tidegate
