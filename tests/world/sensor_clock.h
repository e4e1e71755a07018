// SensorClock: a sensor's own clock in a simulation: time passes as it truly does, and its wall time may be wrong and step.
// Thread: the loop.
#pragma once

#include "base/clock.h"

namespace tidegate {

class SensorClock final : public Clock {
 public:
  //   requires: the true clock outlives this one
  SensorClock(Clock& truth, std::chrono::nanoseconds error) : truth_(truth), error_(error) {}

  WallTime wall() const override { return truth_.wall() + error_; }
  SteadyTime steady() const override { return truth_.steady(); }
  boost::asio::awaitable<void> sleep_until(SteadyTime until) override { return truth_.sleep_until(until); }
  Alarm alarm(boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) override {
    return truth_.alarm(std::move(executor), at, std::move(ring));
  }

  void step(std::chrono::nanoseconds by) { error_ += by; }
  std::chrono::nanoseconds error() const { return error_; }

 private:
  Clock& truth_;
  std::chrono::nanoseconds error_;
};

}  // namespace tidegate
