// ManualClock: time that moves only when a test says so. advance() wakes all whose time has come, in no order: to have sleepers go
// on in the order of their deadlines, advance to next_deadline() each time.
#pragma once

#include <optional>
#include <set>

#include "base/clock.h"
#include "transport/signal.h"

namespace tidegate {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall) : wall_(wall) {}

  WallTime wall() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  boost::asio::awaitable<void> sleep_until(SteadyTime until) override;

  void advance(std::chrono::nanoseconds by);
  // A step of the wall clock alone, as an administrator or NTP makes it.
  void step_wall(std::chrono::nanoseconds by) { wall_ += by; }
  // The earliest moment that somebody sleeps for.
  std::optional<SteadyTime> next_deadline() const;

 private:
  WallTime wall_;
  SteadyTime steady_{std::chrono::hours{1}};
  std::multiset<SteadyTime> deadlines_;
  Signal moved_;
};

}  // namespace tidegate
