#include "base/metrics.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/result.h"

namespace tidegate {
namespace {

TEST(Metrics, TextIsPrometheusExposition) {
  Metrics metrics;
  metrics.counter("b_total", "Things.", {{"lane", "alerts"}, {"name", "a\"b"}}).add(3);
  metrics.gauge("a_bytes", "Size.").set(-7);
  EXPECT_EQ(metrics.text(),
            "# HELP a_bytes Size.\n# TYPE a_bytes gauge\na_bytes -7\n"
            "# HELP b_total Things.\n# TYPE b_total counter\nb_total{lane=\"alerts\",name=\"a\\\"b\"} 3\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  metrics.counter("x_total", "X.").add(1);
  metrics.counter("x_total", "X.").add(1);
  EXPECT_EQ(metrics.counter("x_total", "X.").value(), 2);
}

TEST(MetricsDeathTest, ACounterIsNeverAGauge) {
  Metrics metrics;
  metrics.counter("x_total", "X.");
  EXPECT_DEATH(metrics.gauge("x_total", "X."), "a counter or a gauge");
}

TEST(Random, OneSeedIsOneRun) {
  Random a{Seed{7}};
  Random b{Seed{7}};
  Random c{Seed{8}};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t drawn = a.next();
    EXPECT_EQ(drawn, b.next());
    differs |= drawn != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, BoundsHoldAndAreReached) {
  Random random{Seed{1}};
  bool least = false;
  bool most = false;
  for (int i = 0; i < 10'000; ++i) {
    const std::int64_t drawn = random.between(-3, 4);
    ASSERT_GE(drawn, -3);
    ASSERT_LE(drawn, 4);
    least |= drawn == -3;
    most |= drawn == 4;
    ASSERT_LT(random.unit(), 1.0);
  }
  EXPECT_TRUE(least && most);
}

TEST(Result, AnErrorGathersWhereItWas) {
  const Error error = Error{Code::corrupt, "byte 17: expected a value"}.in("page 3").in("alerts");
  EXPECT_EQ(error.text(), "alerts: page 3: byte 17: expected a value");
  EXPECT_EQ(error.code(), Code::corrupt);
  EXPECT_FALSE(retryable(error));
  EXPECT_TRUE(retryable(Error{Code::throttled, ""}));
}

TEST(ResultDeathTest, AnErrorIsNoValue) {
  const Result<int> result{Error{Code::full, "no room"}};
  EXPECT_FALSE(result);
  EXPECT_DEATH((void)*result, "looked at before its value is taken");
}

}  // namespace
}  // namespace tidegate
