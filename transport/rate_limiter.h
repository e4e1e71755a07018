// RateLimiter: a token bucket. Who takes tokens that are not there yet goes into debt and waits until it is paid, so
// waiters are served in the order in which they came and the long-term rate is kept exactly.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <limits>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

struct RateLimit {
  double per_second = std::numeric_limits<double>::infinity();  // infinite: no limit
  double burst = 1;                                             // tokens that may be taken at once after a rest
};

class RateLimiter {
 public:
  //   requires: per_second > 0, burst > 0; the clock outlives the limiter
  RateLimiter(Clock& clock, RateLimit limit);

  // Returns when the tokens are paid for. May last tokens / per_second. `cancelled`: the tokens were given back.
  // More tokens than the burst may be asked for: they are waited for.   requires: tokens >= 0
  asio::awaitable<Result<void>> take(double tokens);

  // How long a take() would wait if it came at `now`. Changes nothing.
  std::chrono::nanoseconds wait_for(double tokens, SteadyTime now) const;

  // The limit from now on; what is owed stays owed.   requires: as the constructor
  void set_limit(RateLimit limit);

 private:
  double filled_at(SteadyTime now) const;

  Clock& clock_;
  RateLimit limit_;
  double tokens_;  // as of since_; below zero: owed by those who wait
  SteadyTime since_;
};

}  // namespace tidegate
