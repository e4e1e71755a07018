// How bytes travel, and how connections come to be. What goes wrong with them: sim_net_weather_test.cc.
#include "tests/world/sim_net.h"

#include <gtest/gtest.h>

#include "tests/unit/world/sim_net_fixture.h"
#include "tests/world/sim_connection.h"
#include "transport/deadline.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(SimNet, BytesComeWholeInOrderAndWithinTheLatency) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  std::size_t in_pieces = 0;
  constexpr int rounds = 200;
  for (int round = 0; round < rounds; ++round) {
    const Bytes sent = sample(2 + bench.random.below(2000), static_cast<std::uint64_t>(round));
    ASSERT_TRUE(bench.run(write_bytes(*ends.near, sent)));
    const SteadyTime written = bench.clock.steady();
    const Reading first = bench.run(read_all(*ends.far, 1));
    EXPECT_GE(bench.clock.steady() - written, 5ms);
    const Reading rest = bench.run(read_all(*ends.far, sent.size() - 1));
    EXPECT_LE(bench.clock.steady() - written, 40ms);
    ASSERT_EQ(first.bytes + rest.bytes, sent);
    if (rest.reads > 1) ++in_pieces;
  }
  EXPECT_GT(in_pieces, 0u) << "a reader must put pieces together";
  EXPECT_LT(in_pieces, static_cast<std::size_t>(rounds));
  EXPECT_GT(bench.net.bytes_carried(), 0u);
}

TEST(SimNet, ALaterWriteOvertakesNone) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  Bytes sent;
  for (std::uint64_t number = 0; number < 50; ++number) {
    const Bytes part = sample(100 + number, number);
    sent += part;
    ASSERT_TRUE(bench.run(write_bytes(*ends.near, part)));
    bench.clock.advance(1ms);
  }
  const Reading came = bench.run(read_all(*ends.far, sent.size()));
  EXPECT_EQ(came.bytes, sent);
  EXPECT_EQ(bench.net.bytes_carried(), sent.size());
}

TEST(SimNet, BothDirectionsAreOnTheirOwn) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const auto at_near = bench.start(read_all(*ends.near, 1000));
  const auto at_far = bench.start(read_all(*ends.far, 2000));
  ASSERT_TRUE(bench.run(write_bytes(*ends.near, sample(2000, 1))));
  ASSERT_TRUE(bench.run(write_bytes(*ends.far, sample(1000, 2))));
  ASSERT_TRUE(bench.ends_within(at_near, 40ms) && bench.ends_within(at_far, 40ms));
  EXPECT_EQ((*at_far)->bytes, sample(2000, 1));
  EXPECT_EQ((*at_near)->bytes, sample(1000, 2));
}

TEST(SimNet, ARateBoundsWhatArrives) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  bench.weather().bytes_per_second = 10'000;
  const SteadyTime begin = bench.clock.steady();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(bench.run(write_bytes(*ends.near, sample(5000))));
  ASSERT_EQ(bench.run(read_all(*ends.far, 20'000)).bytes.size(), 20'000u);
  EXPECT_GE(bench.clock.steady() - begin, 2s);
  EXPECT_LE(bench.clock.steady() - begin, 2s + 40ms);
}

TEST(SimNet, AWriterWaitsForAReaderThatDoesNotRead) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  EXPECT_TRUE(bench.start(write_bytes(*ends.near, sample(sim_unread_max)))->has_value()) << "up to the bound nobody waits";
  const auto more = bench.start(write_bytes(*ends.near, "more"));
  EXPECT_FALSE(bench.ends_within(more, 1h));
  ASSERT_TRUE(bench.run(read_once(*ends.far, 3)));
  EXPECT_FALSE(more->has_value()) << "three bytes are no room for four";
  ASSERT_TRUE(bench.run(read_once(*ends.far, 3)));
  ASSERT_TRUE(more->has_value());
  EXPECT_TRUE(**more);
}

TEST(SimNet, AWriteOfMoreThanTheBoundComesWhole) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const Bytes sent = sample(3 * sim_unread_max + 17);
  const auto written = bench.start(write_bytes(*ends.near, sent));
  EXPECT_FALSE(written->has_value());
  const Reading came = bench.run(read_all(*ends.far, sent.size()));
  EXPECT_TRUE(came.bytes == sent);
  EXPECT_TRUE(written->has_value());
}

TEST(SimNet, ThePartsOfAWriteComeInTheirOrder) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const Parts parts{"head ", "", "and tail"};
  ASSERT_TRUE(bench.run(ends.near->write(parts)));
  EXPECT_EQ(bench.run(read_all(*ends.far, 13)).bytes, "head and tail");
}

TEST(SimNet, AnOrderlyCloseComesAfterTheBytes) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  ASSERT_TRUE(bench.run(write_bytes(*ends.near, "last words")));
  ends.near->close();
  EXPECT_TRUE(bench.run(write_bytes(*ends.far, "not heard any more"))) << "the close is still under way";
  const Reading came = bench.run(read_all(*ends.far, everything));
  EXPECT_EQ(came.bytes, "last words");
  EXPECT_FALSE(came.error);
  EXPECT_EQ(bench.run(write_bytes(*ends.far, "x")).error(), (Error{Code::unavailable, "connection reset"}));
  EXPECT_EQ(bench.run(read_once(*ends.near)).error().code(), Code::cancelled);
  EXPECT_EQ(bench.net.connections(), 1u);
  ends.far->close();
  EXPECT_EQ(bench.net.connections(), 0u);
}

TEST(SimNet, AStreamThatGoesIsClosed) {
  NetBench bench;
  NetBench::Ends ends = bench.connect();
  ends.near.reset();
  const Reading came = bench.run(read_all(*ends.far, everything));
  EXPECT_TRUE(came.bytes.empty());
  EXPECT_FALSE(came.error);
}

TEST(SimNet, ClosingEndsWhatWaitsAtThisEnd) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const auto reading = bench.start(read_once(*ends.near));
  const auto writing = bench.start(write_bytes(*ends.near, sample(2 * sim_unread_max)));
  ASSERT_FALSE(reading->has_value() || writing->has_value());
  ends.near->close();
  bench.drain();
  ASSERT_TRUE(reading->has_value() && writing->has_value());
  EXPECT_EQ((*reading)->error().code(), Code::cancelled);
  EXPECT_EQ((*writing)->error().code(), Code::cancelled);
}

TEST(SimNet, AWriterThatWaitsHearsThatItsReaderHasClosed) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const auto writing = bench.start(write_bytes(*ends.near, sample(2 * sim_unread_max)));
  ends.far->close();
  ASSERT_TRUE(bench.ends_within(writing, 40ms));
  EXPECT_EQ((*writing)->error().code(), Code::unavailable);
}

TEST(SimNet, AStreamIsQuietUntilSomethingHasCome) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  ASSERT_TRUE(bench.run(write_bytes(*ends.far, "news")));
  EXPECT_TRUE(ends.near->quiet()) << "it is under way";
  bench.clock.advance(40ms);
  EXPECT_FALSE(ends.near->quiet());
  EXPECT_EQ(bench.run(read_all(*ends.near, 4)).bytes, "news");
  EXPECT_TRUE(ends.near->quiet());
  ends.far->close();
  EXPECT_TRUE(ends.near->quiet());
  bench.clock.advance(40ms);
  EXPECT_FALSE(ends.near->quiet());
  EXPECT_FALSE(ends.far->quiet());
}

asio::awaitable<Result<void>> write_in_turns(ByteStream& stream, Clock& clock, Bytes bytes, std::size_t at_once) {
  for (std::size_t at = 0; at < bytes.size(); at += at_once) {
    Bytes part = bytes.substr(at, at_once);
    Result<void> written = co_await write_bytes(stream, std::move(part));
    if (!written) co_return written;
    co_await clock.sleep_for(7ms);
  }
  co_return Result<void>{};
}

struct ShortWaits {
  Bytes bytes;
  int given_up = 0;
};

asio::awaitable<ShortWaits> read_in_short_waits(ByteStream& stream, Clock& clock, std::size_t size) {
  ShortWaits waits;
  while (waits.bytes.size() < size) {
    Result<Bytes> came = co_await with_deadline(read_once(stream), 3ms, "read", &clock);
    if (came) waits.bytes.append(*came);
    else ++waits.given_up;
  }
  co_return waits;
}

TEST(SimNet, AReadThatIsStoppedLosesNoByte) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const Bytes sent = sample(20'000);
  const auto writing = bench.start(write_in_turns(*ends.near, bench.clock, sent, 100));
  const ShortWaits came = bench.run(read_in_short_waits(*ends.far, bench.clock, sent.size()));
  EXPECT_TRUE(came.bytes == sent);
  EXPECT_GT(came.given_up, 50);
}

TEST(SimNet, AWriteThatIsStoppedHasWrittenABeginning) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const Bytes sent = sample(2 * sim_unread_max);
  const Result<void> written = bench.run(with_deadline(write_bytes(*ends.near, sent), 1s, "write", &bench.clock));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), Code::timeout);
  ASSERT_TRUE(bench.run(read_once(*ends.far)));
  ends.near->close();
  const Reading came = bench.run(read_all(*ends.far, everything));
  EXPECT_FALSE(came.error);
  EXPECT_TRUE(sent.substr(0, sim_unread_max).ends_with(came.bytes));
  EXPECT_GE(came.bytes.size(), sim_unread_max - 4096);
}

TEST(SimNet, WhoIsStoppedWhileItReadsOrWritesIsToldSo) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  asio::cancellation_signal stop_read;
  asio::cancellation_signal stop_write;
  const auto reading = bench.start(read_once(*ends.near), stop_read.slot());
  const auto writing = bench.start(write_bytes(*ends.near, sample(2 * sim_unread_max)), stop_write.slot());
  ASSERT_FALSE(reading->has_value() || writing->has_value());
  stop_read.emit(asio::cancellation_type::terminal);
  stop_write.emit(asio::cancellation_type::terminal);
  bench.drain();
  ASSERT_TRUE(reading->has_value() && writing->has_value());
  EXPECT_EQ((*reading)->error().code(), Code::cancelled);
  EXPECT_EQ((*writing)->error().code(), Code::cancelled);
  EXPECT_TRUE(ends.near->quiet()) << "the connection stays";
}

TEST(SimNet, AConnectionTakesARoundTripAndTellsWhoCalls) {
  NetBench bench;
  for (int i = 0; i < 50; ++i) {
    const SteadyTime begin = bench.clock.steady();
    const NetBench::Ends ends = bench.connect();
    EXPECT_GE(bench.clock.steady() - begin, 10ms);
    EXPECT_LE(bench.clock.steady() - begin, 80ms);
    EXPECT_EQ(bench.net.connections(), 1u);
    EXPECT_EQ(bench.callers.back(), "a");
  }
  EXPECT_EQ(bench.callers.size(), 50u);
  EXPECT_EQ(bench.net.connections(), 0u) << "the dead are forgotten";
}

TEST(SimNet, WhoIsStoppedWhileItConnectsLeavesAClosedConnection) {
  NetBench bench;
  asio::cancellation_signal stop;
  const auto dialling = bench.start(bench.net.dial("a", "b"), stop.slot());
  ASSERT_TRUE(bench.run_until([&bench] { return !bench.accepted.empty(); }, 40ms));
  ASSERT_FALSE(dialling->has_value());
  stop.emit(asio::cancellation_type::terminal);
  bench.drain();
  ASSERT_TRUE(dialling->has_value());
  EXPECT_EQ((*dialling)->error().code(), Code::cancelled);
  const Reading came = bench.run(read_all(*bench.accepted.back(), everything));
  EXPECT_TRUE(came.bytes.empty());
  EXPECT_FALSE(came.error);
}

TEST(SimNet, AnIncomingStreamNamesItsPeerAndPassesOnTheRest) {
  NetBench bench;
  NetBench::Ends ends = bench.connect();
  const std::unique_ptr<IncomingStream> incoming = as_incoming(std::move(ends.far), "sensor-1");
  const auto name = bench.start(incoming->handshake());
  ASSERT_TRUE(name->has_value() && (*name)->has_value());
  EXPECT_EQ((**name)->name, "sensor-1");
  ASSERT_TRUE(bench.run(write_bytes(*incoming, "down")));
  ASSERT_TRUE(bench.run(write_bytes(*ends.near, "up")));
  EXPECT_EQ(bench.run(read_all(*ends.near, 4)).bytes, "down");
  EXPECT_EQ(bench.run(read_all(*incoming, 2)).bytes, "up");
  EXPECT_TRUE(incoming->quiet());
  incoming->close();
  EXPECT_FALSE(incoming->quiet());
}

// When each piece arrived, of some traffic in fair and foul weather.
std::vector<SteadyTime> arrivals(Seed seed) {
  NetBench bench{seed};
  bench.weather().resets = 0.05;
  std::vector<SteadyTime> times;
  for (int connection = 0; connection < 5; ++connection) {
    const NetBench::Ends ends = bench.connect();
    for (int i = 0; i < 20; ++i) {
      if (!bench.run(write_bytes(*ends.near, sample(500)))) break;
      for (std::size_t left = 500; left > 0;) {
        const Result<Bytes> came = bench.run(read_once(*ends.far, left));
        if (!came || came->empty()) break;
        left -= came->size();
        times.push_back(bench.clock.steady());
      }
    }
  }
  return times;
}

TEST(SimNet, TheSameSeedGivesTheSameTimes) {
  const std::vector<SteadyTime> once = arrivals(Seed{7});
  EXPECT_GT(once.size(), 20u);
  EXPECT_EQ(arrivals(Seed{7}), once);
  EXPECT_NE(arrivals(Seed{8}), once);
}

}  // namespace
}  // namespace tidegate
