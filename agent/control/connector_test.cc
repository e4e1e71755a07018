#include "agent/control/connector_test.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "transport/deadline.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using std::chrono::seconds;

// Of each stage; the API itself may take 60 s for data. Their sum is the bound of the whole test.
constexpr seconds resolve_max{10};
constexpr seconds connect_max{20};
constexpr seconds secure_max{10};
constexpr seconds ask_max{30};
constexpr seconds token_max{15};
constexpr seconds data_max{65};
static_assert(resolve_max + connect_max + secure_max + ask_max + token_max + data_max == test_time_max);

template <class T>
asio::awaitable<void> put(asio::awaitable<T> question, T& finding) {
  co_await asio::this_coro::throw_if_cancelled(false);
  finding = co_await std::move(question);
}

template <class T>
asio::awaitable<T> within(asio::awaitable<T> question, seconds limit) {
  T finding;
  if (co_await finish_within(put(std::move(question), finding), limit) == Finished::late && finding.cause) {
    finding.cause = Cause::no_answer;
    finding.words = "no answer within " + std::to_string(limit.count()) + " s";
  }
  co_return finding;
}

std::chrono::milliseconds since(const Clock& clock, SteadyTime began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - began);
}

// What lets collection go on by itself is a warning, the rest a failure.
StageVerdict verdict_of(const Finding& finding) {
  if (!finding.cause) return StageVerdict::ok;
  return finding.cause == Cause::http_429 ? StageVerdict::warning : StageVerdict::failed;
}

StageReport report_of(Stage stage, Finding finding, std::chrono::milliseconds took) {
  StageReport report{.stage = stage, .verdict = verdict_of(finding), .took = took};
  report.evidence = std::move(finding.evidence);
  report.words = std::move(finding.words);
  report.cause = finding.cause;
  return report;
}

void find(StageReport& report, StageVerdict verdict, Cause cause, std::string words) {
  report.verdict = verdict;
  report.cause = cause;
  report.words = std::move(words);
}

StageVerdict worse(StageVerdict a, StageVerdict b) { return std::max(a, b); }

}  // namespace

std::string_view name(StageVerdict verdict) {
  switch (verdict) {
    case StageVerdict::ok: return "ok";
    case StageVerdict::warning: return "warning";
    case StageVerdict::failed: return "failed";
    case StageVerdict::skipped: return "skipped";
  }
  return "failed";
}

std::string_view name(Stage stage) {
  switch (stage) {
    case Stage::resolve: return "resolve";
    case Stage::tcp: return "tcp";
    case Stage::tls: return "tls";
    case Stage::http: return "http";
    case Stage::clock: return "clock";
    case Stage::token: return "token";
    case Stage::data: return "data";
  }
  return "data";
}

StageVerdict ConnectorReport::verdict() const {
  StageVerdict worst = StageVerdict::ok;
  for (const StageReport& report : stages)
    if (report.verdict != StageVerdict::skipped) worst = worse(worst, report.verdict);
  return worst;
}

ConnectorTest::ConnectorTest(ConnectorTestPlan plan, ConnectorProbe& probe, const Clock& clock, OnStage on_stage)
    : plan_(std::move(plan)), probe_(probe), clock_(clock), on_stage_(std::move(on_stage)) {
  report_.connector = plan_.connector;
}

asio::awaitable<ConnectorReport> ConnectorTest::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  const auto look = [&] {
    if (stop.cancelled() != asio::cancellation_type::none) blocked_ = "the test was stopped";
  };
  co_await resolve();
  look();
  co_await connect();
  look();
  co_await secure();
  look();
  co_await ask();
  compare_clocks();
  look();
  co_await look_at_token();
  look();
  co_await read_contents();
  co_return std::move(report_);
}

void ConnectorTest::end(StageReport report) {
  if (on_stage_) on_stage_(report);
  report_.stages.push_back(std::move(report));
}

void ConnectorTest::skip(Stage stage, std::string why, std::optional<ContentType> content) {
  StageReport report{.stage = stage, .content = content, .verdict = StageVerdict::skipped};
  report.words = std::move(why);
  end(std::move(report));
}

asio::awaitable<void> ConnectorTest::resolve() {
  const SteadyTime began = clock_.steady();
  Finding found = co_await within(probe_.resolve(), resolve_max);
  if (found.cause) blocked_ = "the name does not resolve";
  end(report_of(Stage::resolve, std::move(found), since(clock_, began)));
}

asio::awaitable<void> ConnectorTest::connect() {
  if (!blocked_.empty()) {
    skip(Stage::tcp, blocked_);
    co_return;
  }
  const SteadyTime began = clock_.steady();
  Finding found = co_await within(probe_.connect(), connect_max);
  if (found.cause) blocked_ = "there is no connection";
  end(report_of(Stage::tcp, std::move(found), since(clock_, began)));
}

asio::awaitable<void> ConnectorTest::secure() {
  if (!blocked_.empty() || !plan_.https) {
    skip(Stage::tls, blocked_.empty() ? "the URL is plain http" : blocked_);
    co_return;
  }
  const SteadyTime began = clock_.steady();
  TlsFinding found = co_await within(probe_.secure(), secure_max);
  if (found.cause) blocked_ = "there is no TLS connection";
  const std::optional<WallTime> not_after = found.not_after;
  StageReport report = report_of(Stage::tls, std::move(found), since(clock_, began));
  if (not_after) {
    const WallTime now = clock_.wall();
    // In whole seconds: no certificate's end is too far from a clock that was never set.
    const seconds left = std::chrono::floor<seconds>(*not_after) - std::chrono::floor<seconds>(now);
    report.evidence.push_back({"days_left", std::int64_t{std::chrono::floor<std::chrono::days>(left).count()}});
    if (report.verdict == StageVerdict::ok && left <= certificate_warning)
      find(report, StageVerdict::warning, Cause::certificate_expires_soon, "it expires " + to_iso8601(*not_after));
  }
  end(std::move(report));
}

// A 401 or 403 means that the API answers; the token is the next stage's business.
asio::awaitable<void> ConnectorTest::ask() {
  if (!blocked_.empty()) {
    skip(Stage::http, blocked_);
    co_return;
  }
  const SteadyTime began = clock_.steady();
  answer_ = co_await within(probe_.ask(), ask_max);
  Finding found = answer_;
  if (found.cause == Cause::token_unreadable) {
    blocked_ = "there is no token to send";
    skip(Stage::http, blocked_);
    co_return;
  }
  if (!answer_.status) blocked_ = "the API does not answer";
  if (found.cause == Cause::not_json) blocked_ = "what answers is not the API";
  const bool about_token = found.cause == Cause::http_401 || found.cause == Cause::http_403;
  if (about_token) {
    found.cause.reset();
    found.words.clear();
  }
  end(report_of(Stage::http, std::move(found), since(clock_, began)));
}

void ConnectorTest::compare_clocks() {
  if (!answer_.clock_offset) {
    skip(Stage::clock, answer_.status ? "the answer has no Date" : blocked_);
    return;
  }
  const seconds offset = *answer_.clock_offset;
  StageReport report{.stage = Stage::clock};
  report.evidence.push_back({"offset_seconds", std::int64_t{offset.count()}});
  if (std::chrono::abs(offset) > clock_warning) {
    const StageVerdict verdict = std::chrono::abs(offset) > clock_failure ? StageVerdict::failed : StageVerdict::warning;
    const std::string distance = std::to_string(std::chrono::abs(offset).count()) + " s ";
    find(report, verdict, Cause::clock_off, "this sensor's clock is " + distance + (offset > seconds{0} ? "behind" : "ahead"));
  }
  end(std::move(report));
}

WallTime ConnectorTest::api_now() const { return clock_.wall() + answer_.clock_offset.value_or(seconds{0}); }

asio::awaitable<void> ConnectorTest::look_at_token() {
  const bool refused = answer_.cause == Cause::http_401;
  const bool answers = blocked_.empty() && answer_.status && !refused;
  const SteadyTime began = clock_.steady();
  TokenFinding found = co_await within(probe_.token(answers ? ReadToken::ask_api_for_expiry : ReadToken::shape_only), token_max);
  const TokenExpiry expiry = found.expiry;
  const bool shaped = found.shaped;
  StageReport report = report_of(Stage::token, std::move(found), since(clock_, began));
  if (report.verdict == StageVerdict::failed) {
    if (blocked_.empty()) blocked_ = "there is no token to send";
    end(std::move(report));
    co_return;
  }
  const WallTime now = api_now();
  const ExpiryLevel level = expiry_level(expiry, now);
  report.evidence.push_back({"expiry", expiry_text(expiry, now)});
  report.evidence.push_back({"expiry_source", std::string{name(expiry.source)}});
  if (expiry.expires) report.evidence.push_back({"expires", to_iso8601(*expiry.expires)});
  if (refused) {
    find(report, StageVerdict::failed, level == ExpiryLevel::expired ? Cause::token_expired : Cause::http_401, answer_.words);
  } else if (level == ExpiryLevel::expired && expiry.source == TokenExpiry::Source::api) {
    find(report, StageVerdict::failed, Cause::token_expired, expiry_text(expiry, now));
  } else if (level != ExpiryLevel::far) {
    // A hint that says "expired" of a token that the API takes is only a hint.
    const Cause cause = level == ExpiryLevel::expired ? Cause::token_expired : Cause::token_expires_soon;
    find(report, StageVerdict::warning, cause, expiry_text(expiry, now));
  } else if (!shaped) {
    find(report, StageVerdict::warning, Cause::token_odd, "it is not three parts with dots, or shorter than Vision One's are");
  }
  end(std::move(report));
}

asio::awaitable<void> ConnectorTest::read_contents() {
  std::vector<StageReport> reports;
  for (const ContentType content : plan_.contents) reports.push_back({.stage = Stage::data, .content = content});
  if (!blocked_.empty()) {
    for (const StageReport& report : reports) skip(Stage::data, blocked_, report.content);
    co_return;
  }
  TaskGroup tasks{co_await asio::this_coro::executor};
  for (StageReport& report : reports) tasks.spawn(std::string{name(*report.content)}, read(*report.content, report));
  co_await tasks.join();
  for (StageReport& report : reports) report_.stages.push_back(std::move(report));
}

asio::awaitable<Error> ConnectorTest::read(ContentType content, StageReport& report) {
  const SteadyTime began = clock_.steady();
  // A sensor whose own clock is ahead would ask for the future, which the API refuses.
  const WallSeconds to = std::chrono::floor<seconds>(api_now()) - plan_.settle;
  Finding found = co_await within(probe_.read(content, to - test_window, to), data_max);
  report = report_of(Stage::data, std::move(found), since(clock_, began));
  report.content = content;
  if (on_stage_) on_stage_(report);
  co_return Error{Code::cancelled, "done"};
}

}  // namespace tidegate
