// P2, no twin: a record reaches the index once. Re-reading and re-sending never show.
#include <gtest/gtest.h>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

// What the status says of all content types together; absent where it says nothing.
std::optional<std::int64_t> ids_remembered(const World& world) {
  static constexpr std::string_view key = "\"ids_remembered\":";
  const std::string text = status_json(world.status());
  std::optional<std::int64_t> sum;
  for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1))
    sum = sum.value_or(0) + std::stoll(text.substr(at + key.size()));
  return sum;
}

TEST(P2NoTwin, WindowsThatOverlapAreReadAgainAndNotStoredAgain) {
  World world{Seed{11}, small_tenant()};
  world.start_agent();
  world.run_for(1h);
  EXPECT_GT(metric_sum(world, "tidegate_records_duplicate_total"), 100);
  EXPECT_EQ(metric_sum(world, "tidegate_records_committed_total"), static_cast<std::int64_t>(world.processor->records().size()));
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

TEST(P2NoTwin, AChunkWhoseAckWasLostIsSentAgainUnderItsOwnId) {
  World world{Seed{12}, small_tenant()};
  world.processor->lose_acks(3);
  world.start_agent();
  world.run_for(1h);
  EXPECT_GE(world.processor->chunks_received(), world.processor->chunks_kept() + 3);
  expect_all_once(world);
}

TEST(P2NoTwin, RestartsWithChunksInFlightRepeatChunksAndNoRecord) {
  World world{Seed{13}, small_tenant()};
  world.processor->hold_acks(true);
  world.start_agent();
  for (int i = 0; i < 5; ++i) {
    world.run_for(20s);
    world.restart_agent();
  }
  world.processor->hold_acks(false);
  world.run_for(1h);
  EXPECT_GT(world.processor->chunks_received(), world.processor->chunks_kept());
  expect_all_once(world);
}

TEST(P2NoTwin, EveryVersionOfAnAlertIsOneRecord) {
  WorldOptions options = small_tenant();
  options.sim.data.updates_share = 1;
  World world{Seed{14}, options};
  world.start_agent();
  world.run_for(2h);
  std::map<std::string, int> versions;
  for (const auto& [source, count] : world.processor->records())
    if (source.msg_class == "trendmicro_visionone_alerts") ++versions[source.id];
  int changed = 0;
  for (const auto& [id, count] : versions) changed += count > 1 ? 1 : 0;
  EXPECT_GT(changed, 0);
  expect_all_once(world);
}

TEST(P2NoTwin, WhatWasSettledIsForgottenSoThatMemoryStaysSmall) {
  World world{Seed{15}, small_tenant()};
  world.start_agent();
  world.run_for(15min);
  const std::optional<std::int64_t> busy = ids_remembered(world);
  ASSERT_TRUE(busy) << status_json(world.status());
  EXPECT_GT(*busy, 0);
  // Two minutes of overlap and what a window adds to them, not the hours of the backlog.
  EXPECT_LT(*busy, static_cast<std::int64_t>(world.processor->records().size()) / 5);
  world.run_for(3h);  // long after the last record
  EXPECT_EQ(ids_remembered(world), 0);
  world.restart_agent();
  world.run_for(1s);
  EXPECT_EQ(ids_remembered(world), 0);  // nor does the journal hold them
  world.run_for(5min);
  expect_all_once(world);
}

}  // namespace
}  // namespace tidegate
