#include "transport/deadline.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tidegate {
namespace {

constexpr std::chrono::nanoseconds limit_max = std::chrono::hours{24 * 365};  // what a timer can add to any time

asio::awaitable<void> expire_after(std::chrono::nanoseconds limit, Finished& finished) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(std::clamp(limit, std::chrono::nanoseconds{0}, limit_max));
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!error) finished = Finished::late;
}

asio::awaitable<void> expire_by(Clock& clock, std::chrono::nanoseconds limit, Finished& finished) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await clock.sleep_for(std::clamp(limit, std::chrono::nanoseconds{0}, limit_max));
  const asio::cancellation_state stop = co_await asio::this_coro::cancellation_state;
  if (stop.cancelled() == asio::cancellation_type::none) finished = Finished::late;
}

}  // namespace

asio::awaitable<Finished> finish_within(asio::awaitable<void> work, std::chrono::nanoseconds limit) {
  using asio::experimental::awaitable_operators::operator||;
  Finished finished = Finished::in_time;
  co_await (std::move(work) || expire_after(limit, finished));
  co_return finished;
}

asio::awaitable<Finished> finish_within(asio::awaitable<void> work, Clock& clock, std::chrono::nanoseconds limit) {
  using asio::experimental::awaitable_operators::operator||;
  Finished finished = Finished::in_time;
  co_await (std::move(work) || expire_by(clock, limit, finished));
  co_return finished;
}

Error deadline_passed(std::string_view what, std::chrono::nanoseconds limit) {
  using namespace std::chrono;
  const bool whole = limit >= seconds{1};
  const auto count = whole ? duration_cast<seconds>(limit).count() : duration_cast<milliseconds>(limit).count();
  return Error{Code::timeout, std::string{what} + ": no answer within " + std::to_string(count) + (whole ? " s" : " ms")};
}

}  // namespace tidegate
