#include "agent/edges/request_budget.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>

#include "tests/support/manual_clock.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime some_day{std::chrono::seconds{1'800'000'000}};

// An API as Trend describes it: so many requests in any 60 seconds, whoever makes them; a 429 counts as none.
class Api {
 public:
  Api(Clock& clock, std::size_t permitted) : limit(permitted), clock_(clock) {}

  unsigned ask() {
    while (!let_through_.empty() && let_through_.front() + 60s <= clock_.steady()) let_through_.pop_front();
    if (let_through_.size() >= limit) {
      ++refused;
      return 429;
    }
    let_through_.push_back(clock_.steady());
    ++answered;
    return 200;
  }

  std::size_t limit;
  std::size_t answered = 0;
  std::size_t refused = 0;

 private:
  Clock& clock_;
  std::deque<SteadyTime> let_through_;
};

// Coroutines that ask as fast as they may. Declared last in a test: it stops them before what they use is gone.
class Readers {
 public:
  explicit Readers(ManualClock& clock) : clock_(clock) {}
  ~Readers() {
    tasks_.stop();
    bool joined = false;
    asio::co_spawn(loop_, tasks_.join(), [&joined](const std::exception_ptr&) { joined = true; });
    for (int turns = 0; !joined && turns < 100; ++turns) drain();
    EXPECT_TRUE(joined);
  }

  // `count`: the answers that were no 429.
  void spawn(RequestBudget& budget, Api& api, std::size_t& count, Urgency urgency = Urgency::fresh) {
    tasks_.spawn("reader", read(budget, api, count, urgency));
    drain();
  }

  void pass(std::chrono::nanoseconds span) {
    const SteadyTime end = clock_.steady() + span;
    while (clock_.steady() < end) {
      clock_.advance(std::min(clock_.next_deadline().value_or(end), end) - clock_.steady() + 1ns);
      drain();
    }
  }

 private:
  asio::awaitable<Error> read(RequestBudget& budget, Api& api, std::size_t& count, Urgency urgency) {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      Result<void> turn = co_await budget.take(urgency);
      if (!turn) co_return std::move(turn).error();
      co_await clock_.sleep_for(20ms);
      const unsigned status = api.ask();
      budget.answered(status, std::nullopt);
      if (status == 200) ++count;
    }
  }

  void drain() {
    loop_.restart();
    while (loop_.poll() > 0) loop_.restart();
  }

  ManualClock& clock_;
  asio::io_context loop_{1};
  TaskGroup tasks_{loop_.get_executor()};
};

// The bar of P7: under a 429 regime the agent settles within a tenth below what is permitted.
TEST(RequestBudget, P7SettlesWithinATenthBelowWhatIsPermitted) {
  for (const std::size_t limit : {20u, 60u, 100u, 250u, 1000u}) {
    SCOPED_TRACE("limit " + std::to_string(limit));
    ManualClock clock{some_day};
    RequestBudget budget{clock, 3000};
    Api api{clock, limit};
    std::size_t count = 0;
    Readers readers{clock};
    readers.spawn(budget, api, count);
    readers.pass(15min);
    const std::size_t before = count;
    const std::size_t refused_before = api.refused;
    readers.pass(60min);
    const double per_minute = static_cast<double>(count - before) / 60;
    EXPECT_GE(per_minute, 0.9 * static_cast<double>(limit));
    EXPECT_LE(per_minute, static_cast<double>(limit));
    EXPECT_LE(api.refused - refused_before, 15u);  // in an hour
  }
}

TEST(RequestBudget, AllReadersOfATokenShareIt) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 3000};
  Api api{clock, 100};
  std::size_t counts[3] = {};
  Readers readers{clock};
  for (std::size_t& count : counts) readers.spawn(budget, api, count);
  readers.pass(60min);
  EXPECT_GE(api.answered, 90u * 60);
  for (const std::size_t count : counts) EXPECT_NEAR(static_cast<double>(count), static_cast<double>(api.answered) / 3, 60);
}

TEST(RequestBudget, NeverMoreThanTheCeilingInAMinute) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 120};
  Api api{clock, 121};
  std::size_t count = 0;
  Readers readers{clock};
  readers.spawn(budget, api, count);
  readers.pass(30min);
  EXPECT_EQ(api.refused, 0u);
  EXPECT_GE(count, 30u * 110);
}

TEST(RequestBudget, WhenMoreIsPermittedItIsFoundWithinMinutes) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 600};
  Api api{clock, 100};
  std::size_t count = 0;
  Readers readers{clock};
  readers.spawn(budget, api, count);
  readers.pass(20min);
  EXPECT_LT(budget.per_minute(), 110);
  api.limit = 1000;
  readers.pass(25min);
  EXPECT_GT(budget.per_minute(), 540);
}

TEST(RequestBudget, AfterA429ItWaitsAsLongAsItWasTold) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 600};
  Api api{clock, 1000};
  budget.answered(429, 45s);
  std::size_t count = 0;
  Readers readers{clock};
  readers.spawn(budget, api, count);
  readers.pass(44s);
  EXPECT_EQ(count, 0u);
  readers.pass(5s);
  EXPECT_GT(count, 0u);
}

TEST(RequestBudget, RefusalsThatWereUnderWayTogetherCountOnce) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 600};
  budget.answered(429, std::nullopt);
  const double after_one = budget.per_minute();
  for (int i = 0; i < 10; ++i) budget.answered(429, std::nullopt);
  EXPECT_EQ(budget.per_minute(), after_one);
}

TEST(RequestBudget, ABackFillTakesOnlyWhatFreshReadingLeaves) {
  ManualClock clock{some_day};
  RequestBudget budget{clock, 60};
  Api api{clock, 1000};
  std::size_t background = 0;
  std::size_t fresh = 0;
  Readers readers{clock};
  readers.spawn(budget, api, background, Urgency::background);
  readers.pass(5min);
  EXPECT_GE(background, 5u * 50);
  const std::size_t before = background;
  readers.spawn(budget, api, fresh);
  readers.pass(10min);
  EXPECT_GE(fresh, 10u * 55);
  EXPECT_LE(background - before, 20u);
}

}  // namespace
}  // namespace tidegate
