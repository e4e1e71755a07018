// The simulator over real sockets on loopback: plain and TLS, keep-alive, spoiled deliveries, stopping.
#include "tests/support/vision_one_server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <filesystem>

#include "tests/support/test_pki.h"
#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

// Stands still: what the server answers is then known to the byte.
class StillClock final : public Clock {
 public:
  WallTime wall() const override { return origin + 1h; }
  SteadyTime steady() const override { return {}; }
  asio::awaitable<void> sleep_until(SteadyTime) override { co_return; }
  Alarm alarm(asio::any_io_executor, SteadyTime, std::function<void()>) override { return {}; }
};

struct Served {
  explicit Served(SimOptions options, VisionOneServerOptions where = {})
      : sim(std::move(options), Seed{1}), server(sim, clock, std::move(where)) {
    const auto started = server.start();
    EXPECT_TRUE(started.has_value());
  }

  StillClock clock;
  VisionOneSim sim;
  VisionOneServerThread server;
};

tcp::socket connect(asio::io_context& loop, std::uint16_t port) {
  tcp::socket socket{loop};
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  return socket;
}

template <class Stream>
boost::system::error_code ask_over(Stream& stream, boost::beast::flat_buffer& buffer, std::string_view target,
                                   http::response_parser<http::string_body>& parser) {
  http::request<http::empty_body> request{http::verb::get, std::string{target}, 11};
  request.set(http::field::host, "api.example.net");
  request.set(http::field::authorization, "Bearer token");
  boost::system::error_code error;
  http::write(stream, request, error);
  parser.body_limit(std::uint64_t{64} << 20);
  if (!error) http::read(stream, buffer, parser, error);
  return error;
}

TEST(VisionOneServer, AConnectionServesRequestAfterRequestAsTheSimulatorAnswers) {
  Served served{options_of(30, 300, 300)};
  VisionOneSim twin{options_of(30, 300, 300), Seed{1}};
  asio::io_context loop;
  tcp::socket socket = connect(loop, served.server.port());
  boost::beast::flat_buffer buffer;
  for (const std::string& target : {std::string{all_alerts}, std::string{all_audit_logs}, techniques_until(origin + 1h)}) {
    http::response_parser<http::string_body> parser;
    ASSERT_FALSE(ask_over(socket, buffer, target, parser));
    SimRequest request;
    request.target = target;
    request.headers = {{"Authorization", "Bearer token"}, {"Host", "api.example.net"}};
    request.secure = false;
    EXPECT_EQ(parser.get().body(), twin.handle(request, origin + 1h).body);
    EXPECT_EQ(parser.get()[http::field::date], "Tue, 24 Nov 2026 13:00:00 GMT");
  }
}

TEST(VisionOneServer, ItServesTls) {
  const std::filesystem::path folder = std::filesystem::path{testing::TempDir()} / "vision_one_server_tls";
  auto pki = TestPki::make(folder);
  ASSERT_TRUE(pki.has_value());
  const auto identity = pki->issue("api.example.net");
  ASSERT_TRUE(identity.has_value());
  VisionOneServerOptions where;
  where.certificate_file = identity->certificate_file;
  where.private_key_file = identity->private_key_file;
  Served served{options_of(0, 0, 500), where};
  EXPECT_EQ(served.server.base_url(), "https://127.0.0.1:" + std::to_string(served.server.port()));

  asio::io_context loop;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  tls.load_verify_file(pki->ca_file());
  tls.set_verify_mode(asio::ssl::verify_peer);
  asio::ssl::stream<tcp::socket> stream{connect(loop, served.server.port()), tls};
  stream.handshake(asio::ssl::stream_base::client);
  boost::beast::flat_buffer buffer;
  for (int i = 0; i < 3; ++i) {
    http::response_parser<http::string_body> parser;
    ASSERT_FALSE(ask_over(stream, buffer, techniques_until(origin + 1h), parser));
    SimResponse response;
    response.body = parser.get().body();
    const ProbedPage page = page_of(response);
    EXPECT_EQ(page.items.size(), 200u);
    EXPECT_TRUE(page.next.starts_with("https://api.example.net/"));
  }
  std::filesystem::remove_all(folder);
}

TEST(VisionOneServer, AHugeAnswerIsMadeOfSpacesAndHasTheLengthThatWasAskedFor) {
  for (const FaultKind kind : {FaultKind::huge_announced, FaultKind::huge_unannounced}) {
    SimOptions options = options_of(1, 0, 0);
    options.serve.huge_body_bytes = 3u << 20;
    options.serve.faults = {{kind, 0, 1, {}}};
    Served served{options};
    asio::io_context loop;
    tcp::socket socket = connect(loop, served.server.port());
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    ASSERT_FALSE(ask_over(socket, buffer, all_alerts, parser));
    EXPECT_EQ(parser.get().body().size(), (3u << 20) + 1);
    EXPECT_EQ(parser.content_length().has_value(), kind == FaultKind::huge_announced);
    http::response_parser<http::string_body> next;
    ASSERT_FALSE(ask_over(socket, buffer, all_alerts, next)) << "the connection goes on";
    EXPECT_EQ(next.get().result_int(), 200u);
  }
}

TEST(VisionOneServer, ACutOffAnswerEndsBeforeItsLength) {
  SimOptions options = options_of(30, 0, 0);
  options.serve.faults = {{FaultKind::cut_off, 1, 0, {}}};
  Served served{options};
  asio::io_context loop;
  tcp::socket socket = connect(loop, served.server.port());
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  const auto error = ask_over(socket, buffer, all_alerts, parser);
  EXPECT_EQ(error, http::error::partial_message);
  EXPECT_GT(parser.get().body().size(), 0u);
}

TEST(VisionOneServer, WhatIsNoHttpIsClosed) {
  Served served{options_of(1, 0, 0)};
  asio::io_context loop;
  for (const std::string& text :
       {std::string{"nonsense\r\n\r\n"}, "GET / HTTP/1.1\r\nx: " + std::string(100'000, 'x') + "\r\n\r\n"}) {
    tcp::socket socket = connect(loop, served.server.port());
    boost::system::error_code error;
    asio::write(socket, asio::buffer(text), error);
    char byte = 0;
    (void)socket.read_some(asio::buffer(&byte, 1), error);
    EXPECT_TRUE(error) << "no answer, but the end";
  }
}

TEST(VisionOneServer, StoppingClosesConnectionsAndReturns) {
  auto served = std::make_unique<Served>(options_of(1, 0, 0));
  asio::io_context loop;
  tcp::socket socket = connect(loop, served->server.port());
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  ASSERT_FALSE(ask_over(socket, buffer, all_alerts, parser));
  served->server.with([](VisionOneSim& sim) { EXPECT_EQ(sim.stats(origin + 1h).requests.size(), 1u); });
  served.reset();
  char byte = 0;
  boost::system::error_code error;
  (void)socket.read_some(asio::buffer(&byte, 1), error);
  EXPECT_TRUE(error);
}

TEST(VisionOneServer, AnAddressInUseAndAWrongCertificateAreErrors) {
  Served served{options_of(1, 0, 0)};
  VisionOneServerOptions taken;
  taken.port = served.server.port();
  VisionOneServerThread second{served.sim, served.clock, taken};
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code(), Code::unavailable);
  VisionOneServerOptions wrong;
  wrong.certificate_file = "/nowhere/at/all.pem";
  wrong.private_key_file = "/nowhere/at/all.key";
  VisionOneServerThread third{served.sim, served.clock, wrong};
  const auto refused = third.start();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
