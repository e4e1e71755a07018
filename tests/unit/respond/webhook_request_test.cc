#include "respond/webhook_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respond/template.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/respond/scripted_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string hook_secret = "s3cr:t/ü";

// A custom responder, its peer, and the server that gives its access tokens.
class Webhook : public testing::Test {
 protected:
  Result<WebhookApi::Answer> send(std::string method = "post", std::string path = "/hook", std::string body = "{}") {
    if (!made_) {
      Result<std::unique_ptr<WebhookRequests>> made = WebhookRequests::make(options_, peer_.send(), tokens_.send(), clock_);
      if (!made) return std::move(made).error();
      made_ = *std::move(made);
    }
    return run_at_once(made_->send(std::move(method), std::move(path), std::move(body)));
  }
  std::string refusal() {
    const auto made = WebhookRequests::make(options_, peer_.send(), tokens_.send(), clock_);
    return made ? "" : std::string{name(made.error().code())} + ": " + made.error().text();
  }
  void use_oauth2() {
    options_.spec.auth = WebhookAuth::oauth2;
    options_.spec.token_url = "https://login.test/token";
    options_.spec.client_id = "the client";
    options_.spec.scopes = {"a", "b"};
  }
  void give_tokens(std::string_view more) {
    tokens_.answer_with([this, more = std::string{more}](const HttpRequest&) {
      return http_answer(200, R"({"access_token":"token-)" + std::to_string(tokens_.requests.size()) + "\"" + more + "}");
    });
  }
  // What each request to the peer was authorized by.
  std::vector<std::string> authorizations() const {
    std::vector<std::string> found;
    for (const HttpRequest& request : peer_.requests) found.push_back(header_value(request, "Authorization"));
    return found;
  }

  ManualClock clock_{*parse_time("2026-11-24T12:00:00Z")};
  ScriptedHttp peer_{[](const HttpRequest&) { return http_answer(200, "done"); }};
  ScriptedHttp tokens_{[](const HttpRequest&) { return http_answer(500, ""); }};
  WebhookRequestsOptions options_{.origin = "https://hook.test:8443", .spec = {}, .secret = Secret{hook_secret}};
  std::unique_ptr<WebhookRequests> made_;
};

TEST_F(Webhook, SendsWhatWasRenderedWithItsHeaders) {
  options_.spec.headers = {{"X-Source", "tidegate"}};
  const auto answer = send("put", "/a/b?c=d%20e", R"({"x":1})");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->body, "done");
  ASSERT_EQ(peer_.requests.size(), 1u);
  const HttpRequest& request = peer_.requests.front();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://hook.test:8443/a/b?c=d%20e");
  EXPECT_EQ(request.body, R"({"x":1})");
  EXPECT_EQ(header_value(request, "Content-Type"), "application/json");
  EXPECT_EQ(header_value(request, "X-Source"), "tidegate");
  EXPECT_THAT(header_value(request, "User-Agent"), testing::StartsWith("Tidegate/"));
  EXPECT_EQ(header_value(request, "Authorization"), "");
  ASSERT_TRUE(send("GET", "/a", ""));
  EXPECT_EQ(header_value(peer_.requests.back(), "Content-Type"), "") << "there is no body";
}

TEST_F(Webhook, AnyStatusIsAnAnswerAndNothingIsSentTwice) {  // P9
  for (const unsigned status : {204u, 302u, 401u, 404u, 429u, 503u}) {
    peer_.requests.clear();
    peer_.answer_with([status](const HttpRequest&) { return http_answer(status, "x"); });
    const auto answer = send();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(peer_.requests.size(), 1u);
  }
}

TEST_F(Webhook, TheBeginningOfTheAnswerIsKeptWithoutControlCharacters) {
  peer_.answer_with([](const HttpRequest&) { return http_answer(200, "a\r\nb\x1b[31m\x7f\xff" + std::string(9000, 'x')); });
  const auto answer = send();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), webhook_answer_bytes_max);
  EXPECT_THAT(answer->body, testing::StartsWith("a  b [31m \xef\xbf\xbdxxx"));
}

TEST_F(Webhook, WhatMayHaveBeenObeyedIsNeverCalledUnsent) {  // P9
  peer_.answer_with([](const HttpRequest&) { return Error{Code::invalid, "hook.test:8443: answer larger than 1 MiB"}; });
  EXPECT_EQ(send().error().code(), Code::corrupt);
  peer_.answer_with([](const HttpRequest&) { return Error{Code::invalid, "hook.test: its certificate does not verify"}; });
  EXPECT_EQ(send().error().code(), Code::invalid);
  peer_.answer_with([](const HttpRequest&) { return Error{Code::timeout, "hook.test"}; });
  EXPECT_EQ(send().error().code(), Code::timeout);
}

TEST_F(Webhook, WhatCannotBeARequestIsNotSent) {
  for (const auto& [method, path] : {std::pair{"post", "hook"},
                                     {"post", ""},
                                     {"post", "/a b"},
                                     {"post", "/a\r\nX: y"},
                                     {"post", "/a#b"},
                                     {"post", "/\xc3\xa9"},
                                     {"trace", "/a"},
                                     {"POST /x", "/a"}}) {
    const auto answer = send(method, path, "{}");
    ASSERT_FALSE(answer) << method << " " << path;
    EXPECT_EQ(answer.error().code(), Code::invalid);
  }
  EXPECT_FALSE(send("post", "/" + std::string(9000, 'a'), "{}"));
  EXPECT_FALSE(send("post", "/a", std::string(rendered_body_bytes_max + 1, ' ')));
  EXPECT_TRUE(peer_.requests.empty());
}

TEST_F(Webhook, APathStaysAtTheResponder) {
  ASSERT_TRUE(send("post", "//evil.test/x", "{}"));
  EXPECT_EQ(peer_.requests.back().url, "https://hook.test:8443//evil.test/x");
}

TEST_F(Webhook, BasicCarriesNameAndPassword) {
  options_.spec.auth = WebhookAuth::basic;
  options_.spec.username = "Aladdin";
  options_.secret = Secret{std::string{"open sesame"}};
  ASSERT_TRUE(send());
  EXPECT_THAT(authorizations(), ElementsAre("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));  // RFC 7617, section 2
}

TEST_F(Webhook, AHeaderCarriesTheSecret) {
  options_.spec.auth = WebhookAuth::header;
  options_.spec.header_name = "X-Key";
  options_.secret = Secret{std::string{"s3cr:t/ ~"}};
  ASSERT_TRUE(send());
  EXPECT_EQ(header_value(peer_.requests.front(), "X-Key"), "s3cr:t/ ~");
}

TEST_F(Webhook, WithoutItsSecretNothingIsSent) {
  options_.spec.auth = WebhookAuth::header;
  options_.spec.header_name = "X-Key";
  for (const std::string secret : {"", "a\r\nX: y",
                                   "s\xc3\xbc"
                                   "X: y"}) {
    made_.reset();
    options_.secret = Secret{secret};
    const auto answer = send();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::denied);
    EXPECT_THAT(answer.error().text(), Not(HasSubstr("X: y")));
  }
  EXPECT_TRUE(peer_.requests.empty());
}

TEST_F(Webhook, OAuth2AsksForATokenAsTheStandardSays) {
  use_oauth2();
  give_tokens(R"(,"token_type":"bearer","expires_in":3600)");
  const auto answer = send();
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(authorizations(), ElementsAre("Bearer token-1"));
  ASSERT_EQ(tokens_.requests.size(), 1u);
  const HttpRequest& request = tokens_.requests.front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://login.test/token");
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=a%20b");
  EXPECT_EQ(header_value(request, "Content-Type"), "application/x-www-form-urlencoded");
  // "the%20client:s3cr%3At%2F%C3%BC"
  EXPECT_EQ(header_value(request, "Authorization"), "Basic dGhlJTIwY2xpZW50OnMzY3IlM0F0JTJGJUMzJUJD");
}

TEST_F(Webhook, ATokenIsUsedUntilTheLastMinuteOfItsLife) {
  use_oauth2();
  give_tokens(R"(,"expires_in":"3600")");
  ASSERT_TRUE(send());
  clock_.advance(3539s);
  ASSERT_TRUE(send());
  clock_.advance(1s);
  ASSERT_TRUE(send());
  EXPECT_THAT(authorizations(), ElementsAre("Bearer token-1", "Bearer token-1", "Bearer token-2"));
}

TEST_F(Webhook, ALifeThatIsShortOrOddIsNotTrusted) {
  use_oauth2();
  for (const char* life : {R"(,"expires_in":60)", R"(,"expires_in":0)", R"(,"expires_in":-5)", R"(,"expires_in":1e300)",
                           R"(,"expires_in":"x")", R"(,"expires_in":null)"}) {
    give_tokens(life);
    const std::size_t before = tokens_.requests.size();
    ASSERT_TRUE(send()) << life;
    ASSERT_TRUE(send()) << life;
    EXPECT_EQ(tokens_.requests.size(), before + 2) << life;
  }
  give_tokens(R"(,"expires_in":9223372036854775807)");
  ASSERT_TRUE(send());
  const std::size_t before = tokens_.requests.size();
  clock_.advance(24h - 61s);
  ASSERT_TRUE(send());
  EXPECT_EQ(tokens_.requests.size(), before);
  clock_.advance(1s);
  ASSERT_TRUE(send());
  EXPECT_EQ(tokens_.requests.size(), before + 1) << "a day at most";
}

TEST_F(Webhook, ARevokedTokenIsRenewedOnceWhereTheAnswerWas401) {
  use_oauth2();
  give_tokens(R"(,"expires_in":3600)");
  ASSERT_TRUE(send());
  peer_.answer_with([](const HttpRequest& request) {
    return http_answer(header_value(request, "Authorization") == "Bearer token-1" ? 401 : 200, "");
  });
  const auto renewed = send();
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->status, 200u);
  EXPECT_THAT(authorizations(), ElementsAre("Bearer token-1", "Bearer token-1", "Bearer token-2"));
  EXPECT_EQ(peer_.requests[1].body, peer_.requests[2].body);

  peer_.answer_with([](const HttpRequest&) { return http_answer(401, "no"); });
  peer_.requests.clear();
  const auto refused = send();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401u);
  EXPECT_EQ(peer_.requests.size(), 2u) << "with the kept token, with a new one, and no more";

  peer_.requests.clear();
  peer_.answer_with([](const HttpRequest&) { return http_answer(403, "no"); });
  EXPECT_EQ(send()->status, 403u);
  EXPECT_EQ(peer_.requests.size(), 1u) << "only 401 says that it was not obeyed for the token's sake";
}

TEST_F(Webhook, WithoutAnAccessTokenNothingIsSentAndNothingIsCalledUnknown) {
  use_oauth2();
  const std::vector<Result<HttpResponse>> answers{
      http_answer(401, R"({"error":"invalid_client","error_description":"no\nsuch client"})"),
      http_answer(500, "<html>"),
      http_answer(200, "<html>"),
      http_answer(200, "[]"),
      http_answer(200, R"({"access_token":""})"),
      http_answer(200, R"({"access_token":"a b"})"),
      http_answer(200, R"({"access_token":"a\r\nX: y"})"),
      http_answer(200, R"({"access_token":7})"),
      http_answer(200, R"({"access_token":"a","token_type":"mac"})"),
      http_answer(200, R"({"access_token":")" + std::string(access_token_bytes_max + 1, 'a') + "\"}"),
      Error{Code::unavailable, "login.test:443: refused"},
      Error{Code::timeout, "login.test"},
  };
  for (const auto& answer : answers) {
    tokens_.answer_with([&answer](const HttpRequest&) { return answer; });
    const auto sent = send();
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code(), Code::denied);
    EXPECT_THAT(sent.error().text(), testing::StartsWith("token_url: "));
    EXPECT_LT(sent.error().text().size(), 400u);
  }
  EXPECT_TRUE(peer_.requests.empty());
  tokens_.answer_with([&answers](const HttpRequest&) { return answers.front(); });
  EXPECT_EQ(send().error().text(), "token_url: no access token was given: HTTP 401 invalid_client: no such client");
}

TEST_F(Webhook, SecretsThatThePeersSayAgainAreMasked) {  // P10
  const auto echo = [](const HttpRequest& request) {
    std::string said;
    for (const HttpHeader& header : request.headers) said += header.name + ": " + header.value + " | ";
    return http_answer(200, said + hook_secret);
  };
  peer_.answer_with(echo);
  options_.spec.auth = WebhookAuth::basic;
  options_.spec.username = "u";
  const auto basic = send();
  ASSERT_TRUE(basic);
  EXPECT_THAT(basic->body, HasSubstr("Authorization: ***"));
  EXPECT_THAT(basic->body, Not(HasSubstr("dTpzM2NyOnQ")));
  EXPECT_THAT(basic->body, Not(HasSubstr(hook_secret)));

  made_.reset();
  use_oauth2();
  give_tokens(R"(,"expires_in":3600)");
  const auto bearer = send();
  ASSERT_TRUE(bearer);
  EXPECT_THAT(bearer->body, Not(HasSubstr("token-1")));
  EXPECT_THAT(bearer->body, Not(HasSubstr(hook_secret)));

  made_.reset();
  tokens_.answer_with([](const HttpRequest& request) {
    return http_answer(
        400, R"({"error":")" + hook_secret + R"(","error_description":")" + header_value(request, "Authorization") + "\"}");
  });
  EXPECT_EQ(send().error().text(), "token_url: no access token was given: HTTP 400 ***: Basic ***");
}

TEST_F(Webhook, SecretsThatAPeerWritesInAnotherFormAreMasked) {  // P10
  peer_.answer_with([](const HttpRequest&) {
    return http_answer(200, R"({"said":"s3cr:t\/\u00fc","url":"/?k=s3cr%3At%2F%C3%BC","basic":"dTpzM2NyOnQvw7w\u003d"})");
  });
  options_.spec.auth = WebhookAuth::basic;
  options_.spec.username = "u";
  EXPECT_EQ(send()->body, R"({"said":"***","url":"/?k=***","basic":"***"})");
}

TEST_F(Webhook, OfALargeAnswerTheBeginningIsLookedThroughAndNoSecretThatTheEndCutsOffIsKept) {  // P10
  options_.spec.auth = WebhookAuth::header;
  options_.spec.header_name = "X-Key";
  const std::string secret = "sec\"ret" + std::string(1993, 'k');
  const std::string written = "sec\\\"ret" + std::string(1993, 'k');
  options_.secret = Secret{std::string{secret}};
  for (const std::string& said : {secret, written}) {
    std::string body = "a";
    for (int i = 0; i < 100; ++i) body.append(said);
    body.append("the end");
    peer_.answer_with([&body](const HttpRequest&) { return http_answer(200, std::string{body}); });
    const auto answer = send();
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "a************************") << "eight of them, and the ninth is cut off";
  }
}

TEST_F(Webhook, WhatCannotBeUsedIsRefusedByItsField) {
  const auto words_for = [this](const std::function<void(WebhookRequestsOptions&)>& change) {
    const WebhookRequestsOptions before = options_;
    change(options_);
    const std::string words = refusal();
    options_ = before;
    return words;
  };
  using Options = WebhookRequestsOptions;
  EXPECT_EQ(refusal(), "");
  EXPECT_THAT(words_for([](Options& o) { o.origin = "hook.test"; }), testing::StartsWith("invalid: host: "));
  EXPECT_THAT(words_for([](Options& o) { o.origin = "https://hook.test/a"; }), testing::StartsWith("invalid: host: "));
  EXPECT_THAT(words_for([](Options& o) { o.spec.method = "trace"; }), testing::StartsWith("invalid: method: "));
  for (const char* header :
       {"", "a b", "a:b", "a\r\nb", "Host", "content-length", "Content-Type", "Transfer-Encoding", "Authorization"})
    EXPECT_THAT(words_for([header](Options& o) { o.spec.headers = {{header, "x"}}; }), testing::StartsWith("invalid: headers: "))
        << header;
  EXPECT_THAT(words_for([](Options& o) { o.spec.headers = {{"X", "a\r\nY: b"}}; }),
              HasSubstr("headers: \"X\" has a value that no header can have"));
  EXPECT_THAT(words_for([](Options& o) {
                for (int i = 0; i < 33; ++i) o.spec.headers["X-" + std::to_string(i)] = "x";
              }),
              HasSubstr("headers: has more than 32"));
  const auto with_auth = [](WebhookAuth auth) {
    return [auth](Options& o) {
      o.spec.auth = auth;
      o.spec.username = "a:b";
      o.spec.header_name = "Host";
      o.spec.token_url = "http://login.test/";
    };
  };
  EXPECT_THAT(words_for(with_auth(WebhookAuth::basic)), testing::StartsWith("invalid: username: "));
  EXPECT_THAT(words_for(with_auth(WebhookAuth::header)), testing::StartsWith("invalid: header_name: "));
  EXPECT_THAT(words_for(with_auth(WebhookAuth::oauth2)), testing::StartsWith("invalid: token_url: write an https URL"));
  use_oauth2();
  EXPECT_EQ(refusal(), "");
  EXPECT_THAT(words_for([](Options& o) { o.spec.client_id = ""; }), testing::StartsWith("invalid: client_id: "));
  EXPECT_THAT(words_for([](Options& o) { o.spec.scopes = {"a b"}; }), testing::StartsWith("invalid: scopes: "));
}

}  // namespace
}  // namespace tidegate
