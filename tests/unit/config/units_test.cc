#include "config/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsAreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5min"), 5min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Units, WhatIsNoDurationIsRefused) {
  for (const char* text : {"", "5", "s", "5 min", "-5s", "1.5h", "5m", "5parsecs", "1h30min", "0x10s", "+5s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, ANumberTooLargeToHoldBecomesTheLargest) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parse_duration("99999999999999999999999d")->count(), largest);
  EXPECT_EQ(parse_size("9999999999TiB"), static_cast<std::uint64_t>(largest));
  EXPECT_EQ(parse_count("18446744073709551615"), static_cast<std::uint64_t>(largest));
}

TEST(Units, SizesAreBinaryAndRatesDecimal) {
  EXPECT_EQ(parse_size("123B"), 123u);
  EXPECT_EQ(parse_size("1KiB"), 1024u);
  EXPECT_EQ(parse_size("64MiB"), 64u << 20);
  EXPECT_EQ(parse_size("4GiB"), 4ull << 30);
  EXPECT_EQ(parse_rate("20Mbit/s"), 20'000'000u);
  EXPECT_EQ(parse_rate("1kbit/s"), 1000u);
  EXPECT_FALSE(parse_size("4GB"));
  EXPECT_FALSE(parse_size("4"));
  EXPECT_FALSE(parse_rate("20MB/s"));
}

TEST(Units, WhatIsWrittenIsReadAsTheSame) {
  for (const char* text : {"500ms", "30s", "5min", "24h", "90s"}) {
    EXPECT_EQ(parse_duration(duration_text(*parse_duration(text))), parse_duration(text)) << text;
  }
  EXPECT_EQ(duration_text(24h), "1d");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(size_text(4ull << 30), "4GiB");
  EXPECT_EQ(size_text(1025), "1025B");
  EXPECT_EQ(size_text(0), "0B");
  EXPECT_EQ(rate_text(20'000'000), "20Mbit/s");
}

TEST(Units, ATimeOfDayIsReadAndWrittenWithTwoDigitsEach) {
  EXPECT_EQ(parse_time_of_day("00:00"), 0min);
  EXPECT_EQ(parse_time_of_day("08:05"), 8h + 5min);
  EXPECT_EQ(parse_time_of_day("23:59"), 24h - 1min);
  EXPECT_EQ(parse_time_of_day("24:00"), 24h);
  for (const char* text : {"00:00", "08:05", "23:59", "24:00"}) EXPECT_EQ(time_of_day_text(*parse_time_of_day(text)), text);
  for (const char* text :
       {"", "8:00", "08:0", "08:60", "24:01", "25:00", "08.00", "08:00:00", "-8:00", "+8:00", " 8:00", "aa:bb"}) {
    EXPECT_FALSE(parse_time_of_day(text)) << text;
  }
}

TEST(Units, APlaceIsAHostAndAPort) {
  EXPECT_EQ(parse_place("dp1.example.net:24224"), (HostPort{"dp1.example.net", 24224}));
  EXPECT_EQ(parse_place("127.0.0.1:0"), (HostPort{"127.0.0.1", 0}));
  EXPECT_EQ(parse_place("[::1]:9273"), (HostPort{"::1", 9273}));
  EXPECT_EQ(to_text(HostPort{"::1", 9273}), "[::1]:9273");
  EXPECT_EQ(to_text(HostPort{"dp1", 1}), "dp1:1");
  for (const char* text :
       {"dp1", "dp1:", ":1", "dp1:65536", "::1:9273", "[dp1]:1", "a b:1", "-dp:1", "dp..net:1", "[::1]", "dp1:1x"}) {
    EXPECT_FALSE(parse_place(text)) << text;
  }
}

TEST(Units, OnlyThisMachineIsLoopback) {
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.9.8.7"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("127.0.0.1.evil.example"));
  EXPECT_FALSE(is_loopback("127.example.com"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
}

}  // namespace
}  // namespace tidegate
