// Signal: coroutines wait for it, anyone on the same thread raises it. It holds no state: only those who wait at the
// moment of notify() are woken, so look at the condition before and after each wait.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

namespace tidegate {

namespace asio = boost::asio;

class Signal {
 public:
  Signal();
  // Whoever still waits is woken.
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Returns at the next notify(), or when the waiting coroutine is cancelled. May last: the caller names the bound.
  asio::awaitable<void> wait();
  // The same, or after `limit`.
  asio::awaitable<void> wait_for(std::chrono::nanoseconds limit);
  void notify();

 private:
  class Waiters;
  std::shared_ptr<Waiters> waiters_;  // shared with the waits: a signal may go while it wakes them
};

}  // namespace tidegate
