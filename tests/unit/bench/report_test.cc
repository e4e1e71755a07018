#include "bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/runs.h"
#include "tests/unit/bench/reports.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report with_peers(double seconds) {
  return report_of("pipeline", {{"seconds", seconds}, {"missing", 0}}, {{"rsyslog", {{"seconds", seconds * 2.5}}}});
}

// That document with its one `from` made `to`; what the reader says of it.
std::string error_of(std::string document, const std::string& from, const std::string& to) {
  const std::size_t at = document.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at == std::string::npos) return {};
  document.replace(at, from.size(), to);
  const Result<Report> report = parse_report(document);
  EXPECT_FALSE(report) << document;
  return report ? "" : report.error().text();
}

TEST(Report, DocumentOfOneRunHasTheKeysThatReadersKnow) {
  EXPECT_EQ(
      with_peers(1.5).json(),
      "{\"name\":\"pipeline\",\"environment\":{\"cpu\":\"Sample 9000\",\"cores\":\"2\"},\"parameters\":{\"records\":\"1000\"},"
      "\"figures\":{\"seconds\":1.500,\"missing\":0},\"peers\":{\"rsyslog\":{\"seconds\":3.750}}}\n");
}

TEST(Report, DocumentOfSeveralRunsHasTheirBounds) {
  const std::string json = merge_runs({with_peers(1), with_peers(2), with_peers(4)}).json();
  EXPECT_THAT(json, HasSubstr("\"figures\":{\"seconds\":2,\"missing\":0}"));
  EXPECT_THAT(json, HasSubstr(",\"runs\":3,\"least\":{\"seconds\":1,\"missing\":0},\"greatest\":{\"seconds\":4,\"missing\":0}"));
  EXPECT_THAT(json,
              HasSubstr("\"peers_least\":{\"rsyslog\":{\"seconds\":2.500}},\"peers_greatest\":{\"rsyslog\":{\"seconds\":10}}"));
}

TEST(Report, ADocumentIsReadAsItWasWritten) {
  for (const Report& report : {with_peers(1.5), merge_runs({with_peers(1), with_peers(2)}), report_of("idle", {})}) {
    const Result<Report> read = parse_report(report.json());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->json(), report.json());
    EXPECT_EQ(read->text(), report.text());
  }
}

TEST(Report, AnErrorNamesTheKey) {
  const std::string json = merge_runs({with_peers(1), with_peers(2)}).json();
  EXPECT_EQ(error_of(json, "\"figures\"", "\"numbers\""), "figures: missing");
  EXPECT_EQ(error_of(json, "\"missing\":0", "\"missing\":\"0\""), "figures: missing: not a number");
  EXPECT_EQ(error_of(json, "\"missing\":0", "\"missing\":1e300"), "figures: missing: out of range");
  EXPECT_EQ(error_of(json, "\"missing\":0", "\"mis|sing\":0"), "figures: a key that is no plain name");
  EXPECT_EQ(error_of(json, "\"cores\":\"2\"", "\"cores\":2"), "environment: cores: not a string");
  EXPECT_EQ(error_of(json, "{\"seconds\":3.750}", "[1]"), "peers: rsyslog: not an object");
  EXPECT_EQ(error_of(json, "\"pipeline\"", "\"../pipeline\""), "name: no plain name");
  EXPECT_EQ(error_of(json, "\"runs\":2", "\"runs\":0"), "runs: not a number of runs");
  EXPECT_EQ(error_of(json, "\"runs\":2", "\"runs\":2.5"), "runs: not a number of runs");
  EXPECT_EQ(error_of(json, "\"least\":{\"seconds\":1,", "\"least\":{"), "seconds: not in least");
  EXPECT_EQ(error_of(json, "\"greatest\":{\"seconds\":2,", "\"greatest\":{"), "seconds: not in greatest");
  EXPECT_EQ(error_of(json, "\"peers_least\":{\"rsyslog\"", "\"peers_least\":{\"other\""), "rsyslog: seconds: without its bounds");
}

TEST(Report, WhatIsNoDocumentIsRefused) {
  for (const char* text : {"", "[]", "{", "\xff", "null"}) {
    const Result<Report> report = parse_report(text);
    ASSERT_FALSE(report) << text;
    EXPECT_THAT(report.error().text(), HasSubstr("not a report")) << text;
  }
}

TEST(Report, TextStandsInColumnsWhateverTheirWidth) {
  const std::string text = merge_runs({with_peers(1), with_peers(2), with_peers(4000)}).text();
  EXPECT_THAT(text, HasSubstr("runs: 3"));
  EXPECT_THAT(text, HasSubstr("  2 (1 … 4000)"));
  EXPECT_THAT(text, HasSubstr("  5 (2.500 … 10000)"));
  EXPECT_THAT(text, HasSubstr("  x2.50\n"));
  EXPECT_THAT(with_peers(2).text(), Not(HasSubstr("…")));
}

TEST(Report, NothingIsAMultipleOfNone) {
  const Report report = report_of("crashes", {{"kill_lost", 0}}, {{"rsyslog", {{"kill_lost", 7}}}});
  EXPECT_THAT(report.text(), HasSubstr("              7  "));
  EXPECT_THAT(report.text(), Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace tidegate
