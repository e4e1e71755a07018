#include "processor/respond/rule_look.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "match/match.h"
#include "tests/unit/processor/respond/rule_judge_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::host_rule;
using test::hosts;
using test::judged_noon;
using test::noon_ms;
using test::Sample;

constexpr SearchRange looked_range{judged_noon - 24h, judged_noon + 24h};

// An index in memory; it answers as the real one does.
class ToldArchive final : public Archive {
 public:
  explicit ToldArchive(std::vector<Sample> samples) {
    std::ranges::sort(samples, std::greater{}, &Sample::timestamp_ms);
    for (const Sample& sample : samples) documents_.push_back(test::record(sample));
  }

  std::vector<std::string> unreadable;
  std::optional<Error> broken;
  std::string tenant = "nobody asked";  // of the last search
  std::size_t given = 0;
  std::atomic<bool>* stops = nullptr;  // set once a record was given

  Result<std::optional<SearchRange>> extent() override { return std::optional<SearchRange>{}; }
  Result<SearchFields> fields(const SearchRange&) override { return SearchFields{}; }
  Result<SearchEnd> search(const Search& search, const std::function<bool(ByteView document)>& hit) override {
    tenant = search.tenant;
    if (broken) return *broken;
    const Result<Matcher> matcher = Matcher::make(search.query);
    if (!matcher) return matcher.error();
    SearchEnd end;
    bool wanted = true;
    for (const Bytes& document : documents_) {
      // What is given is valid during the call alone.
      const Bytes copy = document;
      const Result<RecordView> record = read_record(copy);
      const WallTime own{std::chrono::milliseconds{record->timestamp_ms}};
      const bool fits = own >= search.range.from && own < search.range.to && matcher->matches(copy) &&
                        (search.tenant.empty() || record->tenantid == search.tenant);
      if (!fits) continue;
      ++end.total;
      if (!wanted) continue;
      if (search.stop != nullptr && *search.stop) return Error{Code::cancelled, "the search was stopped"};
      ++given;
      wanted = hit(copy);
      if (stops != nullptr) *stops = true;
    }
    end.unreadable = unreadable;
    return end;
  }

 private:
  std::vector<Bytes> documents_;  // the newest first
};

Sample host_at_minute(std::uint64_t number, int minute, std::vector<std::string> those, const std::string& tenant = "acme") {
  return {.number = number, .timestamp_ms = noon_ms + minute * 60'000, .tenant = tenant, .payload = hosts(std::move(those))};
}

Rule burst_rule(std::uint64_t at_least) {
  Rule rule = host_rule("burst");
  rule.on = RuleTrigger::schedule;
  rule.at_least = at_least;
  return rule;
}

// "1 acme a b x2": number, tenant, entities, and how many records it stands for.
std::string case_text(const RuleCase& one) {
  std::string out;
  for (std::uint64_t number = 1; number <= 100 && out.empty(); ++number)
    if (test::record_id(number) == one.record) out = std::to_string(number);
  out.append(" ").append(one.tenant);
  for (const std::string& entity : one.entities) out.append(" ").append(entity);
  return out + " x" + std::to_string(one.count);
}

std::vector<std::string> cases_of(const Result<RuleLook>& look) {
  if (!look) return {look.error().text()};
  std::vector<std::string> all;
  for (const RuleCase& one : look->cases) {
    const Result<RecordView> record = read_record(one.document);
    EXPECT_TRUE(record && record->record_id == one.record) << "each case has its document";
    all.push_back(case_text(one));
  }
  return all;
}

using CaseTexts = std::vector<std::string>;

TEST(RuleLook, EachRecordIsACaseTheOldestFirst) {
  ToldArchive archive{{host_at_minute(1, 5, {"a"}), host_at_minute(2, 1, {"a", "b"}), host_at_minute(3, 9, {})}};
  const Result<RuleLook> look = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"2 acme a b x1", "1 acme a x1", "3 acme x1"}));
  EXPECT_EQ(look->matched, 3u);
  EXPECT_FALSE(look->cut);
  EXPECT_TRUE(look->unreadable.empty());
  EXPECT_EQ(look->cases[0].at, judged_noon + 1min) << "the record's own time";
  EXPECT_EQ(look->cases[2].at, judged_noon + 9min);
}

TEST(RuleLook, EachCaseIsOfTheTimeThatIsGiven) {
  ToldArchive archive{{host_at_minute(1, 5, {"a"}), host_at_minute(2, 1, {"a"}), host_at_minute(3, 0, {"b"})}};
  for (const std::uint64_t at_least : {1u, 2u}) {
    const Result<RuleLook> look = look_into(archive, burst_rule(at_least), looked_range, judged_noon + 3h, nullptr);
    ASSERT_TRUE(look);
    ASSERT_FALSE(look->cases.empty());
    for (const RuleCase& one : look->cases) EXPECT_EQ(one.at, judged_noon + 3h) << at_least;
  }
}

TEST(RuleLook, OnlyTheRangeIsLookedInto) {
  ToldArchive archive{{host_at_minute(1, 0, {"a"}), host_at_minute(2, 5, {"a"}), host_at_minute(3, 10, {"a"})}};
  const Result<RuleLook> look = look_into(archive, burst_rule(1), {judged_noon + 5min, judged_noon + 10min}, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"2 acme a x1"}));
}

TEST(RuleLook, EntitiesOfATenantThatHaveEnoughAreACaseEachWithTheirNewestRecord) {
  ToldArchive archive{{host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"a"}), host_at_minute(3, 3, {"a"}),
                       host_at_minute(4, 4, {"b"}), host_at_minute(5, 5, {"b"}), host_at_minute(6, 6, {"c"}),
                       host_at_minute(7, 7, {"b"}, "blue"), host_at_minute(8, 0, {"b"}, "blue"),
                       host_at_minute(9, 8, {"a"}, "blue")}};
  EXPECT_EQ(cases_of(look_into(archive, burst_rule(2), looked_range, std::nullopt, nullptr)),
            (CaseTexts{"3 acme a x3", "5 acme b x2", "7 blue b x2"}));
  const Result<RuleLook> look = look_into(archive, burst_rule(3), looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"3 acme a x3"})) << "two of one tenant and two of another are not three";
  EXPECT_EQ(look->matched, 9u);
  EXPECT_EQ(look->cases[0].at, judged_noon + 3min);
}

TEST(RuleLook, RecordsWithoutAnEntityCountForTheTenant) {
  ToldArchive archive{{host_at_minute(1, 1, {}), host_at_minute(2, 2, {}), host_at_minute(3, 3, {"a"})}};
  EXPECT_EQ(cases_of(look_into(archive, burst_rule(2), looked_range, std::nullopt, nullptr)), (CaseTexts{"2 acme x2"}));
  Rule rule = burst_rule(3);
  rule.entity.clear();
  EXPECT_EQ(cases_of(look_into(archive, rule, looked_range, std::nullopt, nullptr)), (CaseTexts{"3 acme x3"}))
      << "a rule that tells nothing apart";
}

TEST(RuleLook, ARecordCountsForEachOfItsEntities) {
  ToldArchive archive{
      {host_at_minute(1, 1, {"a", "b"}), host_at_minute(2, 2, {"a"}), host_at_minute(3, 3, {"b"}), host_at_minute(4, 4, {"a"})}};
  const Result<RuleLook> look = look_into(archive, burst_rule(2), looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"3 acme b x2", "4 acme a x3"}));
  EXPECT_EQ(look->matched, 4u) << "records, not entities";
}

TEST(RuleLook, P9EntitiesWithTheSameNewestRecordAreOneCase) {  // of a record a rule decides once
  ToldArchive archive{{host_at_minute(1, 1, {"b"}), host_at_minute(2, 2, {"a", "b", "c"}), host_at_minute(3, 1, {"b"}),
                       host_at_minute(4, 1, {"a"})}};
  const Result<RuleLook> look = look_into(archive, burst_rule(2), looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"2 acme a b x3"})) << "none of them is passed over, and c is not there often enough";
}

TEST(RuleLook, OnlyRecordsOfTheRulesTenantsCount) {  // P10
  ToldArchive archive{{host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"a"}, "blue"), host_at_minute(3, 3, {"a"}, "red")}};
  Rule rule = burst_rule(1);
  rule.tenants = {"acme", "red"};
  const Result<RuleLook> look = look_into(archive, rule, looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"1 acme a x1", "3 red a x1"}));
  EXPECT_EQ(look->matched, 2u);
  EXPECT_EQ(archive.tenant, "") << "of several it is asked for all";
  rule.tenants = {"blue"};
  EXPECT_EQ(cases_of(look_into(archive, rule, looked_range, std::nullopt, nullptr)), (CaseTexts{"2 blue a x1"}));
  EXPECT_EQ(archive.tenant, "blue") << "of one it is asked for that one alone";
  rule.tenants.clear();
  EXPECT_EQ(look_into(archive, rule, looked_range, std::nullopt, nullptr)->matched, 3u);
  EXPECT_EQ(archive.tenant, "");
}

TEST(RuleLook, P10RecordsOfTwoTenantsUnderOneIdAreTwoCases) {
  ToldArchive archive{{host_at_minute(1, 1, {"a"}), host_at_minute(1, 2, {"b"}, "blue")}};
  EXPECT_EQ(cases_of(look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr)),
            (CaseTexts{"1 acme a x1", "1 blue b x1"}));
}

TEST(RuleLook, ALookThatIsStoppedEndsAtTheNextRecord) {
  ToldArchive archive{{host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"b"}), host_at_minute(3, 3, {"c"})}};
  std::atomic<bool> stop{false};
  archive.stops = &stop;
  const Result<RuleLook> look = look_into(archive, burst_rule(1), looked_range, std::nullopt, &stop);
  ASSERT_FALSE(look);
  EXPECT_EQ(look.error().code(), Code::cancelled);
  EXPECT_EQ(archive.given, 1u);
}

TEST(RuleLook, MoreThanItsCasesAreCutTheOldestFirst) {
  ToldArchive archive{
      {host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"b"}), host_at_minute(3, 3, {"c"}), host_at_minute(4, 4, {"d"})}};
  const Result<RuleLook> look = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr, {.cases_max = 2});
  EXPECT_EQ(cases_of(look), (CaseTexts{"3 acme c x1", "4 acme d x1"}));
  EXPECT_TRUE(look->cut);
  EXPECT_EQ(archive.given, 3u) << "the rest is not read";
  const Result<RuleLook> whole = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr, {.cases_max = 4});
  EXPECT_EQ(whole->cases.size(), 4u);
  EXPECT_FALSE(whole->cut);
}

TEST(RuleLook, TheBytesOfItsRecordsAreBounded) {
  const std::vector<Sample> same{host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"b"}), host_at_minute(3, 3, {"c"})};
  const std::size_t bytes = test::record(same[0]).size();
  ToldArchive archive{same};
  const Result<RuleLook> cut = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr, {.bytes_max = 3 * bytes - 1});
  EXPECT_EQ(cases_of(cut), (CaseTexts{"2 acme b x1", "3 acme c x1"}));
  EXPECT_TRUE(cut->cut);
  const Result<RuleLook> whole = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr, {.bytes_max = 3 * bytes});
  EXPECT_EQ(whole->cases.size(), 3u);
  EXPECT_FALSE(whole->cut);
}

TEST(RuleLook, EntitiesBeyondTheBoundAreLeftOutAndTheOthersAreStillCounted) {
  ToldArchive archive{{host_at_minute(1, 9, {"a"}), host_at_minute(2, 8, {"b"}), host_at_minute(3, 7, {"c"}),
                       host_at_minute(4, 6, {"c"}), host_at_minute(5, 5, {"b"}), host_at_minute(6, 4, {"a"})}};
  for (const RuleLookLimits& limits :
       {RuleLookLimits{.cases_max = 2}, RuleLookLimits{.bytes_max = 2 * test::record(host_at_minute(1, 9, {"a"})).size()}}) {
    const Result<RuleLook> look = look_into(archive, burst_rule(2), looked_range, std::nullopt, nullptr, limits);
    EXPECT_EQ(cases_of(look), (CaseTexts{"2 acme b x2", "1 acme a x2"}));
    EXPECT_TRUE(look->cut);
    EXPECT_EQ(look->matched, 6u);
  }
}

TEST(RuleLook, PartsThatCannotBeReadAreNamedAndTheRestIsLookedAt) {  // P12
  ToldArchive archive{{host_at_minute(1, 1, {"a"})}};
  archive.unreadable = {"2026-11-23: malformed"};
  const Result<RuleLook> look = look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"1 acme a x1"}));
  EXPECT_EQ(look->unreadable, (std::vector<std::string>{"2026-11-23: malformed"}));
}

TEST(RuleLook, WhatCannotBeAskedOrReadIsAnError) {
  ToldArchive archive{{host_at_minute(1, 1, {"a"})}};
  Rule rule = burst_rule(1);
  rule.query = "severity: ((";
  EXPECT_EQ(look_into(archive, rule, looked_range, std::nullopt, nullptr).error().code(), Code::invalid);
  EXPECT_EQ(archive.tenant, "nobody asked");
  archive.broken = Error{Code::unavailable, "the disk is away"};
  EXPECT_EQ(look_into(archive, burst_rule(1), looked_range, std::nullopt, nullptr).error(), *archive.broken);
}

TEST(RuleLook, WhatDoesNotMatchIsNoCase) {
  ToldArchive archive{{host_at_minute(1, 1, {"a"}), host_at_minute(2, 2, {"b"})}};
  Rule rule = burst_rule(1);
  rule.query = "trendmicro_visionone.host: b";
  const Result<RuleLook> look = look_into(archive, rule, looked_range, std::nullopt, nullptr);
  EXPECT_EQ(cases_of(look), (CaseTexts{"2 acme b x1"}));
  EXPECT_EQ(look->matched, 1u);
  rule.query = "trendmicro_visionone.host: z";
  EXPECT_TRUE(look_into(archive, rule, looked_range, std::nullopt, nullptr)->cases.empty());
}

}  // namespace
}  // namespace tidegate
