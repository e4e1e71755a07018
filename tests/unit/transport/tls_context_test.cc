#include "transport/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <fstream>

#include "tests/unit/transport/loopback.h"
#include "transport/byte_stream.h"

namespace tidegate {
namespace {

using testkit::Channel;
using testkit::Peer;
using testkit::run;
using testkit::text_of;

class TlsContextTest : public ::testing::Test {
 protected:
  Identity issue(const std::string& name, const IdentityOptions& options = {}) {
    auto identity = pki.issue(name, options);
    EXPECT_TRUE(identity);
    return std::move(*identity);
  }
  TlsContextPtr server(const Identity& identity) {
    auto tls = make_server_tls({.ca_file = text_of(pki.ca_file()),
                                .certificate_file = text_of(identity.certificate_file),
                                .private_key_file = text_of(identity.private_key_file)});
    EXPECT_TRUE(tls) << tls.error().text();
    return *tls;
  }
  TlsContextPtr client(const Identity& identity) {
    auto tls = make_client_tls({.ca_file = text_of(pki.ca_file()),
                                .certificate_file = text_of(identity.certificate_file),
                                .private_key_file = text_of(identity.private_key_file)});
    EXPECT_TRUE(tls) << tls.error().text();
    return *tls;
  }

  // Connects, then reads what the server says: its refusal of our certificate comes only then.
  static asio::awaitable<Result<std::string>> talk(std::uint16_t port, TlsContextPtr tls, std::string host) {
    auto plain = co_await connect_tcp("127.0.0.1", port);
    if (!plain) co_return std::move(plain).error();
    auto secure = co_await start_tls(std::move(*plain), std::move(tls), std::move(host));
    if (!secure) co_return std::move(secure).error();
    char room[100];
    auto came = co_await (*secure)->read_some(room);
    if (!came) co_return std::move(came).error();
    co_return std::string{room, *came};
  }

  TemporaryDirectory folder;
  TestPki pki = std::move(*TestPki::make(folder.path() / "pki"));
  asio::io_context loop;
};

Peer::Script say_peer_name() {
  return [](Channel& channel) -> asio::awaitable<void> { co_await channel.write(channel.peer_name().value_or("nobody")); };
}

TEST_F(TlsContextTest, BothSidesKnowEachOther) {
  const Peer peer{loop, say_peer_name(), server(issue("centre"))};
  EXPECT_EQ(*run(loop, talk(peer.port(), client(issue("zurich-01")), "localhost")), "zurich-01");
  EXPECT_EQ(*run(loop, talk(peer.port(), client(issue("zurich-02")), "127.0.0.1")), "zurich-02");
}

TEST_F(TlsContextTest, AServerTakesOnlySuitesWithForwardSecrecyAndAuthenticatedEncryption) {
  const TlsContextPtr tls = server(issue("centre"));
  const STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(tls->native().native_handle());
  ASSERT_GT(sk_SSL_CIPHER_num(suites), 3);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const SSL_CIPHER* suite = sk_SSL_CIPHER_value(suites, i);
    EXPECT_EQ(SSL_CIPHER_is_aead(suite), 1) << SSL_CIPHER_get_name(suite);
    const int exchange = SSL_CIPHER_get_kx_nid(suite);
    EXPECT_TRUE(exchange == NID_kx_ecdhe || exchange == NID_kx_any) << SSL_CIPHER_get_name(suite);
  }
}

TEST_F(TlsContextTest, AServerWithAnotherNameIsRefusedInWords) {
  const Peer peer{loop, say_peer_name(), server(issue("centre"))};
  const auto result = run(loop, talk(peer.port(), client(issue("zurich-01")), "other.example"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Code::invalid, "other.example: its certificate is refused: it is for another host name"}));
  const auto address = run(loop, talk(peer.port(), client(issue("zurich-01")), "127.0.0.9"));
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error(), (Error{Code::invalid, "127.0.0.9: its certificate is refused: it is for another address"}));
}

TEST_F(TlsContextTest, AnAuthorityThatIsNotTrustedIsRefused) {
  auto stranger = TestPki::make(folder.path() / "strangers", "Another authority");
  ASSERT_TRUE(stranger);
  const auto foreign = stranger->issue("centre");
  ASSERT_TRUE(foreign);
  auto tls = make_server_tls({.ca_file = text_of(stranger->ca_file()),
                              .certificate_file = text_of(foreign->certificate_file),
                              .private_key_file = text_of(foreign->private_key_file)});
  ASSERT_TRUE(tls);
  const Peer peer{loop, say_peer_name(), *tls};
  const auto result = run(loop, talk(peer.port(), client(issue("zurich-01")), "localhost"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::invalid);
  EXPECT_NE(result.error().text().find("authority that is not trusted"), std::string::npos) << result.error().text();
}

TEST_F(TlsContextTest, AnExpiredServerIsRefused) {
  const Peer peer{loop, say_peer_name(),
                  server(issue("centre", {.not_before = std::chrono::seconds{-7200}, .not_after = std::chrono::seconds{-3600}}))};
  const auto result = run(loop, talk(peer.port(), client(issue("zurich-01")), "localhost"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Code::invalid, "localhost: its certificate is refused: it has expired"}));
}

TEST_F(TlsContextTest, AClientWithoutACertificateIsRefusedAndToldSo) {
  const Peer peer{loop, say_peer_name(), server(issue("centre"))};
  const auto tls = make_client_tls({.ca_file = text_of(pki.ca_file())});
  ASSERT_TRUE(tls);
  const auto result = run(loop, talk(peer.port(), *tls, "localhost"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::invalid);
  EXPECT_NE(result.error().text().find("it refuses our certificate"), std::string::npos) << result.error().text();
}

TEST_F(TlsContextTest, AClientOfAnotherAuthorityIsRefused) {
  auto stranger = TestPki::make(folder.path() / "strangers", "Another authority");
  const auto foreign = stranger->issue("zurich-01");
  const Peer peer{loop, say_peer_name(), server(issue("centre"))};
  const auto tls = make_client_tls({.ca_file = text_of(pki.ca_file()),
                                    .certificate_file = text_of(foreign->certificate_file),
                                    .private_key_file = text_of(foreign->private_key_file)});
  ASSERT_TRUE(tls);
  const auto result = run(loop, talk(peer.port(), *tls, "localhost"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::invalid);
}

TEST_F(TlsContextTest, APeerThatSpeaksNoTlsIsUnavailable) {
  const Peer::Script plain = [](Channel& channel) -> asio::awaitable<void> {
    co_await channel.read();
    co_await channel.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  };
  const Peer peer{loop, plain};
  const auto result = run(loop, talk(peer.port(), client(issue("zurich-01")), "localhost"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::unavailable);
  EXPECT_NE(result.error().text().find("no TLS connection"), std::string::npos) << result.error().text();
}

TEST_F(TlsContextTest, ErrorsNameTheFileAndWhatIsWrongWithIt) {
  const Identity one = issue("one");
  const Identity two = issue("two");
  const std::string junk = text_of(folder.path() / "junk.pem");
  std::ofstream{junk} << "not a certificate\n";
  const std::string missing = text_of(folder.path() / "missing.pem");
  const std::string ca = text_of(pki.ca_file());
  const std::pair<TlsClientFiles, std::string> cases[] = {
      {{.ca_file = missing}, "CA file " + missing + ": cannot be read: No such file or directory"},
      {{.ca_file = junk}, "CA file " + junk + ": holds no PEM certificate"},
      {{.ca_file = ca, .certificate_file = junk, .private_key_file = junk},
       "certificate file " + junk + ": holds no PEM certificate"},
      {{.ca_file = ca, .certificate_file = text_of(one.certificate_file), .private_key_file = missing},
       "private key file " + missing + ": cannot be read: No such file or directory"},
      {{.ca_file = ca, .certificate_file = text_of(one.certificate_file), .private_key_file = junk},
       "private key file " + junk + ": holds no PEM key without a passphrase"},
      {{.ca_file = ca, .certificate_file = text_of(one.certificate_file), .private_key_file = text_of(two.private_key_file)},
       "private key file " + text_of(two.private_key_file) + ": is not the key of " + text_of(one.certificate_file)},
      {{.ca_file = text_of(folder.path())}, "CA file " + text_of(folder.path()) + ": is empty or no file"}};
  for (const auto& [files, text] : cases) {
    const auto tls = make_client_tls(files);
    ASSERT_FALSE(tls) << text;
    EXPECT_EQ(tls.error(), (Error{Code::invalid, text}));
  }
}

TEST_F(TlsContextTest, TheSystemsRootsAreTakenWithoutACaFile) { EXPECT_TRUE(make_client_tls({})); }

}  // namespace
}  // namespace tidegate
