// Clock: the only source of time. Wall time names moments (cursors, records); steady time measures waits. They are
// distinct types, so neither can stand for the other. All time comes in as an argument: only clock.cc asks the system.
//
// Thread: now() from any thread; sleeping is the loop's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using WallSeconds = std::chrono::sys_seconds;

// A steady time that no system clock can be mistaken for.
struct SteadyEpoch {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyEpoch>;
  static constexpr bool is_steady = true;
};
using SteadyTime = std::chrono::time_point<SteadyEpoch>;

// A call that is to be made. Whoever holds it may let go of it at any time, also while it is made: then it is not made any more.
class PendingCall {
 public:
  virtual ~PendingCall() = default;
};
using Alarm = std::unique_ptr<PendingCall>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
  // Returns at `until`, or at once when the waiting coroutine is cancelled: look at the cancellation state after it.
  virtual boost::asio::awaitable<void> sleep_until(SteadyTime until) = 0;
  // Calls `ring` once, on the executor, when it is `at` or as soon as possible after it.   requires: set and let go of on the loop
  virtual Alarm alarm(boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) = 0;

  boost::asio::awaitable<void> sleep_for(std::chrono::nanoseconds wait) { return sleep_until(steady() + wait); }
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  SteadyTime steady() const override;
  boost::asio::awaitable<void> sleep_until(SteadyTime until) override;
  Alarm alarm(boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) override;
};

// "2026-11-24T13:05:07Z": the API's own form, UTC, whole seconds (rounded down).
std::string to_iso8601(WallTime time);

// Reads the forms that the API is known to use: "2026-11-24T13:05:07Z", the same with a fraction of up to nine digits,
// and "2026-11-24 13:05:07" (audit logs, UTC). Absent when the text is none of these or names no real moment.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace tidegate
