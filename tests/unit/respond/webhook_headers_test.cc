#include "respond/webhook_headers.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

std::string problem_of(const std::optional<WebhookFlaw>& flaw) { return flaw ? flaw->problem : ""; }

std::string problem_of_header(const std::string& header, const std::string& value) {
  WebhookSpec webhook;
  webhook.headers = {{header, value}};
  const std::vector<WebhookFlaw> flaws = flaws_in_headers(webhook);
  return flaws.empty() ? "" : flaws.front().problem;
}

TEST(WebhookHeaders, OnlyWhatEveryServerReadsAlikeIsAdded) {
  EXPECT_EQ(problem_of_header("X-Team_1!", "soc ~1"), "");
  EXPECT_EQ(problem_of_header("X-A", std::string(webhook_header_bytes_max, 'a')), "");
  for (const std::string& value : {std::string{}, std::string{"a\tb"}, std::string{"\xc3\xbc"}, std::string{"a\r\nHost: b"},
                                   std::string(webhook_header_bytes_max + 1, 'a')})
    EXPECT_EQ(problem_of_header("X-A", value), "has a value that no header can have") << value;
  for (const std::string& header : {std::string{}, std::string{"a b"}, std::string{"a:b"}, std::string{"\xc3\xbc"},
                                    std::string(webhook_header_bytes_max + 1, 'a')})
    EXPECT_EQ(problem_of_header(header, "x"), "is no name of a header") << header;
}

TEST(WebhookHeaders, WhatTheRequestSetsItselfIsNotGiven) {
  for (const char* header : {"HOST", "content-length", "Transfer-Encoding", "connection", "Content-type", "expect", "user-agent"}) {
    EXPECT_EQ(problem_of_header(header, "x"), "is a header that the request itself sets") << header;
    WebhookSpec webhook;
    webhook.header_name = header;
    EXPECT_EQ(problem_of(flaw_in_secret_header(webhook)), "is a header that the request itself sets") << header;
  }
}

TEST(WebhookHeaders, TheSecretStandsInOneHeaderOfItsOwn) {
  WebhookSpec webhook;
  webhook.headers = {{"X-Key", "a"}, {"x-team", "a"}, {"X-Team", "a"}};
  const std::vector<WebhookFlaw> flaws = flaws_in_headers(webhook);
  ASSERT_EQ(flaws.size(), 1u);
  EXPECT_EQ(flaws.front().problem, "stands here again in another case");
  webhook.header_name = "x-key";
  EXPECT_EQ(problem_of(flaw_in_secret_header(webhook)), "stands in headers as well");
  webhook.header_name = "Authorization";
  EXPECT_EQ(problem_of(flaw_in_secret_header(webhook)), "");
  EXPECT_EQ(problem_of_header("Authorization", "a"), "would keep a secret in the open") << "P10";
}

TEST(WebhookHeaders, ASecretIsWhatItsWayCanCarry) {
  for (const WebhookAuth auth : {WebhookAuth::basic, WebhookAuth::oauth2, WebhookAuth::header}) {
    EXPECT_EQ(problem_of(flaw_in_webhook_secret(auth, "open sesame")), "");
    EXPECT_EQ(problem_of(flaw_in_webhook_secret(auth, "")), "is empty");
    EXPECT_NE(problem_of(flaw_in_webhook_secret(auth, "a\r\nX: y")), "");
    EXPECT_NE(problem_of(flaw_in_webhook_secret(auth, std::string(webhook_header_bytes_max + 1, 'a'))), "");
    EXPECT_EQ(problem_of(flaw_in_webhook_secret(auth, "s\xc3\xbc")).empty(), auth != WebhookAuth::header);
  }
}

}  // namespace
}  // namespace tidegate
