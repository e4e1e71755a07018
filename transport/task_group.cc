#include "transport/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <optional>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::chrono::milliseconds ask_again_after{20};

}  // namespace

asio::awaitable<bool> stopped() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

struct TaskGroup::Child {
  std::string name;
  asio::cancellation_signal stop;
  std::optional<Error> result;
  bool ended = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, OnFailure on_failure)
    : executor_(std::move(executor)), on_failure_(std::move(on_failure)) {}

TaskGroup::~TaskGroup() { TG_ASSERT(empty(), "a task group is destroyed after its children have joined"); }

asio::awaitable<void> TaskGroup::run(Child& child, asio::awaitable<Error> stage) {
  co_await asio::this_coro::throw_if_cancelled(false);
  child.result.emplace(co_await std::move(stage));
}

void TaskGroup::spawn(std::string name, asio::awaitable<Error> stage) {
  reap();
  Child& child = *children_.emplace_back(std::make_unique<Child>());
  child.name = std::move(name);
  ++running_;
  asio::co_spawn(
      executor_, run(child, std::move(stage)),
      asio::bind_cancellation_slot(child.stop.slot(), [this, &child](const std::exception_ptr& thrown) { ended(child, thrown); }));
  if (stopping_) child.stop.emit(asio::cancellation_type::terminal);
}

void TaskGroup::ended(Child& child, const std::exception_ptr& thrown) {
  if (thrown) {
    // Nothing of ours throws: what arrives here is a library's word for something that no caller was ready for.
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      child.result.emplace(Code::invalid, std::string{"ended by an exception: "} + error.what());
    }
  }
  TG_ASSERT(child.result.has_value(), "a child that ended has said why");
  if (on_failure_ && child.result->code() != Code::cancelled) on_failure_(child.name, *child.result);
  child.ended = true;  // last: until here reap() must leave it alone
  --running_;
  if (running_ == 0) joined_.notify();
}

// A child's record outlives the handler that reported its end, because its cancellation slot is used until that returns.
void TaskGroup::reap() {
  std::erase_if(children_, [](const std::unique_ptr<Child>& child) { return child->ended; });
}

void TaskGroup::emit() {
  // A signal may run the end of its child, which may spawn another: the list grows at its back and keeps its places.
  for (const std::unique_ptr<Child>& child : children_)
    if (!child->ended) child->stop.emit(asio::cancellation_type::terminal);
}

void TaskGroup::stop() {
  stopping_ = true;
  emit();
}

asio::awaitable<void> TaskGroup::join() {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stopped = co_await asio::this_coro::cancellation_state;
  while (!empty()) {
    if (stopped.cancelled() != asio::cancellation_type::none) stopping_ = true;
    if (stopping_) emit();
    if (empty()) break;
    // Cancellation wakes this wait as well, so a running group needs no turns of its own.
    if (stopping_) {
      co_await joined_.wait_for(ask_again_after);
    } else {
      co_await joined_.wait();
    }
  }
  reap();
  co_await asio::this_coro::throw_if_cancelled(throws);
}

}  // namespace tidegate
