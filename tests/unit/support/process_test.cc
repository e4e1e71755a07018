#include "tests/support/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

Process shell(const std::string& script, const std::filesystem::path& output = {}) {
  Result<Process> process = Process::start({.program = "sh", .arguments = {"-c", script}, .output_file = output});
  EXPECT_TRUE(process.has_value());
  return std::move(*process);
}

TEST(Process, ReportsTheExitCodeOfItsEnd) {
  Process process = shell("exit 7");
  const Result<ProcessEnd> end = process.wait(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_EQ(end->signal, 0);
  EXPECT_FALSE(end->ok());
}

TEST(Process, AWaitThatRunsOutLeavesTheProcessRunning) {
  Process process = shell("exec sleep 60");
  const Result<ProcessEnd> end = process.wait(20ms);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code(), Code::timeout);
  EXPECT_TRUE(process.running());
}

TEST(Process, StopKillsWhatDoesNotHearTheTermSignal) {
  const std::filesystem::path output = std::filesystem::path{testing::TempDir()} / "deaf.out";
  std::filesystem::remove(output);
  Process process = shell("trap '' TERM; echo ready; while :; do sleep 1; done", output);
  for (int waited = 0; waited < 500 && std::filesystem::file_size(output) == 0; ++waited) pause_for(10ms);
  const Result<ProcessEnd> end = process.stop(50ms);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGKILL);
}

TEST(Process, IsGoneWhenItsOwnerIsGone) {
  pid_t pid = 0;
  {
    const Process process = shell("exec sleep 60");
    pid = process.pid();
    ASSERT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Process, AProgramThatIsMissingIsAnError) {
  const Result<Process> process = Process::start({.program = "/nowhere/at-all"});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code(), Code::invalid);
}

TEST(Process, FiguresGrowWithTheWorkDone) {
  Process process = shell("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; exec sleep 60");
  double seen = 0;
  for (int waited = 0; waited < 1000 && seen == 0; ++waited) {
    const Result<ProcessFigures> figures = process.figures();
    ASSERT_TRUE(figures);
    EXPECT_GT(figures->peak_rss_bytes, 0u);
    seen = figures->cpu_seconds();
    pause_for(10ms);
  }
  EXPECT_GT(seen, 0.0);
  const Result<ProcessEnd> end = process.kill();
  ASSERT_TRUE(end);
  EXPECT_GT(end->figures.cpu_seconds(), 0.0);
}

TEST(RunProgram, GivesBackWhatWasPrintedUpToItsBound) {
  const Result<ProgramRun> whole = run_program({.program = "sh", .arguments = {"-c", "echo tide; exit 3"}}, 10s);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->output, "tide\n");
  EXPECT_EQ(whole->end.exit_code, 3);
  const Result<ProgramRun> cut = run_program({.program = "sh", .arguments = {"-c", "head -c 1000000 /dev/zero"}}, 10s, 10);
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->end.ok());
  EXPECT_LE(cut->output.size(), 10u + 65536u);
}

TEST(FreeLoopbackPort, IsAPortAboveTheReservedOnes) {
  const Result<std::uint16_t> port = free_loopback_port();
  ASSERT_TRUE(port);
  EXPECT_GT(*port, 1023);
}

}  // namespace
}  // namespace tidegate
