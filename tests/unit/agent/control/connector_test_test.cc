#include "agent/control/connector_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/control/connector_report.h"
#include "tests/support/manual_clock.h"
#include "transport/deadline.h"
#include "transport/signal.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers what the test wrote into it, and notes what it was asked.
class FakeProbe final : public ConnectorProbe {
 public:
  Finding resolved, connected;
  TlsFinding secured;
  AnswerFinding answered;
  TokenFinding tokened;
  std::map<ContentType, Finding> contents;
  std::vector<std::string> asked;
  std::optional<ReadToken> token_how;
  WallSeconds from{}, to{};
  int reading = 0, reading_most = 0;
  bool hang = false;  // connect() ends only when it is cancelled

  FakeProbe() {
    answered.status = 200;
    answered.clock_offset = 0s;
    tokened.shaped = true;
  }

  asio::awaitable<Finding> resolve() override { co_return noted("resolve", resolved); }
  asio::awaitable<Finding> connect() override {
    Signal never;
    if (hang) {
      co_await never.wait();
      connected.cause = Cause::no_answer;
    }
    co_return noted("connect", connected);
  }
  asio::awaitable<TlsFinding> secure() override { co_return noted("secure", secured); }
  asio::awaitable<AnswerFinding> ask() override { co_return noted("ask", answered); }
  asio::awaitable<TokenFinding> token(ReadToken how) override {
    token_how = how;
    co_return noted("token", tokened);
  }
  asio::awaitable<Finding> read(ContentType content, WallSeconds begin, WallSeconds end) override {
    from = begin;
    to = end;
    reading_most = std::max(reading_most, ++reading);
    // A turn of the loop: whoever runs beside this one comes in between.
    Signal turn;
    co_await turn.wait_for(5ms);
    --reading;
    co_return noted("read", contents[content]);
  }

 private:
  template <class T>
  const T& noted(std::string what, const T& finding) {
    asked.push_back(std::move(what));
    return finding;
  }
};

struct ProbeBench {
  ManualClock clock{*parse_time("2026-11-24T12:00:00Z")};
  FakeProbe probe;
  std::vector<std::string> seen;
  ConnectorTestPlan plan{.connector = "acme"};

  ProbeBench() { plan.contents = {ContentType::alerts, ContentType::audit_logs, ContentType::observed_attack_techniques}; }

  ConnectorReport run() {
    ConnectorTest test{plan, probe, clock, [this](const StageReport& stage) { seen.emplace_back(name(stage.stage)); }};
    asio::io_context loop;
    ConnectorReport report;
    asio::co_spawn(loop, into(test, report), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    loop.run();
    return report;
  }

  static asio::awaitable<void> into(ConnectorTest& test, ConnectorReport& report) {
    co_await asio::this_coro::throw_if_cancelled(false);
    report = co_await test.run();
  }
};

asio::awaitable<void> stopped_after(ConnectorTest& test, ConnectorReport& report, std::chrono::milliseconds limit) {
  (void)co_await finish_within(ProbeBench::into(test, report), limit);
}

std::vector<std::string> verdicts(const ConnectorReport& report) {
  std::vector<std::string> all;
  for (const StageReport& stage : report.stages)
    all.push_back(std::string{name(stage.stage)} + " " + std::string{name(stage.verdict)});
  return all;
}

const StageReport& stage_of(const ConnectorReport& report, Stage stage, std::optional<ContentType> content = {}) {
  for (const StageReport& each : report.stages)
    if (each.stage == stage && each.content == content) return each;
  ADD_FAILURE() << "no stage " << name(stage);
  return report.stages.front();
}

TEST(ConnectorTest, GoesTheWholeWayInOrderAndIsContent) {
  ProbeBench bench;
  bench.probe.secured.not_after = bench.clock.wall() + std::chrono::days{90};
  const ConnectorReport report = bench.run();
  EXPECT_EQ(report.verdict(), StageVerdict::ok);
  EXPECT_THAT(verdicts(report),
              ElementsAre("resolve ok", "tcp ok", "tls ok", "http ok", "clock ok", "token ok", "data ok", "data ok", "data ok"));
  EXPECT_THAT(bench.seen, ElementsAre("resolve", "tcp", "tls", "http", "clock", "token", "data", "data", "data"));
  EXPECT_THAT(bench.probe.asked, ElementsAre("resolve", "connect", "secure", "ask", "token", "read", "read", "read"));
  EXPECT_EQ(bench.probe.reading_most, 3) << "content types are asked side by side";
  EXPECT_EQ(bench.probe.token_how, ReadToken::ask_api_for_expiry);
}

TEST(ConnectorTest, WhatCannotWorkIsSkippedWithTheReason) {
  ProbeBench bench;
  bench.probe.connected.cause = Cause::refused;
  bench.probe.connected.words = "connection refused";
  const ConnectorReport report = bench.run();
  EXPECT_EQ(report.verdict(), StageVerdict::failed);
  EXPECT_THAT(verdicts(report), ElementsAre("resolve ok", "tcp failed", "tls skipped", "http skipped", "clock skipped", "token ok",
                                            "data skipped", "data skipped", "data skipped"));
  EXPECT_EQ(stage_of(report, Stage::http).words, "there is no connection");
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).words, "there is no connection");
  EXPECT_EQ(bench.probe.token_how, ReadToken::shape_only) << "nobody asks an API that cannot be reached";
}

TEST(ConnectorTest, PlainHttpHasNoTlsStageToFail) {
  ProbeBench bench;
  bench.plan.https = false;
  const ConnectorReport report = bench.run();
  EXPECT_EQ(report.verdict(), StageVerdict::ok);
  EXPECT_EQ(stage_of(report, Stage::tls).verdict, StageVerdict::skipped);
}

TEST(ConnectorTest, ACertificateThatEndsSoonIsAWarning) {
  ProbeBench bench;
  bench.probe.secured.not_after = bench.clock.wall() + std::chrono::days{13};
  const ConnectorReport report = bench.run();
  EXPECT_EQ(report.verdict(), StageVerdict::warning);
  EXPECT_EQ(stage_of(report, Stage::tls).cause, Cause::certificate_expires_soon);
  EXPECT_EQ(stage_of(report, Stage::tls).evidence, (Evidence{{"days_left", std::int64_t{13}}}));
}

TEST(ConnectorTest, ClocksMayDifferByAMinuteAndMustNotByTen) {
  const auto verdict = [](std::chrono::seconds offset) {
    ProbeBench bench;
    bench.probe.answered.clock_offset = offset;
    return stage_of(bench.run(), Stage::clock).verdict;
  };
  EXPECT_EQ(verdict(60s), StageVerdict::ok);
  EXPECT_EQ(verdict(-60s), StageVerdict::ok);
  EXPECT_EQ(verdict(61s), StageVerdict::warning);
  EXPECT_EQ(verdict(-600s), StageVerdict::warning);
  EXPECT_EQ(verdict(601s), StageVerdict::failed);
  EXPECT_EQ(verdict(-601s), StageVerdict::failed);
}

TEST(ConnectorTest, DataIsAskedForByTheApisClock) {
  ProbeBench bench;
  bench.probe.answered.clock_offset = -3600s;
  (void)bench.run();
  EXPECT_EQ(to_iso8601(bench.probe.to), "2026-11-24T10:58:00Z") << "an hour behind, and settled";
  EXPECT_EQ(bench.probe.to - bench.probe.from, test_window);
}

TEST(ConnectorTest, ARefusedTokenFailsItsStageAndTheDataIsAskedForAllTheSame) {
  ProbeBench bench;
  bench.probe.answered.status = 401;
  bench.probe.answered.cause = Cause::http_401;
  bench.probe.answered.words = "HTTP 401";
  for (const ContentType content : bench.plan.contents) bench.probe.contents[content].cause = Cause::http_401;
  const ConnectorReport report = bench.run();
  EXPECT_EQ(stage_of(report, Stage::http).verdict, StageVerdict::ok) << "the API answered";
  EXPECT_EQ(stage_of(report, Stage::token).verdict, StageVerdict::failed);
  EXPECT_EQ(stage_of(report, Stage::token).cause, Cause::http_401);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).cause, Cause::http_401);
}

TEST(ConnectorTest, ARefusedTokenWhoseOwnEndIsOverHasExpired) {
  ProbeBench bench;
  bench.probe.answered.status = 401;
  bench.probe.answered.cause = Cause::http_401;
  bench.probe.tokened.expiry = {TokenExpiry::Source::hint, bench.clock.wall() - 24h};
  EXPECT_EQ(stage_of(bench.run(), Stage::token).cause, Cause::token_expired);
}

TEST(ConnectorTest, AHintAloneNeverFails) {
  ProbeBench bench;
  bench.probe.tokened.expiry = {TokenExpiry::Source::hint, bench.clock.wall() - 24h};
  EXPECT_EQ(stage_of(bench.run(), Stage::token).verdict, StageVerdict::warning);
  bench.probe.tokened.expiry.source = TokenExpiry::Source::api;
  EXPECT_EQ(stage_of(bench.run(), Stage::token).verdict, StageVerdict::failed);
}

TEST(ConnectorTest, TheTokenIsJudgedByTheApisClock) {
  ProbeBench bench;
  bench.probe.answered.clock_offset = -48h;
  bench.probe.tokened.expiry = {TokenExpiry::Source::api, bench.clock.wall() - 24h};
  EXPECT_EQ(stage_of(bench.run(), Stage::token).cause, Cause::token_expires_soon) << "there is a day left at the API";
  bench.probe.answered.clock_offset = 48h;
  bench.probe.tokened.expiry.expires = bench.clock.wall() + 24h;
  EXPECT_EQ(stage_of(bench.run(), Stage::token).cause, Cause::token_expired);
}

TEST(ConnectorTest, ATokenThatEndsSoonOrLooksOddIsAWarning) {
  ProbeBench bench;
  bench.probe.tokened.expiry = {TokenExpiry::Source::api, bench.clock.wall() + 24h * 6};
  EXPECT_EQ(stage_of(bench.run(), Stage::token).cause, Cause::token_expires_soon);
  bench.probe.tokened.expiry = {};
  bench.probe.tokened.shaped = false;
  const ConnectorReport report = bench.run();
  EXPECT_EQ(report.verdict(), StageVerdict::warning);
  EXPECT_EQ(stage_of(report, Stage::token).cause, Cause::token_odd);
}

TEST(ConnectorTest, WhereNoTokenCanBeReadNothingIsSent) {
  ProbeBench bench;
  bench.probe.answered = {};
  bench.probe.answered.cause = Cause::token_unreadable;
  bench.probe.tokened.cause = Cause::token_unreadable;
  const ConnectorReport report = bench.run();
  EXPECT_THAT(verdicts(report), ElementsAre("resolve ok", "tcp ok", "tls ok", "http skipped", "clock skipped", "token failed",
                                            "data skipped", "data skipped", "data skipped"));
}

TEST(ConnectorTest, OneContentTypeThatIsRefusedFailsAlone) {
  ProbeBench bench;
  bench.probe.contents[ContentType::audit_logs].cause = Cause::http_403;
  bench.probe.contents[ContentType::observed_attack_techniques].cause = Cause::http_429;
  const ConnectorReport report = bench.run();
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).verdict, StageVerdict::ok);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::audit_logs).verdict, StageVerdict::failed);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::observed_attack_techniques).verdict, StageVerdict::warning);
  EXPECT_EQ(report.verdict(), StageVerdict::failed);
}

TEST(ConnectorTest, EndsWhenItsCallerIsCancelledAndSkipsTheRest) {
  ProbeBench bench;
  bench.probe.hang = true;
  ConnectorTest test{bench.plan, bench.probe, bench.clock};
  asio::io_context loop;
  ConnectorReport report;
  asio::co_spawn(loop, stopped_after(test, report, 30ms), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
  loop.run();
  EXPECT_EQ(report.verdict(), StageVerdict::failed);
  EXPECT_EQ(stage_of(report, Stage::tcp).cause, Cause::no_answer);
  EXPECT_EQ(stage_of(report, Stage::data, ContentType::alerts).words, "the test was stopped");
}

TEST(ConnectorReport, IsOneJsonDocumentWithCauseAndRemedy) {
  ProbeBench bench;
  bench.probe.resolved.evidence = {{"host", "api"}, {"addresses", std::vector<std::string>{"192.0.2.1", "192.0.2.2"}}};
  bench.probe.contents[ContentType::audit_logs].cause = Cause::http_403;
  bench.probe.contents[ContentType::audit_logs].words = "HTTP 403 \"no\"";
  const std::string json = report_json(bench.run());
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
  EXPECT_EQ(std::string_view{root["connector"]}, "acme");
  EXPECT_EQ(std::string_view{root["verdict"]}, "failed");
  EXPECT_EQ(std::string_view{root["stages"].at(0)["evidence"]["addresses"].at(1)}, "192.0.2.2");
  const simdjson::dom::element audit = root["stages"].at(7);
  EXPECT_EQ(std::string_view{audit["content_type"]}, "audit_logs");
  EXPECT_EQ(std::string_view{audit["reason"]}, "HTTP 403 \"no\"");
  EXPECT_EQ(std::string_view{audit["cause_id"]}, "http_403");
  EXPECT_THAT(std::string{std::string_view{audit["remedy"]}}, HasSubstr("Audit Logs: View, filter, and search"));
}

TEST(ConnectorReport, TextHasALineAStageAndSaysWhatToDo) {
  ProbeBench bench;
  bench.probe.contents[ContentType::alerts].cause = Cause::http_403;
  const ConnectorReport report = bench.run();
  const std::string good = stage_text(report.stages.front());
  EXPECT_EQ(good.substr(0, 16), "ok       resolve");
  EXPECT_EQ(std::count(good.begin(), good.end(), '\n'), 1);
  EXPECT_THAT(stage_text(stage_of(report, Stage::data, ContentType::alerts)), HasSubstr("remedy: "));
  EXPECT_EQ(verdict_text(report), "verdict: failed: 1 of 9 stages failed\n");
}

}  // namespace
}  // namespace tidegate
