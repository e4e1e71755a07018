// Backoff: the wait before the next attempt, drawn evenly over (0, min(ceiling, first * 2^n)] ("full jitter"), so that
// many who failed together do not come back together (P7). Thread: the owner's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/check.h"
#include "base/random.h"

namespace tidegate {

struct BackoffLimits {
  std::chrono::nanoseconds first{std::chrono::seconds{1}};
  std::chrono::nanoseconds ceiling{std::chrono::seconds{60}};
};

class Backoff {
 public:
  //   requires: 0 < first <= ceiling
  Backoff(Random& random, BackoffLimits limits) : random_(random), limits_(limits) {
    TG_ASSERT(limits.first.count() > 0 && limits.first <= limits.ceiling, "a back-off begins above zero and below its ceiling");
    reset();
  }

  // Never zero, never above the ceiling. Each call doubles what the next one may be.
  std::chrono::nanoseconds next() {
    const auto wait = 1 + random_.below(static_cast<std::uint64_t>(most_.count()));
    most_ = most_ > limits_.ceiling / 2 ? limits_.ceiling : most_ * 2;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(wait)};
  }

  // After a success: the next failure waits as the first one did.
  void reset() { most_ = limits_.first; }

 private:
  Random& random_;
  BackoffLimits limits_;
  std::chrono::nanoseconds most_{};
};

}  // namespace tidegate
