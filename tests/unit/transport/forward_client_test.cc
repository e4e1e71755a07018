#include "transport/forward_client.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "tests/support/run_until.h"
#include "tests/unit/transport/handshake_receiver.h"
#include "tests/unit/transport/loopback.h"
#include "tests/unit/transport/msgpack_test_bytes.h"
#include "transport/forward_reader.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using testkit::Channel;
using testkit::HandshakeReceiver;
using testkit::joined;
using testkit::Peer;
using testkit::run;
using testkit::text_of;
using namespace std::chrono_literals;

Id128 id(std::uint64_t number) { return {.high = 42, .low = number}; }

// Takes messages and answers each with an ack, the last of every `batch` first.
Peer::Script acknowledge(std::vector<ForwardMessage>& taken, std::size_t batch = 1) {
  return [&taken, batch](Channel& channel) -> asio::awaitable<void> {
    ForwardReader reader;
    std::vector<std::string> waiting;
    for (Bytes bytes = co_await channel.read(); !bytes.empty(); bytes = co_await channel.read()) {
      reader.feed(bytes);
      while (true) {
        auto message = reader.next();
        if (!message || !*message) break;
        waiting.push_back(*(*message)->chunk);
        taken.push_back(std::move(**message));
        if (waiting.size() < batch) continue;
        for (; !waiting.empty(); waiting.pop_back()) co_await channel.write(encode_ack(waiting.back()));
      }
    }
  };
}

// Reads something, says something, and leaves the connection open.
Peer::Script say(Bytes answer) {
  return [answer](Channel& channel) -> asio::awaitable<void> {
    co_await channel.read();
    co_await channel.write(answer);
    while (!(co_await channel.read()).empty()) {
    }
  };
}

// Greets, answers PING, and goes on as `then` says where it let the client in.
Peer::Script greet(HandshakeReceiver receiver, Peer::Script then) {
  return [receiver, then](Channel& channel) -> asio::awaitable<void> {
    co_await channel.write(receiver.helo());
    const Bytes ping = co_await channel.read();
    const Bytes pong = receiver.answer(ping);
    co_await channel.write(pong);
    if (pong.find("\xc3") != Bytes::npos) co_await then(channel);
  };
}

HandshakeOptions with_key(const std::string& key) {
  Random random{Seed{7}};
  return {.self_hostname = "zurich-01",
          .salt = handshake_salt(random),
          .shared_key = Secret{key},
          .username = "agent",
          .password = Secret{"pw"}};
}

class ForwardClientTest : public ::testing::Test {
 protected:
  TlsContextPtr server() {
    const auto identity = pki.issue("centre");
    return *make_server_tls({.ca_file = text_of(pki.ca_file()),
                             .certificate_file = text_of(identity->certificate_file),
                             .private_key_file = text_of(identity->private_key_file)});
  }
  TlsContextPtr client_tls() {
    const auto identity = pki.issue("zurich-01");
    return *make_client_tls({.ca_file = text_of(pki.ca_file()),
                             .certificate_file = text_of(identity->certificate_file),
                             .private_key_file = text_of(identity->private_key_file)});
  }
  Result<void> connect(ForwardClient& client, const Peer& peer) {
    return run(loop, client.connect({"localhost", peer.port()}, client_tls()));
  }
  // A receiver of others: it asks for no certificate.
  TlsContextPtr public_server() {
    const auto identity = pki.issue("centre");
    return *make_public_server_tls(text_of(identity->certificate_file), text_of(identity->private_key_file));
  }
  Result<void> connect(ForwardClient& client, const Peer& peer, HandshakeOptions handshake) {
    const TlsContextPtr tls = *make_client_tls({.ca_file = text_of(pki.ca_file())});
    return run(loop, client.connect({"localhost", peer.port()}, tls, std::move(handshake)));
  }
  static asio::awaitable<Error> send_all(ForwardClient& client, std::vector<Bytes>& payloads, std::optional<Error>& failed) {
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      auto sent = co_await client.send({.tag = "tidegate.test", .payload = payloads[i], .records = 1, .chunk = id(i)});
      if (sent) continue;
      failed = sent.error();
      break;
    }
    co_return Error{Code::cancelled, "done"};
  }

  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path()));
  asio::io_context loop;
  SystemClock clock;
};

TEST_F(ForwardClientTest, ChunksGoOutWholeAndAcksComeBackInAnyOrder) {
  std::vector<ForwardMessage> taken;
  const Peer peer{loop, acknowledge(taken, 5), server()};
  ForwardClient client{clock, {}};
  ASSERT_TRUE(connect(client, peer));
  EXPECT_TRUE(client.connected());
  Random random{Seed{1}};
  std::vector<Bytes> payloads;
  for (int i = 0; i < 20; ++i) payloads.emplace_back(random.below(i % 3 == 0 ? 700'000 : 500), static_cast<char>('a' + i));
  std::optional<Error> failed;
  TaskGroup group{loop.get_executor()};
  group.spawn("sender", send_all(client, payloads, failed));
  std::set<Id128> acked;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto ack = run(loop, client.next_ack());
    ASSERT_TRUE(ack) << ack.error().text();
    acked.insert(*ack);
  }
  run(loop, joined(group));
  EXPECT_FALSE(failed);
  EXPECT_EQ(acked.size(), payloads.size());
  EXPECT_EQ(client.in_flight_bytes(), 0u);
  ASSERT_EQ(taken.size(), payloads.size());
  for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_TRUE(taken[i].entries() == payloads[i]) << i;
}

TEST_F(ForwardClientTest, AFullWindowWaitsForAnAck) {
  std::vector<ForwardMessage> taken;
  const Peer peer{loop, acknowledge(taken), server()};
  ForwardClient client{clock, {.session = {.in_flight_bytes_max = 100'000}}};
  ASSERT_TRUE(connect(client, peer));
  std::vector<Bytes> payloads(6, Bytes(60'000, 'x'));
  std::optional<Error> failed;
  TaskGroup group{loop.get_executor()};
  group.spawn("sender", send_all(client, payloads, failed));
  ASSERT_TRUE(run_until(loop, [&] { return !taken.empty(); }));
  loop.restart();
  loop.run_for(50ms);  // were the next one let through, it would come now
  EXPECT_EQ(taken.size(), 1u);
  EXPECT_GT(client.in_flight_bytes(), 60'000u);
  EXPECT_LT(client.in_flight_bytes(), 100'000u);
  for (std::size_t i = 0; i < payloads.size(); ++i) ASSERT_TRUE(run(loop, client.next_ack()));
  run(loop, joined(group));
  EXPECT_FALSE(failed);
  EXPECT_EQ(taken.size(), 6u);
}

TEST_F(ForwardClientTest, AnAckThatDoesNotComeEndsTheSession) {
  const Peer peer{loop, say(""), server()};
  ForwardClient client{clock, {.session = {.in_flight_bytes_max = 10, .ack_wait_max = 80ms}}};
  ASSERT_TRUE(connect(client, peer));
  std::vector<Bytes> payloads(2, Bytes(100, 'x'));
  std::optional<Error> failed;
  TaskGroup group{loop.get_executor()};
  group.spawn("sender", send_all(client, payloads, failed));
  const auto ack = run(loop, client.next_ack());
  run(loop, joined(group));
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code(), Code::timeout);
  EXPECT_NE(ack.error().text().find("acknowledgement: no answer within 80 ms"), std::string::npos) << ack.error().text();
  ASSERT_TRUE(failed);
  EXPECT_EQ(*failed, ack.error());
  EXPECT_FALSE(client.connected());
}

TEST_F(ForwardClientTest, AReceiverThatBreaksTheProtocolEndsTheSession) {
  for (const Bytes& answer : {encode_ack(chunk_text(id(99))), Bytes{"\x80"}, Bytes{"HTTP/1.1 400 Bad Request\r\n"},
                              testkit::hex("81 a361636b daffff") + Bytes(60'000, 'x'), Bytes(100'000, '\x91')}) {
    const Peer peer{loop, say(answer), server()};
    ForwardClient client{clock, {}};
    ASSERT_TRUE(connect(client, peer));
    ASSERT_TRUE(run(loop, client.send({.tag = "t", .payload = "x", .records = 1, .chunk = id(1)})));
    const auto ack = run(loop, client.next_ack());
    ASSERT_FALSE(ack);
    EXPECT_EQ(ack.error().code(), Code::corrupt) << ack.error().text();
    const auto sent = run(loop, client.send({.tag = "t", .payload = "x", .records = 1, .chunk = id(2)}));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), ack.error());
  }
}

TEST_F(ForwardClientTest, AClosedConnectionEndsTheSession) {
  const Peer::Script leave = [](Channel& channel) -> asio::awaitable<void> { co_await channel.read(); };
  const Peer peer{loop, leave, server()};
  ForwardClient client{clock, {}};
  ASSERT_TRUE(connect(client, peer));
  ASSERT_TRUE(run(loop, client.send({.tag = "t", .payload = "x", .records = 1, .chunk = id(1)})));
  const auto ack = run(loop, client.next_ack());
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code(), Code::unavailable);
}

TEST_F(ForwardClientTest, AReceiverThatDoesNotReadEndsTheSessionAtTheWriteDeadline) {
  const Peer::Script deaf = [](Channel&) -> asio::awaitable<void> {
    Signal never;
    co_await never.wait_for(1h);
  };
  const Peer peer{loop, deaf, server()};
  ForwardClient client{clock, {.session = {.in_flight_bytes_max = 64u << 20}, .write_max = 150ms}};
  ASSERT_TRUE(connect(client, peer));
  const Bytes large(32u << 20, 'x');
  const auto sent = run(loop, client.send({.tag = "t", .payload = large, .records = 1, .chunk = id(1)}));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::timeout);
  EXPECT_NE(sent.error().text().find("write: no answer within 150 ms"), std::string::npos) << sent.error().text();
  EXPECT_EQ(run(loop, client.next_ack()).error(), sent.error());
}

TEST_F(ForwardClientTest, StoppingWhoWaitsForAnAckLeavesTheSession) {
  std::vector<ForwardMessage> taken;
  const Peer peer{loop, acknowledge(taken), server()};
  ForwardClient client{clock, {}};
  ASSERT_TRUE(connect(client, peer));
  std::optional<Error> why;
  const auto wait = [](ForwardClient& on, std::optional<Error>& ended) -> asio::awaitable<Error> {
    const auto ack = co_await on.next_ack();
    ended = ack ? Error{Code::absent, ""} : ack.error();
    co_return Error{Code::cancelled, "done"};
  };
  TaskGroup group{loop.get_executor()};
  group.spawn("waiter", wait(client, why));
  loop.restart();
  loop.run_for(20ms);
  group.stop();
  run(loop, joined(group));
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code(), Code::cancelled);
  EXPECT_TRUE(client.connected());
  ASSERT_TRUE(run(loop, client.send({.tag = "t", .payload = "x", .records = 1, .chunk = id(1)})));
  EXPECT_EQ(*run(loop, client.next_ack()), id(1));
}

TEST_F(ForwardClientTest, CloseWakesEveryoneAndASessionCanBeginAnew) {
  std::vector<ForwardMessage> taken;
  const Peer peer{loop, acknowledge(taken, 1000), server()};
  ForwardClient client{clock, {.session = {.in_flight_bytes_max = 1}}};
  ASSERT_TRUE(connect(client, peer));
  std::vector<Bytes> payloads(2, "x");
  std::optional<Error> failed;
  TaskGroup group{loop.get_executor()};
  group.spawn("sender", send_all(client, payloads, failed));
  ASSERT_TRUE(run_until(loop, [&] { return client.in_flight_bytes() > 0; }));
  EXPECT_FALSE(failed);
  client.close();
  run(loop, joined(group));
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->code(), Code::unavailable);
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(run(loop, client.next_ack()).error().code(), Code::unavailable);
  EXPECT_TRUE(connect(client, peer));
  EXPECT_EQ(client.in_flight_bytes(), 0u);
}

TEST_F(ForwardClientTest, WhoCannotBeReachedOrTrustedIsSaid) {
  ForwardClient impatient{clock, {.connect_max = 200ms}};
  const Peer::Script silent = [](Channel& channel) -> asio::awaitable<void> {
    while (!(co_await channel.read()).empty()) {
    }
  };
  const Peer no_tls{loop, silent};
  const auto slow = connect(impatient, no_tls);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code(), Code::timeout);

  ForwardClient client{clock, {}};

  auto stranger = TestPki::make(folder.path() / "strangers", "Another authority");
  const auto foreign = stranger->issue("centre");
  const auto tls = make_server_tls({.ca_file = text_of(pki.ca_file()),
                                    .certificate_file = text_of(foreign->certificate_file),
                                    .private_key_file = text_of(foreign->private_key_file)});
  std::vector<ForwardMessage> taken;
  const Peer unknown{loop, acknowledge(taken), *tls};
  const auto refused = connect(client, unknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_FALSE(client.connected());
}

TEST_F(ForwardClientTest, ChunksFollowAHandshakeWithWhoKnowsTheKey) {
  std::vector<ForwardMessage> taken;
  HandshakeReceiver receiver;
  receiver.auth = "sixteen bytes ..";
  const Peer peer{loop, greet(receiver, acknowledge(taken)), public_server()};
  ForwardClient client{clock, {}};
  const auto connected = connect(client, peer, with_key("s3cret"));
  ASSERT_TRUE(connected) << connected.error().text();
  for (std::uint64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(run(loop, client.send({.tag = "t", .payload = "x", .records = 1, .chunk = id(i)})));
    EXPECT_EQ(*run(loop, client.next_ack()), id(i));
  }
  EXPECT_EQ(taken.size(), 3u);
}

TEST_F(ForwardClientTest, WithAnotherKeyOrPasswordThereIsNoSession) {
  std::vector<ForwardMessage> taken;
  HandshakeReceiver receiver;
  receiver.auth = "sixteen bytes ..";
  const Peer peer{loop, greet(receiver, acknowledge(taken)), public_server()};
  ForwardClient client{clock, {}};
  const auto other_key = connect(client, peer, with_key("another"));
  ASSERT_FALSE(other_key);
  EXPECT_EQ(other_key.error().code(), Code::denied);
  EXPECT_NE(other_key.error().text().find("the receiver refuses us: shared_key mismatch"), std::string::npos)
      << other_key.error().text();
  HandshakeOptions other_password = with_key("s3cret");
  other_password.password = Secret{"another"};
  const auto refused = connect(client, peer, std::move(other_password));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
  EXPECT_FALSE(client.connected());
  EXPECT_TRUE(connect(client, peer, with_key("s3cret")));
  EXPECT_TRUE(client.connected());
}

TEST_F(ForwardClientTest, AReceiverThatClosesInsteadOfAnsweringRefuses) {
  const Peer::Script leave = [](Channel& channel) -> asio::awaitable<void> {
    const HandshakeReceiver receiver;
    co_await channel.write(receiver.helo());
    co_await channel.read();
  };
  const Peer peer{loop, leave, public_server()};
  ForwardClient client{clock, {}};
  const auto refused = connect(client, peer, with_key("s3cret"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
}

TEST_F(ForwardClientTest, AHandshakeThatDoesNotComeIsNotWaitedForWithoutEnd) {
  const Peer peer{loop, say(""), public_server()};
  ForwardClient client{clock, {.handshake_max = 100ms}};
  const auto late = connect(client, peer, with_key("s3cret"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::timeout);
  EXPECT_NE(late.error().text().find("handshake: no answer within 100 ms, waiting for HELO"), std::string::npos)
      << late.error().text();
  EXPECT_FALSE(client.connected());
}

TEST_F(ForwardClientTest, AReceiverThatAsksForAKeyWhereThereIsNoneIsNamed) {
  std::vector<ForwardMessage> taken;
  const Peer peer{loop, greet({}, acknowledge(taken)), server()};
  ForwardClient client{clock, {}};
  ASSERT_TRUE(connect(client, peer));
  const auto ack = run(loop, client.next_ack());
  ASSERT_FALSE(ack);
  EXPECT_EQ(ack.error().code(), Code::denied);
  EXPECT_NE(ack.error().text().find("asks for a shared key"), std::string::npos) << ack.error().text();
}

TEST_F(ForwardClientTest, AReceiverThatClosesAfterEachMessageIsGivenOneAtATime) {
  std::vector<ForwardMessage> taken;
  HandshakeReceiver receiver;
  receiver.keepalive = false;
  const Peer peer{loop, greet(receiver, acknowledge(taken, 2)), public_server()};
  ForwardClient client{clock, {}};
  ASSERT_TRUE(connect(client, peer, with_key("s3cret")));
  std::vector<Bytes> payloads(2, "x");
  std::optional<Error> failed;
  TaskGroup group{loop.get_executor()};
  group.spawn("sender", send_all(client, payloads, failed));
  ASSERT_TRUE(run_until(loop, [&] { return !taken.empty(); }));
  loop.restart();
  loop.run_for(50ms);  // were the next one let through, it would come now
  EXPECT_EQ(taken.size(), 1u);
  client.close();
  run(loop, joined(group));
  EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace tidegate
