#include "processor/fleet/clones.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};
const Bytes one(16, '1');
const Bytes two(16, '2');

TEST(CloneWatch, P10TwoMachinesOfOneIdentityAreSeenOnce) {
  CloneWatch watch;
  watch.came("zurich-01", {1, "0a", one, "192.0.2.1", start});
  watch.came("zurich-01", {2, "0a", two, "192.0.2.2", start + 1min});
  const std::optional<CloneSeen> seen = watch.heard("zurich-01", 1, one, start + 2min);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->older.peer, "192.0.2.1");
  EXPECT_EQ(seen->newer.peer, "192.0.2.2");
  EXPECT_TRUE(seen->other_instance);
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 3min)) << "once";
  EXPECT_FALSE(watch.heard("zurich-01", 2, two, start + 3min));
  watch.came("zurich-01", {3, "0a", two, "192.0.2.3", start + 4min});
  EXPECT_TRUE(watch.heard("zurich-01", 1, one, start + 5min)) << "a third is another pair";
}

TEST(CloneWatch, AnInstanceIdThatWasCopiedDoesNotHideAClone) {
  CloneWatch watch;
  watch.came("zurich-01", {1, "0a", one, "192.0.2.1", start});
  watch.came("zurich-01", {2, "0a", one, "192.0.2.2", start});
  const std::optional<CloneSeen> seen = watch.heard("zurich-01", 1, one, start + 1min);
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->other_instance);
}

TEST(CloneWatch, ASensorThatStartsAgainIsNoClone) {
  CloneWatch watch;
  watch.came("zurich-01", {1, "0a", one, "192.0.2.1", start});
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 30s));
  watch.came("zurich-01", {2, "0a", two, "192.0.2.1", start + 60s});  // the old connection hangs
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 61s)) << "what was under way";
  EXPECT_FALSE(watch.heard("zurich-01", 2, two, start + 10min));
  watch.went("zurich-01", 1);
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 11min));
}

TEST(CloneWatch, SensorsOfTheirOwnAreNotCompared) {
  CloneWatch watch;
  watch.came("zurich-01", {1, "0a", one, "192.0.2.1", start});
  watch.came("zurich-02", {2, "0b", two, "192.0.2.2", start});
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 1h));
  EXPECT_FALSE(watch.heard("zurich-02", 2, two, start + 1h));
}

TEST(CloneWatch, TheOldestSessionsBeyondTheBoundAreForgotten) {
  CloneWatch watch{{.sessions_of_sensor_max = 2}};
  for (SessionId id = 1; id <= 3; ++id) watch.came("zurich-01", {id, "0a", one, "192.0.2.1", start});
  EXPECT_FALSE(watch.heard("zurich-01", 1, one, start + 1h));
  EXPECT_TRUE(watch.heard("zurich-01", 2, one, start + 1h));
}

}  // namespace
}  // namespace tidegate
