// Whether a series of measurements rises or falls: a straight line through it after Theil and Sen, which a few measurements that
// are off do not bend, and how far the others lie from that line. A slope that moves the line by less than the noise, over the
// time that was measured, is none.
#pragma once

#include <span>
#include <vector>

namespace tidegate {

struct Measurement {
  double at = 0;
  double value = 0;
};

struct Trend {
  double first = 0;  // median of the first quarter
  double last = 0;   // median of the last quarter
  double slope = 0;  // of the line, per unit of `at`; 0 where no two measurements are of different times
  double noise = 0;  // what the standard deviation from the line would be, were it normal: 1.4826 of the median absolute one
};

// The one in the middle, or half way between the two there.
//   requires: not empty
double median(std::vector<double> values);
// What so large a part of them does not exceed; 0: there are none.   requires: they are in order
double at_share(const std::vector<double>& ordered, double part);

// Of measurements in the order of their times. All pairs are looked at: for hundreds of measurements.
//   requires: not empty
Trend trend_of(std::span<const Measurement> measured);

}  // namespace tidegate
