#include "transport/rate_limiter.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cmath>

#include "base/check.h"

namespace tidegate {

RateLimiter::RateLimiter(Clock& clock, RateLimit limit)
    : clock_(clock), limit_(limit), tokens_(limit.burst), since_(clock.steady()) {
  TG_ASSERT(limit.per_second > 0 && limit.burst > 0, "a rate limit lets something through");
}

void RateLimiter::set_limit(RateLimit limit) {
  TG_ASSERT(limit.per_second > 0 && limit.burst > 0, "a rate limit lets something through");
  const SteadyTime now = clock_.steady();
  tokens_ = std::min(filled_at(now), limit.burst);
  since_ = std::max(now, since_);
  limit_ = limit;
}

double RateLimiter::filled_at(SteadyTime now) const {
  if (std::isinf(limit_.per_second)) return limit_.burst;
  const double seconds = std::chrono::duration<double>(std::max(now, since_) - since_).count();
  return std::min(limit_.burst, tokens_ + seconds * limit_.per_second);
}

std::chrono::nanoseconds RateLimiter::wait_for(double tokens, SteadyTime now) const {
  if (std::isinf(limit_.per_second)) return std::chrono::nanoseconds{0};
  // A rested bucket gives its burst at once; beyond that the taker waits for the rest of what it asked for.
  const double owed = tokens - filled_at(now);
  if (owed <= 0) return std::chrono::nanoseconds{0};
  constexpr double longest_seconds = 1e9;  // fits the count of nanoseconds
  return std::chrono::ceil<std::chrono::nanoseconds>(
      std::chrono::duration<double>(std::min(owed / limit_.per_second, longest_seconds)));
}

asio::awaitable<Result<void>> RateLimiter::take(double tokens) {
  TG_ASSERT(tokens >= 0, "tokens are taken, not given");
  const auto stop = co_await asio::this_coro::cancellation_state;
  const SteadyTime now = clock_.steady();
  const SteadyTime due = now + wait_for(tokens, now);
  tokens_ = filled_at(now) - tokens;
  since_ = std::max(now, since_);
  while (stop.cancelled() == asio::cancellation_type::none && clock_.steady() < due) co_await clock_.sleep_until(due);
  if (clock_.steady() >= due) co_return Result<void>{};
  tokens_ += tokens;
  co_return Error{Code::cancelled, "stopped while waiting for the rate limit"};
}

}  // namespace tidegate
