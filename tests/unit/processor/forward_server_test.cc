#include "processor/edges/forward_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "processor/edges/stores.h"
#include "processor/pipeline/receive.h"
#include "tests/support/test_pki.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using test::message;
using namespace std::chrono_literals;

// A peer that does what it is told, with blocking calls.
class ForwardPeer {
 public:
  explicit ForwardPeer(std::uint16_t port) : context_(asio::ssl::context::tls_client) { connect(port); }
  ForwardPeer(std::uint16_t port, const TestPki& pki, const Identity& identity) : ForwardPeer(port, pki.ca_file(), &identity) {}
  ForwardPeer(std::uint16_t port, const std::filesystem::path& ca, const Identity* identity)
      : context_(asio::ssl::context::tls_client) {
    context_.load_verify_file(ca.string());
    if (identity != nullptr) {
      context_.use_certificate_chain_file(identity->certificate_file.string());
      context_.use_private_key_file(identity->private_key_file.string(), asio::ssl::context::pem);
    }
    connect(port);
    stream_->handshake(asio::ssl::stream_base::client, error_);
  }

  void send(const Bytes& bytes) { asio::write(*stream_, asio::buffer(bytes), error_); }
  void send_plainly(const Bytes& bytes) { asio::write(stream_->next_layer(), asio::buffer(bytes), error_); }

  // Everything until the other end closes, or `bytes` of it.
  Bytes receive(std::size_t bytes = SIZE_MAX) {
    Bytes received;
    char buffer[4096];
    while (received.size() < bytes) {
      const std::size_t got = stream_->read_some(asio::buffer(buffer), error_);
      if (error_) break;
      received.append(buffer, got);
    }
    return received;
  }
  bool closed_plainly() {
    char byte = 0;
    while (!error_) stream_->next_layer().read_some(asio::buffer(&byte, 1), error_);
    return true;
  }
  void close() { stream_->next_layer().close(); }

 private:
  void connect(std::uint16_t port) {
    stream_.emplace(loop_, context_);
    stream_->next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  }

  asio::io_context loop_;
  asio::ssl::context context_;
  boost::system::error_code error_;
  std::optional<asio::ssl::stream<tcp::socket>> stream_;  // made once the context is complete
};

// Knows zurich-01 as a sensor of acme; its answer to others is theirs to set.
class TestGate final : public SensorGate {
 public:
  Result<DataPeer> admit(const TlsPeer& peer) override {
    if (peer.certificate.empty()) return Error{Code::invalid, "no certificate came with the name"};
    if (revoked_) return Error{Code::denied, "its access was revoked"};
    return DataPeer{peer.name, SensorIdentity{peer.name, {"acme"}, "01", WallTime{}, WallTime{}}};
  }
  bool still_admitted(const DataPeer&) const override { return !revoked_; }
  std::uint64_t version() const override { return version_; }

  void revoke() {
    revoked_ = true;
    ++version_;
  }

 private:
  std::atomic<bool> revoked_ = false;
  std::atomic<std::uint64_t> version_ = 1;
};

// The server with a real landing behind it, its loop on a thread of its own.
class ForwardServerTest : public testing::Test {
 protected:
  void start(ForwardServerLimits limits = {}, SensorGate* gate = nullptr) {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    ASSERT_TRUE(pki) << pki.error().text();
    pki_.emplace(*std::move(pki));
    server_identity_ = *pki_->issue("dp1.example.net");
    sensor_ = *pki_->issue("zurich-01");
    Result<Stores> stores = open_stores(folder_.path() / "state", log_, metrics_);
    ASSERT_TRUE(stores) << stores.error().text();
    stores_ = *std::move(stores);
    lander_.emplace(*stores_.landing, log_, metrics_, [] {});
    intake_.emplace(*lander_, clock_, metrics_);
    Result<TlsContextPtr> tls = make_server_tls(
        {pki_->ca_file().string(), server_identity_.certificate_file.string(), server_identity_.private_key_file.string()});
    ASSERT_TRUE(tls) << tls.error().text();
    server_.emplace(loop_.get_executor(), clock_, log_, metrics_, *intake_, *std::move(tls), limits, gate);
    ASSERT_TRUE(server_->listen("127.0.0.1", 0));
    lander_->start();
    tasks_.emplace(loop_.get_executor());
    tasks_->spawn("server", server_->run());
    thread_ = std::thread{[this] { loop_.run(); }};
  }

  void TearDown() override {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { tasks_->stop(); });
    asio::post(loop_, [this] { asio::co_spawn(loop_, tasks_->join(), [](const std::exception_ptr&) {}); });
    thread_.join();
    lander_->stop();
  }

  ForwardPeer sensor() { return ForwardPeer{server_->port(), *pki_, sensor_}; }
  static Bytes acks(const std::vector<std::string>& ids) {
    Bytes all;
    for (const std::string& id : ids) all.append(encode_ack(id));
    return all;
  }
  // Waits for a metric that another thread counts.
  bool shows(const std::string& line) {
    return test::eventually([&] { return metrics_.text().find(line + "\n") != std::string::npos; });
  }
  bool refused(const std::string& reason, int times = 1) {
    return shows("tidegate_connections_refused_total{reason=\"" + reason + "\"} " + std::to_string(times));
  }

  bool logged(const std::string& words) {
    const std::unique_lock lock{logged_mutex_};
    return logged_.find(words) != std::string::npos;
  }

  TemporaryDirectory folder_;
  SystemClock clock_;
  std::mutex logged_mutex_;
  std::string logged_;
  Log log_{clock_, LogFormat::text, Level::info, [this](std::string_view line) {
             const std::unique_lock lock{logged_mutex_};
             logged_.append(line);
           }};
  Metrics metrics_;
  std::optional<TestPki> pki_;
  Identity server_identity_;
  Identity sensor_;
  Stores stores_;
  asio::io_context loop_{1};
  std::optional<Lander> lander_;
  std::optional<ChunkIntake> intake_;
  std::optional<ForwardServer> server_;
  std::optional<TaskGroup> tasks_;
  std::thread thread_;
};

TEST_F(ForwardServerTest, AcknowledgesWhatIsDurable) {  // P4
  start();
  ForwardPeer peer = sensor();
  peer.send(message("one", {{.number = 1}}, WireCompression::zstd));
  EXPECT_EQ(peer.receive(acks({"one"}).size()), acks({"one"}));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 1u);
  const Result<LandedChunk> landed = stores_.landing->read(1);
  ASSERT_TRUE(landed);
  EXPECT_EQ(landed->chunk.sensor, "zurich-01") << "the common name of its certificate";
}

TEST_F(ForwardServerTest, SeveralChunksMayBeInFlight) {
  start();
  ForwardPeer peer = sensor();
  Bytes all;
  std::vector<std::string> ids;
  for (std::uint64_t i = 0; i < 200; ++i) {
    ids.push_back("chunk " + std::to_string(i) + "\n");
    all.append(message(ids.back(), {{.number = i}}));
  }
  peer.send(all);
  EXPECT_EQ(peer.receive(acks(ids).size()), acks(ids));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 200u);
}

TEST_F(ForwardServerTest, AChunkThatComesAgainIsAcknowledgedAgainAndLandedOnce) {  // P2
  start();
  for (int connection = 0; connection < 2; ++connection) {
    ForwardPeer peer = sensor();
    peer.send(message("one", {{}}) + message("one", {{}}));
    EXPECT_EQ(peer.receive(acks({"one", "one"}).size()), acks({"one", "one"}));
  }
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 1u);
  EXPECT_TRUE(shows("tidegate_chunks_duplicate_total 3"));
}

TEST_F(ForwardServerTest, AMessageWithoutAChunkIdIsLandedAndNotAnswered) {
  start();
  ForwardPeer peer = sensor();
  Bytes bytes;
  put_array(bytes, 2);
  put_str(bytes, "t");
  put_bin(bytes, test::entries({{}}));
  peer.send(bytes + message("next", {{.number = 2}}));
  EXPECT_EQ(peer.receive(acks({"next"}).size()), acks({"next"}));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 2u);
}

TEST_F(ForwardServerTest, AChunkThatDoesNotDecodeGetsNoAckAndIsCutOff) {
  start();
  ForwardPeer peer = sensor();
  Bytes bytes;
  put_array(bytes, 3);
  put_str(bytes, "t");
  put_bin(bytes, "not msgpack entries");
  put_map(bytes, 1);
  test::put_pair(bytes, "chunk", "bad");
  peer.send(bytes);
  EXPECT_EQ(peer.receive(), "");
  EXPECT_TRUE(refused("chunk"));
  EXPECT_TRUE(shows("tidegate_chunks_refused_total 1"));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 0u);
  ForwardPeer next = sensor();
  next.send(message("good", {{}}));
  EXPECT_EQ(next.receive(acks({"good"}).size()), acks({"good"})) << "others are not affected";
}

TEST_F(ForwardServerTest, APeerWithoutTlsIsCutOff) {
  start();
  ForwardPeer peer{server_->port()};
  peer.send_plainly("GET / HTTP/1.1\r\n\r\n" + message("one", {{}}));
  EXPECT_TRUE(peer.closed_plainly());
  EXPECT_TRUE(refused("tls"));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 0u);
}

TEST_F(ForwardServerTest, APeerWithoutOurCertificateIsCutOff) {  // P10
  start();
  ForwardPeer without{server_->port(), pki_->ca_file(), nullptr};
  without.send(message("one", {{}}));
  EXPECT_EQ(without.receive(), "");
  EXPECT_TRUE(refused("certificate", 1));
  Result<TestPki> foreign = TestPki::make(folder_.path() / "foreign");
  ASSERT_TRUE(foreign);
  const Identity stranger = *foreign->issue("zurich-01");
  ForwardPeer strange{server_->port(), pki_->ca_file(), &stranger};
  strange.send(message("one", {{}}));
  EXPECT_EQ(strange.receive(), "");
  EXPECT_TRUE(refused("certificate", 2));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 0u);
}

TEST_F(ForwardServerTest, BrokenMessagesAreCutOffWithoutAnAck) {
  start();
  Bytes deep;
  for (int i = 0; i < 1000; ++i) put_array(deep, 1);
  Bytes oversized;
  put_array(oversized, 2);
  put_str(oversized, "t");
  put_bin_head(oversized, 0xf0000000u);
  int cut = 0;
  for (const Bytes& hostile : {Bytes{"\xc1garbage"}, deep, oversized, Bytes{"{\"json\": 1}"}, Bytes(1000, '\xff')}) {
    ForwardPeer peer = sensor();
    peer.send(hostile);
    EXPECT_EQ(peer.receive(), "");
    EXPECT_TRUE(refused("protocol", ++cut));
  }
}

TEST_F(ForwardServerTest, AConnectionThatEndsInTheMiddleOfAMessageIsCounted) {
  start();
  ForwardPeer peer = sensor();
  const Bytes whole = message("one", {{}});
  peer.send(whole.substr(0, whole.size() / 2));
  peer.close();
  EXPECT_TRUE(refused("protocol"));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 0u);
}

TEST_F(ForwardServerTest, SlowPeersAreCutOffAndIdleOnesMayStay) {
  start({.handshake_max = 5s, .message_max = 1s});  // handshakes of those who mean well must fit in
  ForwardPeer idle = sensor();
  ForwardPeer silent{server_->port()};
  ForwardPeer slow = sensor();
  const Bytes whole = message("one", {{}});
  slow.send(whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(refused("timeout", 2));
  EXPECT_EQ(slow.receive(), "");
  EXPECT_TRUE(silent.closed_plainly());
  idle.send(whole);
  EXPECT_EQ(idle.receive(acks({"one"}).size()), acks({"one"}));
}

TEST_F(ForwardServerTest, TooManyConnectionsAreRefused) {
  start({.connections_max = 2});
  ForwardPeer one = sensor();
  ForwardPeer two = sensor();
  ForwardPeer three{server_->port()};
  EXPECT_TRUE(three.closed_plainly());
  EXPECT_TRUE(refused("limit"));
  EXPECT_TRUE(shows("tidegate_sensors{state=\"connected\"} 1")) << "one sensor, twice";
  one.close();
  two.close();
  EXPECT_TRUE(shows("tidegate_sensors{state=\"disconnected\"} 1"));
}

TEST_F(ForwardServerTest, HalfMessagesOfAllConnectionsAreBoundedTogether) {
  start({.pending_bytes_max = 10'000});
  Bytes begun;
  put_array(begun, 2);
  put_str(begun, "t");
  put_bin_head(begun, 1'000'000);
  begun.append(Bytes(8000, 'x'));
  ForwardPeer one = sensor();
  one.send(begun);
  EXPECT_TRUE(shows("tidegate_sensors{state=\"connected\"} 1"));
  ForwardPeer two = sensor();
  two.send(begun);
  EXPECT_TRUE(refused("overload"));
}

TEST_F(ForwardServerTest, AnEnrolledSensorsChunkIsLanded) {
  TestGate gate;
  start({}, &gate);
  ForwardPeer peer = sensor();
  peer.send(message("one", {{}}));
  EXPECT_EQ(peer.receive(acks({"one"}).size()), acks({"one"}));
}

TEST_F(ForwardServerTest, AnotherTenantsChunkIsCutOffWithoutAnAckAndNobodyElseIs) {  // P10
  TestGate gate;
  start({}, &gate);
  ForwardPeer other = sensor();
  ForwardPeer hostile = sensor();
  hostile.send(message("stolen", {{.tenant = "blue"}}));
  EXPECT_EQ(hostile.receive(), "");
  EXPECT_TRUE(refused("tenant"));
  EXPECT_TRUE(logged("'blue'")) << "who and why";
  other.send(message("own", {{}}));
  EXPECT_EQ(other.receive(acks({"own"}).size()), acks({"own"}));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 1u);
}

TEST_F(ForwardServerTest, AChunkInAnotherSensorsNameIsCutOff) {  // P10
  TestGate gate;
  start({}, &gate);
  const Identity geneva = *pki_->issue("geneva-01");
  ForwardPeer hostile{server_->port(), *pki_, geneva};
  hostile.send(message("as zurich", {{}}));
  EXPECT_EQ(hostile.receive(), "");
  EXPECT_TRUE(refused("identity"));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 0u);
}

TEST_F(ForwardServerTest, ARevocationEndsOpenConnectionsAndLetsNoNewOneIn) {  // P10
  TestGate gate;
  start({.deadlines_every = 50ms}, &gate);
  ForwardPeer peer = sensor();
  peer.send(message("one", {{}}));
  EXPECT_EQ(peer.receive(acks({"one"}).size()), acks({"one"}));
  gate.revoke();
  EXPECT_EQ(peer.receive(), "");
  EXPECT_TRUE(refused("identity", 1));
  ForwardPeer again = sensor();
  again.send(message("two", {{.number = 2}}));
  EXPECT_EQ(again.receive(), "");
  EXPECT_TRUE(refused("identity", 2));
  EXPECT_EQ(stores_.landing->usage().tail.sequence, 1u);
}

}  // namespace
}  // namespace tidegate
