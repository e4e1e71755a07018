// P2, no twin: a record reaches the index once. Re-reading and re-sending never show.
#include <gtest/gtest.h>

#include "tests/world/world.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

std::int64_t metric(const World& world, const std::string& name) {
  std::int64_t sum = 0;
  const std::string text = world.metrics_text();
  for (std::size_t at = text.find("\n" + name + "{"); at != std::string::npos; at = text.find("\n" + name + "{", at + 1)) {
    const std::size_t space = text.find("} ", at);
    sum += std::stoll(text.substr(space + 2));
  }
  return sum;
}

TEST(P2NoTwin, WindowsThatOverlapAreReadAgainAndNotStoredAgain) {
  World world{Seed{11}, small_tenant()};
  world.start_agent();
  world.run_for(1h);
  EXPECT_GT(metric(world, "tidegate_records_duplicate_total"), 100);
  EXPECT_EQ(metric(world, "tidegate_records_committed_total"), static_cast<std::int64_t>(world.processor->records().size()));
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

TEST(P2NoTwin, AChunkWhoseAckWasLostIsSentAgainUnderItsOwnId) {
  World world{Seed{12}, small_tenant()};
  world.processor->lose_acks(3);
  world.start_agent();
  world.run_for(1h);
  EXPECT_GE(world.processor->chunks_received(), world.processor->chunks_kept() + 3);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
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
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
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
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

TEST(P2NoTwin, WhatWasSettledIsForgottenSoThatMemoryStaysSmall) {
  World world{Seed{15}, small_tenant()};
  world.start_agent();
  world.run_for(3h);  // long after the last record
  EXPECT_TRUE(world.complete());
  world.restart_agent();
  world.run_for(5min);
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

}  // namespace
}  // namespace tidegate
