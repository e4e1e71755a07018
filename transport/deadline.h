// A deadline for any operation that is an awaitable<Result<T>>. The operation is asked to stop (terminal cancellation)
// when the time is over, and is always waited for: nothing runs on behind the caller's back. Without a clock the deadline is real
// time: it guards sockets.
//
// Thread: the loop. When the caller is cancelled the operation is too, and its own answer is returned.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

enum class Finished : unsigned char { in_time, late };

// Runs `work` to its end and says whether the deadline came first (then it was cancelled on the way).
asio::awaitable<Finished> finish_within(asio::awaitable<void> work, std::chrono::nanoseconds limit);

// The same by a clock.   requires: it outlives the wait
asio::awaitable<Finished> finish_within(asio::awaitable<void> work, Clock& clock, std::chrono::nanoseconds limit);

// "what: no answer within 30 s"
Error deadline_passed(std::string_view what, std::chrono::nanoseconds limit);

template <class T>
asio::awaitable<void> finish_into(asio::awaitable<Result<T>> work, std::optional<Result<T>>& result) {
  co_await asio::this_coro::throw_if_cancelled(false);
  result.emplace(co_await std::move(work));
}

// A result that came in spite of a late deadline is kept; an error then becomes `timeout`. `cancelled` when the caller
// was cancelled before the operation began. The deadline is the clock's where one is given.
template <class T>
asio::awaitable<Result<T>> with_deadline(asio::awaitable<Result<T>> work, std::chrono::nanoseconds limit, std::string what,
                                         Clock* clock = nullptr) {
  const asio::cancellation_state stop = co_await asio::this_coro::cancellation_state;
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, what + ": stopped before it began"};
  std::optional<Result<T>> result;
  asio::awaitable<void> finishing = finish_into(std::move(work), result);
  const Finished finished = clock != nullptr ? co_await finish_within(std::move(finishing), *clock, limit)
                                             : co_await finish_within(std::move(finishing), limit);
  TG_ASSERT(result.has_value(), "an operation under a deadline always ends with a result");
  if (!*result && finished == Finished::late) co_return deadline_passed(what, limit);
  co_return std::move(*result);
}

}  // namespace tidegate
