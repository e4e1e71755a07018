// ManualClock: time that moves only when a test says so. advance() wakes those whose time has come and nobody else, in the order of
// their times, and of their beginning to wait where these agree. All of them see the time that advance() ends at: to have each see
// its own, advance to next_deadline() each time.
//
// Thread: the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"

namespace tidegate {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall);
  ManualClock(const ManualClock&) = delete;
  ManualClock& operator=(const ManualClock&) = delete;

  WallTime wall() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  boost::asio::awaitable<void> sleep_until(SteadyTime until) override;
  Alarm alarm(boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) override;

  void advance(std::chrono::nanoseconds by);
  // A step of the wall clock alone, as an administrator or NTP makes it.
  void step_wall(std::chrono::nanoseconds by) { wall_ += by; }
  // The earliest moment that somebody sleeps for or has set an alarm to, and that advance() has not reached yet.
  std::optional<SteadyTime> next_deadline() const;

 private:
  class Wait;
  class ManualAlarm;
  using Waits = std::multimap<SteadyTime, Wait*>;

  WallTime wall_;
  SteadyTime steady_{std::chrono::hours{1}};
  std::shared_ptr<Waits> waits_;  // shared with those who wait: the clock may go before them
};

}  // namespace tidegate
