// What stands under `notify` in the processor's file.
#include <gtest/gtest.h>

#include "tests/unit/config/samples.h"

namespace tidegate {
namespace {

const std::string with_control = "listen: {control: \"127.0.0.1:4320\"}\n";

ParsedProcessor parsed_notify(const std::string& channels) {
  return parse_processor(with_control + "notify:\n" + channels, "processor.yaml");
}
std::string notify_errors(const std::string& channels) { return to_text(parsed_notify(channels).errors); }

TEST(NotifyConfigTest, AWebhookIsReadWhole) {
  const ParsedProcessor parsed = parsed_notify(R"(  - name: soc
    type: webhook
    least_severity: critical
    tenants: [acme, b c]
    url: https://Events.example.net/tidegate/
    header_name: Authorization
    header_value_file: /etc/tidegate/hook.token
    proxy: http://proxy.example.net:3128
    ca_file: /etc/tidegate/hook-ca.pem
    per_minute: 2
)");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  const NotifyConfig& channel = parsed.config->notify.at(0);
  EXPECT_EQ(channel.type, NotifyType::webhook);
  EXPECT_EQ(channel.least_severity, EventSeverity::critical);
  EXPECT_EQ(channel.tenants, (std::vector<std::string>{"acme", "b c"}));
  EXPECT_EQ(channel.url, "https://Events.example.net/tidegate");
  EXPECT_EQ(channel.header_value_file, "/etc/tidegate/hook.token");
  EXPECT_EQ(channel.proxy, "http://proxy.example.net:3128");
  EXPECT_EQ(channel.per_minute, 2u);
}

TEST(NotifyConfigTest, MailIsReadWhole) {
  const ParsedProcessor parsed = parsed_notify(R"(  - name: mail
    type: smtp
    server: mail.example.net:465
    tls: implicit
    username: tidegate
    password_file: /etc/tidegate/mail.password
    from: tidegate@example.net
    to: [soc@example.net, on.call+tidegate@example.net]
)");
  ASSERT_TRUE(parsed.config) << to_text(parsed.errors);
  const NotifyConfig& channel = parsed.config->notify.at(0);
  EXPECT_EQ(channel.server, (HostPort{"mail.example.net", 465}));
  EXPECT_EQ(channel.tls, SmtpTls::implicit);
  EXPECT_EQ(channel.to, (std::vector<std::string>{"soc@example.net", "on.call+tidegate@example.net"}));
  EXPECT_EQ(channel.least_severity, EventSeverity::warning);
  EXPECT_EQ(channel.per_minute, 6u);
}

TEST(NotifyConfigTest, EachTypeWantsItsOwnAndRefusesTheOthers) {
  EXPECT_EQ(notify_errors("  - {name: a, type: webhook, from: a@b.net}\n"),
            "processor.yaml:3: notify[0].url: is missing, and the type is webhook; write for example "
            "https://events.example.net/tidegate\n"
            "processor.yaml:3: notify[0].from: 'a@b.net' is of no use where the type is webhook; take it away, or write another "
            "type\n");
  const std::string mail = notify_errors("  - {name: a, type: smtp, url: \"https://a.net\"}\n");
  for (const char* field : {"notify[0].server", "notify[0].from", "notify[0].to", "notify[0].url"})
    EXPECT_NE(mail.find(field), std::string::npos) << mail;
}

TEST(NotifyConfigTest, WhatCannotBeUsedIsNamedWithItsRemedy) {
  const std::string hook = "  - {name: a, type: webhook, url: \"https://a.net\"";
  const std::string mail = "  - {name: a, type: smtp, server: \"mail.net:587\", from: a@b.net, to: [c@d.net]";
  for (const auto& [channel, field, part] : std::vector<std::array<std::string, 3>>{
           {hook + ", header_name: X-Key}\n", "header_name", "stands without header_value_file"},
           {hook + ", header_name: Content-Length, header_value_file: /f}\n", "header_name", "the request itself sets"},
           {hook + ", proxy: \"http://user:word@p.net:3128\"}\n", "proxy", "holds credentials"},
           {hook + ", per_minute: 0}\n", "per_minute", "write between 1 and 600"},
           {hook + ", tenants: []}\n", "tenants", "is too small"},
           {hook + ", tenants: [a, a]}\n", "tenants", "twice"},
           {hook + "}\n" + hook + "}\n", "notify[1].name", "a name of its own"},
           {"  - {name: a, type: webhook, url: \"http://a.net\"}\n", "url", "in the clear"},
           {"  - {name: a, type: pigeon}\n", "type", "write webhook or smtp"},
           {mail + ", username: u}\n", "username", "stands without password_file"},
           {mail + ", tls: none, username: u, password_file: /p}\n", "tls", "the password in the clear"},
           {mail + ", tls: sometimes}\n", "tls", "starttls, implicit or none"},
           {"  - {name: a, type: smtp, server: \"m.net:587\", from: \"a b@c.net\", to: [c@d.net]}\n", "from", "mail address"},
           {"  - {name: a, type: smtp, server: \"m.net:587\", from: a@b.net, to: [\"c@d.net\\r\\nBcc: e@f.net\"]}\n", "to",
            "mail address"}}) {
    const std::string errors = notify_errors(channel);
    EXPECT_NE(errors.find(field), std::string::npos) << channel << errors;
    EXPECT_NE(errors.find(part), std::string::npos) << channel << errors;
    EXPECT_EQ(errors.find("word@"), std::string::npos) << "a password is shown";
  }
}

TEST(NotifyConfigTest, MailInTheClearIsForWhoWritesItAndWithCredentialsForThisMachine) {
  const std::string rest = ", from: a@b.net, to: [c@d.net], tls: none";
  EXPECT_EQ(notify_errors("  - {name: a, type: smtp, server: \"mail.net:25\"" + rest + "}\n"), "");
  EXPECT_EQ(notify_errors("  - {name: a, type: smtp, server: \"127.0.0.1:25\"" + rest + ", username: u, password_file: /p}\n"), "");
}

TEST(NotifyConfigTest, WithoutAControlPlaneThereAreNoEvents) {
  const std::string errors =
      to_text(parse_processor(least_processor + "notify: [{name: a, type: webhook, url: \"https://a.net\"}]\n", "f").errors);
  EXPECT_NE(errors.find("listen.control"), std::string::npos) << errors;
}

TEST(NotifyConfigTest, ThereAreNoMoreChannelsThanTheBound) {
  std::string channels;
  for (std::size_t i = 0; i <= notify_channels_max; ++i)
    channels += "  - {name: c" + std::to_string(i) + ", type: webhook, url: \"https://a.net\"}\n";
  EXPECT_NE(notify_errors(channels).find("keep at most 16"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
