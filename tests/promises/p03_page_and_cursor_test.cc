// P3, a page and its cursor are one: the records of a page, their ids and the advance of the cursor are one synced write. A
// power cut at any moment loses all three or none. tests/unit/storage holds the journal itself to it, write by write.
#include <gtest/gtest.h>

#include "tests/world/world.h"

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
  world.run_until([&world] { return world.complete(); }, 2h);
  EXPECT_EQ(world.missing(), std::vector<std::string>{});
  EXPECT_EQ(world.twins(), std::vector<std::string>{});
}

TEST(P3PageAndCursor, PowerCutsThatDropWhatWasNotSyncedLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run_with_power_cuts(seed, TornTail::dropped);
}

TEST(P3PageAndCursor, PowerCutsThatTearTheLastWriteLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run_with_power_cuts(seed, TornTail::cut_anywhere);
}

TEST(P3PageAndCursor, ARestartInTheMiddleOfAWindowGoesOnFromItsLastPage) {
  WorldOptions options = small_tenant();
  options.connector.content_types = {ContentType::observed_attack_techniques};
  const auto pages_read = [&options](bool restart) {
    World world{Seed{9}, options};
    world.start_agent();
    EXPECT_TRUE(world.run_until([&world] { return world.requests.size() == 6; }, 1min));
    if (restart) world.restart_agent();
    EXPECT_TRUE(world.run_until([&world] { return world.processor->records().size() >= 1400; }, 1min));
    return world.requests.size();
  };
  // The page under way is asked for again, and a window may be sized anew; the pages before them are not read again.
  EXPECT_LE(pages_read(true), pages_read(false) + 2);
}

}  // namespace
}  // namespace tidegate
