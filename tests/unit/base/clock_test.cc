#include "base/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace tidegate {
namespace {

TEST(Clock, WallTimeIsWrittenInTheApisForm) {
  EXPECT_EQ(to_iso8601(WallTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_iso8601(WallTime{std::chrono::seconds{1700000000}} + std::chrono::nanoseconds{999'999'999}), "2023-11-14T22:13:20Z");
  EXPECT_EQ(to_iso8601(WallTime{std::chrono::nanoseconds{-1}}), "1969-12-31T23:59:59Z");
}

TEST(Clock, EveryFormOfTimeThatTheApiUsesIsRead) {
  const WallTime when{std::chrono::seconds{1700000000}};
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z"), when);
  EXPECT_EQ(parse_time("2023-11-14 22:13:20"), when);
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.5Z"), when + std::chrono::milliseconds{500});
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.123456789Z"), when + std::chrono::nanoseconds{123456789});
}

TEST(Clock, TextThatNamesNoMomentIsAbsent) {
  for (const char* text :
       {"", "2023", "2023-13-01T00:00:00Z", "2023-02-30T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:60:20Z",
        "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20.1234567890Z", "14.11.2023 22:13", "null",
        "9999-12-31T23:59:59Z", "1677-12-31T23:59:59Z"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Clock, TheFirstAndTheLastYearOfNanosecondsAreRead) {
  EXPECT_TRUE(parse_time("1678-01-01T00:00:00Z"));
  EXPECT_TRUE(parse_time("2261-12-31T23:59:59.999999999Z"));
}

TEST(Clock, WhatIsWrittenReadsBackTheSame) {
  for (std::int64_t seconds = 0; seconds < 4'000'000'000; seconds += 98'765'432) {
    const WallTime when{std::chrono::seconds{seconds}};
    EXPECT_EQ(parse_time(to_iso8601(when)), when);
  }
}

TEST(SystemClock, AnAlarmRingsOnceAndOneThatIsLetGoOfDoesNot) {
  boost::asio::io_context loop;
  SystemClock clock;
  int rung = 0;
  const Alarm kept = clock.alarm(loop.get_executor(), clock.steady(), [&rung] { ++rung; });
  Alarm gone = clock.alarm(loop.get_executor(), clock.steady(), [&rung] { rung += 100; });
  gone.reset();
  loop.run();
  EXPECT_EQ(rung, 1);
}

TEST(SystemClock, AnAlarmMayLetGoOfItselfWhileItRings) {
  boost::asio::io_context loop;
  SystemClock clock;
  bool rung = false;
  Alarm itself;
  itself = clock.alarm(loop.get_executor(), clock.steady(), [&itself, &rung] {
    itself.reset();
    rung = true;
  });
  loop.run();
  EXPECT_TRUE(rung);
}

}  // namespace
}  // namespace tidegate
