#include "bench/trend.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

// 2 at the start, 3 more with each unit of time.
std::vector<Measurement> rising(std::size_t count) {
  std::vector<Measurement> line;
  for (std::size_t i = 0; i < count; ++i) line.push_back({static_cast<double>(i), 2 + 3 * static_cast<double>(i)});
  return line;
}

TEST(Trend, ALineHasItsSlopeAndNoNoise) {
  const Trend trend = trend_of(rising(8));
  EXPECT_DOUBLE_EQ(trend.slope, 3);
  EXPECT_NEAR(trend.noise, 0, 1e-9);
  EXPECT_DOUBLE_EQ(trend.first, 3.5);  // 2 and 5
  EXPECT_DOUBLE_EQ(trend.last, 21.5);  // 20 and 23
}

TEST(Trend, AFewMeasurementsThatAreOffDoNotBendIt) {
  std::vector<Measurement> measured = rising(21);
  measured[3].value = 1e6;
  measured[20].value = -1e6;
  const Trend trend = trend_of(measured);
  EXPECT_NEAR(trend.slope, 3, 0.01);
  EXPECT_NEAR(trend.noise, 0, 0.1);
}

TEST(Trend, TimesNeedNotBeEven) {
  const std::vector<Measurement> measured{{0, 1}, {1, 3}, {10, 21}, {100, 201}};
  EXPECT_DOUBLE_EQ(trend_of(measured).slope, 2);
}

TEST(Trend, NoiseIsTheMedianDeviationScaledToANormalOne) {
  // Residuals from the level line through 10: 1, -1, 1, -1, 0.
  const std::vector<Measurement> measured{{0, 11}, {1, 9}, {2, 10}, {3, 9}, {4, 11}};
  const Trend trend = trend_of(measured);
  EXPECT_DOUBLE_EQ(trend.slope, 0);
  EXPECT_DOUBLE_EQ(trend.noise, 1.4826);
}

TEST(Trend, OneMeasurementIsLevel) {
  const std::vector<Measurement> measured{{5, 42}};
  const Trend trend = trend_of(measured);
  EXPECT_EQ(trend.first, 42);
  EXPECT_EQ(trend.last, 42);
  EXPECT_EQ(trend.slope, 0);
  EXPECT_EQ(trend.noise, 0);
}

TEST(Trend, MeasurementsOfOneTimeHaveNoSlope) {
  const std::vector<Measurement> measured{{5, 1}, {5, 2}, {5, 9}};
  const Trend trend = trend_of(measured);
  EXPECT_EQ(trend.slope, 0);
  EXPECT_DOUBLE_EQ(trend.noise, 1.4826);
}

TEST(Median, IsTheOneInTheMiddleOrHalfWayBetweenTwo) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

}  // namespace
}  // namespace tidegate
