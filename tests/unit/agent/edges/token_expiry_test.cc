#include "agent/edges/token_expiry.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/vision_one_keys.h"
#include "tests/unit/transport/loopback.h"
#include "transport/base64.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ExpirySource = TokenExpiry::Source;

const WallTime today = *parse_time("2026-11-24T12:00:00Z");
const WallTime later = today + std::chrono::days{20};

std::string token_with_payload(std::string_view json) {
  std::string payload = to_base64(json);
  while (payload.ends_with('=')) payload.pop_back();
  return "head." + payload + ".tail";
}

TEST(TokenShape, KnowsTheUsualOne) {
  EXPECT_TRUE(shape_of(token_of_shape({})).usual());
  EXPECT_FALSE(shape_of("short.and.dotted").usual());
  EXPECT_FALSE(shape_of(std::string(600, 'x')).usual());
  EXPECT_FALSE(shape_of(std::string(300, 'x') + ".a b.c").usual());
  EXPECT_FALSE(shape_of("").printable);
}

TEST(TokenClaims, AreReadFromATokenOfTheUsualShape) {
  const auto claims = read_claims(token_of_shape({.id = "me", .expires = later}));
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->id, "me");
  EXPECT_EQ(claims->expires, later);
  EXPECT_EQ(expiry_from_claims(claims), (TokenExpiry{ExpirySource::hint, later}));
  EXPECT_EQ(expiry_from_claims(read_claims(token_of_shape({}))).source, ExpirySource::unknown);
}

TEST(TokenClaims, OfAnythingElseAreAbsentOrEmpty) {
  for (const std::string& odd :
       {std::string{}, std::string{"token"}, std::string{"a.b"}, std::string{"a..c"}, std::string{"a.b.c.d"},
        std::string{"a.!!!!.c"}, std::string{"a.e30=.c"}, token_with_payload("[1]"), token_with_payload("{\"et\":"),
        "a." + std::string(token_payload_bytes_max + 4, 'A') + ".c"})
    EXPECT_FALSE(read_claims(odd)) << odd.substr(0, 40);
  for (const std::string_view et : {"\"soon\"", "-1", "0", "1e300", "18446744073709551615", "null", "1700000000000"}) {
    const auto claims = read_claims(token_with_payload("{\"et\":" + std::string{et} + "}"));
    ASSERT_TRUE(claims) << et;
    EXPECT_FALSE(claims->expires) << et;
  }
  EXPECT_TRUE(read_claims(token_with_payload(R"({"id":")" + std::string(claim_bytes_max + 1, 'x') + "\"}"))->id.empty());
  EXPECT_EQ(read_claims(token_with_payload(R"({"et":1700000000.5})"))->expires, WallTime{1700000000s});
}

TokenExpiry from_keys(std::vector<SimApiKey> keys, const std::string& own_id) {
  ServeOptions options;
  options.api_keys = std::move(keys);
  return expiry_from_keys(api_keys_answer(options, today).body, TokenClaims{.id = own_id, .expires = {}});
}

TEST(ApiKeys, TheKeyWithTheTokensIdIsOurs) {
  const std::vector<SimApiKey> keys{{"a", true, later}, {"b", true, std::nullopt}, {"c", false, today}};
  EXPECT_EQ(from_keys(keys, "a"), (TokenExpiry{ExpirySource::api, later}));
  EXPECT_EQ(from_keys(keys, "b"), (TokenExpiry{ExpirySource::api, std::nullopt})) << "a key may live for ever";
  EXPECT_EQ(from_keys(keys, "c"), (TokenExpiry{ExpirySource::api, today}));
  EXPECT_EQ(from_keys(keys, "d").source, ExpirySource::unknown) << "two are enabled: which is ours is not known";
}

TEST(ApiKeys, TheOnlyEnabledOneIsOursWhereTheListIsWhole) {
  EXPECT_EQ(from_keys({{"a", true, later}, {"c", false, today}}, ""), (TokenExpiry{ExpirySource::api, later}));
  EXPECT_EQ(from_keys({{"c", false, today}}, "").source, ExpirySource::unknown);
  const std::string_view half =
      R"({"items":[{"id":"a","status":"enabled","expiredDateTime":"2026-12-01T00:00:00Z"}],"nextLink":"x"})";
  EXPECT_EQ(expiry_from_keys(half, std::nullopt).source, ExpirySource::unknown);
}

TEST(ApiKeys, WhatIsNoListOfKeysSaysNothing) {
  for (const std::string_view body : {"", "<html>", "[]", "{}", R"({"items":null})", R"({"items":[1,null,{}]})",
                                      R"({"items":[{"id":"a","status":"enabled","expiredDateTime":"soon"}]})"})
    EXPECT_EQ(expiry_from_keys(body, std::nullopt).source, ExpirySource::unknown) << body;
}

struct ExpiryBench {
  ManualClock clock{today};
  Random random{Seed{1}};
  Metrics metrics;
  SimOptions options;
  std::unique_ptr<VisionOneSim> sim;
  ConnectorConfig connector;
  asio::io_context loop;

  explicit ExpiryBench(const std::string& token) {
    options.data.origin = today;
    options.serve.tokens = {token};
    options.serve.tokens_expire = later;
    sim = std::make_unique<VisionOneSim>(options, Seed{1});
    connector.name = "acme";
    connector.api_base_url = "https://api.example.net";
    connector.bearer_token = Secret{token};
  }

  TokenExpiryReader reader() {
    return {connector,
            [this](HttpRequest request, std::chrono::nanoseconds) { return serve(std::move(request)); },
            {clock, random},
            metrics};
  }
  asio::awaitable<Result<HttpResponse>> serve(HttpRequest request) {
    SimRequest asked;
    asked.target = request.url.substr(connector.api_base_url.size());
    for (const HttpHeader& header : request.headers) asked.headers.emplace_back(header.name, header.value);
    SimResponse answer = sim->handle(asked, clock.wall());
    HttpResponse response;
    response.status = answer.status;
    for (auto& [name, value] : answer.headers) response.headers.push_back({name, value});
    response.body = std::move(answer.body);
    co_return response;
  }
};

TEST(TokenExpiryReader, PrefersTheApiAndFallsBackToTheHint) {
  ExpiryBench bench{token_of_shape({.expires = today + 24h})};
  TokenExpiryReader allowed = bench.reader();
  EXPECT_EQ(testkit::run(bench.loop, allowed.read()), (TokenExpiry{ExpirySource::api, later, std::chrono::seconds{0}}));
  EXPECT_EQ(allowed.status(), 200u);
  bench.sim->serve().forbidden = {Endpoint::api_keys};
  EXPECT_EQ(testkit::run(bench.loop, allowed.read()), (TokenExpiry{ExpirySource::api, later, std::chrono::seconds{0}}))
      << "the API's last word stays";
  TokenExpiryReader refused = bench.reader();
  EXPECT_EQ(testkit::run(bench.loop, refused.read()), (TokenExpiry{ExpirySource::hint, today + 24h, std::chrono::seconds{0}}));
  EXPECT_EQ(refused.status(), 403u);
}

TEST(TokenExpiryReader, OfAnOpaqueTokenThatMayNotAskNothingIsKnown) {
  ExpiryBench bench{"opaque"};
  bench.sim->serve().forbidden = {Endpoint::api_keys};
  TokenExpiryReader reader = bench.reader();
  EXPECT_EQ(testkit::run(bench.loop, reader.read()).source, ExpirySource::unknown);
}

}  // namespace
}  // namespace tidegate
