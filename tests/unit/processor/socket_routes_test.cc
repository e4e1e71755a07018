#include "processor/socket_routes.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallTime now_asked{1'795'521'600s};  // 2026-11-24T12:00:00Z

Result<std::optional<WallTime>> moment(std::string_view value) { return moment_of("since", value, now_asked, 48h); }

TEST(SocketRoutes, AMomentIsATimeOrADurationBackWithinItsBound) {
  EXPECT_EQ(*moment(""), std::nullopt);
  EXPECT_EQ(*moment("90min"), now_asked - 90min);
  EXPECT_EQ(*moment("2d"), now_asked - 48h);
  EXPECT_EQ(*moment("49h"), now_asked - 48h) << "further back there is nothing";
  EXPECT_EQ(*moment("1000000d"), now_asked - 48h);
  EXPECT_EQ(*moment("2026-11-24T13:05:07Z"), now_asked + 1h + 5min + 7s);
  EXPECT_EQ(*moment("2020-01-01T00:00:00Z"), WallTime{1'577'836'800s}) << "the bound is of durations alone";
  for (const char* value : {"soon", "24", "-1h", "2026-11-24", "2026-13-24T13:05:07Z"}) {
    const Result<std::optional<WallTime>> refused = moment(value);
    ASSERT_FALSE(refused) << value;
    EXPECT_EQ(refused.error().code(), Code::invalid);
    EXPECT_EQ(refused.error().text(),
              "since: '" + std::string{value} + "' is no time; write for example 2026-11-24T13:05:07Z, or 24h for a day back");
  }
}

TEST(SocketRoutes, ARefusalNamesFieldValueAndRemedyAndHasNoControlCharacter) {
  const Error refused = value_refused("stages", "5,\x1b[31mten\x07", "is no list of percentages");
  EXPECT_EQ(refused.code(), Code::invalid);
  EXPECT_EQ(refused.text(), "stages: '5,?[31mten?' is no list of percentages");
  EXPECT_LT(value_refused("stages", std::string(1 << 20, 'a'), "is too long").text().size(), 200u);
}

TEST(SocketRoutes, FlagsAndCountsAreRefusedTheSameWay) {
  EXPECT_FALSE(*flag_of("open", ""));
  EXPECT_FALSE(*flag_of("open", "false"));
  EXPECT_TRUE(*flag_of("open", "true"));
  EXPECT_EQ(flag_of("open", "yes").error().text(), "open: 'yes' is neither true nor false");
  EXPECT_EQ(*positive_count_of("limit", "7"), 7u);
  EXPECT_EQ(positive_count_of("limit", "0").error().text(), "limit: '0' is no number above 0");
  EXPECT_EQ(positive_count_of("limit", "many").error().text(), "limit: 'many' is no number above 0");
}

}  // namespace
}  // namespace tidegate
