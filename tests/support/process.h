// A child process: started, watched, stopped or killed, and never left behind. What it used (CPU, memory, bytes written)
// comes from the kernel, while it runs and after its end.
//
// A child dies with the thread that started it (PR_SET_PDEATHSIG), so start children from a thread that outlives them;
// the main thread is best.
// Thread: the owner's.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tidegate {

struct ProcessOptions {
  std::filesystem::path program;  // with a slash: that file; else looked up in PATH
  std::vector<std::string> arguments{};
  std::filesystem::path output_file{};     // both streams, appended to; empty: /dev/null
  bool pipe_output = false;                // standard output goes to Process::output() instead
  std::vector<std::string> environment{};  // "NAME=value", beside what this process has
};

struct ProcessFigures {
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t written_bytes = 0;  // that went, or will go, to a disk

  double cpu_seconds() const { return user_seconds + system_seconds; }
};

struct ProcessEnd {
  int exit_code = 0;  // meaningless when a signal ended it
  int signal = 0;     // 0: it ended by itself
  ProcessFigures figures;

  bool ok() const { return signal == 0 && exit_code == 0; }
};

class Process {
 public:
  // `invalid`: the program cannot be run, or the output file cannot be written.
  static Result<Process> start(const ProcessOptions& options);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  // Kills what still runs, and reaps it.
  ~Process();

  pid_t pid() const { return pid_; }
  // The read end of its standard output where `pipe_output` was asked for, else -1. Owned by the Process.
  int output() const { return output_; }
  bool running();

  // Nothing happens where the process has already ended.
  void signal(int number);
  // Its end. `timeout`: it still runs.
  Result<ProcessEnd> wait(std::chrono::milliseconds at_most);
  // SIGTERM, and SIGKILL where it has not ended `at_most` later: then the end says signal 9.
  Result<ProcessEnd> stop(std::chrono::milliseconds at_most);
  Result<ProcessEnd> kill();

  // What the running process has used so far. `absent`: it has ended; see its end.
  Result<ProcessFigures> figures();

 private:
  Process() = default;
  void release();

  pid_t pid_ = -1;
  int descriptor_ = -1;  // of the process: pidfd_open(2)
  int output_ = -1;
  std::optional<ProcessEnd> end_;
};

// Runs a program to its end and gives back what it printed, at most `output_bytes_max` of it.
struct ProgramRun {
  ProcessEnd end;
  std::string output;
};
Result<ProgramRun> run_program(ProcessOptions options, std::chrono::milliseconds at_most, std::size_t output_bytes_max = 1u << 20);

// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
Result<std::uint16_t> free_loopback_port();

// Waits without a clock: for tests and tools that watch other processes.
void pause_for(std::chrono::milliseconds wait);

}  // namespace tidegate
