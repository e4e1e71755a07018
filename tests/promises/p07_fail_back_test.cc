// P7, P12 with several processors in order of preference: the next one takes over, the preferred one is come back to, and nothing
// is lost, doubled or called unreachable on the way.
#include <gtest/gtest.h>

#include <array>

#include "tests/sim/checkers.h"
#include "tests/sim/fleet.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t preferred = 0;
constexpr std::size_t second = 1;

// Chunks that each processor has landed.
class LandedAt final : public Checker {
 public:
  void on_landed(std::size_t processor, std::span<const Chunk> chunks, const Result<std::vector<Landed>>& landed) override {
    if (landed) chunks_.at(processor) += chunks.size();
  }
  std::array<std::size_t, 2> chunks_{};
};

class FailBack : public testing::Test {
 protected:
  FailBack() {
    FleetSensorOptions sensor;
    DataOptions& data = sensor.api.data;
    data.backlog_period = 1h;
    data.live = 8h;
    data.alerts = {.backlog = 5, .per_second = 0.01};
    data.audit_logs = {.backlog = 5, .per_second = 0.002};
    data.techniques = {.backlog = 50, .per_second = 0.02};
    sensor.connector.interval = 1min;
    sensor.connector.audit_logs_interval = 10min;
    sensor.connector.overlap = 2min;
    sensor.connector.settle = 5s;
    sensor.connector.window = 1h;
    sensor.connector.first_read = 24h;
    FleetOptions options{.sensors = {std::move(sensor)}, .processors = 2};
    fleet_ = std::make_unique<SimFleet>(Seed{3}, std::move(options), nullptr);
    for (std::unique_ptr<Checker>& checker : all_checkers()) fleet_->add(std::move(checker));
    auto landed = std::make_unique<LandedAt>();
    landed_ = landed.get();
    fleet_->add(std::move(landed));
    fleet_->start();
  }

  void part(std::size_t processor, bool parted) {
    const std::string& place = fleet_->centres().at(processor).processor->place();
    fleet_->net().weather(fleet_->sensors().front().name, place).parted = parted;
  }
  // Where chunks are landed within the next while.
  std::array<bool, 2> lands_at(std::chrono::nanoseconds span) {
    const std::array<std::size_t, 2> before = landed_->chunks_;
    fleet_->run_for(span);
    return {landed_->chunks_[preferred] > before[preferred], landed_->chunks_[second] > before[second]};
  }

  std::unique_ptr<SimFleet> fleet_;
  const LandedAt* landed_ = nullptr;
};

using At = std::array<bool, 2>;

TEST_F(FailBack, P7TheSecondTakesOverAndThePreferredIsComeBackTo) {
  EXPECT_EQ(lands_at(1h), (At{true, false}));
  part(preferred, true);
  fleet_->run_for(10min);  // that the connection is dead shows by acks that do not come
  EXPECT_EQ(lands_at(1h), (At{false, true}));
  part(preferred, false);
  fleet_->run_for(10min);
  EXPECT_EQ(lands_at(1h), (At{true, false}));
  fleet_->run_for(8h);
  fleet_->end();
  EXPECT_TRUE(fleet_->drained());
  EXPECT_EQ(fleet_->missing(), std::vector<std::string>{});
  EXPECT_EQ(fleet_->twins(), std::vector<std::string>{});
  EXPECT_EQ(fleet_->broken(), std::vector<std::string>{});
}

TEST_F(FailBack, P12GoingBackIsNoFailure) {
  part(preferred, true);
  fleet_->run_for(30min);
  part(preferred, false);
  const auto unreachable = [this] { return fleet_->status(fleet_->sensors().front()).uplink.verdict == Verdict::unreachable; };
  EXPECT_FALSE(fleet_->run_until(unreachable, 30min));
  EXPECT_EQ(lands_at(1h), (At{true, false}));
}

TEST_F(FailBack, P7WhileThePreferredIsAwayNothingWaitsForIt) {
  part(preferred, true);
  fleet_->run_for(30min);
  for (int look = 0; look < 24; ++look) EXPECT_EQ(lands_at(10min), (At{false, true})) << look;
}

}  // namespace
}  // namespace tidegate
