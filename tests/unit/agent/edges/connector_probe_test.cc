// Each place where the way to the API can end, and what is said of it.
#include "agent/edges/connector_probe.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "tests/unit/agent/edges/connector_probe_fixture.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using testkit::Channel;
using testkit::Peer;

// What goes through a proxy, both ways, until one side ends.
asio::awaitable<void> pump(Channel& from, Channel& to) {
  while (true) {
    const Bytes bytes = co_await from.read();
    if (bytes.empty() || !co_await to.write(bytes)) co_return;
  }
}

Peer::Script proxy_to(std::uint16_t port) {
  return [port](Channel& client) -> asio::awaitable<void> {
    using asio::experimental::awaitable_operators::operator||;
    co_await client.read_until("\r\n\r\n");
    tcp::socket socket{co_await asio::this_coro::executor};
    const tcp::endpoint there{asio::ip::address_v4::loopback(), port};
    const auto [error] = co_await socket.async_connect(there, as_values);
    if (error) co_return;
    Channel server{std::move(socket), {}};
    co_await client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    co_await (pump(client, server) || pump(server, client));
  };
}

TEST_F(ConnectorProbeTest, AnAuthorityThatIsNotTrustedFails) {
  serve();
  Result<TestPki> stranger = TestPki::make(folder_.path() / "stranger", "Somebody else");
  ASSERT_TRUE(stranger);
  connector_.ca_file = stranger->ca_file();
  const ConnectorReport report = run();
  expect_end(report, Stage::tls, Cause::authority_unknown);
  EXPECT_THAT(text(stage_of(report, Stage::tls), "issuer"), HasSubstr("Tidegate test authority"));
}

TEST_F(ConnectorProbeTest, ACaFileThatCannotBeReadFails) {
  serve();
  connector_.ca_file = folder_.path() / "absent.pem";
  const ConnectorReport report = run();
  expect_end(report, Stage::tls, Cause::ca_file_unusable);
  EXPECT_THAT(stage_of(report, Stage::tls).words, HasSubstr("absent.pem"));
}

TEST_F(ConnectorProbeTest, ACertificateForAnotherHostFails) {
  IdentityOptions elsewhere;
  elsewhere.dns_names = {"api.elsewhere.example"};
  elsewhere.addresses = {};
  serve(elsewhere);
  const ConnectorReport report = run();
  expect_end(report, Stage::tls, Cause::other_host);
  EXPECT_EQ(std::get<std::vector<std::string>>(fact(stage_of(report, Stage::tls), "names")->value),
            std::vector<std::string>{"api.elsewhere.example"});
}

TEST_F(ConnectorProbeTest, AnExpiredCertificateFails) {
  IdentityOptions over;
  over.not_before = -72h;
  over.not_after = -49h;
  serve(over);
  const ConnectorReport report = run();
  expect_end(report, Stage::tls, Cause::certificate_expired);
  EXPECT_EQ(number(stage_of(report, Stage::tls), "days_left"), -3);
}

TEST_F(ConnectorProbeTest, APortThatSpeaksNoTlsFails) {
  const Peer plain{loop_, [](Channel& channel) -> asio::awaitable<void> {
                     co_await channel.read();
                     co_await channel.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                   }};
  connector_.api_base_url = "https://127.0.0.1:" + std::to_string(plain.port());
  expect_end(run(), Stage::tls, Cause::no_tls);
}

TEST_F(ConnectorProbeTest, AClosedPortFails) {
  std::uint16_t port = 0;
  {
    tcp::acceptor taken{loop_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    port = taken.local_endpoint().port();
  }
  connector_.api_base_url = "https://127.0.0.1:" + std::to_string(port);
  const ConnectorReport report = run();
  expect_end(report, Stage::tcp, Cause::refused);
  EXPECT_EQ(text(stage_of(report, Stage::tcp), "address"), "127.0.0.1:" + std::to_string(port));
}

TEST_F(ConnectorProbeTest, AUrlThatCannotBeUsedIsNamedWithWhatToWrite) {
  connector_.api_base_url = "ftp://api.example.net";
  ConnectorReport report = run();
  expect_end(report, Stage::resolve, Cause::http_other);
  EXPECT_THAT(stage_of(report, Stage::resolve).words, HasSubstr("api_base_url 'ftp://api.example.net': not a usable URL"));
  EXPECT_THAT(stage_of(report, Stage::resolve).words, HasSubstr("write it as https://"));

  connector_.api_base_url = "https://127.0.0.1:1";
  connector_.proxy = Secret{std::string{"http://user:password@:x"}};
  report = run();
  expect_end(report, Stage::resolve, Cause::proxy_fails);
  EXPECT_THAT(stage_of(report, Stage::resolve).words, HasSubstr("write it as http://user:password@host:port"));
}

TEST_F(ConnectorProbeTest, ANameThatDoesNotResolveFails) {
  connector_.api_base_url = "https://no-such-host.invalid";
  const ConnectorReport report = run();
  expect_end(report, Stage::resolve, Cause::name_unknown);
  EXPECT_EQ(text(stage_of(report, Stage::resolve), "host"), "no-such-host.invalid");
}

TEST_F(ConnectorProbeTest, AProxyInBetweenIsUsedForEverything) {
  serve();
  const Peer proxy{loop_, proxy_to(server_->port())};
  connector_.proxy = Secret{"http://user:pass@127.0.0.1:" + std::to_string(proxy.port())};
  connector_.api_base_url = "https://localhost:" + std::to_string(server_->port());
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::ok) << report_json(report);
  EXPECT_EQ(number(stage_of(report, Stage::tcp), "proxy_status"), 200);
  EXPECT_EQ(text(stage_of(report, Stage::resolve), "proxy_host"), "127.0.0.1");
  EXPECT_GE(proxy.connections(), 5u);
  EXPECT_EQ(report_json(report).find("pass"), std::string::npos);
}

TEST_F(ConnectorProbeTest, AProxyThatWantsCredentialsOrForbidsFails) {
  serve();
  for (const auto& [status, cause] :
       {std::pair{407, Cause::proxy_credentials}, {403, Cause::proxy_forbids}, {502, Cause::proxy_fails}}) {
    const std::string answer = "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n\r\n";
    const Peer proxy{loop_, [answer](Channel& channel) -> asio::awaitable<void> {
                       co_await channel.read_until("\r\n\r\n");
                       co_await channel.write(answer);
                     }};
    connector_.proxy = Secret{"http://127.0.0.1:" + std::to_string(proxy.port())};
    const ConnectorReport report = run();
    expect_end(report, Stage::tcp, cause);
    EXPECT_EQ(number(stage_of(report, Stage::tcp), "proxy_status"), status);
  }
}

}  // namespace
}  // namespace tidegate
