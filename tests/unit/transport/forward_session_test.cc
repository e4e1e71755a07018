#include "transport/forward_session.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace tidegate {
namespace {

Id128 id(std::uint64_t number) { return {.high = 7, .low = number}; }
Bytes ack(std::uint64_t number) { return encode_ack(chunk_text(id(number))); }
const SteadyTime start{1h};

TEST(ForwardSession, TheWindowIsInBytesAndAcksOpenIt) {
  ForwardSession session{{.in_flight_bytes_max = 100}};
  session.add(id(1), 60, start);
  EXPECT_TRUE(session.has_room(40));
  EXPECT_FALSE(session.has_room(41));
  session.add(id(2), 40, start);
  EXPECT_FALSE(session.has_room(0));
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_EQ(session.in_flight_bytes(), 40u);
  EXPECT_TRUE(session.has_room(60));
}

TEST(ForwardSession, AChunkLargerThanTheWindowGoesAlone) {
  ForwardSession session{{.in_flight_bytes_max = 100}};
  EXPECT_TRUE(session.has_room(1000));
  session.add(id(1), 1000, start);
  EXPECT_FALSE(session.has_room(1));
}

TEST(ForwardSession, TheNumberOfChunksIsBounded) {
  ForwardSession session{{.in_flight_chunks_max = 3}};
  for (std::uint64_t i = 0; i < 3; ++i) session.add(id(i), 1, start);
  EXPECT_FALSE(session.has_room(1));
}

TEST(ForwardSession, AcksComeInAnyOrderAndAreMatchedById) {
  ForwardSession session{{}};
  for (std::uint64_t i = 1; i <= 3; ++i) session.add(id(i), 10, start);
  ASSERT_TRUE(session.on_bytes(ack(3) + ack(1)));
  EXPECT_EQ(session.next_ack(), id(3));
  EXPECT_EQ(session.next_ack(), id(1));
  EXPECT_EQ(session.next_ack(), std::nullopt);
  EXPECT_TRUE(session.in_flight(id(2)));
  EXPECT_FALSE(session.in_flight(id(1)));
}

TEST(ForwardSession, AnAckThatIsNotOursIsCorrupt) {
  for (const Bytes& bytes : {ack(9), encode_ack("something else"), Bytes{"\x80"}, Bytes{"HTTP/1.1 400"}}) {
    ForwardSession session{{}};
    session.add(id(1), 10, start);
    const auto done = session.on_bytes(bytes);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Code::corrupt);
    EXPECT_TRUE(session.in_flight(id(1)));
  }
}

TEST(ForwardSession, ASecondAckForOneChunkIsCorrupt) {
  ForwardSession session{{}};
  session.add(id(1), 10, start);
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_FALSE(session.on_bytes(ack(1)));
}

TEST(ForwardSession, EachChunkHasATimerOfItsOwn) {
  ForwardSession session{{.ack_wait_max = 60s}};
  EXPECT_FALSE(session.next_expiry());
  EXPECT_FALSE(session.expired(start + 100h));
  session.add(id(1), 10, start);
  session.add(id(2), 10, start + 30s);
  session.add(id(3), 10, start + 40s);
  EXPECT_EQ(session.next_expiry(), start + 60s);
  ASSERT_TRUE(session.on_bytes(ack(2)));
  EXPECT_EQ(session.next_expiry(), start + 60s);
  ASSERT_TRUE(session.on_bytes(ack(1)));
  EXPECT_EQ(session.next_expiry(), start + 100s);
  EXPECT_FALSE(session.expired(start + 99s));
  EXPECT_TRUE(session.expired(start + 100s));
}

}  // namespace
}  // namespace tidegate
