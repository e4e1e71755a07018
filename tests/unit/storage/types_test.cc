#include "storage/types.h"

#include <gtest/gtest.h>

#include <set>

namespace tidegate {

TEST(Types, LanesAreNamedAsTheirContentTypesAre) {
  EXPECT_EQ(name(Lane::alerts), "alerts");
  EXPECT_EQ(name(Lane::audit_logs), "audit_logs");
  EXPECT_EQ(name(Lane::techniques), "observed_attack_techniques");
  EXPECT_EQ(name(Lane::own_events), "own_events");
  for (const Lane lane : all_lanes) EXPECT_EQ(lane_named(name(lane)), lane);
  EXPECT_FALSE(lane_named("techniques"));
}

TEST(Types, AChunkIdDependsOnEpochLaneSequenceAndContent) {
  std::set<Id128> ids;
  for (const Id128 epoch : {Id128{1, 0}, Id128{0, 1}}) {
    for (const Lane lane : all_lanes) {
      for (const std::uint64_t sequence : {1u, 2u, 256u}) {
        for (const std::uint32_t checksum : {0u, 1u}) ids.insert(chunk_id(epoch, {{lane, sequence}, {}, checksum}));
      }
    }
  }
  EXPECT_EQ(ids.size(), 2u * lane_count * 3u * 2u);
}

TEST(Types, AChunkIdIsTheSameInEveryVersion) {
  EXPECT_EQ(to_hex(chunk_id({0x0123456789abcdef, 0xfedcba9876543210}, {{Lane::techniques, 42}, {}, 0x89abcdef})),
            "a66e2fa791c185b3885b5308a4ca221c");
}

}  // namespace tidegate
