// WorkerThread: a thread for calls that block, such as those of a disk or of a library, so that none holds up the loop. Calls are
// served in the order in which they came. A call that is under way is always waited for: its result is looked at, and what it
// refers to outlives it.
//
// Thread: the loop.
#pragma once

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

class WorkerThread {
 public:
  WorkerThread() = default;
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  // Waits for the call under way.   requires: no coroutine waits for one any more
  ~WorkerThread() { thread_.join(); }

  // `stop`, where there is one, becomes true when whoever waits is cancelled: the call should end soon then.
  //   requires: `call`, and what it refers to, and `stop` outlive the wait
  template <class T>
  asio::awaitable<Result<T>> call(const std::function<Result<T>()>& call, std::atomic<bool>* stop = nullptr) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    auto start = [this, &loop, &call, stop](auto handler) {
      asio::cancellation_slot slot = asio::get_associated_cancellation_slot(handler);
      const bool heard = stop != nullptr && slot.is_connected();
      if (heard) slot.assign([stop](asio::cancellation_type) { *stop = true; });
      asio::post(thread_, [handler = std::move(handler), guard = asio::make_work_guard(loop), loop, slot, heard, &call]() mutable {
        Result<T> result = call();
        asio::post(loop, [handler = std::move(handler), slot, heard, result = std::move(result)]() mutable {
          if (heard) slot.clear();
          std::move(handler)(std::move(result));
        });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(start, asio::use_awaitable);
  }

 private:
  asio::thread_pool thread_{1};
};

}  // namespace tidegate
