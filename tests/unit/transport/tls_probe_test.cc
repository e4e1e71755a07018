#include "transport/tls_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/transport/loopback.h"
#include "transport/deadline.h"

namespace tidegate {
namespace {

using testkit::Channel;
using testkit::Peer;
using testkit::run;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

asio::awaitable<void> wait_for_the_end(Channel& channel) {
  Bytes came = co_await channel.read();
  while (!came.empty()) came = co_await channel.read();
}

struct Bench {
  TemporaryDirectory folder;
  TestPki pki = *TestPki::make(folder.path());
  asio::io_context loop;

  TlsContextPtr server(const IdentityOptions& options = {}) {
    const Identity identity = *pki.issue("api", options);
    return *make_public_server_tls(identity.certificate_file, identity.private_key_file);
  }
  TlsContextPtr client() const { return *make_client_tls({pki.ca_file(), {}, {}}); }

  struct Walk {
    ResolvedName name;
    ConnectedTcp tcp;
    SecuredTls tls;
  };
  Walk walk(const std::string& url, const std::string& proxy = "") {
    std::optional<Url> through;
    if (!proxy.empty()) through = *parse_url(proxy);
    TlsProbe probe{*parse_url(url), std::move(through), client()};
    Walk done;
    done.name = run(loop, probe.resolve());
    done.tcp = run(loop, probe.connect());
    done.tls = run(loop, probe.secure());
    return done;
  }
};

TEST(TlsProbe, TellsOfEachStepOfAWayThatIsOpen) {
  Bench bench;
  const Peer peer{bench.loop, wait_for_the_end, bench.server()};
  const Bench::Walk walk = bench.walk(peer.url("https", "localhost"));
  EXPECT_EQ(walk.name.trouble, ReachTrouble::none);
  EXPECT_EQ(walk.name.host, "localhost");
  EXPECT_THAT(walk.name.addresses, Contains("127.0.0.1"));
  EXPECT_EQ(walk.tcp.trouble, ReachTrouble::none);
  EXPECT_EQ(walk.tcp.endpoint, "127.0.0.1:" + std::to_string(peer.port()));
  EXPECT_EQ(walk.tls.trouble, ReachTrouble::none) << walk.tls.words;
  EXPECT_EQ(walk.tls.protocol, "TLSv1.3");
  ASSERT_TRUE(walk.tls.certificate);
  EXPECT_EQ(walk.tls.certificate->subject, "CN=api");
  EXPECT_EQ(walk.tls.certificate->issuer, "CN=Tidegate test authority");
  EXPECT_EQ(walk.tls.certificate->names, (std::vector<std::string>{"localhost", "127.0.0.1"}));
  EXPECT_EQ(walk.tls.certificate->not_after - walk.tls.certificate->not_before, 25h);
}

TEST(TlsProbe, ShowsTheCertificateThatItRefuses) {
  Bench bench;
  IdentityOptions options;
  const auto trouble = [&bench, &options](const std::string& host) {
    const Peer peer{bench.loop, wait_for_the_end, bench.server(options)};
    const SecuredTls tls = bench.walk(peer.url("https", host)).tls;
    EXPECT_TRUE(tls.certificate && tls.certificate->subject == "CN=api");
    EXPECT_TRUE(tls.protocol.empty());
    EXPECT_FALSE(tls.words.empty());
    return tls.trouble;
  };
  options.addresses = {"192.0.2.1", "2001:db8::1"};
  EXPECT_EQ(trouble("127.0.0.1"), ReachTrouble::other_host);
  options = {};
  options.dns_names = {"elsewhere.example"};
  EXPECT_EQ(trouble("localhost"), ReachTrouble::other_host);
  options = {};
  options.not_before = -48h;
  options.not_after = -24h;
  EXPECT_EQ(trouble("127.0.0.1"), ReachTrouble::certificate_expired);
  options.not_before = 24h;
  options.not_after = 48h;
  EXPECT_EQ(trouble("127.0.0.1"), ReachTrouble::certificate_not_yet);
  options = {};
  options.server = false;
  EXPECT_EQ(trouble("127.0.0.1"), ReachTrouble::certificate_refused);
  bench.pki = *TestPki::make(bench.folder.path() / "stranger", "Stranger");
  const TlsContextPtr strange = bench.server();
  bench.pki = *TestPki::make(bench.folder.path() / "ours");
  const Peer peer{bench.loop, wait_for_the_end, strange};
  const SecuredTls tls = bench.walk(peer.url("https")).tls;
  EXPECT_EQ(tls.trouble, ReachTrouble::authority_unknown);
  EXPECT_EQ(tls.certificate->issuer, "CN=Stranger");
}

TEST(TlsProbe, NamesAreBoundedAndPrintable) {
  Bench bench;
  IdentityOptions options;
  for (std::size_t i = 0; i < 2 * certificate_names_max; ++i) options.dns_names.push_back("n" + std::to_string(i) + ".example");
  options.addresses = {"127.0.0.1", "2001:db8::7"};
  const Identity identity = *bench.pki.issue("odd\x01name", options);
  const Peer peer{bench.loop, wait_for_the_end, *make_public_server_tls(identity.certificate_file, identity.private_key_file)};
  const SecuredTls tls = bench.walk(peer.url("https")).tls;
  ASSERT_TRUE(tls.certificate);
  EXPECT_EQ(tls.certificate->names.size(), certificate_names_max);
  EXPECT_EQ(tls.certificate->subject.find('\x01'), std::string::npos);
}

TEST(TlsProbe, SaysWhereTheWayEnds) {
  Bench bench;
  EXPECT_EQ(bench.walk("https://no-such-host.invalid").name.trouble, ReachTrouble::name_unknown);
  std::uint16_t port = 0;
  {
    const testkit::tcp::acceptor taken{bench.loop, {asio::ip::address_v4::loopback(), 0}};
    port = taken.local_endpoint().port();
  }
  EXPECT_EQ(bench.walk("https://127.0.0.1:" + std::to_string(port)).tcp.trouble, ReachTrouble::refused);
  const Peer plain{bench.loop, [](Channel& channel) -> asio::awaitable<void> {
                     co_await channel.read();
                     co_await channel.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                   }};
  EXPECT_EQ(bench.walk(plain.url("https")).tls.trouble, ReachTrouble::no_tls);
  const Peer rude{bench.loop, [](Channel& channel) -> asio::awaitable<void> { co_await channel.read(); }};
  EXPECT_EQ(bench.walk(rude.url("https")).tls.trouble, ReachTrouble::broken);
}

TEST(TlsProbe, GoesThroughAProxyAndTellsItsRefusals) {
  Bench bench;
  const TlsContextPtr tls = bench.server();
  std::string asked;
  const Peer proxy{bench.loop, [&](Channel& channel) -> asio::awaitable<void> {
                     asked = co_await channel.read_until("\r\n\r\n");
                     co_await channel.write("HTTP/1.1 200 OK\r\n\r\n");
                     if (co_await channel.upgrade(tls)) co_await wait_for_the_end(channel);
                   }};
  const Bench::Walk walk = bench.walk("https://localhost:4711", "http://me:secret@127.0.0.1:" + std::to_string(proxy.port()));
  EXPECT_EQ(walk.name.host, "127.0.0.1") << "the proxy resolves the API's name";
  EXPECT_EQ(walk.tcp.proxy_status, 200u);
  EXPECT_EQ(walk.tls.trouble, ReachTrouble::none) << walk.tls.words;
  EXPECT_THAT(asked, HasSubstr("CONNECT localhost:4711 "));
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic "));

  for (const auto& [status, trouble] :
       {std::pair{407u, ReachTrouble::proxy_credentials}, {403u, ReachTrouble::proxy_forbids}, {503u, ReachTrouble::proxy_fails}}) {
    const Peer refusing{bench.loop, [s = status](Channel& channel) -> asio::awaitable<void> {
                          co_await channel.read_until("\r\n\r\n");
                          co_await channel.write("HTTP/1.1 " + std::to_string(s) + " No\r\nContent-Length: 0\r\n\r\n");
                        }};
    const Bench::Walk refused = bench.walk("https://localhost:4711", "http://127.0.0.1:" + std::to_string(refusing.port()));
    EXPECT_EQ(refused.tcp.trouble, trouble);
    EXPECT_EQ(refused.tcp.proxy_status, status);
    EXPECT_EQ(refused.tls.trouble, ReachTrouble::broken) << "there is nothing to secure";
  }
  const Peer babbling{bench.loop,
                      [](Channel& channel) -> asio::awaitable<void> { co_await channel.write("220 mail ready\r\n\r\n"); }};
  EXPECT_EQ(bench.walk("https://localhost:4711", "http://127.0.0.1:" + std::to_string(babbling.port())).tcp.trouble,
            ReachTrouble::proxy_fails);
}

asio::awaitable<void> secure_into(TlsProbe& probe, SecuredTls& secured) {
  co_await asio::this_coro::throw_if_cancelled(false);
  secured = co_await probe.secure();
}

TEST(TlsProbe, EndsWhenItsCallerIsCancelled) {
  Bench bench;
  const Peer silent{bench.loop, wait_for_the_end};
  TlsProbe probe{*parse_url(silent.url("https")), std::nullopt, bench.client()};
  ASSERT_EQ(run(bench.loop, probe.resolve()).trouble, ReachTrouble::none);
  ASSERT_EQ(run(bench.loop, probe.connect()).trouble, ReachTrouble::none);
  SecuredTls secured;
  EXPECT_EQ(run(bench.loop, finish_within(secure_into(probe, secured), 50ms)), Finished::late);
  EXPECT_EQ(secured.trouble, ReachTrouble::stopped);
}

}  // namespace
}  // namespace tidegate
