// tidegate-kill-loop: the agent is killed (SIGKILL) again and again, at moments drawn from a seed, while the simulator has
// a backlog and live traffic; now and then the processor is killed as well. In the end nothing may be missing and nothing
// twice (P1 to P4).
//
// A life lasts from nothing to `life_max`, evenly: that covers the start, the opening of the journal, reading, committing
// and shipping. What the seed fixes are the lengths of the lives; what the agent has reached by then is the machine's.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/random.h"
#include "tests/crash/report.h"
#include "tests/crash/traffic.h"
#include "tests/support/rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds life_max{1500};
constexpr std::uint64_t processor_killed_one_in = 6;
constexpr std::chrono::seconds verdict_max{240};

constexpr std::uint64_t techniques_per_kill = 2000;

struct KillLoopOptions {
  std::filesystem::path directory;
  std::filesystem::path programs;
  std::uint64_t kills = 100;
  std::uint64_t seed = 1;
  std::uint64_t techniques = 0;  // 0: about as many as the lives can read
};

CrashTraffic traffic_of(const KillLoopOptions& options) {
  const auto live = static_cast<std::int64_t>(options.kills) * life_max.count() / 2000 + 5;
  return {.seed = options.seed,
          .live = std::chrono::seconds{live},
          .techniques = options.techniques > 0 ? options.techniques : techniques_per_kill * options.kills};
}

class KillLoop {
 public:
  KillLoop(KillLoopOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock), random_(Seed{options_.seed}) {}

  Result<VerdictFigures> run() {
    RigOptions rig{.directory = options_.directory,
                   .programs = options_.programs,
                   .simulator_flags = simulator_flags(traffic_of(options_)),
                   .connector = slow_connector()};
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    for (const Part part : {Part::simulator, Part::processor}) {
      if (Result<void> started = rig_->start(part); !started) return std::move(started).error();
    }
    for (std::uint64_t kill = 1; kill <= options_.kills; ++kill) {
      if (Result<void> lived = live_and_die(kill); !lived) {
        return std::move(lived).error().in("kill " + std::to_string(kill));
      }
    }
    if (Result<void> started = rig_->start(Part::processor); !started) return std::move(started).error();
    if (Result<void> started = rig_->start(Part::agent); !started) return std::move(started).error();
    Result<VerdictFigures> figures = rig_->verdict_within(verdict_max);
    if (figures && figures->ok()) {
      // A stop that is asked for leaves nothing undone either.
      if (Result<ProcessEnd> end = rig_->stop(Part::agent); !end) return std::move(end).error();
    }
    return figures;
  }

 private:
  Result<void> live_and_die(std::uint64_t kill) {
    if (Result<void> launched = rig_->launch(Part::agent); !launched) return launched;
    const std::chrono::milliseconds life{random_.between(0, life_max.count())};
    // A process that ends before its time has not been killed by us: it has failed.
    if (Result<ProcessEnd> early = rig_->process(Part::agent)->wait(life); early) {
      return Error{Code::invalid, "the agent ended by itself after less than " + std::to_string(life.count()) + " ms"};
    }
    if (Result<ProcessEnd> end = rig_->kill(Part::agent); !end) return std::move(end).error();
    std::printf("kill %llu after %lld ms\n", static_cast<unsigned long long>(kill), static_cast<long long>(life.count()));
    std::fflush(stdout);
    if (!rig_->running(Part::processor)) return rig_->launch(Part::processor);
    if (!random_.chance(processor_killed_one_in)) return {};
    std::printf("the processor is killed, and away for the next life\n");
    Result<ProcessEnd> end = rig_->kill(Part::processor);
    if (!end) return std::move(end).error();
    return {};
  }

  KillLoopOptions options_;
  const Clock& clock_;
  Random random_;
  std::unique_ptr<Rig> rig_;
};

int run(KillLoopOptions options) {
  const SystemClock clock;
  const std::string again = "--seed " + std::to_string(options.seed) + " --kills " + std::to_string(options.kills);
  const std::filesystem::path directory = options.directory;
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  KillLoop loop{std::move(options), clock};
  return report(loop.run(), directory, again);
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) {
  std::error_code failure;
  tidegate::KillLoopOptions options;
  options.programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  std::string directory = (options.programs.parent_path() / "kill-loop").string();
  CLI::App app{
      "Kills the agent at random moments while records flow; exit code 0 only when nothing is missing and nothing is twice.",
      "tidegate-kill-loop"};
  app.add_option("--kills", options.kills, "How often")->check(CLI::Range(1, 100000));
  app.add_option("--seed", options.seed, "Of the moments and of the simulated data");
  app.add_option("--techniques", options.techniques, "In the simulated backlog; default: 2,000 for each kill");
  app.add_option("--directory", directory, "Where to put everything; emptied before, and after a good end");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  options.directory = directory;
  return tidegate::run(std::move(options));
}
