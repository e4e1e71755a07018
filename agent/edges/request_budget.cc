#include "agent/edges/request_budget.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

constexpr seconds minute{60};
constexpr seconds hold{1};      // after a 429; answers of requests that were under way together count once
constexpr double below = 0.96;  // of what was permitted
constexpr double fall_max = 0.5;
constexpr double first_step = 0.0025;  // of the rate after it fell

RateLimit pace_of(double per_minute) { return {.per_second = per_minute / 60, .burst = std::clamp(per_minute / 30, 1.0, 10.0)}; }

std::int64_t second_of(SteadyTime time) { return std::chrono::floor<seconds>(time.time_since_epoch()).count(); }

}  // namespace

void RequestBudget::Minute::add(SteadyTime now) {
  const std::int64_t number = second_of(now);
  Second& second = seconds_[static_cast<std::size_t>(number) % seconds_kept];
  if (second.number != number) second = {.number = number, .requests = 0};
  ++second.requests;
}

std::uint64_t RequestBudget::Minute::count(SteadyTime now) const {
  const std::int64_t oldest = second_of(now) - minute.count();
  std::uint64_t sum = 0;
  for (const Second& second : seconds_)
    if (second.number >= oldest) sum += second.requests;
  return sum;
}

SteadyTime RequestBudget::Minute::next_room(SteadyTime now) const {
  const std::int64_t oldest = second_of(now) - minute.count();
  std::int64_t first = second_of(now);
  for (const Second& second : seconds_)
    if (second.number >= oldest && second.requests > 0) first = std::min(first, second.number);
  return SteadyTime{seconds{first} + minute + seconds{1}};
}

RequestBudget::RequestBudget(Clock& clock, std::uint64_t per_minute_max)
    : clock_(clock),
      ceiling_(static_cast<double>(per_minute_max)),
      rate_(ceiling_),
      pace_(clock, pace_of(rate_)),
      changed_at_(clock.steady()) {}

asio::awaitable<Result<void>> RequestBudget::take(Urgency urgency) {
  const std::uint64_t number = ++last_number_;
  if (urgency == Urgency::fresh) line_.push_back(number);
  Result<void> turn = co_await wait_for_turn(urgency, number);
  if (turn) {
    TG_ASSERT(not_before(clock_.steady()) <= clock_.steady(), "P7: no more requests are made in a minute than the rate in force");
    minute_.add(clock_.steady());
  }
  std::erase(line_, number);
  line_moved_.notify();
  co_return turn;
}

asio::awaitable<Result<void>> RequestBudget::wait_for_turn(Urgency urgency, std::uint64_t number) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    if (urgency == Urgency::fresh && line_.front() != number) {
      co_await line_moved_.wait();
      continue;
    }
    const SteadyTime now = clock_.steady();
    SteadyTime due = not_before(now);
    if (urgency == Urgency::background)
      due = std::max(due, now + (line_.empty() ? pace_.wait_for(1, now) : std::chrono::nanoseconds{hold}));
    if (due > now) {
      co_await clock_.sleep_until(due);
      continue;
    }
    Result<void> paced = co_await pace_.take(1);
    if (!paced) co_return paced;
    // While this one waited for its pace, the API may have said stop.
    if (not_before(clock_.steady()) <= clock_.steady()) co_return Result<void>{};
  }
  co_return Error{Code::cancelled, "stopped while waiting for the budget of requests"};
}

SteadyTime RequestBudget::not_before(SteadyTime now) const {
  SteadyTime due = held_until_;
  if (static_cast<double>(minute_.count(now)) >= std::max(rate_, 1.0)) due = std::max(due, minute_.next_room(now));
  return due;
}

void RequestBudget::answered(unsigned status, std::optional<seconds> retry_after) {
  const SteadyTime now = clock_.steady();
  if (status != 429) return grow(now);
  throttled(now);
  if (retry_after) held_until_ = std::max(held_until_, now + *retry_after);
}

void RequestBudget::throttled(SteadyTime now) {
  if (now < held_until_) return;
  held_until_ = now + hold;
  // The request that was refused counts in our minute, not in the API's.
  const double permitted = std::max(static_cast<double>(minute_.count(now)) - 1, 1.0);
  set_rate(std::clamp(below * permitted, fall_max * rate_, below * rate_));
  step_ = first_step * rate_;
  changed_at_ = now;
}

void RequestBudget::grow(SteadyTime now) {
  if (rate_ >= ceiling_ || now < changed_at_ + minute) return;
  set_rate(rate_ + step_);
  step_ *= 2;
  changed_at_ = now;
}

void RequestBudget::set_rate(double per_minute) {
  rate_ = std::clamp(per_minute, 1.0, ceiling_);
  pace_.set_limit(pace_of(rate_));
}

void RequestBudget::set_ceiling(std::uint64_t per_minute_max) {
  const bool learnt = rate_ < ceiling_;
  ceiling_ = static_cast<double>(per_minute_max);
  set_rate(learnt ? rate_ : ceiling_);
}

}  // namespace tidegate
