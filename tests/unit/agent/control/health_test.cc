#include "agent/control/health.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidegate {
namespace {

constexpr WallTime became{std::chrono::seconds{1'800'000'000}};

ContentStatus content(const std::string& type, Verdict verdict, const std::string& reason = {}) {
  ContentStatus status;
  status.content_type = type;
  status.state.become(verdict, became, reason);
  return status;
}

AgentStatus healthy_sensor() {
  AgentStatus status;
  status.sensor = "zurich-01";
  status.started = became - std::chrono::hours{1};
  status.uplink.become(Verdict::healthy, became, {});
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
  EXPECT_EQ(health.parts.size(), 7u) << "no control plane, no configuration of it";
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

TEST(Health, P12WhatIsAmissWithActionsIsAPartWhereSomethingIs) {
  AgentStatus status = healthy_sensor();
  status.actions = {{"ledger", "a newer version wrote it", became}, {"runs", "1 may have been done", became}};
  const Component health = health_of(status);
  EXPECT_EQ(health.parts.size(), 8u);
  const Component actions = part(health, "actions");
  EXPECT_FALSE(actions.healthy);
  EXPECT_EQ(actions.reason, "ledger: a newer version wrote it");
  EXPECT_EQ(part(actions, "runs").reason, "1 may have been done");
  EXPECT_TRUE(health.healthy) << "collection goes on";
}

TEST(Health, ATokenThatEndsWithinAWeekIsAPart) {
  AgentStatus status = healthy_sensor();
  TokenView& token = status.connectors.front().token;
  token.expiry.expires = became;
  token.level = ExpiryLevel::month;
  EXPECT_TRUE(part(health_of(status), "tokens").healthy);
  token.level = ExpiryLevel::week;
  EXPECT_EQ(part(part(health_of(status), "tokens"), "acme").status, "expires_soon");
  token.level = ExpiryLevel::expired;
  EXPECT_EQ(part(part(health_of(status), "tokens"), "acme").reason, "its API token expired " + to_iso8601(became));
  EXPECT_TRUE(health_of(status).healthy) << "it collects still";
  status.connectors.front().enabled = false;
  EXPECT_TRUE(part(health_of(status), "tokens").healthy) << "nobody uses it";
}

TEST(Health, LagIsToldByHowOftenAContentTypeIsRead) {
  AgentStatus status = healthy_sensor();
  status.connectors.front().contents.front().lag = lag_told_from;
  status.connectors.front().contents.back().lag = lag_told_from;
  const Component lag = part(health_of(status), "lag");
  ASSERT_EQ(lag.parts.size(), 1u) << "audit logs are read once a day";
  EXPECT_EQ(lag.parts.front().name, "acme alerts");
  status.connectors.front().contents.back().lag = audit_logs_lag_told_from;
  EXPECT_EQ(part(health_of(status), "lag").parts.size(), 2u);
}

TEST(Health, AGapIsToldForADayWithItsInterval) {
  AgentStatus status = healthy_sensor();
  const auto at = std::chrono::floor<std::chrono::seconds>(became);
  status.connectors.front().contents.front().gaps = {
      {"acme", Lane::alerts, at - std::chrono::hours{2}, at - std::chrono::hours{1}, "no longer served", became}};
  status.now = became + gap_told_for - std::chrono::seconds{1};
  const Component gaps = part(health_of(status), "gaps");
  ASSERT_FALSE(gaps.healthy);
  EXPECT_NE(gaps.reason.find("no longer served"), std::string::npos) << gaps.reason;
  status.now = became + gap_told_for;
  EXPECT_TRUE(part(health_of(status), "gaps").healthy);
}

TEST(Health, AClockThatIsOffIsToldInEitherDirection) {
  AgentStatus status = healthy_sensor();
  std::optional<std::chrono::seconds>& offset = status.connectors.front().token.expiry.clock_offset;
  offset = clock_offset_told_from - std::chrono::seconds{1};
  EXPECT_TRUE(part(health_of(status), "clock").healthy);
  offset = -clock_offset_told_from;
  EXPECT_NE(part(health_of(status), "clock").reason.find("behind"), std::string::npos);
  offset = clock_offset_told_from;
  EXPECT_NE(part(health_of(status), "clock").reason.find("ahead of"), std::string::npos);
}

TEST(Health, DoesNotChangeWithNumbersThatAlwaysChange) {
  AgentStatus status = healthy_sensor();
  const Component before = health_of(status);
  status.now += std::chrono::seconds{5};
  status.connectors.front().contents.front().lag = std::chrono::seconds{7};
  status.journal.bytes = 300;
  EXPECT_EQ(health_of(status), before);
  ContentStatus& behind = status.connectors.front().contents.front();
  behind.lag = lag_told_from;
  behind.read_through = status.now - lag_told_from;
  const Component lagging = health_of(status);
  EXPECT_NE(lagging, before);
  behind.lag += std::chrono::minutes{5};
  *behind.read_through += std::chrono::minutes{2};
  EXPECT_EQ(health_of(status), lagging) << "a backlog under way would be told with every page";
}

}  // namespace
}  // namespace tidegate
