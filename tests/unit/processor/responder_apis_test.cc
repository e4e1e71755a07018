#include "processor/responder_apis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"
#include "tests/unit/processor/respond/desk_rig.h"
#include "tests/unit/transport/loopback.h"
#include "transport/url.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

// A custom responder, and the server that it asks.
class ResponderApisTest : public testing::Test {
 protected:
  ResponderApisTest() {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    TG_ASSERT(pki.has_value(), "a test has its certificates");
    const Result<Identity> hook = pki->issue("hook");
    Result<TlsContextPtr> tls = make_public_server_tls(hook->certificate_file.string(), hook->private_key_file.string());
    TG_ASSERT(tls.has_value(), "a test has its certificates");
    peer_.emplace(loop_, [this](testkit::Channel& channel) { return serve(channel); }, *std::move(tls));
    const Result<Url> url = parse_url(peer_->url("https"));
    responder_ = test::ticket_responder();
    responder_.host = url->host;
    responder_.port = url->port;
    responder_.ca_file = pki->ca_file().string();
  }

  asio::awaitable<void> serve(testkit::Channel& channel) {
    seen_ = co_await channel.read_until("{}");
    co_await channel.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  }
  Result<WebhookApi::Answer> send() {
    const Result<ResponderApi> api = apis_.make(responder_, Secret{"planted-token"});
    if (!api) return api.error();
    return testkit::run(loop_, api->webhook->send("POST", "/hooks/7", "{}"));
  }

  TemporaryDirectory folder_;
  asio::io_context loop_{1};
  ManualClock clock_{test::desk_noon};
  Random random_{Seed{7}};
  std::optional<testkit::Peer> peer_;
  std::string seen_;
  Responder responder_;
  ResponderApis apis_{clock_, random_};
};

TEST_F(ResponderApisTest, ARequestIsSentWithTheRespondersSecret) {
  const Result<WebhookApi::Answer> answer = send();
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 200u);
  EXPECT_THAT(seen_, HasSubstr("POST /hooks/7 HTTP/1.1\r\n"));
  EXPECT_THAT(seen_, HasSubstr("X-Token: planted-token\r\n"));
}

TEST_F(ResponderApisTest, AStrangersCertificateIsTakenOnlyWhereVerificationIsOff) {  // P10
  responder_.ca_file.clear();
  const Result<WebhookApi::Answer> refused = send();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("certificate"));
  EXPECT_THAT(refused.error().text(), Not(HasSubstr("planted-token")));
  EXPECT_EQ(seen_, "") << "the secret goes to nobody else";
  responder_.verify_certificate = false;
  const Result<WebhookApi::Answer> taken = send();
  ASSERT_TRUE(taken) << taken.error().text();
}

TEST_F(ResponderApisTest, TheTestOfACustomResponderSendsNoRequest) {
  const Result<std::string> reached = testkit::run(loop_, apis_.probe(responder_, Secret{"planted-token"}));
  ASSERT_TRUE(reached) << reached.error().text();
  EXPECT_THAT(*reached, HasSubstr("is reached over TLSv1."));
  EXPECT_EQ(seen_, "");
  responder_.ca_file.clear();
  const Result<std::string> refused = testkit::run(loop_, apis_.probe(responder_, Secret{"planted-token"}));
  EXPECT_FALSE(refused);
}

TEST_F(ResponderApisTest, WhatCannotBeUsedIsRefusedBeforeAnythingIsSent) {
  responder_.ca_file = "/nowhere/ca.pem";
  const Result<ResponderApi> api = apis_.make(responder_, Secret{"planted-token"});
  ASSERT_FALSE(api);
  EXPECT_EQ(api.error().code(), Code::invalid);
  EXPECT_THAT(api.error().text(), HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace tidegate
