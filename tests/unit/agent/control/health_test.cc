#include "agent/control/health.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidegate {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'800'000'000}};

ContentStatus content(const std::string& type, Verdict verdict, const std::string& reason = {}) {
  ContentStatus status;
  status.content_type = type;
  status.state.become(verdict, noon, reason);
  return status;
}

AgentStatus healthy_sensor() {
  AgentStatus status;
  status.sensor = "zurich-01";
  status.started = noon - std::chrono::hours{1};
  status.uplink.become(Verdict::healthy, noon, {});
  status.journal.budget = 1000;
  ConnectorStatus connector;
  connector.name = "acme";
  connector.contents = {content("alerts", Verdict::healthy), content("audit_logs", Verdict::idle)};
  status.connectors.push_back(connector);
  return status;
}

const Component& part(const Component& whole, std::string_view name) {
  const auto found = std::ranges::find(whole.parts, name, &Component::name);
  if (found == whole.parts.end()) throw std::runtime_error("no part " + std::string{name});
  return *found;
}

TEST(Health, ASensorThatCollectsAndShipsIsHealthy) {
  const Component health = health_of(healthy_sensor());
  EXPECT_EQ(health.name, "zurich-01");
  EXPECT_TRUE(health.healthy);
  EXPECT_EQ(health.reason, "");
  EXPECT_TRUE(part(part(health, "connectors"), "acme").healthy);
  EXPECT_EQ(part(part(part(health, "connectors"), "acme"), "audit_logs").status, "idle");
  EXPECT_EQ(health.parts.size(), 3u) << "no control plane, no configuration of it";
}

TEST(Health, ASensorThatCollectsNothingIsNot) {
  AgentStatus status = healthy_sensor();
  status.connectors.front().enabled = false;
  Component health = health_of(status);
  EXPECT_FALSE(health.healthy);
  EXPECT_EQ(health.reason, "connectors: no connector is enabled");
  EXPECT_TRUE(part(part(health, "connectors"), "acme").healthy) << "to be disabled is no fault of its own";
  status.connectors.clear();
  health = health_of(status);
  EXPECT_FALSE(health.healthy);
}

TEST(Health, WhatFailsIsNamedUpToTheTop) {
  AgentStatus status = healthy_sensor();
  status.connectors.front().contents.back() = content("audit_logs", Verdict::auth_failed, "the token has expired");
  const Component health = health_of(status);
  EXPECT_FALSE(health.healthy);
  EXPECT_EQ(health.status, "auth_failed");
  EXPECT_EQ(health.reason, "connectors: acme: audit_logs: the token has expired");
  EXPECT_TRUE(part(part(part(health, "connectors"), "acme"), "alerts").healthy);
}

TEST(Health, WhatWasNotAskedYetAndWhatWaitsIsNotCalledHealthy) {
  for (const Verdict verdict : {Verdict::starting, Verdict::paused, Verdict::degraded, Verdict::unreachable}) {
    AgentStatus status = healthy_sensor();
    status.connectors.front().contents.front() = content("alerts", verdict);
    EXPECT_FALSE(health_of(status).healthy) << name(verdict);
  }
}

TEST(Health, AJournalThatFillsAndARefusedConfigurationAreParts) {
  AgentStatus status = healthy_sensor();
  status.journal.bytes = 701;
  status.control.emplace();
  status.control->configuration = {"h", 4, RemoteState::failed, "no such region"};
  const Component health = health_of(status);
  EXPECT_EQ(part(health, "journal").status, "filling");
  EXPECT_FALSE(part(health, "journal").healthy);
  EXPECT_EQ(part(health, "configuration").status, "FAILED");
  EXPECT_EQ(part(health, "configuration").reason, "no such region");
  EXPECT_TRUE(health.healthy) << "collection goes on";
}

TEST(Health, DoesNotChangeWithNumbersThatAlwaysChange) {
  AgentStatus status = healthy_sensor();
  const Component before = health_of(status);
  status.now += std::chrono::seconds{5};
  status.connectors.front().contents.front().lag = std::chrono::seconds{7};
  status.journal.bytes = 300;
  EXPECT_EQ(health_of(status), before);
}

}  // namespace
}  // namespace tidegate
