#include "match/match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/match/documents.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

using test::put_pair;

// {"severity": "high", "score": 64, "rate": 0.25, "whole": 5.0, "big": 12345678901234567890123, "max": 2^64-1, "on": true,
//  "gone": nil, "created": "2026-11-24T10:00:00Z", "user": "nan", "machine": "inf", "cmd": "powershell.exe -File C:\Temp\a1.ps1",
//  "hosts": [{"name": "web-01", "ports": [80, 443]}, {"name": "db-02"}], "a.b": "dotted"}
Bytes sample() {
  return test::record({.payload = [](Bytes& out) {
    put_map(out, 14);
    put_pair(out, "severity", "high");
    put_str(out, "score");
    put_int(out, 64);
    put_str(out, "rate");
    put_double(out, 0.25);
    put_str(out, "whole");
    put_double(out, 5);
    put_str(out, "big");
    put_ext(out, ext_decimal, "12345678901234567890123");
    put_str(out, "max");
    put_uint(out, UINT64_MAX);
    put_str(out, "on");
    put_bool(out, true);
    put_str(out, "gone");
    put_nil(out);
    put_pair(out, "created", "2026-11-24T10:00:00Z");
    put_pair(out, "user", "nan");
    put_pair(out, "machine", "inf");
    put_pair(out, "cmd", "powershell.exe -File C:\\Temp\\a1.ps1");
    put_str(out, "hosts");
    put_array(out, 2);
    put_map(out, 2);
    put_pair(out, "name", "web-01");
    put_str(out, "ports");
    put_array(out, 2);
    put_int(out, 80);
    put_int(out, 443);
    put_map(out, 1);
    put_pair(out, "name", "db-02");
    put_pair(out, "a.b", "dotted");
  }});
}

// `v.` stands for `trendmicro_visionone.` here.
bool holds(std::string text) {
  for (std::size_t at = 0; (at = text.find("v.", at)) != std::string::npos; at += 20) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1]))) continue;
    text.replace(at, 2, "trendmicro_visionone.");
  }
  const Result<Query> query = parse_query(text);
  EXPECT_TRUE(query) << query.error().text();
  const Result<Matcher> matcher = Matcher::make(*query);
  EXPECT_TRUE(matcher) << matcher.error().text();
  return matcher->matches(sample());
}

TEST(Matcher, AFieldsTextIsMatchedWholeAndByItsBytes) {
  EXPECT_TRUE(holds("v.severity: high"));
  EXPECT_TRUE(holds("v.severity: \"high\""));
  EXPECT_FALSE(holds("v.severity: High"));
  EXPECT_FALSE(holds("v.severity: hig"));
  EXPECT_FALSE(holds("severity: high")) << "a field is its whole path";
  EXPECT_TRUE(holds("v.a.b: dotted"));
  EXPECT_TRUE(holds("msg_class: trendmicro_visionone_alerts"));
  EXPECT_TRUE(holds("msg_origin.vendor: trendmicro"));
}

TEST(Matcher, WildcardsCoverTheRestOfAValue) {
  EXPECT_TRUE(holds("v.severity: h*"));
  EXPECT_TRUE(holds("v.severity: h?gh"));
  EXPECT_TRUE(holds("v.cmd: *a1.ps1"));
  EXPECT_FALSE(holds("v.severity: i*"));
}

TEST(Matcher, AListMatchesIfAnyElementDoes) {
  EXPECT_TRUE(holds("v.hosts.name: web-01"));
  EXPECT_TRUE(holds("v.hosts.name: db-02"));
  EXPECT_TRUE(holds("v.hosts.ports: 443"));
  EXPECT_FALSE(holds("v.hosts.name: web-02"));
}

TEST(Matcher, NumbersMatchAsTheyAreWrittenOrByTheirSize) {
  EXPECT_TRUE(holds("v.score: 64"));
  EXPECT_TRUE(holds("v.score: 64.0"));
  EXPECT_FALSE(holds("v.score: 6"));
  EXPECT_TRUE(holds("v.rate: 0.25"));
  EXPECT_TRUE(holds("v.rate: 2.5e-1"));
  EXPECT_TRUE(holds("v.whole: 5"));
  EXPECT_TRUE(holds("v.big: 12345678901234567890123"));
  EXPECT_TRUE(holds("v.max: 18446744073709551615"));
  EXPECT_FALSE(holds("v.max: 18446744073709551614"));
  EXPECT_TRUE(holds("v.on: true"));
  EXPECT_FALSE(holds("v.on: false"));
}

TEST(Matcher, RangesCompareAlikeWithAlike) {
  EXPECT_TRUE(holds("v.score: [64 TO 65]"));
  EXPECT_FALSE(holds("v.score: {64 TO 65]"));
  EXPECT_TRUE(holds("v.score: >=64"));
  EXPECT_FALSE(holds("v.score: >64"));
  EXPECT_TRUE(holds("v.score: <100"));
  EXPECT_FALSE(holds("v.score: <9")) << "by size, not by text";
  EXPECT_TRUE(holds("v.max: >18446744073709551614"));
  EXPECT_TRUE(holds("v.created: [2026-11-24T09:00:00Z TO 2026-11-24T11:00:00Z]"));
  EXPECT_TRUE(holds("v.created: <\"2026-11-24 10:00:01\"")) << "as times, however they are written";
  EXPECT_TRUE(holds("v.severity: [a TO i]"));
  EXPECT_FALSE(holds("v.severity: >5")) << "a word is no number";
  EXPECT_TRUE(holds("v.hosts.ports: >400"));
  EXPECT_TRUE(holds("timestamp: [2026-11-24T12:00:00Z TO *]"));
  EXPECT_FALSE(holds("timestamp: <2026-11-24T12:00:00Z"));
}

TEST(Matcher, NamesThatReadLikeNoNumberAreText) {
  EXPECT_FALSE(holds("v.user: [1 TO 5]")) << "not a number is equal to no number";
  EXPECT_FALSE(holds("v.machine: >5")) << "nor is the name of a host larger than all";
  EXPECT_TRUE(holds("v.user: [nab TO nao]")) << "by its bytes";
  EXPECT_TRUE(holds("v.machine: [ine TO inf]"));
  EXPECT_FALSE(holds("v.score: >=nan")) << "a bound that is no number";
}

TEST(Matcher, WordsAreFoundInAnyValueOutsideOfTheEnvelope) {
  EXPECT_TRUE(holds("POWERSHELL"));
  EXPECT_TRUE(holds("power*"));
  EXPECT_FALSE(holds("power"));
  EXPECT_TRUE(holds("web-01"));
  EXPECT_FALSE(holds("web-02")) << "01 and 02 are not side by side with the rest";
  EXPECT_TRUE(holds("\"temp a1 ps1\""));
  EXPECT_FALSE(holds("\"a1 temp\""));
  EXPECT_TRUE(holds("443"));
  EXPECT_FALSE(holds("zurich")) << "the sensor's name is in the envelope";
}

TEST(Matcher, CombinesWithAndOrNot) {
  EXPECT_TRUE(holds("v.severity: high AND v.score: 64"));
  EXPECT_FALSE(holds("v.severity: high AND v.score: 65"));
  EXPECT_TRUE(holds("v.severity: low OR v.score: 64"));
  EXPECT_FALSE(holds("NOT v.severity: high"));
  EXPECT_TRUE(holds("NOT v.severity: low"));
  EXPECT_TRUE(holds("v.severity: (low OR high) AND NOT (v.score: 1 OR v.score: 2)"));
  EXPECT_TRUE(holds("*"));
}

TEST(Matcher, ExistenceIsOfAValueThatIsNotNil) {
  EXPECT_TRUE(holds("_exists_: v.severity"));
  EXPECT_TRUE(holds("_exists_: v.hosts"));
  EXPECT_FALSE(holds("_exists_: v.gone"));
  EXPECT_FALSE(holds("_exists_: v.host"));
}

// {"sensor": "zurich", "timestamp": 5, "a": {"b": "x y"}}
Bytes api_record() {
  Bytes out;
  put_map(out, 3);
  put_pair(out, "sensor", "zurich");
  put_str(out, "timestamp");
  put_int(out, 5);
  put_str(out, "a");
  put_map(out, 1);
  put_pair(out, "b", "x y");
  return out;
}

TEST(Matcher, TheApisRecordAloneHasNoEnvelope) {
  const auto matches = [](std::string_view text, DocumentKind kind) {
    return Matcher::make(*parse_query(text), kind)->matches(api_record());
  };
  EXPECT_TRUE(matches("zurich", DocumentKind::api_record));
  EXPECT_FALSE(matches("zurich", DocumentKind::record));
  EXPECT_TRUE(matches("timestamp: >=1970-01-01T00:00:00Z", DocumentKind::record));
  EXPECT_FALSE(matches("timestamp: >=1970-01-01T00:00:00Z", DocumentKind::api_record)) << "a number is no time there";
  EXPECT_TRUE(matches("a.b: \"x y\"", DocumentKind::api_record));
}

TEST(Matchers, SeveralQueriesAreEachAnsweredAsIfAlone) {
  const std::vector<std::string_view> texts{"severity: x",
                                            "trendmicro_visionone.severity: high",
                                            "*",
                                            "powershell OR nothing",
                                            "nothing",
                                            "NOT trendmicro_visionone.score: >60",
                                            "_exists_: trendmicro_visionone.hosts AND trendmicro_visionone.severity: h*",
                                            "trendmicro_visionone.severity: high"};
  std::vector<Query> queries;
  for (const std::string_view text : texts) queries.push_back(*parse_query(text));
  const Result<Matchers> matchers = Matchers::make(queries, DocumentKind::record);
  ASSERT_TRUE(matchers);
  const std::vector<bool> matching = matchers->matching(sample());
  EXPECT_EQ(matching, (std::vector<bool>{false, true, true, true, false, false, true, true}));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(matching[i], Matcher::make(queries[i])->matches(sample())) << texts[i];
}

// What differs in little must not be taken for the same leaf, nor looked for in the same place.
TEST(Matchers, QueriesThatAreNearlyAlikeAreEachAnsweredAsIfAlone) {
  const std::vector<std::pair<std::string_view, bool>> asked{// a term and a phrase
                                                             {"trendmicro_visionone.severity: h*", true},
                                                             {"trendmicro_visionone.severity: \"h*\"", false},
                                                             {"trendmicro_visionone.severity: high", true},
                                                             {"trendmicro_visionone.severity: \"high\"", true},
                                                             {"trendmicro_visionone.rate: 2.5e-1", true},
                                                             {"trendmicro_visionone.rate: \"0.25\"", true},
                                                             {"power*", true},
                                                             {"\"power*\"", false},
                                                             {"web-01", true},
                                                             {"\"web 01\"", true},
                                                             // an escaped wildcard and a wildcard
                                                             {"trendmicro_visionone.severity: h\\*", false},
                                                             {"trendmicro_visionone.severity: hig?", true},
                                                             {"trendmicro_visionone.severity: hig\\?", false},
                                                             {"powershel\\*", false},
                                                             {"powershel*", true},
                                                             // with and without an end
                                                             {"trendmicro_visionone.score: [64 TO 65]", true},
                                                             {"trendmicro_visionone.score: {64 TO 65}", false},
                                                             {"trendmicro_visionone.score: [64 TO 65}", true},
                                                             {"trendmicro_visionone.score: {64 TO 65]", false},
                                                             {"trendmicro_visionone.score: >=64", true},
                                                             {"trendmicro_visionone.score: >64", false},
                                                             {"trendmicro_visionone.score: 64", true},
                                                             // one field's, any field's, another field's
                                                             {"high", true},
                                                             {"dotted", true},
                                                             {"trendmicro_visionone.severity: dotted", false},
                                                             {"trendmicro_visionone.a.b: dotted", true},
                                                             {"trendmicro_visionone.a: dotted", false},
                                                             {"_exists_: trendmicro_visionone.severity", true},
                                                             {"_exists_: severity", false},
                                                             // words whose beginning is not known
                                                             {"*shell", true},
                                                             {"?owershell", true},
                                                             {"?shell", false},
                                                             {"*rshell.exe", true},
                                                             // upper case: of words alone it is the same
                                                             {"POWERSHELL", true},
                                                             {"powershell", true},
                                                             {"*SHELL", true},
                                                             {"trendmicro_visionone.severity: HIGH", false},
                                                             // the same words in another order, or fewer of them
                                                             {"\"temp a1 ps1\"", true},
                                                             {"\"a1 temp ps1\"", false},
                                                             {"\"temp a1\"", true},
                                                             {"\"a1 temp\"", false},
                                                             {"temp a1", true},
                                                             {"a1 temp", true},
                                                             {"01-web", false}};
  for (const bool backwards : {false, true}) {
    std::vector<Query> queries;
    for (const auto& [text, holds] : asked) {
      const Result<Query> query = parse_query(text);
      ASSERT_TRUE(query) << text << ": " << query.error().text();
      const Result<Matcher> alone = Matcher::make(*query);
      ASSERT_TRUE(alone) << text << ": " << alone.error().text();
      EXPECT_EQ(alone->matches(sample()), holds) << text << ", alone";
      queries.push_back(*query);
    }
    if (backwards) std::reverse(queries.begin(), queries.end());
    std::vector<bool> matching = Matchers::make(queries, DocumentKind::record)->matching(sample());
    if (backwards) std::reverse(matching.begin(), matching.end());
    for (std::size_t i = 0; i < asked.size(); ++i)
      EXPECT_EQ(matching[i], asked[i].second) << asked[i].first << (backwards ? ", backwards" : "");
  }
}

TEST(Matchers, NoneMatchNothing) {
  const Result<Matchers> none = Matchers::make({}, DocumentKind::record);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->matching(sample()).empty());
}

TEST(Matcher, RefusesATermWithoutAWord) {
  const Result<Query> query = parse_query("\"--\"");
  ASSERT_TRUE(query);
  EXPECT_EQ(Matcher::make(*query).error().code(), Code::invalid);
}

}  // namespace
}  // namespace tidegate
