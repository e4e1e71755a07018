#include "transport/endpoint_choice.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using Order = std::vector<std::size_t>;

class EndpointChoiceTest : public testing::Test {
 protected:
  Random random_{Seed{1}};
  const SteadyTime now_{1h};
  EndpointChoice choice_{3, random_, {.first = 1s, .ceiling = 60s}};
};

TEST_F(EndpointChoiceTest, TheOrderIsThatOfPreference) { EXPECT_EQ(choice_.order(now_), (Order{0, 1, 2})); }

TEST_F(EndpointChoiceTest, OneThatFailedIsNotWaitedForByTheOthers) {
  choice_.failed(0, now_);
  EXPECT_EQ(choice_.order(now_), (Order{1, 2}));
  EXPECT_EQ(choice_.order(now_ + 1s), (Order{0, 1, 2})) << "the first wait is a second at most";
}

TEST_F(EndpointChoiceTest, WhereAllWaitTheOneThatIsReadyFirstIsTried) {
  for (int i = 0; i < 12; ++i) choice_.failed(0, now_);
  choice_.failed(1, now_ + 100s);
  choice_.failed(2, now_ + 200s);
  EXPECT_EQ(choice_.order(now_), (Order{0}));
}

TEST_F(EndpointChoiceTest, AWaitIsBoundedAndAProofEndsIt) {
  for (int i = 0; i < 100; ++i) choice_.failed(0, now_);
  EXPECT_EQ(choice_.order(now_ + 60s), (Order{0, 1, 2}));
  choice_.proven(0);
  EXPECT_EQ(choice_.order(now_), (Order{0, 1, 2}));
  choice_.failed(0, now_);
  EXPECT_EQ(choice_.order(now_ + 1s), (Order{0, 1, 2})) << "the next failure waits as the first one did";
}

}  // namespace
}  // namespace tidegate
