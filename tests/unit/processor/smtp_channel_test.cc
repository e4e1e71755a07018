#include "processor/edges/smtp_channel.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/processor/fleet/events_rig.h"
#include "tests/unit/transport/loopback.h"
#include "transport/base64.h"
#include "transport/deadline.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testkit::Channel;
using testkit::Peer;

// A mail server that says what it is told to: answers by the beginning of a command, "250 fine" to all others.
class MailServer {
 public:
  MailServer(asio::io_context& loop, TlsContextPtr tls, bool implicit)
      : tls_(std::move(tls)), peer_(loop, [this](Channel& channel) { return serve(channel); }, implicit ? tls_ : TlsContextPtr{}) {}

  std::uint16_t port() const { return peer_.port(); }

  std::map<std::string, std::string> answers;
  std::string extensions = "250-STARTTLS\r\n250 AUTH PLAIN\r\n";
  std::vector<std::string> commands;
  std::string message;
  bool silent = false;
  const std::string signed_in = to_base64(std::string_view{"\0tidegate\0planted-password", 26});

 private:
  std::string answer_to(const std::string& command) const {
    for (const auto& [beginning, answer] : answers)
      if (command.starts_with(beginning)) return answer + "\r\n";
    if (command.starts_with("EHLO")) return "250-mail.test\r\n" + extensions;
    if (command.starts_with("STARTTLS")) return "220 go ahead\r\n";
    if (command.starts_with("AUTH")) return "334 \r\n";
    if (command == signed_in) return "235 welcome\r\n";
    if (command.starts_with("DATA")) return "354 go ahead\r\n";
    return "250 fine\r\n";
  }

  asio::awaitable<void> serve(Channel& channel) {
    Bytes greeting = silent ? "" : "220 mail.test\r\n";
    if (!co_await channel.write(std::move(greeting))) co_return;
    while (true) {
      Bytes command = co_await channel.read_until("\r\n");
      if (command.empty()) co_return;
      command.resize(command.size() - 2);
      commands.push_back(command);
      if (silent) continue;
      const std::string answer = answer_to(command);
      if (!co_await channel.write(answer)) co_return;
      if (command == "STARTTLS" && answer.starts_with("220")) {
        const bool secure = co_await channel.upgrade(tls_);
        if (!secure) co_return;
      }
      if (command == "DATA" && answer.starts_with("354")) {
        message = co_await channel.read_until("\r\n.\r\n");
        const auto refusal = answers.find(".");
        std::string verdict = refusal == answers.end() ? "250 taken\r\n" : refusal->second + "\r\n";
        if (!co_await channel.write(std::move(verdict))) co_return;
      }
    }
  }

  TlsContextPtr tls_;
  Peer peer_;
};

class SmtpChannelTest : public testing::Test {
 protected:
  SmtpChannelTest() {
    Result<TestPki> pki = TestPki::make(folder_.path() / "pki");
    TG_ASSERT(pki.has_value(), "a test has its certificates");
    const Result<Identity> mail = pki->issue("mail");
    Result<TlsContextPtr> tls = make_public_server_tls(mail->certificate_file.string(), mail->private_key_file.string());
    TG_ASSERT(tls.has_value(), "a test has its certificates");
    tls_ = *std::move(tls);
    config_.name = "mail";
    config_.type = NotifyType::smtp;
    config_.from = "tidegate@example.net";
    config_.to = {"soc@example.net", "b@example.org"};
    config_.ca_file = pki->ca_file().string();
  }

  void serve(bool implicit = false) {
    server_ = std::make_unique<MailServer>(loop_, tls_, implicit);
    config_.server = {"127.0.0.1", server_->port()};
  }
  void sign_in() {
    config_.username = "tidegate";
    config_.password_file = (folder_.path() / "password").string();
    std::ofstream{config_.password_file} << "planted-password\n";
  }
  Result<void> send(SmtpLimits limits = {}) {
    Result<std::unique_ptr<SmtpChannel>> channel = SmtpChannel::make(config_, limits);
    if (!channel) return std::move(channel).error();
    Notification notification;
    notification.id = "00ff";
    notification.at = test::noon;
    notification.items.push_back({EventTurn::opened, test::event_of("zurich-01")});
    notification.items.push_back({EventTurn::closed, test::event_of("geneva-01")});
    return testkit::run(loop_, (*channel)->send(std::move(notification)));
  }
  bool said(const std::string& command) const { return std::ranges::find(server_->commands, command) != server_->commands.end(); }

  TemporaryDirectory folder_;
  asio::io_context loop_{1};
  TlsContextPtr tls_;
  std::unique_ptr<MailServer> server_;
  NotifyConfig config_;
};

TEST_F(SmtpChannelTest, AMailGoesToAllOverStarttlsWithASignIn) {
  serve();
  sign_in();
  const Result<void> sent = send();
  ASSERT_TRUE(sent) << sent.error().text();
  EXPECT_TRUE(said("STARTTLS"));
  EXPECT_TRUE(said("AUTH PLAIN"));
  EXPECT_TRUE(said(server_->signed_in));
  EXPECT_TRUE(std::ranges::any_of(server_->commands,
                                  [](const std::string& each) { return each.starts_with("MAIL FROM:<tidegate@example.net>"); }));
  EXPECT_TRUE(said("RCPT TO:<soc@example.net>"));
  EXPECT_TRUE(said("RCPT TO:<b@example.org>"));
  EXPECT_NE(server_->message.find("Subject: [Tidegate] critical: sensor zurich-01 is silent, and 1 more\r\n"), std::string::npos)
      << server_->message;
  EXPECT_NE(server_->message.find("over: sensor geneva-01 is silent"), std::string::npos) << server_->message;
}

TEST_F(SmtpChannelTest, ImplicitTlsSpeaksTlsFromTheFirstByte) {
  serve(true);
  config_.tls = SmtpTls::implicit;
  const Result<void> sent = send();
  ASSERT_TRUE(sent) << sent.error().text();
  EXPECT_FALSE(said("STARTTLS"));
}

TEST_F(SmtpChannelTest, WithoutTlsNothingIsSaidButToWhoWantsItSo) {
  serve();
  server_->extensions = "250 AUTH PLAIN\r\n";
  sign_in();
  const Result<void> refused = send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  for (const std::string& command : server_->commands) {
    EXPECT_FALSE(command.starts_with("AUTH")) << command;
    EXPECT_FALSE(command.starts_with("MAIL")) << command;
  }
  config_.tls = SmtpTls::none;
  const Result<void> sent = send();
  EXPECT_TRUE(sent) << sent.error().text();
}

TEST_F(SmtpChannelTest, AStrangersCertificateIsRefused) {
  serve();
  Result<TestPki> other = TestPki::make(folder_.path() / "other");
  ASSERT_TRUE(other);
  config_.ca_file = other->ca_file().string();
  sign_in();
  const Result<void> refused = send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  for (const std::string& command : server_->commands) EXPECT_FALSE(command.starts_with("AUTH")) << command;
}

TEST_F(SmtpChannelTest, ASignInThatFailsCanBeMendedAndTellsNoPassword) {  // P10
  serve();
  sign_in();
  server_->answers["AUTH"] = "535 no";
  const Result<void> refused = send();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied) << refused.error().text();
  EXPECT_EQ(refused.error().text().find("planted"), std::string::npos);
  std::filesystem::remove(config_.password_file);
  EXPECT_EQ(send().error().code(), Code::unavailable);
}

TEST_F(SmtpChannelTest, WhatTheServerRefusesForGoodIsGivenUpAndWhatItPutsOffIsNot) {
  serve();
  for (const auto& [command, answer, code] :
       std::vector<std::tuple<std::string, std::string, Code>>{{"RCPT TO:<b@", "550 unknown here", Code::invalid},
                                                               {"RCPT TO:<b@", "450 later", Code::unavailable},
                                                               {"MAIL", "553 not you", Code::invalid},
                                                               {".", "554 spam", Code::invalid},
                                                               {".", "451 later", Code::unavailable}}) {
    server_->answers = {{command, answer}};
    const Result<void> sent = send();
    ASSERT_FALSE(sent) << command << answer;
    EXPECT_EQ(sent.error().code(), code) << command << answer << ": " << sent.error().text();
  }
}

TEST_F(SmtpChannelTest, AServerThatSaysNothingIsATimeoutAndAStopIsHeard) {
  serve();
  server_->silent = true;
  SmtpLimits short_limits;
  short_limits.whole_max = 300ms;
  const Result<void> late = send(short_limits);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::timeout) << late.error().text();

  Result<std::unique_ptr<SmtpChannel>> channel = SmtpChannel::make(config_);
  ASSERT_TRUE(channel);
  Notification notification;
  const Result<void> stopped_early = testkit::run(loop_, with_deadline((*channel)->send(std::move(notification)), 100ms, "mail"));
  ASSERT_FALSE(stopped_early);
  EXPECT_EQ(stopped_early.error().code(), Code::timeout) << stopped_early.error().text();
}

}  // namespace
}  // namespace tidegate
