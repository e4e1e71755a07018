// P4, an ack means durable: the agent forgets a chunk only after the processor says that it is kept. The processor's half
// is in tests/unit/processor.
#include <gtest/gtest.h>

#include "tests/world/world.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

std::uint64_t kept(const World& world) {
  std::uint64_t records = 0;
  for (const LaneUsage& lane : world.status().journal.lanes) records += lane.records;
  return records;
}

TEST(P4AckMeansDurable, WithoutAcksNothingLeavesTheJournal) {
  World world{Seed{21}, small_tenant()};
  world.processor->hold_acks(true);
  world.start_agent();
  world.run_for(20min);
  ASSERT_GT(world.processor->records().size(), 0u);
  EXPECT_GE(kept(world), world.processor->records().size());
  world.restart_agent();
  world.run_for(1min);
  EXPECT_GE(kept(world), world.processor->records().size());

  world.processor->hold_acks(false);
  world.run_for(1h);
  EXPECT_EQ(kept(world), 0u);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
}

TEST(P4AckMeansDurable, AChunkThatWasOnlyWrittenIsSentAgain) {
  World world{Seed{22}, small_tenant()};
  world.processor->lose_acks(1);
  world.start_agent();
  ASSERT_TRUE(world.run_until([&world] { return world.processor->chunks_received() == 1; }, 10min));
  const SegmentId first = world.processor->order().front();
  world.run_for(10min);
  const auto& order = world.processor->order();
  EXPECT_GE(std::count(order.begin(), order.end(), first), 2);
}

}  // namespace
}  // namespace tidegate
