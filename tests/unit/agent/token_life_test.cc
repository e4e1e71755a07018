#include "agent/token_life.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

const WallTime end = *parse_time("2026-11-24T12:00:00Z");
const TokenExpiry known{TokenExpiry::Source::api, end};

TEST(TokenLife, LevelsBeginThirtySevenAndOneDayAhead) {
  EXPECT_EQ(expiry_level(known, end - 24h * 30 - 1s), ExpiryLevel::far);
  EXPECT_EQ(expiry_level(known, end - 24h * 30), ExpiryLevel::month);
  EXPECT_EQ(expiry_level(known, end - 24h * 7 - 1s), ExpiryLevel::month);
  EXPECT_EQ(expiry_level(known, end - 24h * 7), ExpiryLevel::week);
  EXPECT_EQ(expiry_level(known, end - 24h), ExpiryLevel::day);
  EXPECT_EQ(expiry_level(known, end - 1ns), ExpiryLevel::day);
  EXPECT_EQ(expiry_level(known, end), ExpiryLevel::expired);
}

TEST(TokenLife, WhatIsNotKnownOrNeverEndsIsFar) {
  EXPECT_EQ(expiry_level({}, end), ExpiryLevel::far);
  EXPECT_EQ(expiry_level({TokenExpiry::Source::unknown, end}, end + 1h), ExpiryLevel::far);
  EXPECT_EQ(expiry_level({TokenExpiry::Source::api, std::nullopt}, end), ExpiryLevel::far);
}

TEST(TokenLife, WordsSayWhenAndMarkAHint) {
  EXPECT_EQ(expiry_text({}, end), "not known");
  EXPECT_EQ(expiry_text({TokenExpiry::Source::api, std::nullopt}, end), "never expires");
  EXPECT_EQ(expiry_text(known, end - 24h * 6 - 1h), "expires 2026-11-24T12:00:00Z, in 6 days");
  EXPECT_EQ(expiry_text(known, end + 25h), "expired 2026-11-24T12:00:00Z, 1 day ago");
  EXPECT_NE(expiry_text({TokenExpiry::Source::hint, end}, end).find("hint"), std::string::npos);
}

TEST(TokenLife, MomentsThatAreCenturiesApartDoNotRunOver) {
  const WallTime first = *parse_time("1690-01-01T00:00:00Z");
  const WallTime last = *parse_time("2261-01-01T00:00:00Z");
  EXPECT_EQ(expiry_level({TokenExpiry::Source::api, last}, first), ExpiryLevel::far);
  EXPECT_EQ(expiry_text({TokenExpiry::Source::api, last}, first), "expires 2261-01-01T00:00:00Z, in 208553 days");
  EXPECT_EQ(expiry_text({TokenExpiry::Source::api, first}, last), "expired 1690-01-01T00:00:00Z, 208553 days ago");
}

}  // namespace
}  // namespace tidegate
