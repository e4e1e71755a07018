#include "agent/edges/opamp_mapping.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

constexpr std::string_view url = "wss://dp1.example.net:4320/v1/opamp";

opamp::AgentRemoteConfig offered(const std::vector<std::pair<std::string, std::string>>& files) {
  opamp::AgentRemoteConfig config;
  config.config_hash = "h1";
  config.config.emplace();
  for (const auto& [name, body] : files) config.config->config_map[name].body = body;
  return config;
}

TEST(OpampMapping, TheDocumentIsFoundByItsNameOrAsTheOnlyOne) {
  EXPECT_EQ(offer_of(offered({{"", "a"}, {"connectors.yaml", "b"}})).document.reveal(), "b");
  EXPECT_EQ(offer_of(offered({{"", "a"}, {"other", "b"}})).document.reveal(), "a");
  EXPECT_EQ(offer_of(offered({{"other", "b"}})).document.reveal(), "b");
  EXPECT_TRUE(offer_of(offered({{"one", "a"}, {"two", "b"}})).document.empty());
  EXPECT_TRUE(offer_of(offered({})).document.empty());
  EXPECT_EQ(offer_of(offered({})).hash, "h1");
}

TEST(OpampMapping, ARequestHasAnIdAndItsAnswerTheSame) {
  opamp::CustomMessage message;
  message.capability = requests_capability;
  message.type = "request";
  message.data = "id-1 GET /status.json";
  const std::optional<Command> command = command_of(message);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->id, "id-1");
  EXPECT_EQ(command->body, "GET /status.json");
  message.data = "id-1 POST /actions/run?ledger=x\n{\"a\": \"b c\n\"}";
  ASSERT_TRUE(command_of(message));
  EXPECT_EQ(command_of(message)->body, "POST /actions/run?ledger=x\n{\"a\": \"b c\n\"}") << "with its body, as it is";
  EXPECT_EQ(message_of({.id = "id-1", .type = "answer", .body = "200 text/plain\nx"}).data, "id-1 200 text/plain\nx");
  for (const std::string& data : {std::string{}, std::string{" GET /"}, std::string{"id"}, std::string(65, 'a') + " GET /"}) {
    message.data = data;
    EXPECT_FALSE(command_of(message)) << data;
  }
  message.data = "id-1 GET /";
  message.type = "answer";
  EXPECT_FALSE(command_of(message));
}

TEST(OpampMapping, TheHealthTreeIsCutAtADepth) {
  Component leaf;
  leaf.name = "alerts";
  leaf.reason = "expired";
  Component root;
  root.name = "zurich-01";
  root.parts.push_back(leaf);
  EXPECT_EQ(health_message(root, 8).component_health_map.at("alerts").last_error, "expired");
  EXPECT_TRUE(health_message(root, 0).component_health_map.empty());
  EXPECT_EQ(health_message(root, 8).status_time_unix_nano, 0u);
}

TEST(OpampMapping, AStatusIsToldOneToOne) {
  const opamp::RemoteConfigStatus message = status_message({"h1", 7, RemoteState::failed, "why"});
  EXPECT_EQ(message.last_remote_config_hash, "h1");
  EXPECT_EQ(message.status, opamp::ApplyStatus::failed);
  EXPECT_EQ(message.error_message, "why");
}

TEST(OpampMapping, OnlyACertificateThatWasAskedForIsTaken) {
  opamp::OpampConnectionSettings settings;
  EXPECT_EQ(why_refused(settings, url, false), "") << "an interval of heartbeats";
  settings.certificate.emplace().cert = "pem";
  EXPECT_EQ(why_refused(settings, url, true), "");
  EXPECT_NE(why_refused(settings, url, false), "");
  settings.certificate->private_key = Secret{"key"};
  EXPECT_NE(why_refused(settings, url, true), "");
}

TEST(OpampMapping, NothingThatLeadsTheSensorElsewhereIsTaken) {
  opamp::OpampConnectionSettings settings;
  settings.certificate.emplace().cert = "pem";
  settings.destination_endpoint = url;
  EXPECT_EQ(why_refused(settings, url, true), "");
  settings.destination_endpoint = "wss://elsewhere.example.net/v1/opamp";
  EXPECT_NE(why_refused(settings, url, true), "");
  settings.destination_endpoint.clear();
  settings.tls.emplace().insecure_skip_verify = true;
  EXPECT_NE(why_refused(settings, url, true).find("insecure_skip_verify"), std::string::npos);
  settings.tls->insecure_skip_verify = false;
  EXPECT_NE(why_refused(settings, url, true), "");
  settings.tls.reset();
  settings.headers.emplace().headers.emplace_back().key = "Authorization";
  EXPECT_NE(why_refused(settings, url, true), "");
}

}  // namespace
}  // namespace tidegate
