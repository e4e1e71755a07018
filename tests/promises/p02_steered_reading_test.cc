// P2 where an operator steers: what is read again on purpose is known to the index by its record ids; and a back-fill neither
// holds up fresh reading nor forgets where it was.
#include <gtest/gtest.h>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

WallSeconds before(const World& world, std::chrono::seconds span) {
  return std::chrono::floor<std::chrono::seconds>(world.api_time()) - span;
}

std::size_t received(const World& world) {
  std::size_t count = 0;
  for (const auto& [source, times] : world.processor->records()) count += static_cast<std::size_t>(times);
  return count;
}

TEST(P2SteeredReading, ARewoundCursorReadsAgainUnderTheSameRecordIds) {
  World world{Seed{201}, small_tenant()};
  world.start_agent();
  world.run_for(40min);
  ASSERT_EQ(world.missing(), std::vector<std::string>{});
  const std::size_t once = received(world);
  const std::set<std::string> ids = world.processor->record_ids();
  Result<void> rewound = world.ask(world.agent().rewind({.connector = "world", .lane = Lane::techniques}, before(world, 8h)));
  ASSERT_TRUE(rewound) << rewound.error().text();
  world.run_for(10min);
  EXPECT_GT(received(world), once + 1000);        // they came again
  EXPECT_EQ(world.processor->record_ids(), ids);  // as the same records
}

// To a time that was not read yet it would pass over what lies between (P1).
TEST(P2SteeredReading, ACursorIsOnlySetBack) {
  World world{Seed{206}, small_tenant()};
  world.start_agent();
  world.run_for(10min);
  world.api_away = true;
  world.run_for(3h);
  const Result<void> rewound = world.ask(world.agent().rewind({.connector = "world", .lane = Lane::alerts}, before(world, 1h)));
  ASSERT_FALSE(rewound);
  EXPECT_EQ(rewound.error().code(), Code::invalid) << rewound.error().text();
  world.api_away = false;
  world.run_for(1h);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
}

TEST(P2SteeredReading, ABackFillReadsItsIntervalAndEnds) {
  WorldOptions options = small_tenant();
  options.connector.first_read = 0s;
  World world{Seed{202}, options};
  world.start_agent();
  world.run_for(25min);
  ASSERT_NE(world.missing(), std::vector<std::string>{});  // the backlog was not asked for
  Result<Backfill> begun = world.ask(world.agent().backfills().start(
      {.connector = "world", .lane = Lane::techniques, .from = before(world, 24h), .to = before(world, 10min)}));
  ASSERT_TRUE(begun) << begun.error().text();
  world.run_for(20min);
  Result<std::vector<BackfillView>> list = world.ask(world.agent().backfills().list());
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->front().backfill.state, BackfillState::done);
  for (const std::string& missing : world.missing()) EXPECT_EQ(missing.find("techniques"), std::string::npos) << missing;
}

TEST(P2SteeredReading, ABackFillIsPausedResumedRestartedAndGoesOnWhereItWas) {
  WorldOptions options = small_tenant();
  options.connector.first_read = 0s;
  options.connector.requests_per_minute = 6;
  options.connector.window_records_max = 200;
  World world{Seed{203}, options};
  world.start_agent();
  world.run_for(25min);
  const Result<Backfill> begun = world.ask(world.agent().backfills().start(
      {.connector = "world", .lane = Lane::techniques, .from = before(world, 24h), .to = before(world, 10min)}));
  ASSERT_TRUE(begun);
  const auto progress_now = [&world] { return world.ask(world.agent().backfills().list())->front().progress; };
  world.run_until([&] { return progress_now() > 0; }, 30min);
  ASSERT_TRUE(world.ask(world.agent().backfills().pause(begun->number)));
  const double early = progress_now();
  ASSERT_GT(early, 0);
  ASSERT_LT(early, 0.9);
  world.run_for(10min);
  EXPECT_EQ(progress_now(), early);
  world.restart_agent();
  world.run_for(10min);
  EXPECT_EQ(progress_now(), early);  // still paused
  ASSERT_TRUE(world.ask(world.agent().backfills().resume(begun->number)));
  world.run_for(2h);
  EXPECT_EQ(world.ask(world.agent().backfills().list())->front().backfill.state, BackfillState::done);
  for (const std::string& missing : world.missing()) EXPECT_EQ(missing.find("techniques"), std::string::npos) << missing;
}

TEST(P2SteeredReading, ABackFillThatReadsNothingSaysWhy) {
  World world{Seed{207}, small_tenant()};
  world.start_agent();
  world.run_for(10min);
  world.api->serve().forbidden = {Endpoint::techniques};
  ASSERT_TRUE(world.ask(world.agent().backfills().start(
      {.connector = "world", .lane = Lane::techniques, .from = before(world, 24h), .to = before(world, 10min)})));
  world.run_for(1min);
  const Result<std::vector<BackfillView>> list = world.ask(world.agent().backfills().list());
  ASSERT_TRUE(list);
  EXPECT_EQ(list->front().backfill.state, BackfillState::running);
  EXPECT_NE(list->front().trouble.find("auth_failed: "), std::string::npos) << list->front().trouble;
}

TEST(P2SteeredReading, ANumberOfOperationsOnOneBackFillLeaveItAsTheLastSaid) {
  WorldOptions options = small_tenant();
  options.connector.requests_per_minute = 6;
  World world{Seed{208}, options};
  world.start_agent();
  const Result<Backfill> begun = world.ask(world.agent().backfills().start(
      {.connector = "world", .lane = Lane::techniques, .from = before(world, 24h), .to = before(world, 10min)}));
  ASSERT_TRUE(begun);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.ask(world.agent().backfills().pause(begun->number)));
    ConnectorConfig connector = world.config.connectors.front();
    connector.interval += 1s;
    world.reconfigure(connector);
    ASSERT_TRUE(world.ask(world.agent().backfills().resume(begun->number)));
    world.run_for(20s);
  }
  ASSERT_TRUE(world.ask(world.agent().backfills().cancel(begun->number)));
  world.run_for(30min);
  const Result<std::vector<StoredCursor>> cursors = world.ask(world.agent().cursors());
  ASSERT_TRUE(cursors);
  ASSERT_FALSE(cursors->empty());
  for (const StoredCursor& stored : *cursors) EXPECT_EQ(stored.key.job, 0u);  // nobody commits for it any more
}

TEST(P2SteeredReading, ACancelledBackFillReadsNoMore) {
  WorldOptions options = small_tenant();
  options.connector.first_read = 0s;
  options.connector.requests_per_minute = 6;
  World world{Seed{204}, options};
  world.start_agent();
  world.run_for(25min);
  const Result<Backfill> begun = world.ask(world.agent().backfills().start(
      {.connector = "world", .lane = Lane::alerts, .from = before(world, 24h), .to = before(world, 10min)}));
  ASSERT_TRUE(begun);
  ASSERT_TRUE(world.ask(world.agent().backfills().cancel(begun->number)));
  const std::size_t so_far = world.processor->records().size();
  world.run_for(1h);
  EXPECT_LE(world.processor->records().size(), so_far + 5);
  EXPECT_EQ(world.ask(world.agent().backfills().list())->front().backfill.state, BackfillState::cancelled);
}

TEST(P2SteeredReading, ChangingALogFilterNeedsNothingRecreated) {
  WorldOptions options = small_tenant();
  options.connector.log_filters = {{.name = "no-alerts", .content_types = {ContentType::alerts}, .include = {}, .exclude = "*"}};
  World world{Seed{205}, options};
  world.start_agent();
  world.run_for(5min);
  const auto alerts = [&world] {
    std::size_t count = 0;
    for (const auto& [source, times] : world.processor->records()) count += source.msg_class.ends_with("_alerts") ? 1 : 0;
    return count;
  };
  EXPECT_EQ(alerts(), 0u);
  EXPECT_GT(metric_sum(world, "tidegate_records_filtered_total", "filter=\"no-alerts\""), 0);
  ConnectorConfig connector = world.config.connectors.front();
  connector.log_filters.clear();
  world.reconfigure(connector);
  world.run_for(25min);
  EXPECT_GT(alerts(), 3u);  // those of after the change
}

}  // namespace
}  // namespace tidegate
