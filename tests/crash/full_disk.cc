// tidegate-full-disk: agent and processor on small file systems of their own. First the processor is away until the agent's is
// full. Then both are filled to the last byte by somebody else while records flow, and emptied again, a few times. What ends by
// itself is started again, as a service manager would do it. Nobody mends anything, and in the end nothing may be missing and
// nothing twice (P5, P11), and no part may have died of it (a signal).
//
// Needs the right to mount (root). Without it nothing is tested: exit code 77.
#include <sched.h>
#include <sys/mount.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "base/random.h"
#include "tests/crash/report.h"
#include "tests/crash/traffic.h"
#include "tests/support/rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr int exit_cannot_be_tested = 77;
// What the stores need beside the data (journal_overhead_bytes_max, and a log of the landing), and some room.
constexpr const char* agent_mount = "size=128m";
constexpr const char* processor_mount = "size=2g";
constexpr std::chrono::seconds full_max{120};
constexpr int fills = 6;
constexpr std::chrono::seconds verdict_max{240};
constexpr auto look_again = 250ms;

struct FullDiskOptions {
  std::filesystem::path directory;
  std::filesystem::path programs;
  std::uint64_t techniques = 250'000;
};

// The namespace of this process alone has the mounts: they go with it.
bool can_mount() { return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

class FullDisk {
 public:
  FullDisk(FullDiskOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  Result<VerdictFigures> run() {
    Settings connector = slow_connector();
    connector["requests_per_minute"] = "6000";
    Result<std::unique_ptr<Rig>> made =
        Rig::make({.directory = options_.directory,
                   .programs = options_.programs,
                   .simulator_flags = simulator_flags({.seed = 1, .live = 60s, .techniques = options_.techniques}),
                   .connector = connector,
                   .budget = "4GiB",  // more than there is
                   .keep_free = "16MiB"},
                  clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    for (const Part part : {Part::agent, Part::processor}) {
      std::filesystem::create_directories(rig_->state_directory(part));
      const char* const size = part == Part::agent ? agent_mount : processor_mount;
      if (::mount("tmpfs", rig_->state_directory(part).c_str(), "tmpfs", 0, size) != 0)
        return Error{Code::unavailable, "a small file system cannot be mounted"};
    }
    for (const Part part : {Part::simulator, Part::agent}) {
      if (Result<void> started = rig_->start(part); !started) return std::move(started).error();
    }
    if (Result<void> full = wait_until_full(); !full) return std::move(full).error();
    if (Result<void> started = rig_->start(Part::processor); !started) return std::move(started).error();
    for (int round = 0; round < fills; ++round) {
      if (Result<void> survived = fill_both(); !survived) return std::move(survived).error();
      if (Result<void> survived = watch(std::chrono::milliseconds{random_.between(500, 3000)}); !survived)
        return std::move(survived).error();
    }
    for (const Part part : {Part::agent, Part::processor}) {
      if (Result<void> started = rig_->start(part); !started) return std::move(started).error();
    }
    return rig_->verdict_within(verdict_max);
  }

 private:
  Result<void> wait_until_full() {
    const SteadyTime deadline = clock_.steady() + full_max;
    while (!paused()) {
      if (!rig_->running(Part::agent)) return Error{Code::invalid, "the agent ended because its disk was full"};
      if (clock_.steady() > deadline) return Error{Code::timeout, "the agent's disk did not get full"};
      pause_for(look_again);
    }
    std::printf("the agent's disk is full: %llu bytes free, and reading pauses\n",
                static_cast<unsigned long long>(free_at(Part::agent)));
    return {};
  }

  // As an operator is told.
  bool paused() const {
    const Result<ProgramRun> status = run_program(
        {.program = rig_->program(Part::agent), .arguments = {"status", "--config", rig_->config_file(Part::agent).string()}}, 10s);
    return status && status->output.find("paused") != std::string::npos;
  }

  std::uint64_t free_at(Part part) const {
    std::error_code failure;
    return std::filesystem::space(rig_->state_directory(part), failure).available;
  }

  // To the last byte, for a while.
  Result<void> fill_both() {
    for (const Part part : {Part::agent, Part::processor}) fill(part);
    const std::chrono::milliseconds span{random_.between(500, 4000)};
    if (Result<void> survived = watch(span); !survived) return survived;
    std::printf(
        "both disks were full for %lld ms: free at the agent %llu, at the processor %llu bytes; ended and started again: %llu\n",
        static_cast<long long>(span.count()), static_cast<unsigned long long>(free_at(Part::agent)),
        static_cast<unsigned long long>(free_at(Part::processor)), static_cast<unsigned long long>(ends_));
    std::fflush(stdout);
    for (const Part part : {Part::agent, Part::processor}) std::filesystem::remove(filler(part));
    return {};
  }

  // What ends with a reason is started again; nothing may die.
  Result<void> watch(std::chrono::milliseconds span) {
    for (const SteadyTime end = clock_.steady() + span; clock_.steady() < end; pause_for(look_again)) {
      for (const Part part : {Part::agent, Part::processor}) {
        const Result<ProcessEnd> ended = rig_->process(part)->wait(0ms);
        if (!ended) continue;
        if (ended->signal != 0)
          return Error{Code::invalid, "the " + std::string{name(part)} + " died of signal " + std::to_string(ended->signal)};
        ++ends_;
        if (Result<void> launched = rig_->launch(part); !launched) return launched;
      }
    }
    return {};
  }

  std::filesystem::path filler(Part part) const { return rig_->state_directory(part) / "somebody-elses"; }
  void fill(Part part) const {
    std::ofstream file{filler(part), std::ios::binary};
    for (std::string block(1u << 20, 'x'); !block.empty();) {
      if (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
      file.clear();
      block.resize(block.size() / 2);
    }
  }

  FullDiskOptions options_;
  const Clock& clock_;
  Random random_{Seed{1}};
  std::unique_ptr<Rig> rig_;
  std::uint64_t ends_ = 0;  // of parts, by themselves
};

int run(FullDiskOptions options) {
  if (!can_mount()) {
    std::printf("no right to mount a small file system: nothing is tested\n");
    return exit_cannot_be_tested;
  }
  const SystemClock clock;
  const std::string again = "--techniques " + std::to_string(options.techniques);
  const std::filesystem::path directory = options.directory;
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  Result<VerdictFigures> figures = FullDisk{std::move(options), clock}.run();
  // A mount is no folder that could be removed.
  for (const char* part : {"agent", "processor"})
    if (figures && figures->ok()) ::umount2((directory / part).c_str(), MNT_DETACH);
  return report(figures, directory, again);
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) {
  std::error_code failure;
  tidegate::FullDiskOptions options;
  options.programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  std::string directory = (options.programs.parent_path() / "full-disk").string();
  CLI::App app{"Fills the disks of agent and processor; exit code 0 only when nothing is missing and nothing is twice.",
               "tidegate-full-disk"};
  app.add_option("--techniques", options.techniques, "In the simulated backlog");
  app.add_option("--directory", directory, "Where to put everything; emptied before, and after a good end");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  options.directory = directory;
  return tidegate::run(std::move(options));
}
