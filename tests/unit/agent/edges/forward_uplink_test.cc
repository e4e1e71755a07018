#include "agent/edges/forward_uplink.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/run_until.h"
#include "tests/unit/transport/handshake_receiver.h"
#include "tests/unit/transport/loopback.h"
#include "transport/compression.h"
#include "transport/forward_reader.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testkit::Channel;
using testkit::HandshakeReceiver;
using testkit::Peer;
using testkit::run;
using testkit::text_of;

constexpr SegmentId first{Lane::alerts, 1};
const Id128 epoch{1, 2};

// Acknowledges every message and keeps it.
asio::awaitable<void> receive(Channel& channel, std::vector<ForwardMessage>& taken) {
  ForwardReader reader;
  for (Bytes bytes = co_await channel.read(); !bytes.empty(); bytes = co_await channel.read()) {
    reader.feed(bytes);
    while (true) {
      auto message = reader.next();
      if (!message || !*message) break;
      const Bytes ack = encode_ack(*(*message)->chunk);
      taken.push_back(std::move(**message));
      co_await channel.write(ack);
    }
  }
}

StoredSegment segment_of(const Bytes& entries, Compression compression) {
  StoredSegment stored;
  stored.id = first;
  stored.segment.tag = "tidegate.test";
  stored.segment.compression = compression;
  stored.segment.records = 1;
  Compressor compressor;
  stored.segment.payload =
      *compressor.compress_entries(entries, compression == Compression::zstd ? WireCompression::zstd : WireCompression::gzip);
  return stored;
}

class ForwardUplinkTest : public testing::Test {
 protected:
  ForwardUplinkTest() {
    const auto identity = pki_.issue("receiver");
    server_tls_ = *make_public_server_tls(text_of(identity->certificate_file), text_of(identity->private_key_file));
  }

  UplinkOptions options(const Peer& peer) {
    UplinkOptions made;
    made.endpoints.emplace_back("localhost", peer.port());
    made.tls = *make_client_tls({.ca_file = text_of(pki_.ca_file())});
    return made;
  }

  // What a receiver gets of a segment.
  std::vector<ForwardMessage> shipped(const StoredSegment& segment, bool receiver_knows_zstd) {
    std::vector<ForwardMessage> taken;
    const Peer::Script script = [&taken](Channel& channel) { return receive(channel, taken); };
    const Peer peer{loop_, script, server_tls_};
    UplinkOptions given = options(peer);
    given.receiver_knows_zstd = receiver_knows_zstd;
    ForwardUplink uplink{std::move(given), epoch, {clock_, random_}, log_};
    EXPECT_TRUE(run(loop_, uplink.connect()));
    EXPECT_TRUE(run(loop_, uplink.ship(segment)));
    const Result<SegmentId> acked = run(loop_, uplink.ack());
    EXPECT_TRUE(acked && *acked == segment.id);
    return taken;
  }

  TemporaryDirectory folder_;
  TestPki pki_ = std::move(*TestPki::make(folder_.path()));
  TlsContextPtr server_tls_;
  asio::io_context loop_;
  SystemClock clock_;
  Random random_{Seed{1}};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::info, [this](std::string_view line) { lines_.append(line); }};
};

TEST_F(ForwardUplinkTest, ASegmentIsSentAsItIsKept) {
  for (const Compression compression : {Compression::zstd, Compression::gzip}) {
    const StoredSegment segment = segment_of("entries", compression);
    const std::vector<ForwardMessage> taken = shipped(segment, true);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_TRUE(taken[0].entries() == segment.segment.payload);
    EXPECT_EQ(taken[0].chunk, chunk_text(chunk_id(epoch, segment)));
  }
}

TEST_F(ForwardUplinkTest, AReceiverThatKnowsNoZstdIsSentNone) {
  const StoredSegment segment = segment_of("entries", Compression::zstd);
  const std::vector<ForwardMessage> plain = shipped(segment, false);
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0].compression, WireCompression::none);
  EXPECT_TRUE(plain[0].entries() == "entries");
  EXPECT_EQ(plain[0].chunk, chunk_text(chunk_id(epoch, segment)));
  const std::vector<ForwardMessage> packed = shipped(segment_of("entries", Compression::gzip), false);
  ASSERT_EQ(packed.size(), 1u);
  EXPECT_EQ(packed[0].compression, WireCompression::gzip);
}

TEST_F(ForwardUplinkTest, KeysAreAskedForAnewAtEachConnection) {
  const Peer::Script greet = [](Channel& channel) -> asio::awaitable<void> {
    const HandshakeReceiver receiver;
    co_await channel.write(receiver.helo());
    const Bytes ping = co_await channel.read();
    co_await channel.write(receiver.answer(ping));
    co_await channel.read();
  };
  const Peer peer{loop_, greet, server_tls_};
  UplinkOptions given = options(peer);
  std::vector<std::string> keys{"another", "", "s3cret"};
  std::size_t asked = 0;
  given.handshake = [&]() -> Result<HandshakeOptions> {
    const std::string& key = keys.at(asked++);
    if (key.empty()) return Error{Code::invalid, "ship.shared_key_file /key: empty"};
    return HandshakeOptions{.self_hostname = "zurich-01", .salt = handshake_salt(random_), .shared_key = Secret{key}};
  };
  ForwardUplink uplink{std::move(given), epoch, {clock_, random_}, log_};
  const Result<void> wrong = run(loop_, uplink.connect());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Code::denied);
  const Result<void> missing = run(loop_, uplink.connect());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), (Error{Code::denied, "ship.shared_key_file /key: empty"}));
  EXPECT_EQ(peer.connections(), 1u) << "nobody is called without a key";
  const Result<void> right = run(loop_, uplink.connect());
  EXPECT_TRUE(right) << right.error().text();
  EXPECT_EQ(asked, keys.size());
  EXPECT_NE(lines_.find("shared_key mismatch"), std::string::npos) << lines_;
  EXPECT_EQ(lines_.find("another"), std::string::npos) << lines_;
}

// A bandwidth of 1000 bytes a second on Monday from 08:00 to 18:00, under a clock that begins on that day.
class ForwardUplinkScheduleTest : public ForwardUplinkTest {
 protected:
  ForwardUplinkScheduleTest() : peer_(loop_, [this](Channel& channel) { return receive(channel, taken_); }, server_tls_) {}

  void begin(std::chrono::seconds since_midnight) {
    time_.step_wall(since_midnight);
    UplinkOptions given = options(peer_);
    given.bandwidth.rules = {{.days = {Weekday::mon}, .from = 8h, .to = 18h, .bandwidth = 8000}};
    uplink_.emplace(std::move(given), epoch, Surroundings{time_, random_}, log_);
    ASSERT_TRUE(run(loop_, uplink_->connect()));
  }

  static StoredSegment segment_with(std::size_t payload_bytes, std::uint64_t sequence) {
    StoredSegment stored;
    stored.id = {Lane::alerts, sequence};
    stored.segment.tag = "tidegate.test";
    stored.segment.records = 1;
    stored.segment.payload = Bytes(payload_bytes, 'x');
    return stored;
  }

  void begin_to_ship(const StoredSegment& segment) {
    shipped_.reset();
    asio::co_spawn(loop_, testkit::store(uplink_->ship(segment), shipped_), [](const std::exception_ptr&) {});
    let_run();
  }
  bool is_shipped() const { return shipped_ && *shipped_; }

  void let_run() {
    loop_.restart();
    loop_.run_for(1ms);
  }
  void pass(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      time_.advance(1s);
      let_run();
    }
  }

  ManualClock time_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
  std::vector<ForwardMessage> taken_;
  Peer peer_;
  std::optional<ForwardUplink> uplink_;
  std::optional<Result<void>> shipped_;
};

TEST_F(ForwardUplinkScheduleTest, ALimitHoldsFromTheTimeOfItsRule) {
  begin(8h - 10s);
  EXPECT_TRUE(run(loop_, uplink_->ship(segment_with(100'000, 1)))) << "as if there were no limit";
  EXPECT_TRUE(run(loop_, uplink_->ack()));
  pass(10s);
  const StoredSegment slow = segment_with(10'000, 2);
  begin_to_ship(slow);
  pass(9s);
  EXPECT_FALSE(is_shipped());
  for (int second = 0; second < 60 && !is_shipped(); ++second) pass(1s);
  EXPECT_TRUE(is_shipped());
  EXPECT_NE(lines_.find("the bandwidth changes by its schedule"), std::string::npos) << lines_;
  EXPECT_NE(lines_.find("8kbit/s"), std::string::npos) << lines_;
}

// 100 s at this limit, of which 5 are left.
TEST_F(ForwardUplinkScheduleTest, AChunkThatWaitsUnderALimitGoesOnWhenItEnds) {
  begin(18h - 5s);
  const StoredSegment large = segment_with(100'000, 1);
  begin_to_ship(large);
  pass(4s);
  EXPECT_FALSE(is_shipped());
  pass(2s);
  EXPECT_TRUE(run_until(loop_, [this] { return is_shipped(); }));
  EXPECT_TRUE(run_until(loop_, [this] { return taken_.size() == 1; }));
}

}  // namespace
}  // namespace tidegate
