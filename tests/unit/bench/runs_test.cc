#include "bench/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/bench/reports.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// The merged figure of runs that found these.
double merged(const char* key, const std::vector<double>& found) {
  std::vector<Report> runs;
  for (const double value : found) runs.push_back(report_of("idle", {{key, value}}));
  return merge_runs(runs).figures.front().second;
}

TEST(Runs, MedianOfAnOddNumberIsTheOneInTheMiddle) { EXPECT_EQ(merged("rss_mb", {9, 1, 4}), 4); }

TEST(Runs, MedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle) { EXPECT_EQ(merged("rss_mb", {9, 1, 4, 5}), 4.5); }

TEST(Runs, MedianOfOneIsThatOne) { EXPECT_EQ(merged("rss_mb", {7}), 7); }

TEST(Runs, AnyKeyThatEndsInALossHasTheWorst) {
  for (const char* key : {"lost", "missing", "twins", "power_lost", "own_missing", "flap_twins"}) {
    EXPECT_EQ(merged(key, {0, 5, 0}), 5) << key;
  }
  EXPECT_EQ(merged("lost_seconds", {0, 5, 0}), 0);
}

TEST(Runs, OneRunIsItsOwnReport) {
  const Report report = merge_runs({report_of("pipeline", {{"seconds", 3}})});
  EXPECT_EQ(report.json(), report_of("pipeline", {{"seconds", 3}}).json());
  EXPECT_EQ(report.json().find("runs"), std::string::npos);
}

TEST(Runs, AFigureIsTheMedianBesideItsLeastAndGreatest) {
  const Report report = merge_runs({report_of("idle", {{"rss_mb", 30}, {"cpu_ms_per_min", 5}}),
                                    report_of("idle", {{"rss_mb", 20}, {"cpu_ms_per_min", 7}}),
                                    report_of("idle", {{"rss_mb", 70}, {"cpu_ms_per_min", 6}})});
  EXPECT_EQ(report.runs, 3u);
  EXPECT_THAT(report.figures, ElementsAre(Pair("rss_mb", 30), Pair("cpu_ms_per_min", 6)));
  EXPECT_THAT(report.least.figures, ElementsAre(Pair("rss_mb", 20), Pair("cpu_ms_per_min", 5)));
  EXPECT_THAT(report.greatest.figures, ElementsAre(Pair("rss_mb", 70), Pair("cpu_ms_per_min", 7)));
}

TEST(Runs, ALossInOneRunIsNotHiddenByTheOthers) {
  const Report report = merge_runs({report_of("crashes", {{"missing", 0}, {"twins", 0}, {"kill_lost", 0}}),
                                    report_of("crashes", {{"missing", 3}, {"twins", 0}, {"kill_lost", 2}}),
                                    report_of("crashes", {{"missing", 0}, {"twins", 1}, {"kill_lost", 0}})});
  EXPECT_THAT(report.figures, ElementsAre(Pair("missing", 3), Pair("twins", 1), Pair("kill_lost", 2)));
  EXPECT_FALSE(nothing_lost(report));
}

TEST(Runs, ACountBelowNoneIsAsWrongAsOneAbove) {
  const Report report = merge_runs({report_of("outage", {{"missing", 0}}), report_of("outage", {{"missing", -2}})});
  EXPECT_THAT(report.figures, ElementsAre(Pair("missing", -2)));
  EXPECT_FALSE(nothing_lost(report));
}

TEST(Runs, WhatOnlyCostsIsNoLoss) {
  EXPECT_TRUE(nothing_lost(report_of("pipeline", {{"missing", 0}, {"twins", 0}, {"refused_chunks", 4}})));
}

TEST(Runs, AFigureThatSomeRunsLackIsJudgedByTheOthers) {
  const Report report =
      merge_runs({report_of("outage", {{"a", 1}}), report_of("outage", {{"a", 3}, {"b", 8}}), report_of("outage", {{"a", 2}})});
  EXPECT_THAT(report.figures, ElementsAre(Pair("a", 2), Pair("b", 8)));
}

TEST(Runs, PeersHaveMediansOfTheirOwn) {
  const Report report = merge_runs({report_of("pipeline", {{"seconds", 1}}, {{"rsyslog", {{"seconds", 5}, {"twins", 0}}}}),
                                    report_of("pipeline", {{"seconds", 2}}, {{"rsyslog", {{"seconds", 4}, {"twins", 6}}}}),
                                    report_of("pipeline", {{"seconds", 3}}, {{"syslog-ng", {{"seconds", 9}}}})});
  EXPECT_THAT(report.peers, ElementsAre(Pair("rsyslog", ElementsAre(Pair("seconds", 4.5), Pair("twins", 6))),
                                        Pair("syslog-ng", ElementsAre(Pair("seconds", 9)))));
  EXPECT_THAT(report.least.peers.front(), Pair("rsyslog", ElementsAre(Pair("seconds", 4), Pair("twins", 0))));
  EXPECT_THAT(report.greatest.peers.front(), Pair("rsyslog", ElementsAre(Pair("seconds", 5), Pair("twins", 6))));
}

TEST(Runs, AFactThatChangesIsToldWithItsRun) {
  Report second = report_of("pipeline", {{"seconds", 2}});
  second.parameters = {{"records", "900"}, {"rsyslog", "not measured"}};
  const Report report = merge_runs({report_of("pipeline", {{"seconds", 1}}), second, report_of("pipeline", {{"seconds", 3}})});
  EXPECT_THAT(report.parameters, ElementsAre(Pair("records", "1000; run 2: 900"), Pair("rsyslog", "run 2: not measured")));
}

TEST(Runs, AnErrorOfOneRunIsTheErrorOfAll) {
  int run = 0;
  const auto bench = [&run]() -> Result<Report> {
    if (++run == 2) return Error{Code::timeout, "no progress"};
    return report_of("idle", {{"rss_mb", 1}});
  };
  const Result<Report> report = run_several(3, bench);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().text(), "run 2 of 3: no progress");
  EXPECT_EQ(run, 2);
}

TEST(Runs, AreAsManyAsAskedFor) {
  int run = 0;
  const auto bench = [&run]() -> Result<Report> { return report_of("idle", {{"rss_mb", ++run}}); };
  const Result<Report> report = run_several(5, bench);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->runs, 5u);
  EXPECT_THAT(report->figures, ElementsAre(Pair("rss_mb", 3)));
}

}  // namespace
}  // namespace tidegate
