#include "tests/support/manual_clock.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "transport/signal.h"

namespace tidegate {

// One who waits. It lives where the waiting does, in a coroutine's frame or in an alarm, and the clock knows it until its time has
// come or it goes.
class ManualClock::Wait {
 public:
  Wait(std::shared_ptr<Waits> waits, SteadyTime until, std::function<void()> wake)
      : waits_(std::move(waits)), wake_(std::move(wake)), place_(waits_->emplace(until, this)) {}
  ~Wait() {
    if (!over_) waits_->erase(place_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // Its time has come.   requires: once. Nobody runs in it: whoever waits is told through the loop.
  void end() {
    over_ = true;
    waits_->erase(place_);
    wake_();
  }

 private:
  std::shared_ptr<Waits> waits_;
  std::function<void()> wake_;
  Waits::iterator place_;
  bool over_ = false;
};

class ManualClock::ManualAlarm final : public PendingCall {
 public:
  ManualAlarm(std::shared_ptr<Waits> waits, boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring)
      : ring_(std::make_shared<std::function<void()>>(std::move(ring))),
        wait_(std::move(waits), at, [executor = std::move(executor), weak = std::weak_ptr{ring_}] { post(executor, weak); }) {}

  void ring_now() { wait_.end(); }

 private:
  using Ring = std::function<void()>;

  static void post(const boost::asio::any_io_executor& executor, const std::weak_ptr<Ring>& weak) {
    boost::asio::post(executor, [weak] {
      // Held while it is called: the call may let go of the alarm.
      if (const std::shared_ptr<Ring> call = weak.lock()) (*call)();
    });
  }

  std::shared_ptr<Ring> ring_;  // shared with a call that is posted: it must not call what has gone
  Wait wait_;
};

ManualClock::ManualClock(WallTime wall) : wall_(wall), waits_(std::make_shared<Waits>()) {}

boost::asio::awaitable<void> ManualClock::sleep_until(SteadyTime until) {
  const auto stop = co_await boost::asio::this_coro::cancellation_state;
  if (steady_ >= until || stop.cancelled() != boost::asio::cancellation_type::none) co_return;
  Signal due;
  Wait wait{waits_, until, [&due] { due.notify(); }};
  co_await due.wait();
}

Alarm ManualClock::alarm(boost::asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) {
  auto alarm = std::make_unique<ManualAlarm>(waits_, std::move(executor), at, std::move(ring));
  if (at <= steady_) alarm->ring_now();
  return alarm;
}

void ManualClock::advance(std::chrono::nanoseconds by) {
  wall_ += by;
  steady_ += by;
  while (!waits_->empty() && waits_->begin()->first <= steady_) waits_->begin()->second->end();
}

std::optional<SteadyTime> ManualClock::next_deadline() const {
  if (waits_->empty()) return std::nullopt;
  return waits_->begin()->first;
}

}  // namespace tidegate
