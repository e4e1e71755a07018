#include "transport/opamp_client.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/opamp_session_rig.h"
#include "tests/unit/transport/web_port_rig.h"
#include "transport/opamp_codec.h"
#include "transport/opamp_server_session.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testkit::joined;
using testkit::run;
using testkit::RunningPort;

// A server of one agent: every message is answered, and kept.
class OpampClientTest : public ::testing::Test {
 protected:
  OpampClientTest() {
    identity.capabilities = opamp_test::all_of_server;
    identity.custom_capabilities.capabilities = {opamp_test::act};
  }
  ~OpampClientTest() override {
    group.stop();
    run(loop, joined(group));
  }

  WebPort::Handlers handlers() {
    WebPort::Handlers made;
    made.answer = [this](const WebRequest& request) -> asio::awaitable<WebReply> { co_return poll(request); };
    made.may_open = [this](const WebRequest&) {
      ++upgrades;
      return opening;
    };
    made.serve = [this](std::shared_ptr<WebSocket> socket, WebRequest) { return serve(std::move(socket)); };
    return made;
  }

  Bytes answer_to(ByteView bytes, opamp::Framing framing) {
    auto message = opamp::decode_agent_to_server(bytes, framing);
    EXPECT_TRUE(message) << message.error().text();
    heard.push_back(*message);
    OpampReply reply = session_of_server.on_message(*std::move(message)).reply;
    if (reply.offers_config) reply.message.remote_config = opamp_test::offer("h1");
    return *opamp::encode(reply.message, framing);
  }
  WebReply poll(const WebRequest& request) {
    instance_uid = request.instance_uid;
    if (polling.status != 200) return polling;
    WebReply reply{.content_type = request.content_type};
    reply.body = answer_to(request.body, opamp::Framing::http);
    return reply;
  }
  asio::awaitable<void> serve(std::shared_ptr<WebSocket> socket) {
    open = socket;
    session_of_server.connected();
    while (true) {
      const Result<Bytes> message = co_await socket->read();
      if (!message) {
        ended.push_back(message.error().text());
        co_return;
      }
      if (mute) continue;
      const Bytes answer = answer_to(*message, opamp::Framing::websocket);
      const auto sent = co_await socket->write(answer);
      if (!sent) co_return;
    }
  }

  void start_server(std::uint16_t at = 0) {
    port.emplace(loop, clock, log, handlers(), testkit::port_tls(pki), WebPortLimits{}, at);
    number = port->number();
  }
  void start_client() {
    OpampClientOptions options;
    options.url = "wss://localhost:" + std::to_string(number) + "/v1/opamp";
    options.tls = [this]() -> Result<TlsContextPtr> {
      ++contexts;
      return tls;
    };
    options.limits.connect_max = 10s;
    client.emplace(session, std::move(options), OpampClientSurroundings{clock, random}, log, metrics);
    group.spawn("client", client->run());
  }
  template <class Condition>
  bool until(Condition condition) {
    return run_until(loop, std::move(condition));
  }
  // The next one who waits is woken, where there is no other way to go on.
  void pass(std::chrono::nanoseconds time) {
    loop.restart();
    loop.poll();
    clock.advance(time);
  }
  OpampEvent next_event() {
    auto event = run(loop, client->next());
    EXPECT_TRUE(event);
    return *std::move(event);
  }

  asio::io_context loop;
  ManualClock clock{WallTime{}};
  Random random{Seed{7}};
  Metrics metrics;
  Log log{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path()));
  TlsContextPtr tls = testkit::client_tls(pki, "sensor-1");
  OpampServerIdentity identity;
  OpampServerSession session_of_server{identity, {}};
  OpampSession session = opamp_test::told_session();
  WebReply opening{.status = 101};
  WebReply polling{.status = 200};
  std::vector<opamp::AgentToServer> heard;
  std::vector<std::string> ended;
  std::weak_ptr<WebSocket> open;
  std::string instance_uid;
  bool mute = false;
  int upgrades = 0;
  int contexts = 0;
  std::uint16_t number = 0;
  TaskGroup group{loop.get_executor()};
  std::optional<RunningPort> port;
  std::optional<OpampClient> client;
};

TEST_F(OpampClientTest, TheFirstMessageTellsEverythingAndChangesFollow) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].instance_uid, opamp_test::instance);
  EXPECT_TRUE(heard[0].agent_description && heard[0].health && heard[0].effective_config);
  EXPECT_EQ(client->trouble(), "");
  EXPECT_NE(metrics.text().find("tidegate_control_connected 1"), std::string::npos);

  ASSERT_TRUE(session.set_effective_config({.config_map = opamp_test::config("a: 2")}));
  client->changed();
  ASSERT_TRUE(until([this] { return heard.size() == 2; }));
  EXPECT_TRUE(heard[1].effective_config);
  EXPECT_FALSE(heard[1].agent_description);

  pass(30s);
  ASSERT_TRUE(until([this] { return heard.size() == 3; }));
  EXPECT_FALSE(heard[2].effective_config);
  EXPECT_EQ(contexts, 1);
}

TEST_F(OpampClientTest, WhatTheServerOffersIsGivenToTheOwner) {
  start_server();
  session_of_server.want_config("h1");
  start_client();
  const OpampEvent event = next_event();
  const auto* offer = std::get_if<opamp::AgentRemoteConfig>(&event);
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->config_hash, "h1");
  ASSERT_TRUE(session.set_remote_config_status(opamp_test::status("h1", opamp::ApplyStatus::applied)));
  client->changed();
  ASSERT_TRUE(until([this] { return session_of_server.reported_config() == "h1"; }));
  EXPECT_EQ(session_of_server.reported_status(), opamp::ApplyStatus::applied);
}

TEST_F(OpampClientTest, AServerThatDiesIsConnectedToAgain) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  port.reset();
  // Once at once; then somebody has to let time go by.
  ASSERT_TRUE(until([this] { return !client->connected() && contexts == 2 && clock.next_deadline(); }));
  EXPECT_NE(client->trouble().find("refused"), std::string::npos) << client->trouble();
  start_server(number);
  heard.clear();
  pass(60s);
  ASSERT_TRUE(until([this] { return client->connected(); }));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_TRUE(heard[0].agent_description);
  EXPECT_EQ(contexts, 3);
}

TEST_F(OpampClientTest, AServerThatSaysWhenIsNotAskedBefore) {
  opening = WebReply{.status = 503, .retry_after = 100s};
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return !client->trouble().empty(); }));
  EXPECT_NE(client->trouble().find("503"), std::string::npos);
  opening = WebReply{.status = 101};
  pass(99s);
  loop.restart();
  loop.run_for(50ms);
  EXPECT_EQ(upgrades, 1);
  pass(51s);
  ASSERT_TRUE(until([this] { return client->connected(); }));
  EXPECT_EQ(upgrades, 2);
}

TEST_F(OpampClientTest, WhoRefusesUsIsAskedSeldom) {
  opening = WebReply{.status = 403, .body = "revoked\n"};
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return !client->trouble().empty(); }));
  EXPECT_NE(client->trouble().find("403"), std::string::npos);
  pass(29s);
  loop.restart();
  loop.run_for(50ms);
  EXPECT_EQ(upgrades, 1);
  pass(16s);
  ASSERT_TRUE(until([this] { return upgrades == 2; }));
}

TEST_F(OpampClientTest, AServerWithoutWebSocketIsPolledAndAskedAgain) {
  opening = WebReply{.status = 404};
  start_server();
  session_of_server.want_config("h1");
  start_client();
  const OpampEvent event = next_event();
  EXPECT_TRUE(std::holds_alternative<opamp::AgentRemoteConfig>(event));
  ASSERT_TRUE(until([this] { return client->connected(); }));
  EXPECT_EQ(instance_uid, "0190163d-87f4-7991-9dbc-c55771b5bf61");
  ASSERT_TRUE(session.set_effective_config({.config_map = opamp_test::config("a: 2")}));
  client->changed();
  ASSERT_TRUE(until([this] { return heard.size() >= 2 && heard.back().effective_config; }));
  EXPECT_EQ(upgrades, 1);

  polling = WebReply{.status = 429, .retry_after = 50s};
  pass(31s);
  ASSERT_TRUE(until([this] { return !client->connected(); }));
  EXPECT_NE(client->trouble().find("429"), std::string::npos);
  polling = WebReply{.status = 200};
  heard.clear();
  pass(76s);
  ASSERT_TRUE(until([this] { return client->connected(); }));
  EXPECT_TRUE(heard.at(0).agent_description);

  opening = WebReply{.status = 101};
  pass(30min);
  ASSERT_TRUE(until([this] { return upgrades == 2 && client->connected(); }));
}

TEST_F(OpampClientTest, ARenewalUsesTheNewContextAndSaysWhatCameOfIt) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  tls = testkit::client_tls(pki, "sensor-1");
  const auto renewed = run(loop, client->renew());
  ASSERT_TRUE(renewed) << renewed.error().text();
  EXPECT_EQ(contexts, 2);
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_TRUE(heard[1].agent_disconnect);
  EXPECT_TRUE(heard[2].agent_description);
  ASSERT_TRUE(until([this] { return ended.size() == 1; }));
  EXPECT_EQ(ended[0], "closed by the peer: 1000");

  // A certificate that nobody trusts; the former is good enough to come back with.
  const TlsContextPtr good = tls;
  TemporaryDirectory elsewhere;
  TestPki strangers = std::move(*TestPki::make(elsewhere.path()));
  tls = testkit::client_tls(strangers, "sensor-1");
  const auto refused = run(loop, client->renew());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid) << refused.error().text();
  EXPECT_FALSE(client->connected());
  tls = good;
  EXPECT_TRUE(run(loop, client->renew()));
  EXPECT_TRUE(client->connected());
}

TEST_F(OpampClientTest, AServerThatDoesNotAnswerIsLeft) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  mute = true;
  ASSERT_TRUE(session.set_effective_config({.config_map = opamp_test::config("a: 2")}));
  client->changed();
  loop.restart();
  loop.run_for(20ms);
  pass(29s);
  loop.restart();
  loop.run_for(20ms);
  EXPECT_TRUE(client->connected());
  mute = false;
  pass(1s);
  ASSERT_TRUE(until([this] { return contexts == 2 && client->connected(); }));
}

TEST_F(OpampClientTest, AFarewellEndsTheRun) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  const auto leave = [](OpampClient& leaving) -> asio::awaitable<int> {
    co_await leaving.leave();
    co_return 0;
  };
  run(loop, leave(*client));
  EXPECT_TRUE(group.empty());
  EXPECT_FALSE(client->connected());
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_TRUE(heard[1].agent_disconnect);
  const auto event = run(loop, client->next());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code(), Code::cancelled);
  const auto renewed = run(loop, client->renew());
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().code(), Code::unavailable);
}

TEST_F(OpampClientTest, AnOwnerWhoTakesNothingHoldsTheServerUpAndGetsEverything) {
  start_server();
  start_client();
  ASSERT_TRUE(until([this] { return client->connected(); }));
  constexpr int count = 200;
  const auto flood = [](OpampServerSession& from, std::shared_ptr<WebSocket> socket) -> asio::awaitable<void> {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(from.queue_custom(opamp_test::custom(std::to_string(i))));
      const Bytes bytes = *opamp::encode(from.next()->message, opamp::Framing::websocket);
      const auto sent = co_await socket->write(bytes);
      if (!sent) co_return;
    }
  };
  asio::co_spawn(loop, flood(session_of_server, open.lock()), testkit::ignore_end);
  loop.restart();
  loop.run_for(100ms);
  pass(29s);
  for (int i = 0; i < count; ++i) {
    const OpampEvent event = next_event();
    const auto* message = std::get_if<opamp::CustomMessage>(&event);
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->data, std::to_string(i));
  }
  EXPECT_EQ(contexts, 1);
}

TEST_F(OpampClientTest, AnUrlThatIsNoneIsInvalid) {
  OpampClientOptions options;
  options.url = "https://localhost/";
  OpampClient wrong{session, std::move(options), {clock, random}, log, metrics};
  EXPECT_EQ(run(loop, wrong.run()).code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
