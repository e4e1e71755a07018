// What operators load into Prometheus and Grafana must agree with the programs: each metric that it names is one of ours.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/support/process.h"
#include "tests/tidy/tree.h"

namespace tidegate::tidy {
namespace {

constexpr std::string_view monitoring = "packaging/monitoring/";
constexpr std::chrono::seconds promtool_wait_max{30};

std::set<std::string> metrics_named_in(const std::string& text) {
  static const std::regex metric{R"(\btidegate_[a-z0-9_]+)"};
  std::set<std::string> metrics;
  for (std::sregex_iterator at{text.begin(), text.end(), metric}, end; at != end; ++at) metrics.insert(at->str());
  return metrics;
}

bool is_made(const std::string& metric) {
  const std::string literal = "\"" + metric + "\"";
  for (const SourceFile& file : tree()) {
    if (!is_cxx(file.path) || starts_with_any(file.path, {"tests/", "bench/"})) continue;
    if (file.text.find(literal) != std::string::npos) return true;
  }
  return false;
}

TEST(Monitoring, EveryMetricThatItNamesIsMade) {
  std::size_t files = 0;
  for (const SourceFile& file : tree()) {
    if (!file.path.starts_with(monitoring)) continue;
    ++files;
    const std::set<std::string> metrics = metrics_named_in(file.text);
    EXPECT_FALSE(metrics.empty()) << file.path;
    for (const std::string& metric : metrics) EXPECT_TRUE(is_made(metric)) << file.path << ": " << metric;
  }
  EXPECT_EQ(files, 2u) << "the dashboard and the alert rules";
}

TEST(Monitoring, PromtoolTakesTheAlertRules) {
  const std::filesystem::path promtool = root() / "third/usr/bin/promtool";
  if (!std::filesystem::exists(promtool)) GTEST_SKIP() << promtool << " is missing; ./dev setup --check fetches it";
  const std::string rules = (root() / monitoring / "alert-rules.yaml").string();
  const Result<ProgramRun> run = run_program({.program = promtool, .arguments = {"check", "rules", rules}}, promtool_wait_max);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_TRUE(run->end.ok()) << run->output;
}

}  // namespace
}  // namespace tidegate::tidy
