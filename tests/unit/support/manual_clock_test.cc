#include "tests/support/manual_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <vector>

namespace tidegate {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

asio::awaitable<void> sleep_and_note(Clock& clock, SteadyTime until, std::vector<int>& order, int number) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await clock.sleep_until(until);
  order.push_back(number);
}

struct Bench {
  ManualClock clock{WallTime{std::chrono::seconds{1'800'000'000}}};
  asio::io_context loop{1};
  std::vector<int> order;  // of those who were woken

  std::size_t drain() {
    loop.restart();
    return loop.poll();
  }
  void sleep(std::chrono::nanoseconds wait, int number, asio::cancellation_slot slot = {}) {
    asio::co_spawn(loop, sleep_and_note(clock, clock.steady() + wait, order, number),
                   asio::bind_cancellation_slot(slot, [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); }));
    drain();
  }
  Alarm alarm(std::chrono::nanoseconds wait, int number) {
    return clock.alarm(loop.get_executor(), clock.steady() + wait, [this, number] { order.push_back(number); });
  }
};

TEST(ManualClock, SleepersAndAlarmsAreWokenInTheOrderOfTheirTimes) {
  Bench bench;
  bench.sleep(3s, 3);
  bench.sleep(1s, 1);
  const Alarm second = bench.alarm(2s, 2);
  const Alarm fourth = bench.alarm(4s, 4);
  bench.sleep(5s, 5);
  bench.clock.advance(1h);
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(1, 2, 3, 4, 5));
}

TEST(ManualClock, EqualTimesAreServedInTheOrderOfTheirBeginning) {
  Bench bench;
  std::vector<int> expected;
  for (int number = 0; number < 20; ++number) {
    bench.sleep(1s, number);
    expected.push_back(number);
  }
  bench.clock.advance(1s);
  bench.drain();
  EXPECT_EQ(bench.order, expected);
}

TEST(ManualClock, NobodyIsWokenBeforeItsTime) {
  Bench bench;
  for (int number = 1; number <= 100; ++number) bench.sleep(1h, number);
  const Alarm alarm = bench.alarm(1h, 101);
  bench.clock.advance(1h - 1ns);
  EXPECT_EQ(bench.drain(), 0u) << "an event costs nothing to those whom it does not concern";
  EXPECT_TRUE(bench.order.empty());
  bench.clock.advance(1ns);
  bench.drain();
  EXPECT_EQ(bench.order.size(), 101u);
}

TEST(ManualClock, ASleepThatIsNotInTheFutureDoesNotWait) {
  Bench bench;
  bench.sleep(0s, 1);
  bench.sleep(-1h, 2);
  EXPECT_THAT(bench.order, ElementsAre(1, 2));
}

TEST(ManualClock, ACancelledSleeperReturnsAtOnceAndIsForgotten) {
  Bench bench;
  asio::cancellation_signal stop;
  bench.sleep(1h, 1, stop.slot());
  bench.sleep(2h, 2);
  stop.emit(asio::cancellation_type::terminal);
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(1));
  EXPECT_EQ(bench.clock.next_deadline(), bench.clock.steady() + 2h);
}

TEST(ManualClock, TheNextDeadlineIsTheEarliestThatIsStillToCome) {
  Bench bench;
  EXPECT_FALSE(bench.clock.next_deadline());
  const SteadyTime begin = bench.clock.steady();
  bench.sleep(3s, 3);
  EXPECT_EQ(bench.clock.next_deadline(), begin + 3s);
  Alarm alarm = bench.alarm(1s, 1);
  EXPECT_EQ(bench.clock.next_deadline(), begin + 1s);
  bench.clock.advance(1s);
  EXPECT_EQ(bench.clock.next_deadline(), begin + 3s) << "what is woken is past, also before it goes on";
  alarm = bench.alarm(1s, 2);
  EXPECT_EQ(bench.clock.next_deadline(), begin + 2s);
  alarm.reset();
  EXPECT_EQ(bench.clock.next_deadline(), begin + 3s);
  bench.clock.advance(1h);
  EXPECT_FALSE(bench.clock.next_deadline());
}

TEST(ManualClock, AnAlarmRingsOnceAndOnTheLoop) {
  Bench bench;
  const Alarm alarm = bench.alarm(1s, 1);
  const Alarm past = bench.alarm(-1s, 2);
  EXPECT_TRUE(bench.order.empty()) << "not inside the call that sets it";
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(2));
  bench.clock.advance(1s);
  EXPECT_THAT(bench.order, ElementsAre(2)) << "not inside advance()";
  bench.drain();
  bench.clock.advance(1h);
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(2, 1));
}

TEST(ManualClock, AnAlarmThatIsLetGoOfDoesNotRing) {
  Bench bench;
  Alarm early = bench.alarm(1s, 1);
  Alarm posted = bench.alarm(1s, 2);
  const Alarm kept = bench.alarm(1s, 3);
  early.reset();
  bench.clock.advance(1s);
  posted.reset();
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(3));
}

TEST(ManualClock, AnAlarmMayBeLetGoOfWhileItRings) {
  Bench bench;
  Alarm alarm;
  bool rung = false;
  alarm = bench.clock.alarm(bench.loop.get_executor(), bench.clock.steady() + 1s, [&alarm, &rung] {
    alarm.reset();
    rung = true;
  });
  bench.clock.advance(1s);
  bench.drain();
  EXPECT_TRUE(rung);
}

TEST(ManualClock, AClockMayGoBeforeThoseWhoWait) {
  std::vector<int> order;
  {
    asio::io_context loop{1};
    Alarm alarm;
    {
      ManualClock clock{WallTime{}};
      asio::co_spawn(loop, sleep_and_note(clock, clock.steady() + 1s, order, 1), [](const std::exception_ptr&) {});
      alarm = clock.alarm(loop.get_executor(), clock.steady() + 1s, [&order] { order.push_back(2); });
      loop.poll();
    }
    loop.restart();
    loop.poll();
  }
  EXPECT_TRUE(order.empty());
}

TEST(ManualClock, AStepOfTheWallClockWakesNobody) {
  Bench bench;
  bench.sleep(1s, 1);
  const WallTime before = bench.clock.wall();
  bench.clock.step_wall(1h);
  bench.drain();
  EXPECT_TRUE(bench.order.empty());
  bench.clock.advance(1s);
  bench.drain();
  EXPECT_THAT(bench.order, ElementsAre(1));
  EXPECT_EQ(bench.clock.wall(), before + 1h + 1s);
}

}  // namespace
}  // namespace tidegate
