#include "bench/trend.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr double normal_deviations = 1.4826;  // median absolute deviation to standard deviation, where it is normal

double median_value(std::span<const Measurement> measured) {
  std::vector<double> values;
  values.reserve(measured.size());
  for (const Measurement& one : measured) values.push_back(one.value);
  return median(std::move(values));
}

// Theil and Sen: the median of the slopes between any two.
double slope_of(std::span<const Measurement> measured) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    for (std::size_t j = i + 1; j < measured.size(); ++j) {
      const double apart = measured[j].at - measured[i].at;
      if (apart != 0) slopes.push_back((measured[j].value - measured[i].value) / apart);
    }
  }
  return slopes.empty() ? 0 : median(std::move(slopes));
}

}  // namespace

double median(std::vector<double> values) {
  TG_ASSERT(!values.empty(), "a median is of something");
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double at_share(const std::vector<double>& ordered, double part) {
  const auto at = static_cast<std::size_t>(part * static_cast<double>(ordered.size()));
  return ordered.empty() ? 0 : ordered[std::min(at, ordered.size() - 1)];
}

Trend trend_of(std::span<const Measurement> measured) {
  TG_ASSERT(!measured.empty(), "a trend is of something");
  const std::size_t quarter = std::max<std::size_t>(1, measured.size() / 4);
  Trend trend{
      .first = median_value(measured.first(quarter)), .last = median_value(measured.last(quarter)), .slope = slope_of(measured)};
  std::vector<double> residuals;
  residuals.reserve(measured.size());
  for (const Measurement& one : measured) residuals.push_back(one.value - trend.slope * one.at);
  const double height = median(residuals);
  for (double& residual : residuals) residual = std::abs(residual - height);
  trend.noise = normal_deviations * median(std::move(residuals));
  return trend;
}

}  // namespace tidegate
