#include "config/diff.h"

#include <gtest/gtest.h>

#include "config/parse.h"
#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

AgentConfig config_of(const std::string& yaml) {
  ParsedAgent agent = parse_agent(yaml, "agent.yaml");
  EXPECT_TRUE(agent.config) << to_text(agent.errors);
  return agent.config.value_or(AgentConfig{});
}

TEST(Diff, TheSameConfigurationChangesNothing) { EXPECT_TRUE(diff(config_of(least_agent), config_of(least_agent)).empty()); }

TEST(Diff, AConnectorsChangeIsLive) {
  const std::vector<ConfigChange> changes = diff(config_of(least_agent), config_of(least_agent + "    interval: 1min\n"));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(to_text(changes[0]), "connectors[acme-visionone].interval: 5min to 1min");
  EXPECT_EQ(changes[0].applies, Applies::live);
}

TEST(Diff, AChangedSecretIsSeenAndNotShown) {
  const std::vector<ConfigChange> changes =
      diff(config_of(least_agent), config_of(replaced(least_agent, "abc.def.ghi", "jkl.mno.pqr")));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0], (ConfigChange{"connectors[acme-visionone].bearer_token", "***", "***", Applies::live}));
}

TEST(Diff, AnotherNameIsAnotherConnectorWhoseSettingsDidNotChange) {
  EXPECT_TRUE(diff(config_of(least_agent), config_of(replaced(least_agent, "acme-visionone", "other"))).empty());
}

TEST(Diff, TheOrderOfConnectorsDoesNotMatter) {
  AgentConfig one = config_of(least_agent);
  one.connectors.push_back(one.connectors.front());
  one.connectors.back().name = "second";
  one.connectors.back().interval += std::chrono::minutes{1};
  AgentConfig other = one;
  std::swap(other.connectors[0], other.connectors[1]);
  EXPECT_TRUE(diff(one, other).empty());
}

TEST(Diff, ARegionsUrlFollowsItAndIsNoChangeOfItsOwn) {
  const std::vector<ConfigChange> region =
      diff(config_of(least_agent), config_of(replaced(least_agent, "region: us", "region: eu")));
  ASSERT_EQ(region.size(), 1u);
  EXPECT_EQ(to_text(region[0]), "connectors[acme-visionone].region: us to eu");
  const std::vector<ConfigChange> to_url =
      diff(config_of(least_agent), config_of(replaced(least_agent, "region: us", "api_base_url: https://x.example")));
  ASSERT_EQ(to_url.size(), 2u);
  EXPECT_EQ(to_text(to_url[1]), "connectors[acme-visionone].api_base_url: nothing to https://x.example");
}

TEST(Diff, WhatIsNoConnectorsWaitsForARestart) {
  const std::vector<ConfigChange> ship = diff(config_of(least_agent), config_of(least_agent + "ship: {bandwidth: 1Mbit/s}\n"));
  ASSERT_EQ(ship.size(), 1u);
  EXPECT_EQ(to_text(ship[0]), "ship.bandwidth: unlimited to 1Mbit/s");
  EXPECT_EQ(ship[0].applies, Applies::restart);

  const std::vector<ConfigChange> uplink = diff(config_of(least_agent), config_of(replaced(least_agent, "dp1", "dp2")));
  ASSERT_EQ(uplink.size(), 1u);
  EXPECT_EQ(uplink[0].applies, Applies::restart);
}

}  // namespace
}  // namespace tidegate
