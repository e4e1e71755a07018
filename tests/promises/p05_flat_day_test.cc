// P5 over a day: with a processor that comes and goes, what the sensor keeps on its disk and in its memory does not grow. `bench
// soak` looks at the real process for an hour.
#include <gtest/gtest.h>

#include "storage/rocks_journal.h"
#include "tests/promises/expectations.h"
#include "tests/world/world.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr int hours = 24;
constexpr int warm_up_hours = 4;

struct Kept {
  std::uint64_t disk_bytes = 0;
  std::uint64_t files = 0;
  std::size_t ids = 0;
};

Kept kept_by(const World& world) {
  Kept kept;
  for (const auto& entry : std::filesystem::directory_iterator{world.journal_directory()}) {
    kept.disk_bytes += entry.file_size();
    ++kept.files;
  }
  const AgentStatus status = world.status();
  for (const ContentStatus& content : status.connectors.front().contents) kept.ids += content.ids_remembered;
  return kept;
}

template <class Value>
auto most(const std::vector<Kept>& all, int from, int to, Value Kept::* value) {
  Value greatest{};
  for (int hour = from; hour < to; ++hour) greatest = std::max(greatest, all[static_cast<std::size_t>(hour)].*value);
  return greatest;
}

TEST(P5FlatDay, ADayOfOutagesLeavesTheSensorAsItWas) {
  WorldOptions options = tenant_of(ContentType::observed_attack_techniques);
  options.sim.data.backlog_period = 1h;
  options.sim.data.techniques = {.backlog = 1000, .per_second = 0.25};
  options.sim.data.technique_bytes = 40'000;  // the log and the write buffers go round every few hours
  options.sim.data.live = std::chrono::hours{hours + 1};
  options.connector.interval = 1min;
  options.connector.first_read = 2h;
  World world{Seed{65}, options};
  world.start_agent();
  std::vector<Kept> kept;
  for (int hour = 0; hour < hours; ++hour) {
    world.processor->set_away(true);
    world.run_for(20min);
    world.processor->set_away(false);
    world.run_for(40min);
    ASSERT_LT(world.status().journal.bytes, 1u << 20) << "drained, in hour " << hour;
    kept.push_back(kept_by(world));
  }
  ASSERT_GT(most(kept, 0, hours, &Kept::ids), 20u);
  ASSERT_GT(world.processor->records().size(), 20'000u);
  constexpr int half = warm_up_hours + (hours - warm_up_hours) / 2;
  // Half of a day beside the other half. A write buffer or two is in the log by chance.
  constexpr std::uint64_t by_chance = 4u << 20;
  EXPECT_LE(most(kept, half, hours, &Kept::disk_bytes), most(kept, warm_up_hours, half, &Kept::disk_bytes) + by_chance);
  EXPECT_LE(most(kept, 0, hours, &Kept::disk_bytes), journal_overhead_bytes_max);
  EXPECT_LE(most(kept, half, hours, &Kept::files), most(kept, warm_up_hours, half, &Kept::files) + 4);
  EXPECT_LE(most(kept, half, hours, &Kept::ids), most(kept, warm_up_hours, half, &Kept::ids) * 5 / 4);
  expect_all_once(world, 2h);
}

}  // namespace
}  // namespace tidegate
