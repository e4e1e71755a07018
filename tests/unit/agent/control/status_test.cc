#include "agent/control/status.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace tidegate {
namespace {

AgentStatus working() {
  AgentStatus status;
  status.sensor = "zurich-01";
  ContentStatus content;
  content.content_type = "alerts";
  content.state.become(Verdict::healthy, WallTime{}, "");
  status.connectors.push_back({.name = "acme", .tenant = "acme", .enabled = true, .contents = {content, content}});
  status.uplink.become(Verdict::healthy, WallTime{}, "");
  return status;
}

TEST(Status, GapsAndTheTokensEndAreShown) {
  AgentStatus status = working();
  const WallSeconds from{std::chrono::seconds{1'700'000'000}};
  status.connectors.front().contents.front().gaps = {{.connector = "acme",
                                                      .lane = Lane::alerts,
                                                      .from = from,
                                                      .to = from + std::chrono::hours{2},
                                                      .reason = "the API no longer keeps it",
                                                      .noted = from}};
  status.connectors.front().token = {.expiry = {.source = TokenExpiry::Source::api, .expires = from + std::chrono::days{5}},
                                     .level = ExpiryLevel::week,
                                     .asked = from};
  status.now = from;
  const std::string json = status_json(status);
  EXPECT_NE(json.find(R"("gaps":[{"from":"2023-11-14T22:13:20Z","to":"2023-11-15T00:13:20Z","seconds":7200)"), std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("token":{"source":"api","expires":"2023-11-19T22:13:20Z","level":"week"})"), std::string::npos) << json;
  const std::string text = status_text(status);
  EXPECT_NE(text.find("gap from 2023-11-14T22:13:20Z to 2023-11-15T00:13:20Z: the API no longer keeps it"), std::string::npos)
      << text;
  EXPECT_NE(text.find("token expires 2023-11-19T22:13:20Z"), std::string::npos) << text;
}

TEST(Status, TheWorstStateIsTheVerdict) {
  AgentStatus status = working();
  EXPECT_EQ(status.verdict(), Verdict::healthy);
  status.connectors[0].contents[1].state.become(Verdict::auth_failed, WallTime{}, "HTTP 401");
  EXPECT_EQ(status.verdict(), Verdict::auth_failed);
  status = working();
  status.uplink.become(Verdict::unreachable, WallTime{}, "refused");
  EXPECT_EQ(status.verdict(), Verdict::unreachable);
}

TEST(Status, P12ASensorThatCollectsNothingIsNotHealthy) {
  AgentStatus status = working();
  status.connectors.clear();
  EXPECT_EQ(status.verdict(), Verdict::disabled);
  status = working();
  status.connectors[0].enabled = false;
  EXPECT_EQ(status.verdict(), Verdict::disabled);
  status = working();
  status.connectors[0].contents.clear();
  EXPECT_EQ(status.verdict(), Verdict::starting);
}

TEST(Status, JsonIsOneDocumentWithReasonAndRemedy) {
  AgentStatus status = working();
  status.connectors[0].contents[0].state.become(Verdict::auth_failed, WallTime{}, "HTTP 401 \"expired\"");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string json = status_json(status);
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
  const auto content = root["connectors"].at(0)["content_types"].at(0);
  EXPECT_EQ(std::string_view{content["state"]}, "auth_failed");
  EXPECT_EQ(std::string_view{content["reason"]}, "HTTP 401 \"expired\"");
  EXPECT_FALSE(std::string_view{content["remedy"]}.empty());
  EXPECT_EQ(std::string_view{root["state"]}, "auth_failed");
}

TEST(Status, P12TheUplinksRemedyIsItsOwn) {
  AgentStatus status = working();
  status.uplink.become(Verdict::auth_failed, WallTime{}, "the receiver refuses us: shared key mismatch");
  const std::string text = status_text(status);
  EXPECT_NE(text.find("shared key, user and password"), std::string::npos) << text;
  EXPECT_EQ(text.find("token"), std::string::npos) << "a token has nothing to do with the receiver";
}

TEST(Status, P12WhatIsAmissWithActionsIsShownWhereSomethingIs) {
  AgentStatus status = working();
  EXPECT_EQ(status_json(status).find("actions"), std::string::npos);
  status.actions = {{"responders", "host: a\nhost: b", {}}, {"runs", "1 may have been done", {}}};
  const std::string json = status_json(status);
  EXPECT_NE(json.find(R"("actions":[{"part":"responders","reason":"host: a\nhost: b"},{"part":"runs",)"), std::string::npos)
      << json;
  const std::string text = status_text(status);
  EXPECT_NE(text.find("  actions  responders\n    reason: host: a\n    reason: host: b\n"), std::string::npos) << text;
  EXPECT_EQ(status.verdict(), Verdict::healthy) << "collection goes on";
}

TEST(Status, TextNamesEveryContentTypeAndItsReason) {
  AgentStatus status = working();
  status.connectors[0].contents[0].state.become(Verdict::unreachable, WallTime{}, "connection refused");
  const std::string text = status_text(status);
  EXPECT_NE(text.find("connection refused"), std::string::npos);
  EXPECT_NE(text.find("remedy:"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
