// The simulated control link against the simulated control plane: what is pushed comes, what is reported is known, and whatever
// breaks comes back by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/manual_clock.h"
#include "tests/world/loop_turns.h"
#include "tests/world/sim_control_link.h"
#include "tests/world/sim_control_plane.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto link_back_max = 3min;  // a dead peer is found out, and the longest back-off

class SimControlWay : public ::testing::Test {
 protected:
  SimControlWay() {
    plane_.come();
    tasks_.spawn("link", link_.run());
    tasks_.spawn("events", take_events());
  }
  ~SimControlWay() override {
    for (int turns = 0; !tasks_.empty() && turns < turns_max; ++turns) {
      tasks_.stop();
      turn_until_idle(loop_);
    }
  }

  // What the agent would do: an offer is taken, and reported.
  asio::awaitable<Error> take_events() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!co_await stopped()) {
      Result<ControlEvent> event = co_await link_.next();
      if (!event) break;
      if (auto* offer = std::get_if<RemoteOffer>(&*event)) offers_.push_back(*offer);
    }
    co_return Error{Code::cancelled, "stopped"};
  }

  bool until(const std::function<bool()>& done, std::chrono::nanoseconds span) {
    const SteadyTime end = clock_.steady() + span;
    for (;;) {
      turn_until_idle(loop_);
      if (done()) return true;
      if (clock_.steady() >= end) return false;
      clock_.advance(std::max(std::min(clock_.next_deadline().value_or(end), end) - clock_.steady(), 1ns));
    }
  }
  bool connected() const { return link_.view().connected; }
  bool becomes_connected() {
    return until([this] { return connected(); }, link_back_max);
  }

  void report(RemoteState state, const std::string& reasons = {}) {
    ControlReport report;
    report.remote = {offers_.back().hash, 1, state, reasons};
    report.effective = "sensor:\n  name: sensor\n";
    link_.publish(std::move(report));
  }

  Result<void> renew() {
    std::optional<Result<void>> renewed;
    asio::co_spawn(loop_, link_.renew(),
                   [&renewed](const std::exception_ptr&, const Result<void>& result) { renewed.emplace(result); });
    EXPECT_TRUE(until([&renewed] { return renewed.has_value(); }, link_back_max));
    return renewed.value_or(Error{Code::timeout, "never"});
  }

  asio::io_context loop_{1};
  ManualClock clock_{WallTime{std::chrono::seconds{1'800'000'000}}};
  Random random_{Seed{1}};
  SimNet net_{clock_, random_};
  std::vector<std::uint64_t> offered_;
  SimControlPlane plane_{loop_,
                         "plane",
                         {.random = random_,
                          .net = net_,
                          .offered = [this](const PushedDocument& document) { offered_.push_back(document.number); },
                          .reported = [](const PushedDocument&) {}}};
  SimControlLink link_{{.dial = [this] { return net_.dial("sensor", "plane"); },
                        .facts = {.sensor = "sensor", .version = "1", .host_name = "host"},
                        .instance_uid = {1, 2}},
                       {clock_, random_}};
  std::vector<RemoteOffer> offers_;
  TaskGroup tasks_{loop_.get_executor()};
};

TEST_F(SimControlWay, WhatIsPushedIsOfferedAndWhatIsSaidOfItIsKnown) {
  ASSERT_TRUE(becomes_connected());
  const Bytes hash = plane_.push("revision: 1\n").hash;
  ASSERT_TRUE(until([this] { return offers_.size() == 1; }, 1s));
  EXPECT_EQ(offers_.front().hash, hash);
  EXPECT_EQ(offers_.front().document.reveal(), "revision: 1\n");
  EXPECT_EQ(offered_.front(), 1u);
  report(RemoteState::failed, "no connectors");
  ASSERT_TRUE(until([this] { return plane_.pushed().front().answered(); }, 1s));
  EXPECT_EQ(plane_.pushed().front().reasons, "no connectors");
}

TEST_F(SimControlWay, ADocumentOfManyPiecesComesWhole) {
  ASSERT_TRUE(becomes_connected());
  const std::string large(300'000, 'x');
  plane_.push(large);
  ASSERT_TRUE(until([this] { return offers_.size() == 1; }, 10s));
  EXPECT_EQ(offers_.front().document.reveal(), large);
}

TEST_F(SimControlWay, WhoWasAwayIsOfferedTheNewestAlone) {
  plane_.leave();
  plane_.push("first");
  plane_.push("second");
  EXPECT_FALSE(until([this] { return connected(); }, 30s));
  EXPECT_FALSE(link_.view().trouble.empty());
  plane_.come();
  ASSERT_TRUE(until([this] { return !offers_.empty(); }, link_back_max));
  EXPECT_EQ(offers_.back().document.reveal(), "second");
  EXPECT_EQ(offers_.size(), 1u);
}

TEST_F(SimControlWay, APlaneThatDiesWithoutAWordIsFoundOutAndFoundAgain) {
  ASSERT_TRUE(becomes_connected());
  plane_.leave();
  ASSERT_TRUE(until([this] { return !connected(); }, 5min));  // at the next heartbeat
  plane_.come();
  EXPECT_TRUE(becomes_connected());
}

TEST_F(SimControlWay, APartedLineComesBack) {
  ASSERT_TRUE(becomes_connected());
  net_.weather("sensor", "plane").parted = true;
  plane_.push("behind the wall");
  EXPECT_FALSE(until([this] { return !offers_.empty(); }, 10min));
  net_.weather("sensor", "plane").parted = false;
  EXPECT_TRUE(until([this] { return !offers_.empty(); }, link_back_max));
}

TEST_F(SimControlWay, ARenewalIsAConnectionThatWasAnswered) {
  ASSERT_TRUE(becomes_connected());
  const std::uint64_t before = net_.connections_made_by("sensor");
  EXPECT_TRUE(renew());
  EXPECT_EQ(net_.connections_made_by("sensor"), before + 1);
  plane_.leave();
  EXPECT_FALSE(renew());
  plane_.come();
  EXPECT_TRUE(renew());
}

TEST_F(SimControlWay, WhatWasSaidOnAConnectionThatWasLeftCountsNoMore) {
  ASSERT_TRUE(becomes_connected());
  plane_.push("revision: 1\n");
  ASSERT_TRUE(until([this] { return offers_.size() == 1; }, 1s));
  net_.weather("sensor", "plane").latency_min = 20s;
  net_.weather("sensor", "plane").latency_max = 20s;
  report(RemoteState::applying);
  turn_until_idle(loop_);
  net_.weather("sensor", "plane") = Weather{};
  ASSERT_TRUE(renew());
  report(RemoteState::applied);
  ASSERT_TRUE(until([this] { return plane_.pushed().front().answered(); }, 5s));
  until([] { return false; }, 1min);
  EXPECT_TRUE(plane_.pushed().front().answered());
}

}  // namespace
}  // namespace tidegate
