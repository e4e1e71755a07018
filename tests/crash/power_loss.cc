// tidegate-power-loss: the power of the agent's machine, or of the processor's, goes again and again while records flow: the
// program is killed, and what it had not synced is taken from its disk (power_cut.h). The processor also dies the moment after a
// log of its was synced: what has landed is then not acknowledged yet. In the end nothing may be missing and nothing twice (P1 to
// P4).
//
// What the seed fixes are the lives and what of the unsynced is lost; what a program has reached by then is the machine's.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>

#include "base/random.h"
#include "tests/crash/disk_events.h"
#include "tests/crash/power_cut.h"
#include "tests/crash/report.h"
#include "tests/crash/traffic.h"
#include "tests/support/rig.h"

namespace tidegate {
namespace {

constexpr std::chrono::milliseconds life_max{1500};
constexpr std::uint64_t techniques_per_crash = 2000;

struct PowerLossOptions {
  std::filesystem::path directory;
  std::filesystem::path programs;
  std::uint64_t crashes = 200;
  std::uint64_t seed = 1;
  std::uint64_t verdict_seconds = 240;
  bool lie = false;
};

class PowerLoss {
 public:
  PowerLoss(PowerLossOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock), random_(Seed{options_.seed}) {}

  Result<VerdictFigures> run() {
    const auto live = static_cast<std::int64_t>(options_.crashes) * life_max.count() / 1000 + 5;
    const CrashTraffic traffic{
        .seed = options_.seed, .live = std::chrono::seconds{live}, .techniques = techniques_per_crash * options_.crashes};
    Result<std::unique_ptr<Rig>> made = Rig::make({.directory = options_.directory,
                                                   .programs = options_.programs,
                                                   .simulator_flags = simulator_flags(traffic),
                                                   .connector = slow_connector()},
                                                  clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    for (const Part part : {Part::agent, Part::processor}) disks_.emplace(part, WatchedDisk{rig_->state_directory(part)});
    if (Result<void> started = rig_->start(Part::simulator); !started) return std::move(started).error();
    while (crashes_ < options_.crashes) {
      if (Result<void> crashed = live_and_lose_power(); !crashed)
        return std::move(crashed).error().in("after crash " + std::to_string(crashes_));
    }
    if (lost_ == 0) return Error{Code::invalid, "no crash lost anything: the disks are not watched"};
    if (dying_ && rig_->running(Part::processor)) {
      if (Result<void> lost = lose_power(Part::processor); !lost) return std::move(lost).error();
    }
    for (const Part part : {Part::processor, Part::agent}) {
      set_environment(part, std::nullopt);
      if (Result<void> started = rig_->start(part); !started) return std::move(started).error();
    }
    Result<VerdictFigures> figures = rig_->verdict_within(std::chrono::seconds{options_.verdict_seconds});
    // A stop that is asked for leaves nothing undone either.
    if (figures && figures->ok())
      if (Result<ProcessEnd> end = rig_->stop(Part::agent); !end) return std::move(end).error();
    return figures;
  }

 private:
  void set_environment(Part part, std::optional<std::uint64_t> log_syncs) {
    std::vector<std::string> environment = disks_.at(part).environment(options_.programs / "libtidegate-note-disk.so");
    if (log_syncs) environment.push_back(std::string{disk_events::die_variable} + "=" + std::to_string(*log_syncs));
    if (options_.lie && part == Part::processor) environment.push_back(std::string{disk_events::lie_variable} + "=1");
    rig_->set_environment(part, std::move(environment));
  }

  Result<void> launch(Part part) {
    if (rig_->running(part)) return {};
    std::optional<std::uint64_t> log_syncs;
    if (part == Part::processor) {
      dying_ = random_.chance(2);
      if (dying_) log_syncs = random_.between(2, 60);
    }
    set_environment(part, log_syncs);
    return rig_->launch(part);
  }

  Result<void> live_and_lose_power() {
    for (const Part part : {Part::processor, Part::agent}) {
      if (Result<void> launched = launch(part); !launched) return launched;
    }
    const Part victim = random_.chance(3) ? Part::processor : Part::agent;
    const std::chrono::milliseconds life{random_.between(0, life_max.count())};
    const Result<ProcessEnd> early = rig_->process(victim)->wait(life);
    const bool as_planned = victim == Part::processor && dying_ && early && early->signal == SIGKILL;
    if (early && !as_planned)
      return Error{Code::invalid,
                   "the " + std::string{name(victim)} + " ended by itself after less than " + std::to_string(life.count()) + " ms"};
    if (Result<void> lost = lose_power(victim); !lost) return lost;
    // It may have died meanwhile, just after a sync.
    if (victim == Part::agent && dying_ && !rig_->running(Part::processor)) return lose_power(Part::processor);
    return {};
  }

  Result<void> lose_power(Part part) {
    const bool running = rig_->running(part);
    if (running) {
      if (Result<ProcessEnd> end = rig_->kill(part); !end) return std::move(end).error();
    }
    const Result<PowerCutFigures> figures = disks_.at(part).cut_power(random_);
    if (!figures) return figures.error();
    if (!figures->nothing()) ++lost_;
    std::printf("crash %llu: the %s%s; files torn %llu, bytes lost %llu, overwrites undone %llu, changes of folders undone %llu\n",
                static_cast<unsigned long long>(++crashes_), std::string{name(part)}.c_str(),
                running ? "" : ", just after a log was synced", static_cast<unsigned long long>(figures->files_torn),
                static_cast<unsigned long long>(figures->bytes_lost), static_cast<unsigned long long>(figures->overwrites_undone),
                static_cast<unsigned long long>(figures->changes_undone));
    std::fflush(stdout);
    return {};
  }

  PowerLossOptions options_;
  const Clock& clock_;
  Random random_;
  std::unique_ptr<Rig> rig_;
  std::map<Part, WatchedDisk> disks_;
  std::uint64_t crashes_ = 0;
  std::uint64_t lost_ = 0;  // crashes that took something
  bool dying_ = false;      // the processor: it is to die by itself
};

int run(PowerLossOptions options) {
  const SystemClock clock;
  const std::string again = "--seed " + std::to_string(options.seed) + " --crashes " + std::to_string(options.crashes);
  const std::filesystem::path directory = options.directory;
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  PowerLoss loss{std::move(options), clock};
  return report(loss.run(), directory, again);
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) {
  std::error_code failure;
  tidegate::PowerLossOptions options;
  options.programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  std::string directory = (options.programs.parent_path() / "power-loss").string();
  CLI::App app{
      "Cuts the power of the agent or the processor at random moments while records flow, and takes from its disk what was not "
      "synced; exit code 0 only when nothing is missing and nothing is twice.",
      "tidegate-power-loss"};
  app.add_option("--crashes", options.crashes, "How often")->check(CLI::Range(1, 100000));
  app.add_option("--seed", options.seed, "Of the moments, of what is lost and of the simulated data");
  app.add_option("--verdict-seconds", options.verdict_seconds, "How long to wait for everything to be there")
      ->check(CLI::Range(1, 3600));
  app.add_flag("--lie", options.lie, "The processor's disk says that it has synced, and has not: records must be missing");
  app.add_option("--directory", directory, "Where to put everything; emptied before, and after a good end");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  options.directory = directory;
  return tidegate::run(std::move(options));
}
