// TaskGroup: owns coroutines that run side by side, stops them and joins them. Nothing is detached: a group that is
// destroyed with a child still running is a bug.
//
// A stop is terminal cancellation, emitted again until every child has ended, because the signal is an edge: a wait that
// begins just after it is not woken. Children must look at their cancellation state before each long wait.
//
// Thread: that of the executor, which runs one handler at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transport/signal.h"

namespace tidegate {

namespace asio = boost::asio;

// True once the coroutine that asks was told to stop.
asio::awaitable<bool> stopped();

class TaskGroup {
 public:
  // Called for a child that ended with an error other than `cancelled`, on the group's thread, inside the child's end. It
  // may call stop() and spawn().
  using OnFailure = std::function<void(std::string_view name, const Error& error)>;

  explicit TaskGroup(asio::any_io_executor executor, OnFailure on_failure = {});
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  //   requires: empty()
  ~TaskGroup();

  // Starts a child at the executor's next turn. A child never throws when cancelled: its waits return.
  // After stop() a child is still started, and hears the stop at once.
  void spawn(std::string name, asio::awaitable<Error> stage);

  // Asks all children to end. join() goes on asking.
  void stop();

  // Returns when every child has ended. May last; when the caller is cancelled the group is stopped.
  asio::awaitable<void> join();

  std::size_t size() const { return running_; }
  bool empty() const { return running_ == 0; }
  bool stopping() const { return stopping_; }

 private:
  struct Child;

  asio::awaitable<void> run(Child& child, asio::awaitable<Error> stage);
  void ended(Child& child, const std::exception_ptr& thrown);
  void emit();
  void reap();

  asio::any_io_executor executor_;
  OnFailure on_failure_;
  std::list<std::unique_ptr<Child>> children_;  // those that ended stay until reap()
  std::size_t running_ = 0;
  bool stopping_ = false;
  Signal joined_;
};

}  // namespace tidegate
