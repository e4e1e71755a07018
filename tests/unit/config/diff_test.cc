#include "config/diff.h"

#include <gtest/gtest.h>

#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

AgentConfig parsed(const std::string& yaml) {
  ParsedAgent agent = parse_agent(yaml, "agent.yaml");
  EXPECT_TRUE(agent.config) << to_text(agent.errors);
  return agent.config.value_or(AgentConfig{});
}

TEST(Diff, TheSameConfigurationChangesNothing) {
  const ConfigDiff none = diff(parsed(least_agent), parsed(least_agent));
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.restart_needed);
}

TEST(Diff, AConnectorsChangeRebuildsThatConnectorLive) {
  const ConfigDiff result = diff(parsed(least_agent), parsed(least_agent + "    interval: 1min\n"));
  EXPECT_EQ(result.connectors_changed, std::vector<std::string>{"acme-visionone"});
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_EQ(to_text(result.changes[0]), "connectors[acme-visionone].interval: 5min to 1min");
  EXPECT_EQ(result.changes[0].applies, Applies::live);
  EXPECT_FALSE(result.restart_needed);
  EXPECT_FALSE(result.ship_changed);
}

TEST(Diff, AChangedSecretIsSeenAndNotShown) {
  const ConfigDiff result = diff(parsed(least_agent), parsed(replaced(least_agent, "abc.def.ghi", "jkl.mno.pqr")));
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_EQ(result.changes[0], (ConfigChange{"connectors[acme-visionone].bearer_token", "***", "***", Applies::live}));
}

TEST(Diff, AnotherNameIsAnotherConnector) {
  const ConfigDiff result = diff(parsed(least_agent), parsed(replaced(least_agent, "acme-visionone", "other")));
  EXPECT_EQ(result.connectors_added, std::vector<std::string>{"other"});
  EXPECT_EQ(result.connectors_removed, std::vector<std::string>{"acme-visionone"});
  EXPECT_TRUE(result.changes.empty());
  EXPECT_FALSE(result.empty());
}

TEST(Diff, TheOrderOfConnectorsDoesNotMatter) {
  AgentConfig one = parsed(least_agent);
  one.connectors.push_back(one.connectors.front());
  one.connectors.back().name = "second";
  AgentConfig other = one;
  std::swap(other.connectors[0], other.connectors[1]);
  EXPECT_TRUE(diff(one, other).empty());
}

TEST(Diff, ARegionsUrlFollowsItAndIsNoChangeOfItsOwn) {
  const ConfigDiff result = diff(parsed(least_agent), parsed(replaced(least_agent, "region: us", "region: eu")));
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_EQ(to_text(result.changes[0]), "connectors[acme-visionone].region: us to eu");
  const ConfigDiff to_url =
      diff(parsed(least_agent), parsed(replaced(least_agent, "region: us", "api_base_url: https://x.example")));
  ASSERT_EQ(to_url.changes.size(), 2u);
  EXPECT_EQ(to_text(to_url.changes[1]), "connectors[acme-visionone].api_base_url: nothing to https://x.example");
}

TEST(Diff, WhatIsNoConnectorsWaitsForARestart) {
  const ConfigDiff ship = diff(parsed(least_agent), parsed(least_agent + "ship: {bandwidth: 1Mbit/s}\n"));
  EXPECT_TRUE(ship.ship_changed);
  EXPECT_FALSE(ship.uplink_changed);
  EXPECT_TRUE(ship.restart_needed);
  EXPECT_EQ(to_text(ship.changes.at(0)), "ship.bandwidth: unlimited to 1Mbit/s");

  const ConfigDiff uplink = diff(parsed(least_agent), parsed(replaced(least_agent, "dp1", "dp2")));
  EXPECT_TRUE(uplink.uplink_changed);
  EXPECT_TRUE(uplink.restart_needed);

  const ConfigDiff sensor = diff(parsed(least_agent), parsed(replaced(least_agent, "zurich-01", "zurich-02")));
  EXPECT_TRUE(sensor.restart_needed);
}

}  // namespace
}  // namespace tidegate
