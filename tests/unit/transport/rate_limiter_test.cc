#include "transport/rate_limiter.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/loopback.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime some_day{std::chrono::seconds{1'800'000'000}};

asio::awaitable<Error> take_once(RateLimiter& limiter, double tokens, std::vector<int>& order, int number) {
  auto taken = co_await limiter.take(tokens);
  if (!taken) co_return std::move(taken).error();
  order.push_back(number);
  co_return Error{Code::cancelled, "done"};
}

TEST(RateLimiter, ARestedBucketGivesItsBurstAtOnce) {
  ManualClock clock{some_day};
  RateLimiter limiter{clock, {.per_second = 10, .burst = 5}};
  EXPECT_EQ(limiter.wait_for(5, clock.steady()), 0ns);
  EXPECT_EQ(limiter.wait_for(6, clock.steady()), 100ms);
  clock.advance(1h);
  EXPECT_EQ(limiter.wait_for(6, clock.steady()), 100ms);
}

TEST(RateLimiter, WaitersAreServedInTheirOrderAtTheRate) {
  asio::io_context loop;
  ManualClock clock{some_day};
  RateLimiter limiter{clock, {.per_second = 10, .burst = 1}};
  std::vector<int> order;
  TaskGroup group{loop.get_executor()};
  for (int i = 0; i < 4; ++i) group.spawn("taker", take_once(limiter, 1, order, i));
  loop.poll();
  EXPECT_EQ(order, (std::vector<int>{0}));
  clock.advance(99ms);
  loop.poll();
  EXPECT_EQ(order.size(), 1u);
  clock.advance(1ms);
  loop.poll();
  EXPECT_EQ(order, (std::vector<int>{0, 1}));
  clock.advance(200ms);
  loop.poll();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  testkit::run(loop, testkit::joined(group));
}

TEST(RateLimiter, MoreThanTheBurstIsWaitedForAndPaid) {
  asio::io_context loop;
  ManualClock clock{some_day};
  RateLimiter limiter{clock, {.per_second = 100, .burst = 10}};
  std::vector<int> order;
  TaskGroup group{loop.get_executor()};
  group.spawn("large", take_once(limiter, 110, order, 1));
  loop.poll();
  EXPECT_TRUE(order.empty());
  clock.advance(1s);
  loop.poll();
  EXPECT_EQ(order.size(), 1u);
  EXPECT_EQ(limiter.wait_for(1, clock.steady()), 10ms);
  testkit::run(loop, testkit::joined(group));
}

TEST(RateLimiter, WhoIsStoppedGivesItsTokensBack) {
  asio::io_context loop;
  ManualClock clock{some_day};
  RateLimiter limiter{clock, {.per_second = 1, .burst = 1}};
  std::vector<int> order;
  TaskGroup group{loop.get_executor()};
  group.spawn("first", take_once(limiter, 1, order, 1));
  group.spawn("second", take_once(limiter, 50, order, 2));
  loop.poll();
  EXPECT_EQ(limiter.wait_for(1, clock.steady()), 51s);
  group.stop();
  testkit::run(loop, testkit::joined(group));
  EXPECT_EQ(order, (std::vector<int>{1}));
  EXPECT_EQ(limiter.wait_for(1, clock.steady()), 1s);
}

TEST(RateLimiter, NoLimitIsNoWait) {
  ManualClock clock{some_day};
  RateLimiter limiter{clock, {}};
  EXPECT_EQ(limiter.wait_for(1e12, clock.steady()), 0ns);
}

}  // namespace
}  // namespace tidegate
