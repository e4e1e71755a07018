#include "transport/http_client.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/loopback.h"
#include "transport/base64.h"
#include "transport/deadline.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using testkit::Channel;
using testkit::joined;
using testkit::Peer;
using testkit::run;
using testkit::text_of;
using namespace std::chrono_literals;

constexpr std::string_view head_end = "\r\n\r\n";

std::string with_length(std::string_view body, std::string_view more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{more} + "\r\n" +
         std::string{body};
}

// Answers each request of a connection with the same bytes, then goes when the client does.
Peer::Script always(std::string answer) {
  return [answer](Channel& channel) -> asio::awaitable<void> {
    while (!(co_await channel.read_until(head_end)).empty()) co_await channel.write(answer);
  };
}

// Answers one request and closes.
Peer::Script once(std::string answer) {
  return [answer](Channel& channel) -> asio::awaitable<void> {
    co_await channel.read_until(head_end);
    co_await channel.write(answer);
  };
}

Result<HttpResponse> get(asio::io_context& loop, const Peer& peer, HttpLimits limits = {}) {
  HttpClient client{{.limits = limits}};
  return run(loop, client.send({.url = peer.url("http")}, 10s));
}

Error error_of(const Result<HttpResponse>& result) {
  EXPECT_FALSE(result) << "was taken for an answer";
  return result ? Error{Code::absent, ""} : result.error();
}

TEST(HttpClient, TakesABodyOfKnownLength) {
  asio::io_context loop;
  const std::string body(700'000, 'x');
  const Peer peer{loop, always(with_length(body, "X-Kind: Sized\r\n"))};
  const auto response = get(loop, peer);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 200u);
  EXPECT_TRUE(response->body == body);
  EXPECT_EQ(response->header("x-kind"), "Sized");
  EXPECT_EQ(response->header("absent"), std::nullopt);
}

TEST(HttpClient, TakesChunksAndBodiesThatEndWithTheConnection) {
  asio::io_context loop;
  const Peer chunked{loop, always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n")};
  EXPECT_EQ(get(loop, chunked)->body, "hello, world");
  const Peer closing{loop, once("HTTP/1.1 200 OK\r\n\r\nto the end")};
  EXPECT_EQ(get(loop, closing)->body, "to the end");
  const Peer empty{loop, always("HTTP/1.1 204 No Content\r\n\r\n")};
  EXPECT_EQ(get(loop, empty)->status, 204u);
  const Peer informed{loop, always("HTTP/1.1 100 Continue\r\n\r\n" + with_length("real"))};
  EXPECT_EQ(get(loop, informed)->body, "real");
}

TEST(HttpClient, AnswersOfAnyStatusAreAnswersAndRedirectsAreNotFollowed) {
  asio::io_context loop;
  const Peer peer{loop, always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")};
  const auto response = get(loop, peer);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302u);
  EXPECT_EQ(peer.connections(), 1u);
}

TEST(HttpClient, SendsWhatItWasGivenAndNothingThatBreaksOut) {
  asio::io_context loop;
  std::string seen;
  const Peer peer{loop, [&seen](Channel& channel) -> asio::awaitable<void> {
                    seen = co_await channel.read_until("{\"a\":1}");
                    co_await channel.write(with_length("ok"));
                  }};
  HttpClient client{{}};
  HttpRequest request{
      .method = "POST", .url = peer.url("http"), .headers = {{"Authorization", "Bearer t0ken"}}, .body = "{\"a\":1}"};
  ASSERT_TRUE(run(loop, client.send(request, 10s)));
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "POST /data HTTP/1.1");
  EXPECT_NE(seen.find("\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nAuthorization: Bearer t0ken\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Length: 7\r\n"), std::string::npos);

  for (const HttpHeader& header :
       {HttpHeader{"X", "a\r\nEvil: 1"}, HttpHeader{"X Y", "a"}, HttpHeader{"", "a"}, HttpHeader{"content-length", "3"}}) {
    request.headers = {header};
    EXPECT_EQ(error_of(run(loop, client.send(request, 10s))).code(), Code::invalid) << header.name;
  }
  EXPECT_EQ(error_of(run(loop, client.send({.url = "ftp://h/"}, 10s))).code(), Code::invalid);
}

TEST(HttpClient, OneConnectionCarriesManyRequests) {
  asio::io_context loop;
  const Peer peer{loop, always(with_length("again"))};
  HttpClient client{{}};
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(run(loop, client.send({.url = peer.url("http")}, 10s)));
  EXPECT_EQ(peer.connections(), 1u);
  client.close();
  ASSERT_TRUE(run(loop, client.send({.url = peer.url("http")}, 10s)));
  EXPECT_EQ(peer.connections(), 2u);
}

TEST(HttpClient, AKeptConnectionThatWasClosedIsReplaced) {
  asio::io_context loop;
  const Peer peer{loop, once(with_length("once"))};
  HttpClient client{{}};
  for (int i = 0; i < 5; ++i) {
    const auto response = run(loop, client.send({.url = peer.url("http")}, 10s));
    ASSERT_TRUE(response) << response.error().text();
  }
  EXPECT_EQ(peer.connections(), 5u);
}

TEST(HttpClient, ARequestThatTheServerDroppedIsSentAgainForGetAlone) {
  asio::io_context loop;
  // Each connection answers one request, takes the next, and closes without a word.
  const Peer::Script dropping = [](Channel& channel) -> asio::awaitable<void> {
    co_await channel.read_until(head_end);
    co_await channel.write(with_length("first"));
    co_await channel.read_until(head_end);
  };
  const Peer peer{loop, dropping};
  HttpClient client{{}};
  ASSERT_TRUE(run(loop, client.send({.url = peer.url("http")}, 10s)));
  EXPECT_TRUE(run(loop, client.send({.url = peer.url("http")}, 10s)));
  EXPECT_EQ(peer.connections(), 2u);
  EXPECT_EQ(error_of(run(loop, client.send({.method = "POST", .url = peer.url("http")}, 10s))).code(), Code::unavailable);
  EXPECT_EQ(peer.connections(), 2u);
}

TEST(HttpClient, AFreshConnectionThatIsClosedIsNotTriedAgain) {
  asio::io_context loop;
  const Peer peer{loop, once("")};
  EXPECT_EQ(error_of(get(loop, peer)).code(), Code::unavailable);
  EXPECT_EQ(peer.connections(), 1u);
}

TEST(HttpClient, AnAnswerBeyondTheLimitsIsInvalidAndNotRead) {
  asio::io_context loop;
  const Peer large{loop, always("HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\nxxxx")};
  EXPECT_EQ(error_of(get(loop, large)).text(), "127.0.0.1:" + std::to_string(large.port()) + ": answer larger than 64 MiB");
  EXPECT_EQ(error_of(get(loop, large)).code(), Code::invalid);
  EXPECT_TRUE(answer_was_too_large(error_of(get(loop, large))));

  std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) chunks += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  const Peer endless{loop, always(chunks)};
  EXPECT_EQ(error_of(get(loop, endless, {.body_bytes_max = 100u << 10})).code(), Code::invalid);

  const Peer until_closed{loop, once("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x'))};
  EXPECT_EQ(error_of(get(loop, until_closed, {.body_bytes_max = 100u << 10})).code(), Code::invalid);

  const Peer heads{loop, always("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n")};
  EXPECT_EQ(error_of(get(loop, heads)).code(), Code::invalid);
  EXPECT_TRUE(answer_was_too_large(error_of(get(loop, heads))));
  EXPECT_FALSE(answer_was_too_large(Error{Code::invalid, "api.test: its certificate does not verify"}));
}

TEST(HttpClient, WhatIsNoHttpIsCorrupt) {
  asio::io_context loop;
  for (const char* garbage :
       {"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const Peer peer{loop, once(garbage)};
    EXPECT_EQ(error_of(get(loop, peer)).code(), Code::corrupt) << garbage;
  }
  std::string informational;
  for (int i = 0; i < 20; ++i) informational += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const Peer chatty{loop, once(informational)};
  EXPECT_EQ(error_of(get(loop, chatty)).code(), Code::corrupt);
}

TEST(HttpClient, AnAnswerThatBreaksOffIsUnavailable) {
  asio::io_context loop;
  for (const char* part : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "HTTP/1.1 200 OK\r\nContent-Le",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n5\r\nhel"}) {
    const Peer peer{loop, once(part)};
    EXPECT_EQ(error_of(get(loop, peer)).code(), Code::unavailable) << part;
  }
}

TEST(HttpClient, ARefusedConnectionIsUnavailable) {
  asio::io_context loop;
  std::uint16_t port = 0;
  {
    asio::ip::tcp::acceptor bound{loop, {asio::ip::address_v4::loopback(), 0}};
    port = bound.local_endpoint().port();
  }
  HttpClient client{{}};
  const Error error = error_of(run(loop, client.send({.url = "http://127.0.0.1:" + std::to_string(port) + "/"}, 10s)));
  EXPECT_EQ(error.code(), Code::unavailable);
  EXPECT_NE(error.text().find("connection refused"), std::string::npos) << error.text();
}

TEST(HttpClient, ASlowAnswerEndsAtTheDeadline) {
  asio::io_context loop;
  const Peer::Script drip = [](Channel& channel) -> asio::awaitable<void> {
    Signal never;
    co_await channel.read_until(head_end);
    co_await channel.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (co_await channel.write("x")) co_await never.wait_for(5ms);
  };
  const Peer peer{loop, drip};
  HttpClient client{{}};
  const Error error = error_of(run(loop, client.send({.url = peer.url("http")}, 500ms)));
  EXPECT_EQ(error, (Error{Code::timeout, "127.0.0.1: no answer within 500 ms"}));
  // The half-read connection is not used again.
  EXPECT_EQ(error_of(run(loop, client.send({.url = peer.url("http")}, 500ms))).code(), Code::timeout);
  EXPECT_EQ(peer.connections(), 2u);
}

TEST(HttpClient, ASecondCallerWaitsItsTurn) {
  asio::io_context loop;
  const Peer peer{loop, always(with_length("turn"))};
  HttpClient client{{}};
  int answered = 0;
  const auto ask = [](HttpClient& asked, std::string url, int& count) -> asio::awaitable<Error> {
    HttpRequest request{.url = std::move(url)};
    const auto response = co_await asked.send(std::move(request), 10s);
    count += response ? 1 : 0;
    co_return Error{Code::cancelled, "done"};
  };
  TaskGroup group{loop.get_executor()};
  for (int i = 0; i < 8; ++i) group.spawn("caller", ask(client, peer.url("http"), answered));
  run(loop, joined(group));
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(peer.connections(), 1u);
}

TEST(HttpClient, CancellingTheCallerEndsTheRequest) {
  asio::io_context loop;
  const Peer::Script silent = [](Channel& channel) -> asio::awaitable<void> {
    co_await channel.read_until(head_end);
    co_await channel.read();
  };
  const Peer peer{loop, silent};
  HttpClient client{{}};
  std::optional<Error> ended;
  const auto ask = [](HttpClient& asked, std::string url, std::optional<Error>& why) -> asio::awaitable<Error> {
    HttpRequest request{.url = std::move(url)};
    const auto response = co_await asked.send(std::move(request), 1h);
    why = response ? Error{Code::absent, ""} : response.error();
    co_return Error{Code::cancelled, "done"};
  };
  TaskGroup group{loop.get_executor()};
  group.spawn("caller", ask(client, peer.url("http"), ended));
  loop.run_for(50ms);
  ASSERT_FALSE(ended);
  group.stop();
  loop.restart();
  run(loop, joined(group));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code(), Code::cancelled);
}

class HttpsTest : public ::testing::Test {
 protected:
  TlsContextPtr server() {
    const auto identity = pki.issue("api");
    return *make_public_server_tls(text_of(identity->certificate_file), text_of(identity->private_key_file));
  }
  TlsContextPtr trusting() { return *make_client_tls({.ca_file = text_of(pki.ca_file())}); }

  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path()));
  asio::io_context loop;
};

TEST_F(HttpsTest, LargeBodiesComeOverOneConnection) {
  const std::string body(400'000, 'y');
  const Peer peer{loop, always(with_length(body)), server()};
  HttpClient client{{.tls = trusting()}};
  for (int i = 0; i < 20; ++i) {
    const auto response = run(loop, client.send({.url = peer.url("https", "localhost")}, 10s));
    ASSERT_TRUE(response) << response.error().text();
    ASSERT_TRUE(response->body == body);
  }
  EXPECT_EQ(peer.connections(), 1u);
}

TEST_F(HttpsTest, AKeptConnectionThatWasClosedIsReplaced) {
  const Peer peer{loop, once(with_length("once")), server()};
  HttpClient client{{.tls = trusting()}};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run(loop, client.send({.url = peer.url("https", "localhost")}, 10s)));
  EXPECT_EQ(peer.connections(), 3u);
}

TEST_F(HttpsTest, AnUnknownAuthorityIsInvalidInWords) {
  const Peer peer{loop, always(with_length("secret")), server()};
  HttpClient client{{.tls = *make_client_tls({})}};
  const Error error = error_of(run(loop, client.send({.url = peer.url("https", "localhost")}, 10s)));
  EXPECT_EQ(error.code(), Code::invalid);
  EXPECT_NE(error.text().find("authority that is not trusted"), std::string::npos) << error.text();
}

TEST_F(HttpsTest, AProxyIsAskedForATunnelWithItsCredentials) {
  std::string asked;
  const TlsContextPtr inner = server();
  const Peer::Script proxy = [&asked, inner](Channel& channel) -> asio::awaitable<void> {
    asked = co_await channel.read_until(head_end);
    co_await channel.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (!co_await channel.upgrade(inner)) co_return;
    co_await channel.read_until(head_end);
    co_await channel.write(with_length("through the tunnel"));
  };
  const Peer peer{loop, proxy};
  HttpClient client{{.tls = trusting(), .proxy = "http://user:pa%20ss@127.0.0.1:" + std::to_string(peer.port())}};
  const auto response = run(loop, client.send({.url = "https://localhost/x"}, 10s));
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "through the tunnel");
  EXPECT_EQ(asked, "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nProxy-Authorization: Basic " +
                       to_base64("user:pa ss") + "\r\n\r\n");
}

TEST_F(HttpsTest, ARefusalOfTheProxyIsTold) {
  for (const auto& [answer, code] : {std::pair{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Code::denied},
                                     std::pair{"HTTP/1.1 403 Forbidden\r\n\r\n", Code::denied},
                                     std::pair{"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad", Code::unavailable},
                                     std::pair{"garbage\r\n\r\n", Code::corrupt}}) {
    const Peer peer{loop, once(answer)};
    HttpClient client{{.tls = trusting(), .proxy = "http://127.0.0.1:" + std::to_string(peer.port())}};
    const Error error = error_of(run(loop, client.send({.url = "https://localhost/x"}, 10s)));
    EXPECT_EQ(error.code(), code) << error.text();
    EXPECT_NE(error.text().find("proxy 127.0.0.1"), std::string::npos) << error.text();
  }
}

}  // namespace
}  // namespace tidegate
