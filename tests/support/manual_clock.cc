#include "tests/support/manual_clock.h"

#include <boost/asio/this_coro.hpp>

namespace tidegate {

boost::asio::awaitable<void> ManualClock::sleep_until(SteadyTime until) {
  const auto stop = co_await boost::asio::this_coro::cancellation_state;
  const auto place = deadlines_.insert(until);
  while (steady_ < until && stop.cancelled() == boost::asio::cancellation_type::none) co_await moved_.wait();
  deadlines_.erase(place);
}

void ManualClock::advance(std::chrono::nanoseconds by) {
  wall_ += by;
  steady_ += by;
  moved_.notify();
}

std::optional<SteadyTime> ManualClock::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return *deadlines_.begin();
}

}  // namespace tidegate
