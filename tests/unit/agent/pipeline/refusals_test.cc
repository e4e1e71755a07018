#include "agent/pipeline/refusals.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

constexpr std::uint32_t borne = 10;

SegmentId technique_segment(std::uint64_t sequence) { return {Lane::techniques, sequence}; }

class RefusalsTest : public testing::Test {
 protected:
  void sent(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) refusals_.sent(technique_segment(i));
  }
  void acked(std::uint64_t sequence) { refusals_.acked(technique_segment(sequence)); }
  // Three sessions that end with all of them in flight.
  void suspect(std::uint64_t from, std::uint64_t to) {
    for (int i = 0; i < 3; ++i) {
      sent(from, to);
      refusals_.session_failed();
    }
  }

  Refusals refusals_{borne};
};

TEST_F(RefusalsTest, OneThatIsOvertakenAgainAndAgainIsUnbearable) {
  for (std::uint32_t i = 0; i < borne; ++i) {
    EXPECT_FALSE(refusals_.unbearable()) << i;
    sent(1, 3);
    acked(2);
    acked(3);
    refusals_.session_failed();
  }
  EXPECT_EQ(refusals_.unbearable(), technique_segment(1));
  EXPECT_FALSE(refusals_.next_alone()) << "it holds up nobody";
  refusals_.forget(technique_segment(1));
  EXPECT_FALSE(refusals_.unbearable());
}

TEST_F(RefusalsTest, AnAckClearsItOfEverything) {
  for (std::uint32_t i = 0; i + 1 < borne; ++i) {
    sent(1, 2);
    acked(2);
    refusals_.session_failed();
  }
  sent(1, 2);
  acked(2);
  acked(1);
  refusals_.session_failed();
  for (std::uint32_t i = 0; i + 1 < borne; ++i) {
    sent(1, 2);
    acked(2);
    refusals_.session_failed();
    EXPECT_FALSE(refusals_.unbearable()) << i;
  }
}

TEST_F(RefusalsTest, WhereNobodyKnowsWhoItWasEachTravelsAloneInTheEnd) {
  sent(1, 4);
  refusals_.session_failed();
  sent(1, 4);
  refusals_.session_failed();
  EXPECT_TRUE(refusals_.alone().empty());
  sent(1, 4);
  refusals_.session_failed();
  EXPECT_EQ(refusals_.alone().size(), 4u);
  // The second is to blame: each refusal counts once the receiver has taken another one.
  std::uint64_t other = 3;
  sent(1, 1);
  acked(1);
  for (std::uint32_t i = 0; i < borne; ++i, ++other) {
    sent(2, 2);
    refusals_.session_failed();
    EXPECT_FALSE(refusals_.unbearable()) << "nobody knows yet whether the receiver is ill";
    sent(other, other);
    acked(other);
  }
  EXPECT_EQ(refusals_.unbearable(), technique_segment(2));
}

TEST_F(RefusalsTest, TheOneThatWasRefusedLeastIsTriedFirst) {
  suspect(1, 2);
  EXPECT_EQ(refusals_.next_alone(), technique_segment(1));
  sent(1, 1);
  refusals_.session_failed();
  EXPECT_EQ(refusals_.next_alone(), technique_segment(2));
}

TEST_F(RefusalsTest, AReceiverThatIsIllMakesNobodyUnbearable) {
  suspect(1, 1);
  for (int i = 0; i < 1000; ++i) {
    sent(1, 1);
    refusals_.session_failed();
  }
  sent(2, 2);
  acked(2);
  EXPECT_FALSE(refusals_.unbearable());
}

TEST_F(RefusalsTest, ASessionThatIsLeftTellsNothing) {
  for (int i = 0; i < 100; ++i) {
    sent(1, 2);
    acked(2);
    refusals_.session_left();
  }
  EXPECT_FALSE(refusals_.unbearable());
  EXPECT_TRUE(refusals_.alone().empty());
}

TEST_F(RefusalsTest, OnlySoManyAreSuspected) {
  suspect(1, 1000);
  EXPECT_EQ(refusals_.alone().size(), Refusals::suspects_max);
  EXPECT_EQ(refusals_.alone().front(), technique_segment(1)) << "those that were sent first";
}

}  // namespace
}  // namespace tidegate
