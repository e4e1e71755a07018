// P6 beside a chunk that the receiver refuses: it does not block its lane, is set aside after ten refusals and no earlier, is
// shown, kept, and shipped again on request. And P4: nothing else is ever set aside.
#include <gtest/gtest.h>

#include "agent/control/spool.h"
#include "tests/promises/expectations.h"
#include "tests/world/world.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using Refusing = ProcessorSim::Refusing;

class P6RefusedChunk : public testing::TestWithParam<Refusing> {
 protected:
  P6RefusedChunk() {
    options_ = tenant_of(ContentType::observed_attack_techniques);
    options_.sim.data.live = 2h;  // others come all the while
    options_.sim.data.techniques.per_second = 0.1;
  }
  // The third chunk of its lane, whatever it holds.
  void begin(std::uint64_t seed) {
    world_ = std::make_unique<World>(Seed{seed}, options_);
    world_->processor->refuse(is_third, GetParam());
    world_->start_agent();
  }
  static bool is_third(const StoredSegment& segment) { return segment.id == SegmentId{Lane::techniques, 3}; }
  bool set_aside() const { return !world_->status().journal.set_aside.empty(); }

  WorldOptions options_;
  std::unique_ptr<World> world_;
};

TEST_P(P6RefusedChunk, ItIsSetAsideAfterTenRefusalsAndItsLaneGoesOn) {
  begin(61);
  ASSERT_TRUE(world_->run_until([this] { return set_aside(); }, 90min));
  EXPECT_GE(world_->processor->refusals(), 10u);
  EXPECT_TRUE(logged(*world_, "a chunk is set aside"));

  world_->run_for(3h);
  const JournalUsage kept = world_->status().journal;
  EXPECT_EQ(world_->status().verdict(), Verdict::degraded) << "P12";
  EXPECT_EQ(kept.set_aside.last, 1u) << "one, and no other (P4)";
  EXPECT_TRUE(kept.lane(Lane::techniques).empty()) << "its lane is not blocked";
  EXPECT_EQ(world_->missing().size(), kept.set_aside.records);
}

TEST_P(P6RefusedChunk, ItIsKeptThroughACrashAndShippedAgainOnRequest) {
  begin(62);
  ASSERT_TRUE(world_->run_until([this] { return set_aside(); }, 90min));
  world_->run_for(10min);
  world_->cut_power(TornTail::cut_anywhere);
  world_->run_for(10min);
  EXPECT_TRUE(set_aside());
  world_->processor->refuse({});
  const Result<std::uint64_t> resent = world_->ask(world_->agent().resend());
  ASSERT_TRUE(resent) << resent.error().text();
  EXPECT_EQ(*resent, 1u);
  EXPECT_TRUE(world_->agent().spool().usage.set_aside.empty());
  world_->run_for(3h);
  expect_all_once(*world_, 1h);
  EXPECT_NE(world_->status().verdict(), Verdict::degraded);
}

TEST_P(P6RefusedChunk, OneThatIsTakenInTheEndIsNotSetAside) {
  begin(63);
  ASSERT_TRUE(world_->run_until([this] { return world_->processor->refusals() == 5; }, 90min));
  world_->processor->refuse({});
  world_->run_for(3h);
  EXPECT_FALSE(set_aside());
  expect_all_once(*world_, 1h);
}

INSTANTIATE_TEST_SUITE_P(Receivers, P6RefusedChunk, testing::Values(Refusing::closes, Refusing::silent));

// A receiver that takes nothing at all is ill: whatever it is given is not to blame.
TEST(P6IllReceiver, AReceiverThatRefusesEverythingMakesNobodyUnbearable) {
  WorldOptions options = tenant_of(ContentType::observed_attack_techniques);
  World world{Seed{64}, options};
  world.processor->refuse([](const StoredSegment&) { return true; });
  world.start_agent();
  world.run_for(12h);
  ASSERT_GT(world.processor->refusals(), 100u);
  EXPECT_TRUE(world.status().journal.set_aside.empty());
  world.processor->refuse({});
  world.run_for(1h);
  EXPECT_TRUE(world.status().journal.set_aside.empty());
  expect_all_once(world, 1h);
}

}  // namespace
}  // namespace tidegate
