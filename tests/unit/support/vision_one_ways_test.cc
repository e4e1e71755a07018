// How the simulator treats requests: who is let in, how many, and how answers are spoiled.
#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;

constexpr std::string_view connectivity = "/v3.0/healthcheck/connectivity";

SimOptions with_fault(std::string_view text) {
  SimOptions options = options_of(60, 0, 0);
  const auto fault = parse_fault(text);
  EXPECT_TRUE(fault.has_value()) << text;
  options.serve.faults = {*fault};
  return options;
}

TEST(VisionOneWays, OnlyAKnownTokenIsLetIn) {
  VisionOneSim sim{options_of(1, 1, 1), Seed{1}};
  EXPECT_EQ(get(sim, connectivity, origin).body, R"({"status":"available"})");
  for (const std::string authorization : {"", "Bearer", "Bearer other", "Basic token", "token"}) {
    SimRequest request;
    request.target = connectivity;
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    const SimResponse response = sim.handle(request, origin);
    EXPECT_EQ(response.status, 401u) << authorization;
    EXPECT_NE(response.body.find("InvalidCredentials"), std::string::npos);
    EXPECT_NE(response.body.find("InvalidToken"), std::string::npos);
  }
}

TEST(VisionOneWays, ATokenExpires) {
  SimOptions options = options_of(0, 0, 0);
  options.serve.tokens_expire = origin + 10s;
  VisionOneSim sim{options, Seed{1}};
  EXPECT_EQ(get(sim, connectivity, origin + 9s).status, 200u);
  EXPECT_EQ(get(sim, connectivity, origin + 10s).status, 401u);
}

TEST(VisionOneWays, AMissingPermissionConcernsItsEndpointAlone) {
  SimOptions options = options_of(1, 1, 1);
  options.serve.forbidden = {Endpoint::audit_logs};
  VisionOneSim sim{options, Seed{1}};
  const SimResponse response = get(sim, all_audit_logs, origin);
  EXPECT_EQ(response.status, 403u);
  EXPECT_NE(response.body.find("AccessDenied"), std::string::npos);
  EXPECT_EQ(get(sim, all_alerts, origin).status, 200u);
}

TEST(VisionOneWays, TheRateIsLimitedPerEndpointOverSlidingMinutes) {
  SimOptions options = options_of(1, 1, 1);
  options.serve.rate_limit = 3;
  options.serve.retry_after = 17s;
  VisionOneSim sim{options, Seed{1}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(sim, all_alerts, origin + i * 10s).status, 200u);
  const SimResponse refused = get(sim, all_alerts, origin + 59s);
  EXPECT_EQ(refused.status, 429u);
  EXPECT_EQ(refused.body, R"({"error":{"code":"TooManyRequests","message":"Too many requests"}})");
  EXPECT_EQ(header(refused.headers, "retry-after"), "17");
  EXPECT_EQ(get(sim, all_audit_logs, origin + 59s).status, 200u);
  EXPECT_EQ(get(sim, all_alerts, origin + 60s).status, 200u);
  EXPECT_EQ(get(sim, all_alerts, origin + 61s).status, 429u);
}

TEST(VisionOneWays, EveryAnswerCarriesDateAndTrace) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  const SimResponse response = get(sim, connectivity, origin, {{"X-Trace-Id", "mine"}});
  EXPECT_EQ(header(response.headers, "Date"), "Tue, 24 Nov 2026 12:00:00 GMT");
  EXPECT_EQ(header(response.headers, "x-trace-id"), "mine");
  EXPECT_EQ(header(get(sim, connectivity, origin).headers, "x-trace-id").size(), 36u);
}

TEST(VisionOneWays, GatewayFaultsAnswerHtml) {
  for (const auto& [kind, status] :
       {std::pair{"bad_gateway", 502u}, {"unavailable", 503u}, {"gateway_timeout", 504u}, {"html", 200u}}) {
    VisionOneSim sim{with_fault(std::string{kind} + ":1"), Seed{1}};
    const SimResponse response = get(sim, all_alerts, origin);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(header(response.headers, "content-type"), "text/html");
  }
  VisionOneSim sim{with_fault("internal_error:1"), Seed{1}};
  EXPECT_EQ(get(sim, all_alerts, origin).status, 500u);
}

TEST(VisionOneWays, TheNthRequestIsSpoiledAndNoOther) {
  VisionOneSim sim{with_fault("bad_gateway@3/alerts"), Seed{1}};
  std::string statuses;
  for (int i = 0; i < 5; ++i) {
    statuses += std::to_string(get(sim, all_alerts, origin).status) + " ";
    EXPECT_EQ(get(sim, all_audit_logs, origin).status, 200u);
  }
  EXPECT_EQ(statuses, "200 200 502 200 200 ");
  sim.serve().faults = {{FaultKind::garbage, 0, 1, {}}};
  EXPECT_NE(get(sim, all_alerts, origin).body.front(), '{') << "new rules count anew";
}

TEST(VisionOneWays, ARateSpoilsAboutThatShareAndTheSameOnesUnderTheSameSeed) {
  const auto spoiled = [](Seed seed) {
    VisionOneSim sim{with_fault("internal_error:0.2"), seed};
    std::string statuses;
    for (int i = 0; i < 500; ++i) statuses.push_back(get(sim, connectivity, origin).status == 500 ? 'x' : '.');
    return statuses;
  };
  const std::string first = spoiled(Seed{5});
  EXPECT_EQ(first, spoiled(Seed{5}));
  EXPECT_NE(first, spoiled(Seed{6}));
  EXPECT_NEAR(static_cast<double>(std::count(first.begin(), first.end(), 'x')), 100, 40);
}

TEST(VisionOneWays, ATruncatedAnswerIsTheFirstHalfOfTheRightOne) {
  VisionOneSim good{options_of(60, 0, 0), Seed{1}};
  VisionOneSim bad{with_fault("truncated@1"), Seed{1}};
  const Bytes right = get(good, all_alerts, origin).body;
  const SimResponse response = get(bad, all_alerts, origin);
  EXPECT_EQ(response.body, right.substr(0, right.size() / 2));
  EXPECT_EQ(response.delivery, Delivery::whole);
  EXPECT_EQ(get(bad, all_alerts, origin).body, right);
}

TEST(VisionOneWays, AnEndlessChainGoesOnFromTheFaultWithoutAnotherOne) {
  VisionOneSim sim{with_fault("endless_pages@1"), Seed{1}};
  std::string target{all_alerts};
  for (int i = 0; i < 50; ++i) {
    const ProbedPage page = page_of(get(sim, target, origin));
    ASSERT_FALSE(page.next.empty());
    target = target_of(page.next);
  }
  EXPECT_EQ(walk(sim, std::string{all_alerts}, origin).size(), 60u) << "a new sweep has its end";
}

TEST(VisionOneWays, AForeignHostStandsInTheLink) {
  VisionOneSim sim{with_fault("foreign_host@1"), Seed{1}};
  EXPECT_TRUE(page_of(get(sim, all_alerts, origin)).next.starts_with("https://api.foreign.example/v3.0/"));
}

TEST(VisionOneWays, HugeAndCutOffAnswersSaySo) {
  VisionOneSim huge{with_fault("huge_unannounced:1"), Seed{1}};
  const SimResponse response = get(huge, all_alerts, origin);
  EXPECT_EQ(response.filler_bytes, 5ull << 30);
  EXPECT_EQ(response.delivery, Delivery::unannounced);
  VisionOneSim cut{with_fault("cut_off:1"), Seed{1}};
  EXPECT_EQ(get(cut, all_alerts, origin).delivery, Delivery::cut_off);
}

TEST(VisionOneWays, AFaultIsWrittenInOneWordOrRefused) {
  for (std::size_t i = 0; i < fault_kind_count; ++i)
    EXPECT_TRUE(parse_fault(std::string{name(static_cast<FaultKind>(i))} + ":0.5").has_value());
  for (const std::string_view bad :
       {"", "garbage", "garbage:", "garbage:2", "garbage:-1", "garbage@0", "garbage@x", "nothing:1", "garbage:1/nowhere"})
    EXPECT_FALSE(parse_fault(bad).has_value()) << bad;
}

TEST(VisionOneWays, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_TRUE(check(options_of(1, 1, 1)).has_value());
  const auto refused = [](auto change) {
    SimOptions options = options_of(1, 1, 1);
    change(options.data);
    return !check(options).has_value();
  };
  EXPECT_TRUE(refused([](DataOptions& data) { data.backlog_period = 0s; }));
  EXPECT_TRUE(refused([](DataOptions& data) { data.backlog_period = 200 * 24h; }));
  EXPECT_TRUE(refused([](DataOptions& data) { data.late_share = 1.5; }));
  EXPECT_TRUE(refused([](DataOptions& data) { data.alerts.per_second = -1; }));
  EXPECT_TRUE(refused([](DataOptions& data) { data.technique_bytes = 10; }));
  EXPECT_TRUE(refused([](DataOptions& data) { data.technique_burst = 0; }));
}

TEST(VisionOneWays, StatsCountRequestsPagesAndRecords) {
  VisionOneSim sim{options_of(25, 60, 0), Seed{1}};
  (void)walk(sim, std::string{all_alerts}, origin);
  (void)get(sim, all_audit_logs, origin);
  (void)get(sim, "/v3.0/audit/logs?top=7", origin);
  const SimStats stats = sim.stats(origin + 1h);
  EXPECT_EQ(stats.held[0], 25u);
  EXPECT_EQ(stats.pages[0], 3u);
  EXPECT_EQ(stats.served[0], 25u);
  EXPECT_EQ(stats.served[1], 60u);
  const std::string json = get(sim, "/sim/stats", origin + 1h).body;
  EXPECT_NE(json.find(R"("requests":{"alerts":{"200":3},"audit_logs":{"200":1,"400":1}}})"), std::string::npos) << json;
}

}  // namespace
}  // namespace tidegate
