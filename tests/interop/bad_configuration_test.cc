// A delivered agent with a backlog is started with a configuration that it cannot use.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "tests/support/process.h"
#include "tests/support/rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr int exit_wrong_configuration = 2;
constexpr double backlog = 300;  // records that wait in the journal

class BadConfiguration : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path directory = std::filesystem::path{testing::TempDir()} / "tidegate-bad-configuration";
    std::filesystem::remove_all(directory);
    RigOptions options{.directory = directory,
                       .programs = TIDEGATE_PROGRAMS,
                       .simulator_flags = {"--seed", "1", "--techniques", "300", "--live-seconds", "0"}};
    options.connector = {{"interval", "1s"}, {"settle", "0s"}};
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(options), clock_);
    ASSERT_TRUE(made) << made.error().text();
    rig_ = std::move(*made);
  }

  // Collects while the processor is away.
  void fill_journal() {
    for (const Part part : {Part::simulator, Part::agent}) ASSERT_TRUE(rig_->start(part));
    for (int tries = 0; tries < 240; ++tries) {
      const Result<MetricsReading> reading = rig_->metrics(Part::agent);
      if (reading && reading->sum("tidegate_records_collected_total") >= backlog) break;
      pause_for(250ms);
    }
    const Result<ProcessEnd> ended = rig_->stop(Part::agent);
    ASSERT_TRUE(ended && ended->ok());
  }

  std::string configuration() const {
    std::ifstream file{rig_->config_file(Part::agent)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  void write_configuration(const std::string& text) const { std::ofstream{rig_->config_file(Part::agent)} << text; }

  // What `run` says to its configuration.
  Result<ProgramRun> run() const {
    return run_program({.program = rig_->program(Part::agent),
                        .arguments = {"run", "--config", rig_->config_file(Part::agent).string()},
                        .output_file = rig_->log_file(Part::agent)},
                       30s);
  }

  SystemClock clock_;
  std::unique_ptr<Rig> rig_;
};

// fluent-bit 2246: a service started with a wrong configuration threw its buffered chunks away.
TEST_F(BadConfiguration, P1Fluentbit2246ItEndsTheStartAndKeepsTheBacklog) {
  fill_journal();
  const std::string good = configuration();
  const std::string bad[] = {
      good + "no_such_field: 1\n",
      "connectors: [",
      std::string{good}.replace(good.find("budget: "), 8, "budget: -"),
  };
  for (const std::string& text : bad) {
    write_configuration(text);
    const Result<ProgramRun> ended = run();
    ASSERT_TRUE(ended) << ended.error().text();
    EXPECT_EQ(ended->end.signal, 0) << text;
    EXPECT_EQ(ended->end.exit_code, exit_wrong_configuration) << text;
  }
  write_configuration(good);
  for (const Part part : {Part::agent, Part::processor}) ASSERT_TRUE(rig_->start(part));
  const Result<VerdictFigures> verdict = rig_->verdict_within(60s);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(verdict->ok()) << verdict->line();
  // The records come from the journal: what was read before is not read again.
  const Result<MetricsReading> reading = rig_->metrics(Part::agent);
  ASSERT_TRUE(reading);
  EXPECT_LT(reading->sum("tidegate_records_collected_total"), backlog);
}

}  // namespace
}  // namespace tidegate
