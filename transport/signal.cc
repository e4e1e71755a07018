#include "transport/signal.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace tidegate {

// A wait is a timer that lives in the frame of who waits, and is cancelled to wake it.
class Signal::Waiters {
 public:
  class Entry {
   public:
    Entry(std::shared_ptr<Waiters> waiters, asio::steady_timer& timer) : waiters_(std::move(waiters)), timer_(timer) {
      waiters_->timers_.push_back(&timer_);
    }
    ~Entry() { std::erase(waiters_->timers_, &timer_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::shared_ptr<Waiters> waiters_;
    asio::steady_timer& timer_;
  };

  void wake() {
    for (asio::steady_timer* timer : timers_) timer->cancel();
  }

 private:
  std::vector<asio::steady_timer*> timers_;
};

Signal::Signal() : waiters_(std::make_shared<Waiters>()) {}
Signal::~Signal() { notify(); }

void Signal::notify() { waiters_->wake(); }

asio::awaitable<void> Signal::wait() {
  asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
  const Waiters::Entry entry{waiters_, timer};
  [[maybe_unused]] auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Signal::wait_for(std::chrono::nanoseconds limit) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(limit);
  const Waiters::Entry entry{waiters_, timer};
  [[maybe_unused]] auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace tidegate
