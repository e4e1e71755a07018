#include "transport/backoff.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace tidegate {
namespace {

TEST(Backoff, FullJitterStaysWithinItsCeiling) {
  Random random{Seed{1}};
  Backoff backoff{random, {.first = 1s, .ceiling = 60s}};
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto wait = backoff.next();
    ASSERT_GT(wait, 0ns);
    ASSERT_LE(wait, 60s);
  }
}

TEST(Backoff, TheFirstWaitsDoubleTheirBound) {
  Random random{Seed{2}};
  for (int round = 0; round < 200; ++round) {
    Backoff backoff{random, {.first = 1s, .ceiling = 60s}};
    ASSERT_LE(backoff.next(), 1s);
    ASSERT_LE(backoff.next(), 2s);
    ASSERT_LE(backoff.next(), 4s);
  }
}

TEST(Backoff, ManyWhoFailTogetherDoNotComeBackTogether) {
  Random random{Seed{3}};
  int early = 0;
  for (int round = 0; round < 1000; ++round) {
    Backoff backoff{random, {.first = 10s, .ceiling = 60s}};
    early += backoff.next() < 5s ? 1 : 0;
  }
  EXPECT_GT(early, 400);
  EXPECT_LT(early, 600);
}

TEST(Backoff, ResetBeginsAnew) {
  Random random{Seed{4}};
  Backoff backoff{random, {.first = 1s, .ceiling = 3600s}};
  for (int attempt = 0; attempt < 20; ++attempt) (void)backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), 1s);
}

TEST(Backoff, ACeilingNearTheEndOfTimeDoesNotOverflow) {
  Random random{Seed{5}};
  Backoff backoff{random, {.first = 1h, .ceiling = std::chrono::nanoseconds::max()}};
  for (int attempt = 0; attempt < 200; ++attempt) ASSERT_GT(backoff.next(), 0ns);
}

}  // namespace
}  // namespace tidegate
