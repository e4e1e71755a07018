// P5, full means wait, never drop: what is lost for certain, because the API no longer has it, is recorded, shipped and shown.
#include <gtest/gtest.h>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(P5FullMeansWait, AnOutageBeyondTheApisRetentionIsAGapThatIsShippedAndShown) {
  World world{Seed{501}, small_tenant()};
  world.start_agent();
  world.run_for(30min);
  world.stop_agent();
  world.clock.advance(200 * 24h);  // audit logs are kept for 180 days
  world.start_agent();
  world.run_for(30min);
  const AgentStatus status = world.status();
  const std::vector<Gap>& gaps = content(status, "audit_logs").gaps;
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_GT(gaps.front().length(), 19 * 24h);
  EXPECT_LT(gaps.front().length(), 21 * 24h);
  EXPECT_TRUE(content(status, "alerts").gaps.empty());
  EXPECT_EQ(world.processor->own_events().size(), 1u);
  EXPECT_NE(world.metrics_text().find("tidegate_gap_seconds_total{connector=\"world\",content_type=\"audit_logs\"}"),
            std::string::npos);
  EXPECT_NE(status_json(status).find("\"gaps\":[{\"from\""), std::string::npos);
  // It is shown for as long as it is kept, also by a process that did not see it happen.
  world.restart_agent();
  world.run_for(1min);
  EXPECT_EQ(content(world.status(), "audit_logs").gaps, gaps);
}

TEST(P5FullMeansWait, WhatWasOverBeforeTheFirstReadIsNoGap) {
  WorldOptions options = small_tenant();
  options.connector.first_read = 180 * 24h;
  World world{Seed{502}, options};
  world.start_agent();
  world.run_for(30min);
  EXPECT_TRUE(content(world.status(), "audit_logs").gaps.empty());
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
}

// What an operator asks for and nobody serves any more was not lost by the live reading.
TEST(P5FullMeansWait, ABackFillBeyondTheRetentionIsNoGapOfTheLiveReading) {
  World world{Seed{503}, small_tenant()};
  world.start_agent();
  world.run_for(30min);
  const WallSeconds now = std::chrono::floor<std::chrono::seconds>(world.api_time());
  ASSERT_TRUE(world.ask(
      world.agent().backfills().start({.connector = "world", .lane = Lane::audit_logs, .from = now - 200 * 24h, .to = now - 24h})));
  world.run_for(3h);
  Result<std::vector<BackfillView>> list = world.ask(world.agent().backfills().list());
  ASSERT_TRUE(list);
  EXPECT_EQ(list->front().backfill.state, BackfillState::done);
  EXPECT_TRUE(content(world.status(), "audit_logs").gaps.empty());
  EXPECT_TRUE(world.processor->own_events().empty());
}

TEST(P5FullMeansWait, ARewindBeyondTheRetentionIsNoGapOfWhatWasRead) {
  World world{Seed{504}, small_tenant()};
  world.start_agent();
  world.run_for(30min);
  const WallSeconds now = std::chrono::floor<std::chrono::seconds>(world.api_time());
  ASSERT_TRUE(world.ask(world.agent().rewind({.connector = "world", .lane = Lane::audit_logs}, now - 300 * 24h)));
  world.run_for(3h);
  EXPECT_TRUE(content(world.status(), "audit_logs").gaps.empty());
  EXPECT_TRUE(world.processor->own_events().empty());
  EXPECT_LT(content(world.status(), "audit_logs").lag, 1h);
}

}  // namespace
}  // namespace tidegate
