#include "bench/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "bench/runs.h"
#include "tests/unit/bench/reports.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report with_peer(double cpu) {
  const Figures agent{{"cpu_s_per_million", cpu}, {"records_per_s", 44000}, {"peak_rss_mb", 50}, {"twins", 0}};
  const Figures peer{{"cpu_s_per_million", cpu * 2}, {"records_per_s", 22000}, {"twins", 0}};
  return report_of("pipeline", agent, {{"rsyslog", peer}});
}

// What keeps a text of elements, attributes in double quotes and the five entities from being XML; empty: it is.
std::string trouble_in(const std::string& xml) {
  static const std::regex piece{R"(<(/?)([a-z]+)((?: [a-zA-Z-]+="(?:[^<>&"]|&(?:amp|lt|gt|quot|apos);)*")*)(/?)>)"
                                R"(|((?:[^<>&]|&(?:amp|lt|gt|quot|apos);)+))"};
  std::vector<std::string> open;
  auto at = xml.cbegin();
  for (std::smatch found; at != xml.cend(); at = found.suffix().first) {
    if (!std::regex_search(at, xml.cend(), found, piece, std::regex_constants::match_continuous))
      return "at " + std::string{at, std::min(at + 40, xml.cend())};
    if (found[5].matched) {
      const std::string text = found[5];
      if (open.empty() && text.find_first_not_of('\n') != std::string::npos) return "text outside of the root: " + text;
    } else if (found[1].length() > 0) {
      if (open.empty() || open.back() != found[2]) return "closed, but not open: " + found[2].str();
      open.pop_back();
    } else if (found[4].length() == 0) {
      open.push_back(found[2]);
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

std::vector<double> bar_widths(const std::string& svg) {
  static const std::regex bar{R"re(<rect x="[0-9.]+" y="[0-9.]+" width="([0-9.]+)")re"};
  std::vector<double> widths;
  for (std::sregex_iterator at{svg.begin(), svg.end(), bar}, end; at != end; ++at) widths.push_back(std::stod((*at)[1].str()));
  return widths;
}

TEST(TroubleInXml, IsSeen) {
  EXPECT_EQ(trouble_in("<a b=\"c\"><d/>e &amp; f</a>\n"), "");
  for (const char* broken : {"<a>", "</a>", "<a></b>", "<a>&</a>", "<a b=c/>", "<a b=\"<\"/>", "a"}) {
    EXPECT_NE(trouble_in(broken), "") << broken;
  }
}

TEST(PeersChart, IsWellFormed) {
  const std::string svg = peers_chart({merge_runs({with_peer(1), with_peer(2)})});
  ASSERT_FALSE(svg.empty());
  EXPECT_EQ(trouble_in(svg), "");
}

TEST(PeersChart, EscapesNames) {
  Report report = with_peer(1);
  report.peers.front().first = "a<b>&\"c\"";
  const std::string svg = peers_chart({report});
  EXPECT_EQ(trouble_in(svg), "");
  EXPECT_THAT(svg, HasSubstr("a&lt;b&gt;&amp;&quot;c&quot;"));
}

TEST(PeersChart, EachGroupIsScaledOnItsOwn) {
  EXPECT_THAT(bar_widths(peers_chart({with_peer(10)})), ::testing::ElementsAre(200, 400, 400, 0, 400, 200));
}

TEST(PeersChart, WritesTheValuesAtTheBars) {
  const std::string svg = peers_chart({merge_runs({with_peer(18.96), with_peer(19.04), with_peer(20)})});
  EXPECT_THAT(svg, HasSubstr(">19.0 (19.0 … 20)<"));
  EXPECT_THAT(svg, HasSubstr(">38.1 (37.9 … 40)<"));
  EXPECT_THAT(svg, HasSubstr(">44000 (44000 … 44000)<"));
  EXPECT_THAT(svg, HasSubstr(">none<"));
}

TEST(PeersChart, NeedsNothingFromElsewhere) {
  const std::string svg = peers_chart({with_peer(1)});
  EXPECT_THAT(svg, HasSubstr("fill=\"#ffffff\""));
  for (const char* foreign : {"href", "script", "style", "url(", "currentColor"}) EXPECT_THAT(svg, Not(HasSubstr(foreign)));
}

TEST(PeersChart, NothingUsedByAnyoneHasNoLength) {
  const Report report = report_of("pipeline", {{"peak_rss_mb", 0}}, {{"rsyslog", {{"peak_rss_mb", 0}}}});
  EXPECT_THAT(bar_widths(peers_chart({report})), ::testing::ElementsAre(0, 0));
}

TEST(PeersChart, IsNotDrawnWhereThereIsNothingToCompare) {
  EXPECT_EQ(peers_chart({}), "");
  EXPECT_EQ(peers_chart({report_of("pipeline", {{"cpu_s_per_million", 1}})}), "");
  EXPECT_EQ(peers_chart({report_of("crashes", {{"kill_lost", 0}}, {{"rsyslog", {{"kill_lost", 1}}}})}), "");
}

}  // namespace
}  // namespace tidegate
