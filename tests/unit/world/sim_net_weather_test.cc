// What goes wrong between two places.
#include <gtest/gtest.h>

#include "tests/unit/world/sim_net_fixture.h"
#include "tests/world/sim_connection.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

const Error was_reset{Code::unavailable, "connection reset"};

TEST(SimNetWeather, WhereNobodyListensConnectionsAreRefused) {
  NetBench bench;
  const SteadyTime begin = bench.clock.steady();
  EXPECT_EQ(bench.run(bench.net.dial("a", "c")).error(), (Error{Code::unavailable, "connection refused"}));
  EXPECT_GE(bench.clock.steady() - begin, 10ms) << "a refusal takes a round trip too";
  EXPECT_LE(bench.clock.steady() - begin, 80ms);
  EXPECT_TRUE(bench.accepted.empty());
}

TEST(SimNetWeather, RefusedIsRefusedUntilItIsOver) {
  NetBench bench;
  bench.weather().refused = true;
  EXPECT_EQ(bench.run(bench.net.dial("a", "b")).error().code(), Code::unavailable);
  EXPECT_TRUE(bench.run(bench.net.dial("d", "b"))) << "the weather is that between two places";
  bench.weather().refused = false;
  EXPECT_TRUE(bench.run(bench.net.dial("a", "b")));
}

TEST(SimNetWeather, WhetherSomebodyListensIsSeenOnArrival) {
  NetBench bench;
  const auto dialling = bench.start(bench.net.dial("a", "b"));
  bench.net.shut("b");
  ASSERT_TRUE(bench.ends_within(dialling, 80ms));
  EXPECT_EQ((*dialling)->error().code(), Code::unavailable);
}

TEST(SimNetWeather, AResetLosesWhatIsUnderWayOnBothSides) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const NetBench::Ends others = bench.connect();
  ASSERT_TRUE(bench.run(write_bytes(*ends.near, "there")));
  ASSERT_TRUE(bench.run(write_bytes(*ends.far, "back")));
  const auto reading = bench.start(read_once(*ends.near));
  const SteadyTime begin = bench.clock.steady();
  bench.net.reset("b", "a");
  bench.drain();
  ASSERT_TRUE(reading->has_value());
  EXPECT_EQ((*reading)->error(), was_reset);
  EXPECT_EQ(bench.run(read_once(*ends.far)).error(), was_reset);
  EXPECT_EQ(bench.run(write_bytes(*ends.near, "x")).error(), was_reset);
  EXPECT_EQ(bench.run(write_bytes(*ends.far, "x")).error(), was_reset);
  EXPECT_EQ(bench.run(read_once(*others.far)).error(), was_reset);
  EXPECT_EQ(bench.clock.steady(), begin);
  EXPECT_EQ(bench.net.connections(), 0u);
  EXPECT_EQ(bench.net.bytes_carried(), 0u);
}

TEST(SimNetWeather, AResetBetweenOthersIsNoneHere) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  bench.net.reset("a", "c");
  ASSERT_TRUE(bench.run(write_bytes(*ends.near, "there")));
  EXPECT_EQ(bench.run(read_all(*ends.far, 5)).bytes, "there");
}

TEST(SimNetWeather, AWriteThatResetsHasBroughtAPartOrNone) {
  NetBench bench;
  const Bytes sent = sample(1000);
  constexpr int rounds = 100;
  int parts = 0;
  int nothing = 0;
  for (int round = 0; round < rounds; ++round) {
    const NetBench::Ends ends = bench.connect();
    bench.weather().resets = 1;
    const auto reading = bench.start(read_all(*ends.far, everything));
    EXPECT_EQ(bench.run(write_bytes(*ends.near, sent)).error(), was_reset);
    EXPECT_EQ(bench.run(read_once(*ends.near)).error(), was_reset);
    ASSERT_TRUE(bench.ends_within(reading, 40ms));
    EXPECT_EQ((*reading)->error, was_reset);
    EXPECT_TRUE(sent.starts_with((*reading)->bytes));
    EXPECT_EQ(bench.run(write_bytes(*ends.far, "x")).error(), was_reset);
    EXPECT_EQ(bench.net.connections(), 0u);
    ++((*reading)->bytes.empty() ? nothing : parts);
  }
  EXPECT_GT(parts, rounds / 10);
  EXPECT_GT(nothing, rounds / 10);
}

TEST(SimNetWeather, AVanishedPlaceLeavesItsPeersHalfOpen) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const auto at_far = bench.start(read_once(*ends.far));
  const auto at_near = bench.start(read_once(*ends.near));
  bench.net.vanish("b");
  bench.drain();
  ASSERT_TRUE(at_far->has_value());
  EXPECT_EQ((*at_far)->error().code(), Code::cancelled);
  const Bytes quarter = sample(sim_unread_max / 4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(bench.start(write_bytes(*ends.near, quarter))->has_value());
  const auto writing = bench.start(write_bytes(*ends.near, "x"));
  EXPECT_FALSE(bench.run_until([&] { return at_near->has_value() || writing->has_value(); }, 24h));
  ends.far->close();
  EXPECT_FALSE(bench.ends_within(at_near, 24h)) << "the dead do not say goodbye";
  EXPECT_TRUE(ends.near->quiet());
  EXPECT_EQ(bench.net.connections(), 1u);
  ends.near->close();
  bench.drain();
  ASSERT_TRUE(at_near->has_value() && writing->has_value());
  EXPECT_EQ((*at_near)->error().code(), Code::cancelled);
  EXPECT_EQ((*writing)->error().code(), Code::cancelled);
  EXPECT_EQ(bench.net.connections(), 0u);
}

TEST(SimNetWeather, WhatAPlaceHadWrittenBeforeItVanishedStillComes) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  ASSERT_TRUE(bench.run(write_bytes(*ends.far, "last words")));
  bench.net.vanish("b");
  EXPECT_EQ(bench.run(read_all(*ends.near, 10)).bytes, "last words");
}

TEST(SimNetWeather, AVanishedPlaceIsThereAgainWhenItListens) {
  NetBench bench;
  bench.net.vanish("b");
  EXPECT_FALSE(bench.run(bench.net.dial("a", "b")));
  std::vector<std::unique_ptr<ByteStream>> accepted;
  bench.net.listen("b",
                   [&accepted](std::unique_ptr<ByteStream> stream, const std::string&) { accepted.push_back(std::move(stream)); });
  EXPECT_TRUE(bench.run(bench.net.dial("a", "b")));
  EXPECT_EQ(accepted.size(), 1u);
}

TEST(SimNetWeather, ShuttingResetsWhatIsOpenThereAndNoOldHalves) {
  NetBench bench;
  const NetBench::Ends old = bench.connect();
  bench.net.vanish("b");
  std::vector<std::unique_ptr<ByteStream>> accepted;
  bench.net.listen("b",
                   [&accepted](std::unique_ptr<ByteStream> stream, const std::string&) { accepted.push_back(std::move(stream)); });
  const Result<std::unique_ptr<ByteStream>> fresh = bench.run(bench.net.dial("a", "b"));
  ASSERT_TRUE(fresh);
  const auto at_old = bench.start(read_once(*old.near));
  bench.net.shut("b");
  EXPECT_EQ(bench.run(read_once(**fresh)).error(), was_reset);
  EXPECT_EQ(bench.run(read_once(*accepted.front())).error(), was_reset);
  EXPECT_FALSE(bench.ends_within(at_old, 1h)) << "who has vanished sends no reset";
  EXPECT_FALSE(bench.run(bench.net.dial("a", "b")));
}

TEST(SimNetWeather, WhatWasPartedComesWhenItIsHealed) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  bench.weather().parted = true;
  ASSERT_TRUE(bench.run(write_bytes(*ends.far, "back")));
  ends.far->close();
  const auto at_near = bench.start(read_all(*ends.near, everything));
  EXPECT_FALSE(bench.ends_within(at_near, 10min));
  EXPECT_TRUE(ends.near->quiet());
  EXPECT_TRUE(bench.run(write_bytes(*ends.near, "more"))) << "that the other has closed is not known";
  bench.weather().parted = false;
  ASSERT_TRUE(bench.ends_within(at_near, sim_parted_look_again));
  EXPECT_EQ((*at_near)->bytes, "back");
  EXPECT_FALSE((*at_near)->error);
}

TEST(SimNetWeather, NoByteIsLostByAParting) {
  NetBench bench;
  const NetBench::Ends ends = bench.connect();
  const auto reading = bench.start(read_all(*ends.far, 20 * 1000));
  Bytes sent;
  for (std::uint64_t round = 0; round < 20; ++round) {
    bench.weather().parted = round % 2 == 1;
    const Bytes part = sample(1000, round);
    sent += part;
    ASSERT_TRUE(bench.run(write_bytes(*ends.near, part)));
    bench.run_until([] { return false; }, 10s);
    if (bench.weather().parted) {
      EXPECT_FALSE(reading->has_value());
    }
  }
  bench.weather().parted = false;
  ASSERT_TRUE(bench.ends_within(reading, sim_parted_look_again));
  EXPECT_TRUE((*reading)->bytes == sent);
}

TEST(SimNetWeather, WhoConnectsWhilePartedWaitsUntilItIsOver) {
  NetBench bench;
  bench.weather().parted = true;
  const auto dialling = bench.start(bench.net.dial("a", "b"));
  EXPECT_FALSE(bench.ends_within(dialling, 1h));
  EXPECT_TRUE(bench.accepted.empty());
  bench.weather().parted = false;
  ASSERT_TRUE(bench.ends_within(dialling, sim_parted_look_again + 40ms));
  EXPECT_TRUE(**dialling);
  EXPECT_EQ(bench.accepted.size(), 1u);
}

TEST(SimNetWeather, WhoConnectsWhilePartedCanBeStopped) {
  NetBench bench;
  bench.weather().parted = true;
  asio::cancellation_signal stop;
  const auto dialling = bench.start(bench.net.dial("a", "b"), stop.slot());
  EXPECT_FALSE(bench.ends_within(dialling, 1min));
  stop.emit(asio::cancellation_type::terminal);
  bench.drain();
  ASSERT_TRUE(dialling->has_value());
  EXPECT_EQ((*dialling)->error().code(), Code::cancelled);
}

}  // namespace
}  // namespace tidegate
