// MailThread: the thread on which mail is handed to its server, one message after the other, so that a slow server holds up no
// loop. A call is asked to end when whoever waits for it is cancelled; it is always waited for.
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

class MailThread {
 public:
  // `stop` becomes true when the call should end.
  using Call = std::function<Result<void>(const std::atomic<bool>& stop)>;

  MailThread() = default;
  MailThread(const MailThread&) = delete;
  MailThread& operator=(const MailThread&) = delete;
  //   requires: no coroutine waits for a call any more
  ~MailThread() { thread_.join(); }

  //   requires: `call`, and what it refers to, outlive the wait
  asio::awaitable<Result<void>> run(const Call& call) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    std::atomic<bool> stop{false};
    auto start = [this, &loop, &call, &stop](auto handler) {
      asio::cancellation_slot slot = asio::get_associated_cancellation_slot(handler);
      if (slot.is_connected()) slot.assign([&stop](asio::cancellation_type) { stop = true; });
      asio::post(thread_, [handler = std::move(handler), guard = asio::make_work_guard(loop), loop, slot, &call, &stop]() mutable {
        Result<void> result = call(stop);
        asio::post(loop, [handler = std::move(handler), slot, result = std::move(result)]() mutable {
          if (slot.is_connected()) slot.clear();
          std::move(handler)(std::move(result));
        });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(start, asio::use_awaitable);
  }

 private:
  asio::thread_pool thread_{1};
};

}  // namespace tidegate
