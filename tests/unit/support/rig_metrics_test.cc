#include "tests/support/rig_metrics.h"

#include <gtest/gtest.h>

#include "base/metrics.h"

namespace tidegate {
namespace {

TEST(MetricsReading, ReadsBackWhatMetricsWrites) {
  Metrics metrics;
  metrics.counter("records_total", "Records.", {{"lane", "alerts"}, {"connector", "a b"}}).add(3);
  metrics.counter("records_total", "Records.", {{"lane", "techniques"}, {"connector", "a b"}}).add(40);
  metrics.gauge("journal_bytes", "Bytes.").set(-5);
  const MetricsReading reading{metrics.text()};
  EXPECT_EQ(reading.sum("records_total"), 43);
  EXPECT_EQ(reading.sum("records_total", {{"lane", "alerts"}}), 3);
  EXPECT_EQ(reading.sum("records_total", {{"lane", "alerts"}, {"connector", "other"}}), 0);
  EXPECT_EQ(reading.sum("journal_bytes"), -5);
  EXPECT_TRUE(reading.has("journal_bytes"));
  EXPECT_FALSE(reading.has("journal"));
}

TEST(MetricsReading, SkipsWhatIsNoSample) {
  const MetricsReading reading{"# HELP a b\n\nnonsense\nrecords_total 7"};
  EXPECT_EQ(reading.sum("records_total"), 7);
  EXPECT_FALSE(reading.has("nonsense"));
}

}  // namespace
}  // namespace tidegate
