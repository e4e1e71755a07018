#include "agent/filter_try.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/filter_report.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/agent/payloads.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr WallSeconds now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};

// Serves what a test gave it, in pages of two. The link is how many records of the window were served.
class ListSource final : public Source {
 public:
  void add(std::chrono::seconds ago, std::string json) { records_.push_back({now - ago, std::move(json), true}); }
  void add_odd(std::chrono::seconds ago) { records_.push_back({now - ago, R"("odd")", false}); }
  void fail_at(std::size_t poll, Error error) { failures_.emplace(poll, std::move(error)); }
  void set_facts(SourceFacts facts) { facts_ = facts; }
  const std::vector<PageRequest>& polls() const { return polls_; }

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override {
    polls_.push_back(request);
    const auto failure = failures_.find(polls_.size());
    if (failure != failures_.end()) co_return failure->second;
    co_return Bytes{};
  }

  Result<Page> parse(const PageRequest& request, Bytes) override {
    Page page;
    const std::size_t served = request.link.empty() ? 0 : std::stoul(request.link);
    std::size_t number = 0;
    for (const Listed& listed : records_) {
      if (listed.time < request.from || listed.time >= request.to || number++ < served) continue;
      if (page.records.size() == page_size) {
        page.next_link = std::to_string(served + page_size);
        break;
      }
      Record record;
      record.time = listed.time;
      record.understood = listed.understood;
      record.offset = static_cast<std::uint32_t>(page.payloads.size());
      page.payloads.append(listed.understood ? test::payload(listed.json) : Bytes{"\xa3odd"});
      record.bytes = static_cast<std::uint32_t>(page.payloads.size()) - record.offset;
      page.records.push_back(record);
    }
    return page;
  }

  SourceFacts facts() const override { return facts_; }

 private:
  static constexpr std::size_t page_size = 2;
  struct Listed {
    WallSeconds time;
    std::string json;
    bool understood;
  };
  std::vector<Listed> records_;
  std::map<std::size_t, Error> failures_;
  std::vector<PageRequest> polls_;
  SourceFacts facts_;
};

std::string technique_json(std::string_view uuid, std::string_view risk) {
  return R"({"uuid":")" + std::string{uuid} + R"(","filters":[{"riskLevel":")" + std::string{risk} +
         R"("},{"riskLevel":"low"}],"detail":{"port":443}})";
}

FilterTry trial_of(std::string_view query, FilterTryPlan plan = {}) {
  plan.to = now;
  Result<FilterTry> trial = FilterTry::make(query, plan);
  EXPECT_TRUE(trial) << trial.error().text();
  return *std::move(trial);
}

asio::awaitable<void> read_into(FilterTry& trial, Source& source, const Clock& clock, std::optional<ContentFindings>& findings) {
  findings = co_await trial.read(source, ContentType::observed_attack_techniques, "uuid", clock);
}

ContentFindings read(FilterTry& trial, Source& source) {
  asio::io_context loop;
  const ManualClock clock{now};
  std::optional<ContentFindings> findings;
  asio::co_spawn(loop, read_into(trial, source, clock, findings), [](const std::exception_ptr&) {});
  loop.run();
  EXPECT_TRUE(findings.has_value());
  return findings.value_or(ContentFindings{});
}

TEST(FilterTry, CountsWhatMatchesAndShowsExamplesWithTheValuesOfTheQuerysFields) {
  ListSource source;
  for (int i = 0; i < 4; ++i) source.add(std::chrono::minutes{i + 1}, technique_json("info-" + std::to_string(i), "info"));
  source.add(30min, technique_json("high-1", "high"));
  source.add_odd(40min);
  FilterTry trial = trial_of("filters.riskLevel: info AND trendmicro_visionone.detail.port: >1 AND NOT gone.field: x");
  const ContentFindings findings = read(trial, source);
  EXPECT_EQ(findings.records, 5u);
  EXPECT_EQ(findings.matching, 4u);
  EXPECT_EQ(findings.odd, 1u);
  EXPECT_TRUE(findings.whole);
  EXPECT_EQ(findings.from, now - 24h);
  EXPECT_EQ(findings.to, now);
  ASSERT_EQ(findings.examples.size(), filter_examples_max);
  EXPECT_EQ(findings.examples[0].id, "info-0");
  EXPECT_EQ(findings.examples[0].time, now - 1min);
  EXPECT_THAT(findings.examples[0].values,
              ElementsAre(FieldValues{"filters.riskLevel", {"info", "low"}}, FieldValues{"detail.port", {"443"}}));
}

TEST(FilterTry, TheYoungestRecordsComeFirstAndPagesAreBounded) {
  ListSource source;
  for (int hours = 1; hours <= 20; ++hours) source.add(std::chrono::hours{hours}, technique_json("u", "info"));
  FilterTryPlan plan;
  plan.pages_max = 2;
  FilterTry trial = trial_of("*", plan);
  const ContentFindings findings = read(trial, source);
  EXPECT_FALSE(findings.whole);
  EXPECT_EQ(findings.records, 9u) << "a page that no other follows costs nothing";
  EXPECT_GE(findings.from, now - 16h);
  EXPECT_EQ(source.polls().front().to, now);
}

TEST(FilterTry, NoWindowIsLongerThanTheApiTakesAndNoneBeginsBeforeItsRetention) {
  ListSource source;
  SourceFacts facts;
  facts.retention = 10h;
  facts.longest = 1h;
  source.set_facts(facts);
  FilterTry trial = trial_of("*");
  const ContentFindings findings = read(trial, source);
  EXPECT_TRUE(findings.whole);
  EXPECT_EQ(findings.from, now - 10h);
  WallSeconds edge = now;
  for (const PageRequest& poll : source.polls()) {
    EXPECT_LE(poll.to - poll.from, 1h);
    EXPECT_EQ(poll.to, edge) << "windows stand side by side";
    edge = poll.from;
  }
}

TEST(FilterTry, ItsRequestsAreBoundedWhereWindowsAreShort) {
  ListSource source;
  SourceFacts facts;
  facts.longest = 1min;
  source.set_facts(facts);
  FilterTry trial = trial_of("*");
  EXPECT_FALSE(read(trial, source).whole);
  EXPECT_EQ(source.polls().size(), filter_windows_max);
}

TEST(FilterTry, AFailureEndsTheReadingAndKeepsWhatWasRead) {
  ListSource source;
  source.add(1min, technique_json("a", "info"));
  source.add(5h, technique_json("b", "info"));
  source.fail_at(2, Error{Code::unavailable, "no answer"});
  FilterTry trial = trial_of("filters.riskLevel: info");
  const ContentFindings findings = read(trial, source);
  EXPECT_EQ(findings.records, 1u);
  EXPECT_EQ(findings.error, (Error{Code::unavailable, "no answer"}));
  EXPECT_FALSE(findings.whole);
}

SourceFacts api_clock(std::chrono::seconds ahead) {
  SourceFacts facts;
  facts.api_time = ApiTime{.time = now + ahead, .at = ManualClock{now}.steady()};
  return facts;
}

TEST(FilterTry, WhereTheApisClockIsElsewhereTheReadingBeginsAgainThereOnce) {
  for (const std::chrono::seconds ahead : {std::chrono::seconds{-1h}, std::chrono::seconds{1h}, std::chrono::seconds{3s}}) {
    ListSource source;
    source.add(2h, technique_json("a", "info"));
    source.set_facts(api_clock(ahead));
    FilterTry trial = trial_of("*");
    const ContentFindings findings = read(trial, source);
    EXPECT_EQ(findings.records, 1u) << "nothing is counted twice";
    EXPECT_TRUE(findings.whole);
    EXPECT_EQ(findings.to, now + ahead);
    EXPECT_EQ(findings.from, now + ahead - 24h);
    ASSERT_GE(source.polls().size(), 3u);
    EXPECT_EQ(source.polls()[0].to, now);
    EXPECT_EQ(source.polls()[1].to, now + ahead);
    EXPECT_EQ(source.polls()[2].to, source.polls()[1].from);
    // The next content type begins where the API's clock is.
    const std::size_t before = source.polls().size();
    EXPECT_EQ(read(trial, source).to, now + ahead);
    EXPECT_EQ(source.polls()[before].to, now + ahead);
    EXPECT_EQ(source.polls()[before + 1].to, source.polls()[before].from);
  }
}

TEST(FilterTry, ARefusedWindowInTheApisFutureIsAskedForAgainWhereItsPresentIs) {
  ListSource source;
  source.set_facts(api_clock(-1h));
  source.fail_at(1, Error{Code::invalid, "in the future"});
  FilterTry trial = trial_of("*");
  const ContentFindings findings = read(trial, source);
  EXPECT_FALSE(findings.error.has_value());
  EXPECT_EQ(findings.to, now - 1h);
}

TEST(FilterTry, ClocksThatAgreeToTheSecondsMoveNothing) {
  ListSource source;
  source.set_facts(api_clock(-2s));
  FilterTry trial = trial_of("*");
  EXPECT_EQ(read(trial, source).to, now);
  EXPECT_EQ(source.polls()[1].to, source.polls()[0].from);
}

TEST(FilterTry, AFieldThatNoRecordHadIsNamedWithTheNearestThatSomeHad) {
  ListSource source;
  source.add(1min, technique_json("a", "info"));
  FilterTry trial = trial_of("filters.riskLevl: info OR riskLevel: info OR zzz: 1 OR _exists_: filters OR detail.port: 1");
  EXPECT_THAT(trial.unknown_fields(), ElementsAre()) << "nothing was read yet";
  EXPECT_EQ(read(trial, source).matching, 1u);
  EXPECT_THAT(trial.unknown_fields(),
              ElementsAre(UnknownField{"filters.riskLevl", "filters.riskLevel"}, UnknownField{"riskLevel", "filters.riskLevel"},
                          UnknownField{"zzz", std::nullopt}));
}

TEST(FilterTry, LongValuesAreCutBetweenCharacters) {
  ListSource source;
  std::string text(filter_value_bytes_max - 1, 'x');
  source.add(1min, R"({"uuid":"a","text":")" + text + R"(üüü"})");
  FilterTry trial = trial_of("text: x*");
  const ContentFindings findings = read(trial, source);
  ASSERT_EQ(findings.examples.size(), 1u);
  EXPECT_THAT(findings.examples[0].values, ElementsAre(FieldValues{"text", {text}}));
}

TEST(FilterTry, AQueryThatCannotBeUsedIsRefused) {
  for (const char* query : {"a: (b", "tenantid: x", "\"--\""}) {
    const Result<FilterTry> trial = FilterTry::make(query, {});
    ASSERT_FALSE(trial) << query;
    EXPECT_EQ(trial.error().code(), Code::invalid) << query;
  }
}

FilterReport sample_report() {
  ContentFindings techniques;
  techniques.type = ContentType::observed_attack_techniques;
  techniques.records = 8;
  techniques.matching = 1;
  techniques.odd = 2;
  techniques.from = now - 2h;
  techniques.to = now;
  techniques.examples.push_back({.id = "u-1", .time = now - 1h, .values = {{"filters.riskLevel", {"info", "a\nb"}}}});
  ContentFindings alerts;
  alerts.error = Error{Code::denied, "401"};
  return {.connector = "acme",
          .query = "filters.riskLevel: \"info\"",
          .contents = {techniques, alerts},
          .unknown_fields = {{"x", "y"}, {"z", std::nullopt}}};
}

TEST(FilterReport, SaysItToPeople) {
  EXPECT_EQ(
      filter_report_text(sample_report()),
      "observed_attack_techniques: 1 of 8 records match (12.5 %); looked at: 2026-11-24T10:00:00Z to 2026-11-24T12:00:00Z, in "
      "part; 2 records not understood are never filtered\n"
      "  2026-11-24T11:00:00Z u-1  filters.riskLevel: info, a?b\n"
      "alerts: could not be read: 401\n"
      "no record has the field x; the nearest field is y\n"
      "no record has the field z\n"
      "as an exclude, the query drops what matches; as an include, what does not\n");
}

TEST(FilterReport, SaysItToPrograms) {
  EXPECT_EQ(filter_report_json(sample_report()),
            R"({"connector":"acme","query":"filters.riskLevel: \"info\"","content_types":[)"
            R"({"content_type":"observed_attack_techniques","records":8,"matching":1,"not_understood":2,)"
            R"("from":"2026-11-24T10:00:00Z","to":"2026-11-24T12:00:00Z","whole":false,)"
            R"("examples":[{"id":"u-1","time":"2026-11-24T11:00:00Z","values":{"filters.riskLevel":["info","a\nb"]}}]},)"
            R"({"content_type":"alerts","records":0,"matching":0,"not_understood":0,"from":"1970-01-01T00:00:00Z",)"
            R"("to":"1970-01-01T00:00:00Z","whole":false,"examples":[],"error":{"code":"denied","text":"401"}}],)"
            R"("unknown_fields":[{"field":"x","nearest":"y"},{"field":"z"}]})");
}

TEST(FilterReport, AWarningStandsWithItsContentTypeEvenWhereNothingWasRead) {
  FilterReport report = sample_report();
  for (ContentFindings& content : report.contents) content.warning = "other \"fields\"";
  const std::string text = filter_report_text(report);
  EXPECT_NE(text.find("info, a?b\n  warning: other \"fields\"\nalerts: "), std::string::npos) << text;
  EXPECT_NE(text.find("could not be read: 401\n  warning: other \"fields\"\n"), std::string::npos) << text;
  const std::string json = filter_report_json(report);
  EXPECT_NE(json.find(R"("text":"401"},"warning":"other \"fields\""})"), std::string::npos) << json;
}

}  // namespace
}  // namespace tidegate
