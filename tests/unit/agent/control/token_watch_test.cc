#include "agent/control/token_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/manual_clock.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct WatchBench {
  ManualClock clock{*parse_time("2026-11-24T12:00:00Z")};
  std::vector<std::string> lines;
  Log log{clock, LogFormat::text, Level::info, [this](std::string_view line) { lines.emplace_back(line); }};
  TokenExpiry expiry;
  int asked = 0;
  TokenWatch watch{"acme", [this] { return answer(); }, clock, log};
  asio::io_context loop;
  TaskGroup tasks{loop.get_executor()};

  WatchBench() {
    tasks.spawn("watch", watch.run());
    loop.poll();
  }
  ~WatchBench() {
    tasks.stop();
    loop.restart();
    loop.run_for(1s);
  }

  asio::awaitable<TokenExpiry> answer() {
    ++asked;
    co_return expiry;
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    loop.restart();
    loop.poll();
  }
};

TEST(TokenWatch, AsksAtOnceAndEveryTwelveHours) {
  WatchBench bench;
  EXPECT_EQ(bench.asked, 1);
  bench.pass(11h);
  EXPECT_EQ(bench.asked, 1);
  bench.pass(1h);
  EXPECT_EQ(bench.asked, 2);
  EXPECT_EQ(bench.watch.view().asked, bench.clock.wall());
  EXPECT_TRUE(bench.lines.empty()) << "an unknown end is nothing to warn of";
}

TEST(TokenWatch, WarnsOnceAtEachThreshold) {
  WatchBench bench;
  bench.expiry = {TokenExpiry::Source::api, bench.clock.wall() + std::chrono::days{32}};
  for (int half_days = 0; half_days < 2 * 36; ++half_days) bench.pass(12h);
  ASSERT_EQ(bench.lines.size(), 4u);
  EXPECT_THAT(bench.lines[0], HasSubstr("the token expires soon"));
  EXPECT_THAT(bench.lines[0], HasSubstr("in 30 days"));
  EXPECT_THAT(bench.lines[1], HasSubstr("in 7 days"));
  EXPECT_THAT(bench.lines[2], HasSubstr("in 1 day"));
  EXPECT_THAT(bench.lines[3], HasSubstr("the token has expired"));
  EXPECT_EQ(bench.watch.view().level, ExpiryLevel::expired);
}

TEST(TokenWatch, ARenewedTokenIsWarnedOfAnew) {
  WatchBench bench;
  bench.expiry = {TokenExpiry::Source::hint, bench.clock.wall() + 36h};
  bench.pass(12h);
  ASSERT_EQ(bench.lines.size(), 1u);
  EXPECT_THAT(bench.lines[0], HasSubstr("hint"));
  bench.expiry = {TokenExpiry::Source::api, bench.clock.wall() + std::chrono::days{365}};
  bench.pass(12h);
  EXPECT_EQ(bench.watch.view().level, ExpiryLevel::far);
  bench.expiry.expires = bench.clock.wall() + 24h;
  bench.pass(12h);
  EXPECT_EQ(bench.lines.size(), 2u);
}

TEST(TokenWatch, TheEndIsJudgedByTheApisClock) {
  WatchBench bench;
  bench.expiry = {TokenExpiry::Source::api, bench.clock.wall() + std::chrono::days{10}, std::chrono::days{-100}};
  bench.pass(12h);
  EXPECT_TRUE(bench.lines.empty()) << "our clock is months ahead";
  EXPECT_EQ(bench.watch.view().level, ExpiryLevel::far);
  // What our own clock does afterwards changes nothing.
  bench.clock.step_wall(std::chrono::days{1000});
  EXPECT_EQ(bench.watch.view().level, ExpiryLevel::far);
  bench.clock.advance(std::chrono::days{104});
  EXPECT_EQ(bench.watch.view().level, ExpiryLevel::week);
}

}  // namespace
}  // namespace tidegate
