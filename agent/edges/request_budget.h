// RequestBudget: how often one endpoint of the API may be asked with one token, shared by everyone who does (P7). The API
// counts requests in any 60 seconds and publishes no numbers, so the limit is learnt: additive increase, multiplicative
// decrease, under a ceiling of the operator's.
//
// Requests are paced evenly, and no more are made in any minute than the rate in force. A 429 tells what is permitted: what was let
// through in the last minute. The rate goes a little below that (never below half of what it was, since others may have used the
// token up for once), and waits until the minute has room again. Each minute without a 429 it grows, by a quarter of a percent at
// first and each time twice as much: so the limit is met rarely, and left behind soon where it has moved.
//
// Who waits is served in the order in which it came. Background requests (a back-fill) go only while nobody waits and nothing is
// owed, so that fresh reading is never behind them.
//
// Thread: the loop.
// Source: Trend Vision One, "API request limits": counted per 60 s and endpoint, 429 until the rate falls.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "agent/ports.h"
#include "base/clock.h"
#include "base/result.h"
#include "transport/rate_limiter.h"
#include "transport/signal.h"

namespace tidegate {

class RequestBudget {
 public:
  //   requires: per_minute_max > 0; the clock outlives the budget
  RequestBudget(Clock& clock, std::uint64_t per_minute_max);

  // Returns when the request may be made. May last. `cancelled`: stopped while waiting.
  asio::awaitable<Result<void>> take(Urgency urgency);

  // What came of a request that was taken; `retry_after`: what a 429 asked for.
  void answered(unsigned status, std::optional<std::chrono::seconds> retry_after);

  void set_ceiling(std::uint64_t per_minute_max);
  // The rate in force, requests per minute.
  double per_minute() const { return rate_; }

 private:
  // Requests let through, by second, over a little more than the last minute.
  class Minute {
   public:
    void add(SteadyTime now);
    std::uint64_t count(SteadyTime now) const;
    // When the oldest second that counts will count no more.
    SteadyTime next_room(SteadyTime now) const;

   private:
    static constexpr std::size_t seconds_kept = 61;
    struct Second {
      std::int64_t number = -1;
      std::uint64_t requests = 0;
    };
    std::array<Second, seconds_kept> seconds_;
  };

  asio::awaitable<Result<void>> wait_for_turn(Urgency urgency, std::uint64_t number);
  void throttled(SteadyTime now);
  void grow(SteadyTime now);
  void set_rate(double per_minute);
  SteadyTime not_before(SteadyTime now) const;

  Clock& clock_;
  double ceiling_;
  double rate_;
  double step_ = 0;  // by which the rate grows next
  RateLimiter pace_;
  Minute minute_;
  std::deque<std::uint64_t> line_;  // of the fresh who wait, by number
  std::uint64_t last_number_ = 0;
  Signal line_moved_;
  SteadyTime held_until_{};
  SteadyTime changed_at_;  // when the rate last fell or grew
};

}  // namespace tidegate
