// StorageThread: the thread on which everything below the state directory is read and written, so that no sync holds up the loop.
// Calls are served in the order in which they came. A call cannot be cancelled: it is short, and its result is always looked at.
//
// Thread: the loop.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>

#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

class StorageThread {
 public:
  StorageThread() = default;
  StorageThread(const StorageThread&) = delete;
  StorageThread& operator=(const StorageThread&) = delete;
  // Waits for the call under way.   requires: no coroutine waits for one any more
  ~StorageThread() { thread_.join(); }

  //   requires: `call`, and what it refers to, outlive the wait
  template <class T>
  asio::awaitable<Result<T>> call(const std::function<Result<T>()>& call) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    // The call is not cancelled, so what it refers to, in the frames of those who wait, outlives it.
    auto start = [this, &loop, &call](auto handler) {
      asio::post(thread_, [handler = std::move(handler), guard = asio::make_work_guard(loop), loop, &call]() mutable {
        Result<T> result = call();
        asio::post(loop,
                   [handler = std::move(handler), result = std::move(result)]() mutable { std::move(handler)(std::move(result)); });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(start, asio::use_awaitable);
  }

 private:
  asio::thread_pool thread_{1};
};

}  // namespace tidegate
