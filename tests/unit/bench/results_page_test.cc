#include "bench/results_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "bench/runs.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/bench/reports.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report compared(double cpu) {
  return report_of("pipeline", {{"cpu_s_per_million", cpu}, {"missing", 0}},
                   {{"rsyslog", {{"cpu_s_per_million", cpu * 2}}}, {"syslog-ng", {{"missing", 4}}}});
}

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream{file} << text; }

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ResultsPage, HasATableForEachBenchmark) {
  const Report several = merge_runs({compared(2), compared(4), compared(3)});
  const ResultsPage page = make_page({report_of("idle", {{"rss_mb", 31.25}}), several});
  EXPECT_THAT(page.text, HasSubstr("\n## idle\n\n`./dev bench idle`\n\n- records: 1000\n\n"
                                   "| figure | agent |\n|---|--:|\n| `rss_mb` | 31.250 |\n"));
  EXPECT_THAT(page.text, HasSubstr("\n## pipeline\n\n`./dev bench pipeline --runs 3`\n"));
  EXPECT_THAT(page.text, HasSubstr("| figure | median | least | greatest | rsyslog | / agent | syslog-ng | / agent |\n"
                                   "|---|--:|--:|--:|--:|--:|--:|--:|\n"
                                   "| `cpu_s_per_million` | 3 | 2 | 4 | 6 (4 … 8) | x2.00 | - | - |\n"
                                   "| `missing` | 0 | 0 | 0 | - | - | 4 (4 … 4) |  |\n"));
}

TEST(ResultsPage, TellsTheEnvironmentOnceWhereItIsTheSame) {
  Report elsewhere = report_of("outage", {{"missing", 0}});
  elsewhere.environment.front().second = "Other 1 | <two>";
  const std::string text = make_page({report_of("idle", {{"rss_mb", 1}}), report_of("collect", {{"pages", 1}}), elsewhere}).text;
  EXPECT_EQ(times(text, "- cpu: Sample 9000\n"), 1u);
  EXPECT_EQ(times(text, "In another environment:\n\n- cpu: Other 1 \\| \\<two\\>\n- cores: 2\n"), 1u);
}

TEST(ResultsPage, ShowsTheChartWhereThereIsOne) {
  EXPECT_THAT(make_page({compared(1)}).text, HasSubstr("](peers.svg)"));
  EXPECT_THAT(make_page({report_of("idle", {{"rss_mb", 1}})}).text, Not(HasSubstr("peers.svg")));
}

TEST(ResultsFolder, IsReadAsItWasSaved) {
  const TemporaryDirectory directory;
  const std::filesystem::path folder = directory.path() / "bench" / "results";
  ASSERT_TRUE(save_report(folder, compared(1)));
  ASSERT_TRUE(save_report(folder, report_of("idle", {{"rss_mb", 1}})));
  ASSERT_TRUE(save_report(folder, compared(2)));
  EXPECT_EQ(content_of(folder / "pipeline.json"), compared(2).json());
  const Result<std::vector<Report>> reports = load_reports(folder);
  ASSERT_TRUE(reports) << reports.error().text();
  ASSERT_EQ(reports->size(), 2u);
  EXPECT_EQ(reports->front().name, "idle");
  EXPECT_EQ(reports->back().json(), compared(2).json());
}

TEST(ResultsFolder, ItsPageIsWrittenAndNothingElseIsLeft) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(save_report(directory.path(), compared(1)));
  ASSERT_TRUE(write_page(directory.path()));
  EXPECT_EQ(content_of(directory.path() / "README.md"), make_page({compared(1)}).text);
  EXPECT_EQ(content_of(directory.path() / "peers.svg"), make_page({compared(1)}).chart);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory.path()}, {}), 3);
}

TEST(ResultsFolder, AChartOfPeersThatAreGoneIsRemoved) {
  const TemporaryDirectory directory;
  write(directory.path() / "peers.svg", "<svg/>");
  ASSERT_TRUE(save_report(directory.path(), report_of("idle", {{"rss_mb", 1}})));
  ASSERT_TRUE(write_page(directory.path()));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "peers.svg"));
}

TEST(ResultsFolder, AnErrorNamesFileAndKey) {
  const TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "idle.json";
  write(file, R"({"name":"idle","environment":{},"parameters":{},"figures":{"rss_mb":"1"}})");
  const Result<void> page = write_page(directory.path());
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().text(), file.string() + ": figures: rss_mb: not a number");
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "README.md"));
}

TEST(ResultsFolder, ADocumentUnderAnotherNameIsRefused) {
  const TemporaryDirectory directory;
  write(directory.path() / "outage.json", report_of("idle", {{"rss_mb", 1}}).json());
  const Result<std::vector<Report>> reports = load_reports(directory.path());
  ASSERT_FALSE(reports);
  EXPECT_THAT(reports.error().text(), HasSubstr("outage.json: name: not the file's"));
}

TEST(ResultsFolder, ADocumentIsBounded) {
  const TemporaryDirectory directory;
  const std::string json = report_of("idle", {{"rss_mb", 1}}).json();
  write(directory.path() / "idle.json", json + std::string((1u << 20) - json.size(), ' '));
  EXPECT_TRUE(load_reports(directory.path()));
  write(directory.path() / "idle.json", json + std::string((1u << 20) - json.size() + 1, ' '));
  const Result<std::vector<Report>> reports = load_reports(directory.path());
  ASSERT_FALSE(reports);
  EXPECT_THAT(reports.error().text(), HasSubstr("idle.json: larger than 1 MiB"));
}

TEST(ResultsFolder, WithoutDocumentsThereIsNoPage) {
  const TemporaryDirectory directory;
  const Result<void> empty = write_page(directory.path());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code(), Code::absent);
  EXPECT_FALSE(write_page(directory.path() / "nowhere"));
}

}  // namespace
}  // namespace tidegate
