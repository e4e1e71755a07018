#include "transport/web_port.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/web_port_rig.h"
#include "transport/compression.h"
#include "transport/http_client.h"
#include "transport/turns.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testkit::run;
using testkit::RunningPort;

class WebPortTest : public ::testing::Test {
 protected:
  WebPort::Handlers handlers() {
    WebPort::Handlers made;
    made.answer = [this](const WebRequest& request) -> asio::awaitable<WebReply> {
      asked.push_back(request);
      co_return reply;
    };
    made.may_open = [](const WebRequest&) { return WebReply{.status = 101}; };
    made.serve = [this](std::shared_ptr<WebSocket> socket, WebRequest) { return serve(std::move(socket)); };
    made.refused = [this](WebPortRefusal refusal) { refusals.push_back(refusal); };
    return made;
  }
  asio::awaitable<void> serve(std::shared_ptr<WebSocket> socket) {
    ++serving;
    const auto read = co_await socket->read();
    ended = read ? "message" : std::string{name(read.error().code())};
    --serving;
  }

  void start(WebPortLimits limits = {}) { port.emplace(loop, clock, log, handlers(), testkit::port_tls(pki), limits); }

  Result<HttpResponse> ask(HttpClient& client, HttpRequest request) {
    request.url = "https://localhost:" + std::to_string(port->number()) + request.url;
    return run(loop, client.send(std::move(request), 10s));
  }
  HttpClientOptions options(const std::string& name) {
    HttpClientOptions made;
    made.tls = testkit::client_tls(pki, name);
    return made;
  }

  Result<std::unique_ptr<WebSocket>> connect() {
    WebSocketTarget target;
    target.url = *parse_url("https://localhost:" + std::to_string(port->number()) + "/v1/opamp");
    target.tls = testkit::client_tls(pki, "sensor-1");
    std::optional<WebSocketRefused> refused;
    return run(loop, connect_web_socket(std::move(target), 10s, refused));
  }

  asio::io_context loop;
  ManualClock clock{WallTime{}};
  Log log{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path()));
  WebReply reply{.content_type = "text/x", .body = "answer"};
  std::vector<WebRequest> asked;
  std::vector<WebPortRefusal> refusals;
  int serving = 0;
  std::string ended;
  std::optional<RunningPort> port;
};

TEST_F(WebPortTest, RequestsOfOneConnectionAreAnswered) {
  start();
  HttpClient client{options("sensor-1")};
  HttpRequest request{.method = "POST", .url = "/v1/enroll?x=%20", .headers = {{"Content-Type", "text/y"}}, .body = "body"};
  for (int i = 0; i < 3; ++i) {
    const auto response = ask(client, request);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 200u);
    EXPECT_EQ(response->body, "answer");
    EXPECT_EQ(response->header("content-type"), "text/x");
  }
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ((*port)->connections(), 1u);
  EXPECT_EQ(asked[0].method, "POST");
  EXPECT_EQ(asked[0].path, "/v1/enroll");
  EXPECT_EQ(asked[0].query, "x=%20");
  EXPECT_EQ(asked[0].content_type, "text/y");
  EXPECT_EQ(asked[0].body, "body");
  EXPECT_FALSE(asked[0].upgrade);
  EXPECT_FALSE(asked[0].certificate.empty());
  EXPECT_EQ(asked[0].peer.substr(0, 10), "127.0.0.1:");
  HttpClient nameless{options("")};
  ASSERT_TRUE(ask(nameless, request));
  EXPECT_TRUE(asked.back().certificate.empty());
  EXPECT_TRUE(refusals.empty());
}

TEST_F(WebPortTest, ARefusalSaysWhenToComeBack) {
  start();
  reply = WebReply{.status = 503, .retry_after = 40s, .body = "later\n"};
  HttpClient client{options("")};
  const auto response = ask(client, {.url = "/"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503u);
  EXPECT_EQ(response->header("retry-after"), "40");
}

TEST_F(WebPortTest, ABodyWithACodingArrivesPlainOrNotAtAll) {
  start({.body_bytes_max = 1000});
  Compressor compressor;
  const auto coded = [&](const Bytes& plain, const char* coding, bool really = true) {
    HttpClient client{options("")};
    HttpRequest request{.method = "POST", .url = "/", .headers = {{"Content-Encoding", coding}}, .body = plain};
    if (really) request.body = *compressor.compress_entries(plain, WireCompression::gzip);
    const auto response = ask(client, std::move(request));
    return response ? response->status : 0u;
  };
  EXPECT_EQ(coded(Bytes(1000, 'a'), "gzip"), 200u);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].body, Bytes(1000, 'a'));
  EXPECT_EQ(coded(Bytes(1001, 'a'), "gzip"), 413u);
  EXPECT_EQ(coded("no gzip", "gzip", false), 400u);
  EXPECT_EQ(coded("zstd", "zstd", false), 415u);
  EXPECT_EQ(coded("plain", "identity", false), 200u);
  EXPECT_EQ(asked.size(), 2u);
  EXPECT_EQ(refusals, (std::vector<WebPortRefusal>(3, WebPortRefusal::request)));
}

TEST_F(WebPortTest, WhatIsTooLargeIsRefusedWithAStatus) {
  start();
  HttpClient client{options("")};
  const auto large = ask(client, {.method = "POST", .url = "/", .body = Bytes(3u << 20, 'x')});
  ASSERT_TRUE(large) << large.error().text();
  EXPECT_EQ(large->status, 413u);
  const auto heads = ask(client, {.url = "/", .headers = {{"X", std::string(17u << 10, 'x')}}});
  ASSERT_TRUE(heads) << heads.error().text();
  EXPECT_EQ(heads->status, 431u);
  EXPECT_TRUE(asked.empty());
}

TEST_F(WebPortTest, SilenceBeforeAndAfterTheHandshakeEnds) {
  start({.handshake_max = 50ms, .request_max = 100ms});
  asio::ip::tcp::socket silent{loop};
  silent.connect({asio::ip::address_v4::loopback(), port->number()});
  ASSERT_TRUE(run_until(loop, [this] { return !refusals.empty(); }));
  EXPECT_EQ(refusals, (std::vector{WebPortRefusal::handshake}));
  HttpClient client{options("")};
  ASSERT_TRUE(ask(client, {.url = "/"}));
  EXPECT_TRUE(run_until(loop, [this] { return (*port)->connections() == 0; }));
}

TEST_F(WebPortTest, WhoSpeaksNoTlsIsRefused) {
  start();
  asio::ip::tcp::socket plain{loop};
  plain.connect({asio::ip::address_v4::loopback(), port->number()});
  asio::write(plain, asio::buffer(std::string_view{"GET / HTTP/1.1\r\n\r\n"}));
  ASSERT_TRUE(run_until(loop, [this] { return !refusals.empty(); }));
  EXPECT_EQ(refusals, (std::vector{WebPortRefusal::handshake}));
}

TEST_F(WebPortTest, ConnectionsBeyondTheBoundAreClosed) {
  start({.connections_max = 1});
  HttpClient first{options("")};
  ASSERT_TRUE(ask(first, {.url = "/"}));
  HttpClient second{options("")};
  EXPECT_FALSE(ask(second, {.url = "/"}));
  EXPECT_EQ(refusals, (std::vector{WebPortRefusal::connections}));
  first.close();
  ASSERT_TRUE(run_until(loop, [this] { return (*port)->connections() == 0; }));
  EXPECT_TRUE(ask(second, {.url = "/"}));
}

TEST_F(WebPortTest, ASocketThatSaysNothingIsDropped) {
  start();
  auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().text();
  ASSERT_TRUE(run_until(loop, [this] { return serving == 1; }));
  for (int quarter = 0; quarter < 4; ++quarter) {
    clock.advance(75s);
    loop.restart();
    loop.poll();
  }
  EXPECT_EQ(serving, 1);
  clock.advance(75s);
  ASSERT_TRUE(run_until(loop, [this, &quiet = clock] {
    if (serving == 1) quiet.advance(75s);
    return serving == 0;
  }));
  EXPECT_EQ(ended, "cancelled");
}

TEST_F(WebPortTest, AStopEndsTheSocketsThatAreServed) {
  start();
  auto socket = connect();
  ASSERT_TRUE(socket);
  ASSERT_TRUE(run_until(loop, [this] { return serving == 1; }));
  port.reset();
  EXPECT_EQ(serving, 0);
  EXPECT_EQ(ended, "cancelled");
}

TEST_F(WebPortTest, ANewContextCountsForNewConnections) {
  start();
  HttpClient kept{options("")};
  ASSERT_TRUE(ask(kept, {.url = "/"}));
  TemporaryDirectory elsewhere;
  TestPki strangers = std::move(*TestPki::make(elsewhere.path()));
  (*port)->set_tls(testkit::port_tls(strangers));
  EXPECT_TRUE(ask(kept, {.url = "/"}));
  HttpClient fresh{options("")};
  const auto refused = ask(fresh, {.url = "/"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
}

TEST_F(WebPortTest, APortThatIsTakenIsToldAtStart) {
  start();
  WebPort second{loop.get_executor(), clock, log, handlers(), testkit::port_tls(pki)};
  const auto listens = second.listen("127.0.0.1", port->number());
  ASSERT_FALSE(listens);
  EXPECT_EQ(listens.error().code(), Code::invalid);
}

TEST(Turns, GoInTheOrderOfTheirCall) {
  asio::io_context loop;
  Turns turns{2};
  std::vector<int> order;
  Signal go_on;
  int held = 0;
  const auto take = [](Turns& of, int who, std::vector<int>& got, Signal& go, int& holding) -> asio::awaitable<void> {
    const Turns::Turn turn = co_await of.take();
    got.push_back(who);
    ++holding;
    co_await go.wait();
    --holding;
  };
  for (int who = 0; who < 6; ++who) asio::co_spawn(loop, take(turns, who, order, go_on, held), testkit::ignore_end);
  for (const std::size_t came : {2u, 4u, 6u}) {
    loop.restart();
    loop.poll();
    EXPECT_EQ(order.size(), came);
    EXPECT_EQ(held, 2);
    go_on.notify();
  }
  loop.restart();
  loop.poll();
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(held, 0);
}

}  // namespace
}  // namespace tidegate
