#include "base/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>

namespace tidegate {
namespace asio = boost::asio;

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const { return SteadyTime{std::chrono::steady_clock::now().time_since_epoch()}; }

asio::awaitable<void> SystemClock::sleep_until(SteadyTime until) {
  asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::steady_clock::time_point{until.time_since_epoch()}};
  // The error says only that the wait was cancelled, which the caller sees in its cancellation state.
  [[maybe_unused]] auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

namespace {

class SystemAlarm final : public PendingCall {
 public:
  SystemAlarm(const asio::any_io_executor& executor, SteadyTime at, std::function<void()> ring)
      : timer_(executor, std::chrono::steady_clock::time_point{at.time_since_epoch()}),
        ring_(std::make_shared<std::function<void()>>(std::move(ring))) {
    timer_.async_wait([ring = std::weak_ptr{ring_}](const boost::system::error_code& cancelled) {
      // Held while it is called: the call may let go of the alarm.
      if (const std::shared_ptr<std::function<void()>> call = ring.lock(); call && !cancelled) (*call)();
    });
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> ring_;  // shared with a wait whose time has come: it must not call what has gone
};

}  // namespace

Alarm SystemClock::alarm(asio::any_io_executor executor, SteadyTime at, std::function<void()> ring) {
  return std::make_unique<SystemAlarm>(executor, at, std::move(ring));
}

std::string to_iso8601(WallTime time) {
  using namespace std::chrono;
  const auto seconds = floor<std::chrono::seconds>(time);
  const auto day = floor<days>(seconds);
  const year_month_day date{day};
  const hh_mm_ss clock{seconds - day};
  char text[40];
  const int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

namespace {

// The years that nanoseconds since 1970 in 64 bits can tell, whole.
constexpr int year_least = 1678;
constexpr int year_most = 2261;

// Reads exactly `digits` digits at the front of text and removes them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// ".123" at the front of text, as nanoseconds; nothing there is zero.
std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return std::chrono::nanoseconds{0};
  std::int64_t value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 9) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return std::chrono::nanoseconds{value};
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d) return std::nullopt;
  if (*y < year_least || *y > year_most) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok() || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;

  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  (void)take(text, 'Z');
  if (!text.empty()) return std::nullopt;
  return WallTime{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second} + *fraction;
}

}  // namespace tidegate
