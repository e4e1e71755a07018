#include "tests/support/verdict.h"

#include <gtest/gtest.h>

#include "tests/support/verdict_hits.h"

namespace tidegate {
namespace {

std::string alert(const std::string& id, const std::string& version) {
  return R"({"record_id":"00","trendmicro_visionone":{"score":123456789012345678901234567890,"updatedDateTime":")" + version +
         R"(","id":")" + id + R"("},"msg_class":"trendmicro_visionone_alerts"})";
}
std::string technique(const std::string& id) {
  return R"({"msg_class":"trendmicro_visionone_observedattacktechniques","trendmicro_visionone":{"uuid":")" + id + R"("}})";
}

constexpr std::string_view ledger =
    R"({"content_type":"alerts","id":"WB-1","version":"2026-11-24T10:00:00Z","superseded":true}
{"content_type":"alerts","id":"WB-1","version":"2026-11-24T11:00:00Z"}
{"content_type":"audit_logs","id":"a-1","version":""}
{"content_type":"observed_attack_techniques","id":"t-1","version":""}
)";

class Judged : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(verdict_.add_ledger(ledger)); }
  void add(std::string hit) { ASSERT_TRUE(verdict_.add_hit(hit)); }
  void add_all() {
    add(alert("WB-1", "2026-11-24T11:00:00Z"));
    add(R"({"msg_class":"trendmicro_visionone_audit_logs","trendmicro_visionone":{"uuid":"a-1"}})");
    add(technique("t-1"));
  }

  Judge verdict_;
};

TEST_F(Judged, AllThereOnceIsWell) {
  add_all();
  const VerdictFigures figures = verdict_.figures();
  EXPECT_TRUE(figures.ok());
  EXPECT_EQ(figures.line(), "verdict: missing=0 twins=0 source=3 indexed=3");
}

TEST_F(Judged, WhatTheIndexLacksIsMissingAndNamed) {
  const VerdictFigures figures = verdict_.figures();
  EXPECT_EQ(figures.missing, 3u);
  EXPECT_EQ(figures.line(), "verdict: missing=3 twins=0 source=3 indexed=0");
  ASSERT_EQ(figures.examples.size(), 3u);
  EXPECT_NE(figures.examples[0].find("missing: "), std::string::npos);
  EXPECT_FALSE(figures.ok());
}

TEST_F(Judged, ASecondCopyIsATwin) {
  add_all();
  add(technique("t-1"));
  add(technique("t-1"));
  const VerdictFigures figures = verdict_.figures();
  EXPECT_EQ(figures.twins, 2u);
  EXPECT_EQ(figures.indexed, 3u);
  EXPECT_FALSE(figures.ok());
}

TEST_F(Judged, AnEarlierVersionMayBeThereButOnlyOnce) {
  add_all();
  add(alert("WB-1", "2026-11-24T10:00:00Z"));
  EXPECT_TRUE(verdict_.figures().ok());
  EXPECT_EQ(verdict_.figures().earlier_versions, 1u);
  add(alert("WB-1", "2026-11-24T10:00:00Z"));
  EXPECT_EQ(verdict_.figures().twins, 1u);
}

TEST_F(Judged, WhatTheLedgerDoesNotKnowIsForeign) {
  add_all();
  add(technique("t-2"));
  const VerdictFigures figures = verdict_.figures();
  EXPECT_EQ(figures.foreign, 1u);
  EXPECT_EQ(figures.missing, 0u);
  EXPECT_FALSE(figures.ok());
}

TEST_F(Judged, TheAgentsOwnEventsAreLeftOut) {
  add_all();
  add(R"({"msg_class":"tidegate_events","event":"gap"})");
  EXPECT_TRUE(verdict_.figures().ok());
}

TEST_F(Judged, ARecordWithoutItsIdIsAnErrorAndNotSilence) {
  std::string hit = R"({"msg_class":"trendmicro_visionone_alerts","trendmicro_visionone":{"id":"WB-1"}})";
  EXPECT_FALSE(verdict_.add_hit(hit));
}

TEST(Judge, NothingIsWellWhereThereWasNothingToJudge) { EXPECT_FALSE(Judge{}.figures().ok()); }

TEST(Judge, ALedgerLineThatIsNoneIsAnError) {
  Judge verdict;
  EXPECT_FALSE(verdict.add_ledger("{\"content_type\":\"alerts\"}\n"));
}

std::vector<std::string> hits_of(std::string_view document, std::size_t piece) {
  std::vector<std::string> hits;
  HitSplitter splitter{[&](std::string& hit) -> Result<void> {
    hits.push_back(hit);
    return {};
  }};
  for (std::size_t at = 0; at < document.size(); at += piece) EXPECT_TRUE(splitter.feed(document.substr(at, piece)));
  EXPECT_TRUE(splitter.finish());
  return hits;
}

TEST(HitSplitter, FindsTheSameHitsHoweverTheDocumentIsCut) {
  const std::string_view document =
      R"({"query":"a: \"]}{","other":[{"no":1}], "hits":[ {"a":[{"b":"}]\\"}]}, {"c":{}} ,{}],"total":3}
)";
  const std::vector<std::string> expected{R"({"a":[{"b":"}]\\"}]})", R"({"c":{}})", "{}"};
  for (std::size_t piece = 1; piece <= document.size(); ++piece) ASSERT_EQ(hits_of(document, piece), expected) << piece;
}

TEST(HitSplitter, ADocumentThatBreaksOffIsAnError) {
  HitSplitter splitter{[](std::string&) -> Result<void> { return {}; }};
  ASSERT_TRUE(splitter.feed(R"({"hits":[{"a":1},)"));
  EXPECT_FALSE(splitter.finish());
}

TEST(HitSplitter, ADocumentWithoutHitsIsAnError) {
  HitSplitter splitter{[](std::string&) -> Result<void> { return {}; }};
  ASSERT_TRUE(splitter.feed(R"({"error":"no"})"));
  EXPECT_FALSE(splitter.finish());
  HitSplitter text{[](std::string&) -> Result<void> { return {}; }};
  EXPECT_FALSE(text.feed("tidegate-processor: cannot open"));
}

}  // namespace
}  // namespace tidegate
