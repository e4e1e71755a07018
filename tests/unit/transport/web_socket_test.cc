#include "transport/web_socket.h"

#include <gtest/gtest.h>

#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "tests/support/manual_clock.h"
#include "tests/unit/transport/web_port_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testkit::run;
using testkit::RunningPort;
using SocketPtr = std::unique_ptr<WebSocket>;

constexpr std::size_t message_bytes_max = 100'000;

class WebSocketTest : public ::testing::Test {
 protected:
  WebPort::Handlers handlers() {
    WebPort::Handlers made;
    made.answer = [](const WebRequest&) -> asio::awaitable<WebReply> { co_return WebReply{}; };
    made.may_open = [this](const WebRequest& request) {
      opened = request;
      return opening;
    };
    made.serve = [this](std::shared_ptr<WebSocket> socket, WebRequest) { return serve(std::move(socket)); };
    return made;
  }

  // Says back what it hears, until something else comes; "close" closes.
  asio::awaitable<void> serve(std::shared_ptr<WebSocket> socket) {
    server = socket;
    while (true) {
      Result<Bytes> message = co_await socket->read();
      if (!message) {
        ended = message.error();
        co_return;
      }
      if (*message == "close") {
        co_await socket->close(WebSocketClose::try_again_later, "come back");
        continue;
      }
      const auto sent = co_await socket->write(*message);
      if (!sent) co_return;
    }
  }

  Result<SocketPtr> connect(const std::string& name = "sensor-1", std::string path = "/v1/opamp") {
    WebSocketTarget target;
    target.url = *parse_url("https://localhost:" + std::to_string(port.number()) + path);
    target.tls = testkit::client_tls(pki, name);
    target.message_bytes_max = message_bytes_max;
    target.headers.push_back({"X-Kind", "test"});
    return run(loop, connect_web_socket(std::move(target), 10s, refused));
  }

  Result<Bytes> exchange(WebSocket& socket, ByteView message) {
    const auto both = [](WebSocket& on, ByteView said) -> asio::awaitable<Result<Bytes>> {
      auto sent = co_await on.write(said);
      if (!sent) co_return std::move(sent).error();
      co_return co_await on.read();
    };
    return run(loop, both(socket, message));
  }

  static WebPortLimits limits() {
    WebPortLimits made;
    made.message_bytes_max = message_bytes_max;
    return made;
  }

  asio::io_context loop;
  ManualClock clock{WallTime{}};
  Log log{clock, LogFormat::text, Level::error, [](std::string_view) {}};
  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path()));
  WebReply opening{.status = 101};
  WebRequest opened;
  std::shared_ptr<WebSocket> server;
  std::optional<Error> ended;
  std::optional<WebSocketRefused> refused;
  RunningPort port{loop, clock, log, handlers(), testkit::port_tls(pki), limits()};
};

TEST_F(WebSocketTest, MessagesOfAnySizeUpToTheBoundGoBothWays) {
  auto socket = connect();
  ASSERT_TRUE(socket) << socket.error().text();
  EXPECT_TRUE(opened.upgrade);
  EXPECT_EQ(opened.method, "GET");
  EXPECT_EQ(opened.path, "/v1/opamp");
  EXPECT_FALSE(opened.certificate.empty());
  for (const std::size_t bytes : {0u, 1u, 31u, 32u, 33u, 125u, 126u, 4096u, 65'535u, 65'536u, 100'000u}) {
    Bytes message(bytes, 'x');
    if (bytes > 0) message.back() = 'y';
    const auto answer = exchange(**socket, message);
    ASSERT_TRUE(answer) << bytes << ": " << answer.error().text();
    EXPECT_TRUE(*answer == message) << bytes;
  }
  EXPECT_GT((*socket)->bytes_read(), 235'000u);
}

TEST_F(WebSocketTest, WithoutACertificateThePortIsOpenAndSaysSo) {
  auto socket = connect("", "/x?a=b");
  ASSERT_TRUE(socket) << socket.error().text();
  EXPECT_TRUE(opened.certificate.empty());
  EXPECT_EQ(opened.path, "/x");
  EXPECT_EQ(opened.query, "a=b");
}

TEST_F(WebSocketTest, TheCertificateOfAStrangerIsRefused) {
  TemporaryDirectory elsewhere;
  TestPki strangers = std::move(*TestPki::make(elsewhere.path()));
  const auto identity = strangers.issue("sensor-1");
  ASSERT_TRUE(identity);
  TlsClientPems pems;
  pems.ca_pem = testkit::file_text(pki.ca_file());
  pems.certificate_pem = testkit::file_text(identity->certificate_file);
  pems.private_key_pem = Secret{testkit::file_text(identity->private_key_file)};
  WebSocketTarget target;
  target.url = *parse_url("https://localhost:" + std::to_string(port.number()) + "/");
  target.tls = *make_client_tls_of(pems);
  const auto socket = run(loop, connect_web_socket(std::move(target), 10s, refused));
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code(), Code::invalid) << socket.error().text();
  EXPECT_FALSE(refused);
}

TEST_F(WebSocketTest, AMessageBeyondTheBoundIsToldAndNotTaken) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  const auto answer = exchange(**socket, Bytes(message_bytes_max + 1, 'x'));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::absent) << answer.error().text();
  EXPECT_NE(answer.error().text().find("1009"), std::string::npos) << answer.error().text();
  ASSERT_TRUE(run_until(loop, [this] { return ended.has_value(); }));
  EXPECT_EQ(ended->code(), Code::corrupt) << ended->text();
}

TEST_F(WebSocketTest, TheReasonOfACloseArrives) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  const auto answer = exchange(**socket, "close");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), (Error{Code::absent, "closed by the peer: 1013 come back"}));
  ASSERT_TRUE(run_until(loop, [this] { return ended.has_value(); }));
}

TEST_F(WebSocketTest, AClientsCloseEndsTheServersRead) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  const auto close = [](WebSocket& on) -> asio::awaitable<int> {
    co_await on.close(WebSocketClose::going_away, std::string(500, 'r'));
    co_return 0;
  };
  run(loop, close(**socket));
  ASSERT_TRUE(run_until(loop, [this] { return ended.has_value(); }));
  EXPECT_EQ(ended->code(), Code::absent);
  EXPECT_EQ(ended->text().substr(0, 30), "closed by the peer: 1001 rrrrr") << ended->text();
}

TEST_F(WebSocketTest, AnAbortEndsAReadThatIsUnderWay) {
  auto socket = connect();
  ASSERT_TRUE(socket);
  std::optional<Result<Bytes>> read;
  asio::co_spawn(loop, testkit::store((*socket)->read(), read), testkit::ignore_end);
  ASSERT_TRUE(run_until(loop, [this] { return server != nullptr; }));
  EXPECT_FALSE(read);
  (*socket)->abort();
  ASSERT_TRUE(run_until(loop, [&read] { return read.has_value(); }));
  EXPECT_EQ(read->error().code(), Code::cancelled);
  ASSERT_TRUE(run_until(loop, [this] { return ended.has_value(); }));
  EXPECT_EQ(ended->code(), Code::unavailable);
  const auto write = run(loop, (*socket)->write("late"));
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().code(), Code::cancelled);
}

TEST_F(WebSocketTest, ARefusedUpgradeIsToldWithItsStatus) {
  for (const auto& [status, code] : {std::pair{401u, Code::denied}, std::pair{403u, Code::denied},
                                     std::pair{404u, Code::unavailable}, std::pair{503u, Code::unavailable}}) {
    opening = WebReply{.status = status, .retry_after = 17s, .body = "no\n"};
    const auto socket = connect();
    ASSERT_FALSE(socket) << status;
    EXPECT_EQ(socket.error().code(), code);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, status);
    EXPECT_EQ(refused->retry_after, 17s);
  }
}

TEST_F(WebSocketTest, AHeaderThatBreaksOutIsNotSent) {
  WebSocketTarget target;
  target.url = *parse_url("https://localhost:" + std::to_string(port.number()) + "/");
  target.tls = testkit::client_tls(pki, "");
  target.headers.push_back({"X", "a\r\nEvil: 1"});
  const auto socket = run(loop, connect_web_socket(std::move(target), 10s, refused));
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code(), Code::invalid);
}

// What our own client never sends: Beast's, over Asio's TLS.
TEST_F(WebSocketTest, TextIsRefused) {
  namespace beast = boost::beast;
  using Stream = beast::websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>>;
  const auto speak = [](std::uint16_t number, TlsContextPtr tls) -> asio::awaitable<unsigned> {
    Stream stream{co_await asio::this_coro::executor, tls->native()};
    const asio::ip::tcp::endpoint at{asio::ip::address_v4::loopback(), number};
    co_await beast::get_lowest_layer(stream).async_connect(at, asio::use_awaitable);
    co_await stream.next_layer().async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_await stream.async_handshake("localhost", "/", asio::use_awaitable);
    stream.text(true);
    const std::string text = "plain words, more than the first few bytes of them";
    co_await stream.async_write(asio::buffer(text), asio::use_awaitable);
    beast::flat_buffer room;
    const auto [failed, bytes] = co_await stream.async_read(room, as_values);
    co_return failed ? stream.reason().code : 0u;  // TLS ends without a word, so the error is that
  };
  EXPECT_EQ(run(loop, speak(port.number(), testkit::client_tls(pki, ""))), 1003u);
  ASSERT_TRUE(run_until(loop, [this] { return ended.has_value(); }));
  EXPECT_EQ(ended->code(), Code::corrupt);
}

}  // namespace
}  // namespace tidegate
