#include "tests/world/sim_processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/check.h"
#include "processor/record.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/processor/records.h"
#include "tests/world/model_index.h"
#include "transport/forward_client.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using Manner = SimProcessor::Manner;

constexpr std::chrono::seconds ack_wait_max{60};
constexpr const char* place = "centre-1";

// Passes everything on, and counts the writes.
class CountingLanding final : public Landing {
 public:
  CountingLanding(Landing& real, int& writes) : real_(real), writes_(writes) {}

  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override {
    ++writes_;
    return real_.land(chunks);
  }
  Result<LandedChunk> read(std::uint64_t sequence) override { return real_.read(sequence); }
  Result<void> done(LandingPlace to) override { return real_.done(to); }
  LandingUsage usage() const override { return real_.usage(); }

 private:
  Landing& real_;
  int& writes_;
};

class SimProcessorTest : public testing::Test {
 protected:
  SimProcessorTest() { EXPECT_TRUE(processor_.start()); }
  ~SimProcessorTest() override {
    client_.close();
    drain();
  }

  void drain() {
    loop_.restart();
    while (loop_.poll() > 0) loop_.restart();
  }
  // Lets time pass until `done`.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds span = 10min) {
    const SteadyTime end = clock_.steady() + span;
    for (;;) {
      drain();
      if (done()) return true;
      if (clock_.steady() >= end) return false;
      const SteadyTime next = std::min(clock_.next_deadline().value_or(end), end);
      clock_.advance(std::max<std::chrono::nanoseconds>(next - clock_.steady(), 1ns));
    }
  }
  template <class T>
  T ask(asio::awaitable<T> work) {
    std::optional<T> result;
    const auto store = [](asio::awaitable<T> its_work, std::optional<T>& into) -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(false);
      into.emplace(co_await std::move(its_work));
    };
    asio::co_spawn(loop_, store(std::move(work), result), [](const std::exception_ptr&) {});
    run_until([&result] { return result.has_value(); });
    TG_ASSERT(result.has_value(), "a client's call ends");
    return *std::move(result);
  }

  Result<void> connect() { return ask(client_.connect(ForwardEndpoint{place, 24224}, TlsContextPtr{})); }
  // A chunk of one record each.
  Result<void> send(std::uint64_t number) {
    const Bytes payload = test::entries({{.number = number}});
    const ForwardChunk chunk{
        .tag = "tidegate.trendmicro_visionone_alerts", .payload = payload, .records = 1, .chunk = {.high = 7, .low = number}};
    return ask(client_.send(chunk));
  }
  // The number of the chunk that is acknowledged next; 0: the session ended instead.
  std::uint64_t acked() {
    const Result<Id128> chunk = ask(client_.next_ack());
    return chunk ? chunk->low : 0;
  }
  bool indexed() {
    return run_until([this] { return processor_.drained(); });
  }
  bool told(std::string_view text) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }

  TemporaryDirectory folder_;
  asio::io_context loop_{1};
  ManualClock clock_{WallTime{std::chrono::milliseconds{test::noon_ms}}};
  Random random_{Seed{1}};
  SimNet net_{clock_, random_};
  ModelIndex index_;
  int writes_ = 0;
  std::vector<std::string> lines_;
  SimProcessor processor_{loop_,
                          place,
                          folder_.path() / "processor",
                          {.clock = clock_,
                           .random = random_,
                           .net = net_,
                           .index = index_,
                           .make_landing = [this](Landing& real) { return std::make_unique<CountingLanding>(real, writes_); },
                           .log = [this](std::string_view line) { lines_.emplace_back(line); }}};
  ForwardClient client_{clock_, {.session = {.ack_wait_max = ack_wait_max}}, [this](ForwardEndpoint endpoint, TlsContextPtr) {
                          return net_.dial("sensor-1", endpoint.host);
                        }};
};

TEST_F(SimProcessorTest, AChunkIsLandedAcknowledgedAndIndexed) {
  ASSERT_TRUE(connect());
  ASSERT_TRUE(send(1));
  EXPECT_EQ(acked(), 1u);
  EXPECT_EQ(processor_.usage().tail.sequence, 1u);
  EXPECT_EQ(writes_, 1) << "it went through the landing that the processor was given";
  ASSERT_TRUE(indexed());
  const std::map<TenantRecord, std::set<std::string>> expected{
      {{"acme", {"trendmicro_visionone_alerts", "WB-1", ""}}, {to_hex(test::record_id(1))}}};
  EXPECT_EQ(index_.records(), expected);
  EXPECT_TRUE(told("sensor-1"));
}

TEST_F(SimProcessorTest, TheSameChunkAgainIsAcknowledgedAndDropped) {  // P2
  ASSERT_TRUE(connect());
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(send(1));
    EXPECT_EQ(acked(), 1u);
  }
  EXPECT_EQ(writes_, 2);
  EXPECT_EQ(processor_.usage().tail.sequence, 1u);
}

TEST_F(SimProcessorTest, WhatWasAcknowledgedSurvivesAPowerCut) {  // P4
  index_.fail(1'000'000);
  ASSERT_TRUE(connect());
  ASSERT_TRUE(send(1));
  ASSERT_EQ(acked(), 1u);
  processor_.cut_power(TornTail::dropped, Manner::with_resets);
  EXPECT_FALSE(processor_.running());
  EXPECT_TRUE(index_.records().empty());
  index_.fail(0);
  ASSERT_TRUE(processor_.start());
  EXPECT_FALSE(processor_.opened().damaged) << processor_.opened().reason;
  EXPECT_EQ(processor_.usage().chunks(), 1u);
  ASSERT_TRUE(indexed());
  EXPECT_EQ(index_.records().size(), 1u);
}

TEST_F(SimProcessorTest, AKillWithResetsEndsTheSessionAtOnce) {
  ASSERT_TRUE(connect());
  processor_.kill(Manner::with_resets);
  const SteadyTime began = clock_.steady();
  EXPECT_EQ(acked(), 0u);
  EXPECT_LT(clock_.steady() - began, 1s);
  EXPECT_FALSE(connect()) << "nobody listens";
  ASSERT_TRUE(processor_.start());
  ASSERT_TRUE(connect());
  ASSERT_TRUE(send(1));
  EXPECT_EQ(acked(), 1u);
}

TEST_F(SimProcessorTest, ASilentKillLeavesTheClientHalfOpenUntilAnAckIsOverdue) {
  ASSERT_TRUE(connect());
  processor_.kill(Manner::silently);
  ASSERT_TRUE(processor_.start());
  const SteadyTime began = clock_.steady();
  ASSERT_TRUE(send(1)) << "what is written goes into nothing";
  const Result<Id128> answer = ask(client_.next_ack());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::timeout) << answer.error().text();
  EXPECT_GE(clock_.steady() - began, ack_wait_max);
  EXPECT_LT(clock_.steady() - began, ack_wait_max + 1s);
  EXPECT_EQ(processor_.usage().tail.sequence, 0u);
}

TEST_F(SimProcessorTest, WhatWasOnItsWayWhenItWasKilledIsNotAcknowledged) {  // P4
  ASSERT_TRUE(connect());
  ASSERT_TRUE(send(1));
  processor_.kill(Manner::with_resets);
  EXPECT_EQ(acked(), 0u);
  ASSERT_TRUE(processor_.start());
  EXPECT_EQ(processor_.usage().tail.sequence, 0u);
}

TEST_F(SimProcessorTest, WhatTheIndexRefusedIsTriedAgain) {
  index_.fail(1);
  ASSERT_TRUE(connect());
  for (const std::uint64_t number : {1, 2, 3}) {
    ASSERT_TRUE(send(number));
    ASSERT_EQ(acked(), number);
  }
  ASSERT_TRUE(indexed());
  EXPECT_TRUE(told("could not be indexed"));
  EXPECT_GE(index_.upserts(), 2u);
  EXPECT_EQ(index_.records().size(), 3u);
  EXPECT_TRUE(index_.changed().empty());
}

// ModelIndex by itself.

Result<std::vector<Upserted>> put(ModelIndex& index, const std::vector<test::Sample>& samples) {
  std::vector<Bytes> documents;
  for (const test::Sample& sample : samples) documents.push_back(test::record(sample));
  std::vector<IndexRecord> records;
  for (const Bytes& document : documents) records.push_back({.record = *read_record(document), .sensor = "sensor-1"});
  return index.upsert(records);
}

TEST(ModelIndex, ARecordThatComesAgainIsToldFromOneThatHasChanged) {
  ModelIndex index;
  EXPECT_EQ(*put(index, {{.number = 1}, {.number = 2}}), (std::vector{Upserted::fresh, Upserted::fresh}));
  EXPECT_EQ(*put(index, {{.number = 1}}), std::vector{Upserted::again});
  EXPECT_TRUE(index.changed().empty());
  const auto other = [](Bytes& out) {
    put_map(out, 1);
    test::put_pair(out, "id", "WB-2");
  };
  EXPECT_EQ(*put(index, {{.number = 2, .payload = other}}), std::vector{Upserted::again});
  EXPECT_EQ(index.changed(), std::vector{to_hex(test::record_id(2))});
}

TEST(ModelIndex, HalfOfTheRecordsAreInWhenItFails) {
  ModelIndex index;
  index.fail(1);
  EXPECT_EQ(put(index, {{.number = 1}, {.number = 2}}).error().code(), Code::unavailable);
  EXPECT_EQ(*put(index, {{.number = 1}, {.number = 2}}), (std::vector{Upserted::again, Upserted::fresh}));
}

TEST(ModelIndex, CopiesWithoutAnIdOfTheirOwnShareANameAndOwnEventsStandApart) {
  ModelIndex index;
  const auto copy = [](Bytes& out) { put_map(out, 0); };
  const std::string logs = "trendmicro_visionone_audit_logs";
  ASSERT_TRUE(put(index, {{.number = 1, .msg_class = logs, .payload = copy}, {.number = 2, .msg_class = logs, .payload = copy}}));
  ASSERT_TRUE(put(index, {{.number = 3, .msg_class = "tidegate_own_events"}, {.number = 3, .msg_class = "tidegate_own_events"}}));
  ASSERT_EQ(index.records().size(), 1u);
  EXPECT_EQ(index.records().begin()->first.source.version, nameless);
  EXPECT_EQ(index.records().begin()->second.size(), 2u);
  EXPECT_EQ(index.own_events().size(), 1u);
}

}  // namespace
}  // namespace tidegate
