#include "transport/task_group.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

using testkit::joined;
using testkit::run;
using namespace std::chrono_literals;

asio::awaitable<Error> until_stopped(int& running) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  ++running;
  Signal never;
  while (stop.cancelled() == asio::cancellation_type::none) co_await never.wait();
  --running;
  co_return Error{Code::cancelled, "stopped"};
}

// Needs one signal per wait: as a stage does that is stopped between two waits.
asio::awaitable<Error> deaf(int waits) {
  Signal never;
  for (int i = 0; i < waits; ++i) co_await never.wait();
  co_return Error{Code::cancelled, "stopped at last"};
}

asio::awaitable<Error> fail() { co_return Error{Code::denied, "no"}; }

asio::awaitable<Error> throw_up() {
  throw std::runtime_error("a library's word");
  co_return Error{Code::cancelled, "never"};
}

TEST(TaskGroup, StopsAndJoinsItsChildren) {
  asio::io_context loop;
  TaskGroup group{loop.get_executor()};
  int running = 0;
  for (int i = 0; i < 10; ++i) group.spawn("child", until_stopped(running));
  EXPECT_EQ(group.size(), 10u);
  loop.poll();
  EXPECT_EQ(running, 10);
  group.stop();
  run(loop, joined(group));
  EXPECT_EQ(running, 0);
  EXPECT_TRUE(group.empty());
}

TEST(TaskGroup, AStopIsRepeatedUntilTheLastHears) {
  asio::io_context loop;
  TaskGroup group{loop.get_executor()};
  group.spawn("deaf", deaf(4));
  loop.poll();
  group.stop();
  run(loop, joined(group));
  EXPECT_TRUE(group.empty());
}

TEST(TaskGroup, AChildThatFailsIsReportedAndTheRestGoesOn) {
  asio::io_context loop;
  std::vector<std::string> failures;
  TaskGroup group{loop.get_executor(),
                  [&](std::string_view name, const Error& error) { failures.push_back(std::string{name} + " " + error.text()); }};
  int running = 0;
  group.spawn("steady", until_stopped(running));
  group.spawn("failing", fail());
  group.spawn("throwing", throw_up());
  loop.poll();
  EXPECT_EQ(failures, (std::vector<std::string>{"failing no", "throwing ended by an exception: a library's word"}));
  EXPECT_EQ(running, 1);
  group.stop();
  run(loop, joined(group));
  EXPECT_EQ(failures.size(), 2u);
}

TEST(TaskGroup, AFailureMayStopTheGroupOrStartAnother) {
  asio::io_context loop;
  TaskGroup* itself = nullptr;
  int again = 0;
  int running = 0;
  TaskGroup group{loop.get_executor(), [&](std::string_view, const Error&) {
                    if (++again < 3) {
                      itself->spawn("again", fail());
                    } else {
                      itself->stop();
                    }
                  }};
  itself = &group;
  group.spawn("steady", until_stopped(running));
  group.spawn("failing", fail());
  run(loop, joined(group));
  EXPECT_EQ(again, 3);
  EXPECT_EQ(running, 0);
}

TEST(TaskGroup, CancellingWhoJoinsStopsTheGroup) {
  asio::io_context loop;
  int running = 0;
  TaskGroup inner{loop.get_executor()};
  inner.spawn("child", until_stopped(running));
  TaskGroup outer{loop.get_executor()};
  const auto run_inner = [](TaskGroup& group) -> asio::awaitable<Error> {
    co_await group.join();
    co_return Error{Code::cancelled, "joined"};
  };
  outer.spawn("owner", run_inner(inner));
  loop.poll();
  EXPECT_EQ(running, 1);
  outer.stop();
  run(loop, joined(outer));
  EXPECT_TRUE(inner.empty());
  EXPECT_EQ(running, 0);
}

TEST(TaskGroup, AChildStartedAfterTheStopHearsIt) {
  asio::io_context loop;
  TaskGroup group{loop.get_executor()};
  group.stop();
  int running = 0;
  group.spawn("late", until_stopped(running));
  run(loop, joined(group));
  EXPECT_EQ(running, 0);
}

TEST(TaskGroupDeathTest, DestroyingAGroupWithARunningChildIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        asio::io_context loop;
        int running = 0;
        TaskGroup group{loop.get_executor()};
        group.spawn("child", until_stopped(running));
        loop.poll();
      },
      "a task group is destroyed after its children have joined");
}

}  // namespace
}  // namespace tidegate
