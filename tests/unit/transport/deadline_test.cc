#include "transport/deadline.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/loopback.h"
#include "transport/signal.h"

namespace tidegate {
namespace {

using testkit::run;
using namespace std::chrono_literals;

asio::awaitable<Result<int>> at_once(int value) { co_return value; }

asio::awaitable<Result<int>> refuse() { co_return Error{Code::denied, "no"}; }

// Waits until it is stopped; says how it ended.
asio::awaitable<Result<int>> wait_for_ever(bool& ended) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  Signal never;
  while (stop.cancelled() == asio::cancellation_type::none) co_await never.wait();
  ended = true;
  co_return Error{Code::cancelled, "stopped"};
}

// Ignores that it was stopped and has a result all the same.
asio::awaitable<Result<int>> late_but_whole() {
  Signal never;
  co_await never.wait();
  co_return 7;
}

TEST(Deadline, AnAnswerInTimeIsTheAnswer) {
  asio::io_context loop;
  const auto result = run(loop, with_deadline(at_once(5), 10s, "peer"));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 5);
  EXPECT_EQ(run(loop, with_deadline(refuse(), 10s, "peer")).error(), (Error{Code::denied, "no"}));
}

TEST(Deadline, ALateOperationIsStoppedJoinedAndNamed) {
  asio::io_context loop;
  bool ended = false;
  const auto result = run(loop, with_deadline(wait_for_ever(ended), 30ms, "peer:443"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Code::timeout, "peer:443: no answer within 30 ms"}));
  EXPECT_TRUE(ended);
}

TEST(Deadline, AResultThatCameInSpiteOfItIsKept) {
  asio::io_context loop;
  const auto result = run(loop, with_deadline(late_but_whole(), 10ms, "peer"));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 7);
}

TEST(Deadline, TheCallersCancellationReachesTheOperation) {
  asio::io_context loop;
  asio::cancellation_signal stop;
  bool ended = false;
  std::optional<Result<int>> result;
  asio::co_spawn(loop, testkit::store(with_deadline(wait_for_ever(ended), 1h, "peer"), result),
                 asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr& error) { EXPECT_FALSE(error); }));
  loop.run_for(20ms);
  ASSERT_FALSE(result);
  stop.emit(asio::cancellation_type::terminal);
  loop.restart();
  loop.run_for(testkit::test_limit);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().code(), Code::cancelled);
  EXPECT_TRUE(ended);
}

TEST(Deadline, DeadlinesMayBeNested) {
  asio::io_context loop;
  bool ended = false;
  const auto inner = run(loop, with_deadline(with_deadline(wait_for_ever(ended), 20ms, "inner"), 10s, "outer"));
  EXPECT_EQ(inner.error().text(), "inner: no answer within 20 ms");
  ended = false;
  const auto outer = run(loop, with_deadline(with_deadline(wait_for_ever(ended), 1h, "inner"), 20ms, "outer"));
  EXPECT_EQ(outer.error().text(), "outer: no answer within 20 ms");
  EXPECT_TRUE(ended);
}

TEST(Deadline, AnEndlessLimitIsNoOverflow) {
  asio::io_context loop;
  EXPECT_EQ(*run(loop, with_deadline(at_once(1), std::chrono::nanoseconds::max(), "peer")), 1);
}

TEST(Deadline, OfAClockComesWhenTheClockSaysSo) {
  asio::io_context loop;
  ManualClock clock{WallTime{}};
  bool ended = false;
  std::optional<Result<int>> result;
  asio::co_spawn(loop, testkit::store(with_deadline(wait_for_ever(ended), 24h, "peer", &clock), result),
                 [](const std::exception_ptr&) {});
  loop.poll();
  EXPECT_FALSE(ended);
  ASSERT_TRUE(clock.next_deadline());
  clock.advance(24h);
  loop.restart();
  loop.run_for(testkit::test_limit);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error(), (Error{Code::timeout, "peer: no answer within 86400 s"}));
  EXPECT_TRUE(ended);
}

TEST(Deadline, OfAClockIsForgottenWithAnAnswerInTime) {
  asio::io_context loop;
  ManualClock clock{WallTime{}};
  const auto result = run(loop, with_deadline(at_once(5), 24h, "peer", &clock));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 5);
  EXPECT_FALSE(clock.next_deadline());
}

}  // namespace
}  // namespace tidegate
