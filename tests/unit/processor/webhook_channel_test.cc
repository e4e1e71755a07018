#include "processor/edges/webhook_channel.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/processor/fleet/events_rig.h"
#include "tests/unit/transport/loopback.h"

namespace tidegate {
namespace {

using testkit::Channel;
using testkit::Peer;

class WebhookChannelTest : public testing::Test {
 protected:
  WebhookChannelTest() {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    TG_ASSERT(pki.has_value(), "a test has its certificates");
    const Result<Identity> hook = pki->issue("hook");
    Result<TlsContextPtr> tls = make_public_server_tls(hook->certificate_file.string(), hook->private_key_file.string());
    TG_ASSERT(tls.has_value(), "a test has its certificates");
    peer_.emplace(loop_, [this](Channel& channel) { return serve(channel); }, *std::move(tls));
    config_.name = "soc";
    config_.url = peer_->url("https");
    config_.ca_file = pki->ca_file().string();
  }

  asio::awaitable<void> serve(Channel& channel) {
    seen_ = co_await channel.read_until("]}\n");
    co_await channel.write("HTTP/1.1 " + answer_ + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  Result<void> send(Notification notification = one()) {
    Result<std::unique_ptr<WebhookChannel>> channel = WebhookChannel::make(config_);
    if (!channel) return std::move(channel).error();
    return testkit::run(loop_, (*channel)->send(std::move(notification)));
  }
  static Notification one() {
    Notification notification;
    notification.id = "00ff";
    notification.at = test::noon;
    HealthEvent event = test::event_of("zurich-01", EventSeverity::warning);
    event.id = 7;
    event.reason = "a \"quoted\"\nreason";
    notification.items.push_back({EventTurn::opened, event});
    event.sensor = "geneva-01";
    event.severity = EventSeverity::critical;
    event.id = 8;
    notification.items.push_back({EventTurn::opened, event});
    return notification;
  }

  TemporaryDirectory folder_;
  asio::io_context loop_{1};
  std::optional<Peer> peer_;
  std::string answer_ = "204 No Content";
  std::string seen_;
  NotifyConfig config_;
};

TEST_F(WebhookChannelTest, PostsOneDocumentWithTheWorstFirst) {
  ASSERT_TRUE(send());
  EXPECT_TRUE(seen_.starts_with("POST /data HTTP/1.1\r\n")) << seen_;
  EXPECT_NE(seen_.find("Content-Type: application/json\r\n"), std::string::npos);
  const std::string body = seen_.substr(seen_.find("\r\n\r\n") + 4);
  EXPECT_TRUE(body.starts_with(R"({"id":"00ff","event":8,"sensor":"geneva-01","tenants":["acme"],"kind":"silent",)"
                               R"("severity":"critical","key":"","reason":"a \"quoted\"\nreason","since":"2026-11-24T12:00:00Z",)"
                               R"("state":"opened","at":"2026-11-24T12:00:00Z","events":[{"event":7,)"))
      << body;
}

TEST_F(WebhookChannelTest, ATestSaysSo) {
  Notification test;
  test.at = test::noon;
  ASSERT_TRUE(send(std::move(test)));
  EXPECT_NE(seen_.find(R"("state":"test","at":"2026-11-24T12:00:00Z","events":[])"), std::string::npos) << seen_;
}

TEST_F(WebhookChannelTest, TheHeaderComesFromItsFileAndIsInNoError) {  // P10
  config_.header_name = "Authorization";
  config_.header_value_file = (folder_.path() / "token").string();
  const Result<void> missing = send();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::unavailable) << "the file can be mended";
  std::ofstream{config_.header_value_file} << "Bearer planted-token\n";
  answer_ = "401 Unauthorized";
  const Result<void> refused = send();
  EXPECT_NE(seen_.find("\r\nAuthorization: Bearer planted-token\r\n"), std::string::npos) << seen_;
  EXPECT_EQ(refused.error().text().find("planted"), std::string::npos);
}

TEST_F(WebhookChannelTest, OnlyWhatIsRefusedForGoodIsGivenUp) {
  for (const auto& [answer, code] : std::vector<std::pair<std::string, Code>>{{"400 Bad Request", Code::invalid},
                                                                              {"404 Not Found", Code::invalid},
                                                                              {"302 Found", Code::invalid},
                                                                              {"408 Request Timeout", Code::unavailable},
                                                                              {"429 Too Many Requests", Code::unavailable},
                                                                              {"500 Internal Server Error", Code::unavailable}}) {
    answer_ = answer;
    const Result<void> sent = send();
    ASSERT_FALSE(sent) << answer;
    EXPECT_EQ(sent.error().code(), code) << answer;
    EXPECT_NE(sent.error().text().find(answer.substr(0, 3)), std::string::npos);
  }
}

TEST_F(WebhookChannelTest, AStrangersCertificateIsRefusedAndTriedAgain) {
  Result<TestPki> other = TestPki::make(folder_.path() / "other");
  ASSERT_TRUE(other);
  config_.ca_file = other->ca_file().string();
  const Result<void> sent = send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::unavailable);
  EXPECT_EQ(seen_, "") << "nothing was said to a stranger";
  config_.ca_file = (folder_.path() / "nowhere.pem").string();
  EXPECT_EQ(WebhookChannel::make(config_).error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
