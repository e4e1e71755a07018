// Turns: at most so many at a time, the others in the order in which they came. Waking the next one wakes nobody else, so thousands
// may wait.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <list>
#include <utility>

#include "transport/signal.h"

namespace tidegate {

namespace asio = boost::asio;

class Turns {
 public:
  explicit Turns(std::size_t at_once) : free_(at_once) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Gives the turn back when it goes.
  class Turn {
   public:
    explicit Turn(Turns* of) : of_(of) {}
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (of_ != nullptr) of_->give();
    }
    explicit operator bool() const { return of_ != nullptr; }

   private:
    Turns* of_;
  };

  // May last. Without a turn: the caller was cancelled.
  asio::awaitable<Turn> take() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    if (free_ > 0) {
      --free_;
      co_return Turn{this};
    }
    Waiting waiting{*this};
    while (!waiting.granted && stop.cancelled() == asio::cancellation_type::none) co_await waiting.signal.wait();
    // A turn that was granted is passed on by the Turn alone, wanted or not.
    co_return Turn{waiting.granted ? this : nullptr};
  }

 private:
  struct Waiting {
    explicit Waiting(Turns& of) : turns(of), place(of.waiting_.insert(of.waiting_.end(), this)) {}
    ~Waiting() {
      if (!granted) turns.waiting_.erase(place);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    Turns& turns;
    bool granted = false;
    Signal signal;
    std::list<Waiting*>::iterator place;
  };

  void give() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    Waiting* next = waiting_.front();
    waiting_.pop_front();
    next->granted = true;
    next->signal.notify();
  }

  std::size_t free_;
  std::list<Waiting*> waiting_;
};

}  // namespace tidegate
