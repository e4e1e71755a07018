#include "respond/responder_apis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/sample_responders.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"
#include "tests/unit/transport/loopback.h"
#include "transport/url.h"

namespace tidegate {
namespace {

using testing::HasSubstr;
using testing::Not;

// A responder, and the server that it asks.
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

  // Answers each request, and would answer more on the same connection.
  asio::awaitable<void> serve(testkit::Channel& channel) {
    Bytes request;
    while (true) {
      const Bytes more = co_await channel.read();
      if (more.empty()) co_return;
      request += more;
      const bool get = request.starts_with("GET ");
      if (get ? !request.ends_with("\r\n\r\n") : request.back() != '}' && request.back() != ']') continue;
      seen_ += request;
      request.clear();
      const std::string& body = get ? get_answer_ : post_answer_;
      const Bytes answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      if (!co_await channel.write(answer)) co_return;
    }
  }
  Result<WebhookApi::Answer> send() {
    const Result<ResponderApi> api = apis_.make(responder_, Secret{"planted-token"});
    if (!api) return api.error();
    return testkit::run(loop_, api->webhook->send("POST", "/hooks/7", "{}"));
  }

  TemporaryDirectory folder_;
  asio::io_context loop_{1};
  ManualClock clock_{WallTime{std::chrono::hours{500'000}}};
  Random random_{Seed{7}};
  std::optional<testkit::Peer> peer_;
  std::string seen_;
  std::string get_answer_ = "ok";
  std::string post_answer_ = "ok";
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

TEST_F(ResponderApisTest, NoRequestOfACustomResponderGoesOverAnothersConnection) {  // P9
  const Result<ResponderApi> api = apis_.make(responder_, Secret{"planted-token"});
  ASSERT_TRUE(api) << api.error().text();
  for (std::size_t sent = 1; sent <= 2; ++sent) {
    const Result<WebhookApi::Answer> answer = testkit::run(loop_, api->webhook->send("GET", "/hooks/7", ""));
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(peer_->connections(), sent) << "on a kept one it might be sent twice";
  }
}

TEST_F(ResponderApisTest, WhatChangesSomethingHasAConnectionOfItsOwnAndWhatReadsSharesOne) {  // P9
  const Responder webhook = responder_;
  responder_ = test::visionone_responder();
  responder_.host = webhook.host;
  responder_.port = webhook.port;
  responder_.ca_file = webhook.ca_file;
  get_answer_ = R"({"id": "00000001", "status": "running"})";
  post_answer_ = R"([{"status": 202}])";
  const Result<ResponderApi> api = apis_.make(responder_, Secret{"planted-token"});
  ASSERT_TRUE(api) << api.error().text();
  const auto look = [&] {
    const Result<TaskView> task = testkit::run(loop_, api->actions->task("00000001"));
    EXPECT_TRUE(task) << task.error().text();
  };
  const auto isolate = [&] {
    std::vector<ActionElement> elements(1);
    elements.front().target = {ObjectType::agent_guid, test::ws7_guid, {}, {}};
    const Result<std::vector<SentElement>> sent =
        testkit::run(loop_, api->actions->send(ResponseAction::isolate_endpoint, std::move(elements)));
    EXPECT_TRUE(sent) << sent.error().text();
  };
  look();
  look();
  EXPECT_EQ(peer_->connections(), 1u);
  isolate();
  isolate();
  EXPECT_EQ(peer_->connections(), 3u);
  look();
  EXPECT_EQ(peer_->connections(), 3u) << "the one that reads is kept";
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
