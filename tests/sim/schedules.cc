// tidegate-schedules: runs one schedule per seed and says for each that failed what happened and how to run it again.
#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/sim/schedule.h"

namespace {

void tell(std::uint64_t seed, const tidegate::ScheduleOutcome& outcome) {
  std::cout << "seed " << seed << ": " << outcome.missing.size() << " missing, " << outcome.twins.size() << " twins\n";
  for (const std::string& line : outcome.story) std::cout << "  " << line << "\n";
  constexpr std::size_t shown = 5;
  for (std::size_t i = 0; i < std::min(outcome.missing.size(), shown); ++i) std::cout << "  missing " << outcome.missing[i] << "\n";
  for (std::size_t i = 0; i < std::min(outcome.twins.size(), shown); ++i) std::cout << "  twin " << outcome.twins[i] << "\n";
  std::cout << "run it again: tidegate-schedules --first " << seed << " --count 1\n" << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs a sensor through schedules of faults drawn from seeds; all must end with every record once."};
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  app.add_option("--first", first, "The first seed")->capture_default_str();
  app.add_option("--count", count, "How many seeds, one after the other")->capture_default_str()->check(CLI::PositiveNumber);
  bool log = false;
  app.add_flag("--log", log, "Print the agent's log too");
  CLI11_PARSE(app, argc, argv);

  std::uint64_t failed = 0;
  std::size_t held = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const tidegate::ScheduleOutcome outcome = tidegate::run_schedule(tidegate::Seed{seed});
    held += outcome.held;
    if (log)
      for (const std::string& line : outcome.log) std::cout << line << "\n";
    if (outcome.kept()) continue;
    ++failed;
    tell(seed, outcome);
  }
  std::cout << "verdict: schedules=" << count << " failed=" << failed << " records=" << held << "\n";
  return failed == 0 && held > 0 ? 0 : 1;
}
