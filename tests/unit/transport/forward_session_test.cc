#include "transport/forward_session.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace tidegate {
namespace {

Id128 chunk(std::uint64_t number) { return {.high = 7, .low = number}; }
Bytes ack(std::uint64_t number) { return encode_ack(chunk_text(chunk(number))); }
const SteadyTime session_start{1h};

TEST(ForwardSession, TheWindowIsInBytesAndAcksOpenIt) {
  ForwardSession session{{.in_flight_bytes_max = 100}};
  session.add(chunk(1), 60, session_start);
  EXPECT_TRUE(session.has_room(40));
  EXPECT_FALSE(session.has_room(41));
  session.add(chunk(2), 40, session_start);
  EXPECT_FALSE(session.has_room(0));
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_EQ(session.in_flight_bytes(), 40u);
  EXPECT_TRUE(session.has_room(60));
}

TEST(ForwardSession, AChunkLargerThanTheWindowGoesAlone) {
  ForwardSession session{{.in_flight_bytes_max = 100}};
  EXPECT_TRUE(session.has_room(1000));
  session.add(chunk(1), 1000, session_start);
  EXPECT_FALSE(session.has_room(1));
}

TEST(ForwardSession, TheNumberOfChunksIsBounded) {
  ForwardSession session{{.in_flight_chunks_max = 3}};
  for (std::uint64_t i = 0; i < 3; ++i) session.add(chunk(i), 1, session_start);
  EXPECT_FALSE(session.has_room(1));
}

TEST(ForwardSession, AcksComeInAnyOrderAndAreMatchedById) {
  ForwardSession session{{}};
  for (std::uint64_t i = 1; i <= 3; ++i) session.add(chunk(i), 10, session_start);
  ASSERT_TRUE(session.on_bytes(ack(3) + ack(1)));
  EXPECT_EQ(session.next_ack(), chunk(3));
  EXPECT_EQ(session.next_ack(), chunk(1));
  EXPECT_EQ(session.next_ack(), std::nullopt);
  EXPECT_TRUE(session.in_flight(chunk(2)));
  EXPECT_FALSE(session.in_flight(chunk(1)));
}

TEST(ForwardSession, AnAckThatIsNotOursIsCorrupt) {
  for (const Bytes& bytes : {ack(9), encode_ack("something else"), Bytes{"\x80"}, Bytes{"HTTP/1.1 400"}}) {
    ForwardSession session{{}};
    session.add(chunk(1), 10, session_start);
    const auto done = session.on_bytes(bytes);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Code::corrupt);
    EXPECT_TRUE(session.in_flight(chunk(1)));
  }
}

TEST(ForwardSession, ASecondAckForOneChunkIsCorrupt) {
  ForwardSession session{{}};
  session.add(chunk(1), 10, session_start);
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_FALSE(session.on_bytes(ack(1)));
}

TEST(ForwardSession, EachChunkHasATimerOfItsOwn) {
  ForwardSession session{{.ack_wait_max = 60s}};
  EXPECT_FALSE(session.next_expiry());
  EXPECT_FALSE(session.expired(session_start + 100h));
  session.add(chunk(1), 10, session_start);
  session.add(chunk(2), 10, session_start + 30s);
  session.add(chunk(3), 10, session_start + 40s);
  EXPECT_EQ(session.next_expiry(), session_start + 60s);
  ASSERT_TRUE(session.on_bytes(ack(2)));
  EXPECT_EQ(session.next_expiry(), session_start + 60s);
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_EQ(session.next_expiry(), session_start + 100s);
  EXPECT_FALSE(session.expired(session_start + 99s));
  EXPECT_TRUE(session.expired(session_start + 100s));
}

}  // namespace
}  // namespace tidegate
