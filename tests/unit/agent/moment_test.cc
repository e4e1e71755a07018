#include "agent/moment.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

const WallTime asked_at = *parse_time("2026-11-24T12:00:00.5Z");

std::string moment(std::string_view text) {
  const Result<WallSeconds> parsed = moment_from(text, asked_at);
  return parsed ? to_iso8601(*parsed) : parsed.error().text();
}

}  // namespace

TEST(Moment, IsATimeOrLiesBack) {
  EXPECT_EQ(moment("2026-11-24T11:05:07Z"), "2026-11-24T11:05:07Z");
  EXPECT_EQ(moment("2026-11-24T11:05:07.9Z"), "2026-11-24T11:05:07Z");
  EXPECT_EQ(moment("2026-11-24 11:05:07"), "2026-11-24T11:05:07Z");
  EXPECT_EQ(moment("2026-11-24"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(moment("now"), "2026-11-24T12:00:00Z");
  EXPECT_EQ(moment("6h"), "2026-11-24T06:00:00Z");
  EXPECT_EQ(moment("-7d"), "2026-11-17T12:00:00Z");
}

TEST(Moment, WhatIsNoTimeIsSaidWithWhatMayStandThere) {
  for (const char* wrong : {"", "soon", "-", "6", "2026-13-01", "2026-11-24T11:05:07+01:00", "1969-01-01", "99999999999d"}) {
    const Result<WallSeconds> parsed = moment_from(wrong, asked_at);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code(), Code::invalid);
    EXPECT_NE(parsed.error().text().find("write UTC like 2026-11-24T13:05:07Z"), std::string::npos) << parsed.error().text();
  }
  EXPECT_FALSE(moment_from(std::string(100'000, '9'), asked_at));
}

TEST(Moment, ATimeAheadIsRefused) {
  EXPECT_EQ(moment("2026-11-25"), "'2026-11-25' lies ahead: give a time that has passed, it is 2026-11-24T12:00:00Z now");
}

}  // namespace tidegate
