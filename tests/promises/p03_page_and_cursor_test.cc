// P3, a page and its cursor are one: the records of a page, their ids and the advance of the cursor are one synced write. A
// power cut at any moment loses all three or none. tests/unit/storage holds the journal itself to it, write by write.
#include <gtest/gtest.h>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

void run_with_power_cuts(std::uint64_t seed, TornTail tail) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  World world{Seed{seed}, small_tenant()};
  Random moments{Seed{seed + 2000}};
  world.start_agent();
  for (int i = 0; i < 15; ++i) {
    // Short spells hit the backlog's pages, long ones the polling that follows.
    world.run_for(std::chrono::milliseconds{moments.between(1, i < 10 ? 2'000 : 90'000)});
    world.cut_power(tail);
  }
  world.run_for(30min);
  expect_all_once(world, 2h);
}

TEST(P3PageAndCursor, PowerCutsThatDropWhatWasNotSyncedLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run_with_power_cuts(seed, TornTail::dropped);
}

TEST(P3PageAndCursor, PowerCutsThatTearTheLastWriteLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run_with_power_cuts(seed, TornTail::cut_anywhere);
}

TEST(P3PageAndCursor, ARestartInTheMiddleOfAWindowGoesOnFromItsLastPage) {
  World world{Seed{9}, tenant_of(ContentType::observed_attack_techniques)};
  world.start_agent();
  const std::optional<WindowProgress> window = run_into_a_window(world, Lane::techniques, 5min);
  ASSERT_TRUE(window);
  const std::size_t before = world.asked.size();
  world.restart_agent();
  ASSERT_TRUE(world.run_until([&] { return world.asked.size() > before; }, 1min));
  EXPECT_EQ(target_of(world.asked[before].url), target_of(window->next_link));
  world.run_for(30min);
  expect_all_once(world, 2h);
}

}  // namespace
}  // namespace tidegate
