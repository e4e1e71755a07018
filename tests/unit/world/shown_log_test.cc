#include "tests/world/shown_log.h"

#include <gtest/gtest.h>

namespace tidegate::testkit {

TEST(ShownLog, HidesWhatDiffersFromRunToRun) {
  EXPECT_EQ(shown("block checksum mismatch: stored = 1892678276, computed = 85667863, type = 4  in /tmp/a1/journal/000024.sst",
                  "/tmp/a1"),
            "block checksum mismatch: stored = -, computed = -, type = 4  in ./journal/000024.sst");
  EXPECT_EQ(shown("/tmp/a1/x and /tmp/a1/y: computed = 7", "/tmp/a1"), "./x and ./y: computed = -");
  EXPECT_EQ(shown("nothing of it", "/tmp/a1"), "nothing of it");
}

}  // namespace tidegate::testkit
