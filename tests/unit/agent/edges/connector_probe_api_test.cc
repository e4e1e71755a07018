// What the API can answer to the connector test, and what is said of it.
#include "agent/edges/connector_probe.h"

#include "tests/unit/agent/edges/connector_probe_fixture.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

TEST_F(ConnectorProbeTest, AWorkingConnectorIsOkThroughoutWithEvidence) {
  serve();
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::ok) << report_json(report);
  ASSERT_EQ(report.stages.size(), 9u);
  for (const StageReport& stage : report.stages) EXPECT_EQ(stage.verdict, StageVerdict::ok) << name(stage.stage) << stage.words;
  const StageReport& tls = stage_of(report, Stage::tls);
  EXPECT_EQ(text(tls, "protocol"), "TLSv1.3");
  EXPECT_THAT(text(tls, "subject"), HasSubstr("CN=api"));
  EXPECT_THAT(text(tls, "issuer"), HasSubstr("CN=Tidegate test authority"));
  EXPECT_EQ(number(tls, "days_left"), 29);
  EXPECT_LE(std::abs(number(stage_of(report, Stage::clock), "offset_seconds")), 30);
  EXPECT_EQ(text(stage_of(report, Stage::token), "expiry_source"), "api");
  const StageReport& alerts = stage_of(report, Stage::data, ContentType::alerts);
  EXPECT_GT(number(alerts, "records"), 0);
  EXPECT_EQ(number(stage_of(report, Stage::data, ContentType::observed_attack_techniques), "records"), 200);
  EXPECT_EQ(requests(), 2u + 3u) << "connectivity, API keys, and one per content type";
}

TEST_F(ConnectorProbeTest, AnExpiredTokenFails) {
  serve();
  token_ = token_of_shape({.expires = clock_.wall() - 48h});
  connector_.bearer_token = Secret{token_};
  change([&](ServeOptions& options) {
    options.tokens = {token_};
    options.tokens_expire = clock_.wall() - 48h;
  });
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::failed);
  EXPECT_EQ(stage_of(report, Stage::http).verdict, StageVerdict::ok);
  const StageReport& token = stage_of(report, Stage::token);
  EXPECT_EQ(token.verdict, StageVerdict::failed);
  EXPECT_EQ(token.cause, Cause::token_expired);
  EXPECT_THAT(text(token, "expiry"), HasSubstr("2 days ago"));
  for (const ContentType content : connector_.content_types) {
    const StageReport& data = stage_of(report, Stage::data, content);
    EXPECT_EQ(data.verdict, StageVerdict::failed);
    EXPECT_EQ(data.cause, Cause::http_401);
    EXPECT_EQ(number(data, "http_status"), 401);
    EXPECT_EQ(text(data, "api_code"), "InvalidCredentials");
    EXPECT_FALSE(text(data, "trace_id").empty());
  }
}

TEST_F(ConnectorProbeTest, AWrongTokenFailsAndIsNowhereShown) {
  serve();
  const std::string wrong = token_of_shape({.id = "somebody-else", .expires = clock_.wall() + 24h * 300});
  connector_.bearer_token = Secret{wrong};
  const ConnectorReport report = run();
  EXPECT_EQ(stage_of(report, Stage::token).cause, Cause::http_401);
  const std::string json = report_json(report);
  EXPECT_EQ(json.find(wrong.substr(0, 40)), std::string::npos);
  EXPECT_EQ(json.find("somebody-else"), std::string::npos);
}

TEST_F(ConnectorProbeTest, AMissingPermissionFailsForItsContentTypeAlone) {
  serve();
  change([](ServeOptions& options) { options.forbidden = {Endpoint::audit_logs, Endpoint::api_keys}; });
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::failed);
  EXPECT_EQ(stage_of(report, Stage::token).verdict, StageVerdict::ok) << "nobody needs the permission to list keys";
  EXPECT_EQ(text(stage_of(report, Stage::token), "expiry_source"), "unknown");
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).verdict, StageVerdict::ok);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::observed_attack_techniques).verdict, StageVerdict::ok);
  const StageReport& audit = stage_of(report, Stage::data, ContentType::audit_logs);
  EXPECT_EQ(audit.verdict, StageVerdict::failed);
  EXPECT_EQ(audit.cause, Cause::http_403);
  EXPECT_EQ(text(audit, "api_code"), "AccessDenied");
  EXPECT_THAT(stage_text(audit), HasSubstr("Audit Logs: View, filter, and search"));
}

TEST_F(ConnectorProbeTest, ATenantThatDoesNotKnowIngestedDateTimeIsNoFailure) {
  serve();
  SimOptions options;
  options.data.origin = clock_.wall();
  options.data.audit_logs.backlog = 240;
  options.data.audit_ingested = false;
  options.serve.tokens = {token_};
  VisionOneSim old_tenant{options, Seed{2}};
  VisionOneServerThread server{old_tenant, clock_, {}};
  ASSERT_TRUE(server.start());
  connector_.api_base_url = server.base_url();
  connector_.content_types = {ContentType::audit_logs};
  const ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::ok) << report_json(report);
  EXPECT_EQ(stage_of(report, Stage::tls).verdict, StageVerdict::skipped) << "plain http";
}

TEST_F(ConnectorProbeTest, AClockThatIsMinutesOffWarnsAndOneThatIsFarOffFails) {
  serve(good(), -120s);
  ConnectorReport report = run();
  EXPECT_EQ(report.verdict(), StageVerdict::warning) << report_json(report);
  EXPECT_EQ(stage_of(report, Stage::clock).cause, Cause::clock_off);
  EXPECT_THAT(stage_of(report, Stage::clock).words, HasSubstr("ahead"));

  serve(good(), -3600s);
  report = run();
  const StageReport& clock = stage_of(report, Stage::clock);
  EXPECT_EQ(clock.verdict, StageVerdict::failed);
  EXPECT_NEAR(static_cast<double>(number(clock, "offset_seconds")), -3600, 1);
  EXPECT_THAT(stage_text(clock), HasSubstr(std::string{text_of(Cause::clock_off).remedy}));
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::observed_attack_techniques).verdict, StageVerdict::ok)
      << "data is asked for by the API's clock";
}

TEST_F(ConnectorProbeTest, APageForPeopleIsNotTheApi) {
  serve();
  change([](ServeOptions& options) { options.faults = {{.kind = FaultKind::html, .rate = 1, .endpoint = {}}}; });
  const ConnectorReport report = run();
  const StageReport& http = stage_of(report, Stage::http);
  EXPECT_EQ(http.verdict, StageVerdict::failed);
  EXPECT_EQ(http.cause, Cause::not_json);
  EXPECT_THAT(stage_text(http), HasSubstr(std::string{text_of(Cause::not_json).remedy}));
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).verdict, StageVerdict::skipped);
}

TEST_F(ConnectorProbeTest, EachStatusOfTheDataRequestHasItsCause) {
  serve();
  connector_.content_types = {ContentType::alerts};
  for (const auto& [kind, cause] : {std::pair{FaultKind::internal_error, Cause::http_500},
                                    {FaultKind::bad_gateway, Cause::http_502},
                                    {FaultKind::unavailable, Cause::http_503},
                                    {FaultKind::gateway_timeout, Cause::http_504},
                                    {FaultKind::too_many_requests, Cause::http_429},
                                    {FaultKind::html, Cause::not_json},
                                    {FaultKind::garbage, Cause::not_json},
                                    {FaultKind::cut_off, Cause::connection_broken}}) {
    change([k = kind](ServeOptions& options) { options.faults = {{.kind = k, .rate = 1, .endpoint = Endpoint::alerts}}; });
    const ConnectorReport report = run();
    const StageReport& alerts = stage_of(report, Stage::data, ContentType::alerts);
    EXPECT_EQ(alerts.cause, cause) << name(kind) << ": " << alerts.words;
    EXPECT_EQ(alerts.verdict, cause == Cause::http_429 ? StageVerdict::warning : StageVerdict::failed) << name(kind);
  }
}

TEST_F(ConnectorProbeTest, AMissingTokenFileFailsWithoutARequest) {
  serve();
  connector_.bearer_token = Secret{};
  connector_.bearer_token_file = folder_.path() / "no-token";
  const ConnectorReport report = run();
  EXPECT_EQ(stage_of(report, Stage::token).cause, Cause::token_unreadable);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).verdict, StageVerdict::skipped);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(ConnectorProbeTest, SeveralTestsMayRunAtOnce) {
  serve();
  VisionOneSources sources{{clock_, random_}, metrics_};
  std::deque<VisionOneProbe> probes;
  std::deque<ConnectorTest> tests;
  std::deque<std::optional<ConnectorReport>> reports(4);
  for (std::optional<ConnectorReport>& report : reports) {
    probes.emplace_back(connector_, sources, Surroundings{clock_, random_}, metrics_);
    ConnectorTestPlan plan{.connector = connector_.name};
    plan.contents = connector_.content_types;
    tests.emplace_back(std::move(plan), probes.back(), clock_);
    asio::co_spawn(loop_, testkit::store(tests.back().run(), report), [](const std::exception_ptr&) {});
  }
  loop_.restart();
  loop_.run_for(testkit::test_limit);
  for (const auto& report : reports) {
    ASSERT_TRUE(report);
    EXPECT_EQ(report->verdict(), StageVerdict::ok) << report_json(*report);
  }
}

}  // namespace
}  // namespace tidegate
