// tidegate-simulate-actions: days of response actions drawn from seeds (P9). With --mutants it breaks the promise itself, in one
// way after the other, and fails where that is not seen.
#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/actions/action_run.h"

namespace tidegate {
namespace {

constexpr std::uint64_t mutant_seeds = 100;

struct Asked {
  std::uint64_t first = 1;
  std::uint64_t count = 1000;
  std::uint64_t seed = 0;
  bool mutants = false;
  bool twice = false;
};

int run_seeds(const Asked& asked) {
  std::size_t failed = 0;
  std::size_t runs = 0;
  std::size_t tasks = 0;
  std::size_t unknown = 0;
  std::size_t kills = 0;
  const std::uint64_t first = asked.seed > 0 ? asked.seed : asked.first;
  const std::uint64_t count = asked.seed > 0 ? 1 : asked.count;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ActionOutcome outcome = run_actions(Seed{seed}, nullptr);
    runs += outcome.runs;
    tasks += outcome.tasks;
    unknown += outcome.unknown;
    kills += outcome.kills;
    if (asked.twice && run_actions(Seed{seed}, nullptr).trace != outcome.trace)
      outcome.broken.emplace_back("the second run was another");
    if (asked.seed > 0)
      for (const std::string& line : outcome.story) std::cout << "  " << line << "\n";
    if (outcome.broken.empty()) continue;
    ++failed;
    std::cout << "seed " << seed << ": broken\n";
    for (const std::string& line : outcome.broken) std::cout << "  " << line << "\n";
    std::cout << "run it again: tidegate-simulate-actions --seed " << seed << "\n" << std::flush;
  }
  std::cout << "verdict: seeds=" << count << " failed=" << failed << " runs=" << runs << " tasks=" << tasks << " kills=" << kills
            << " unknown=" << unknown << "\n";
  return failed == 0 ? 0 : 1;
}

int run_action_mutants() {
  std::size_t missed = 0;
  std::cout << "name | what | caught by seed | what was seen\n";
  for (const ActionMutant& mutant : action_mutants()) {
    std::string seen = "none | ";
    for (std::uint64_t seed = 1; seed <= mutant_seeds && seen == "none | "; ++seed)
      if (const ActionOutcome outcome = run_actions(Seed{seed}, &mutant); !outcome.broken.empty())
        seen = std::to_string(seed) + " | " + outcome.broken.front();
    missed += seen == "none | " ? 1 : 0;
    std::cout << mutant.name << " | " << mutant.what << " | " << seen << "\n" << std::flush;
  }
  std::cout << "verdict: mutants=" << action_mutants().size() << " missed=" << missed << "\n";
  return missed == 0 ? 0 : 1;
}

int simulate_actions(int argc, char** argv) {
  CLI::App app{"Runs days of response actions through faults drawn from seeds: none done twice, none forgotten."};
  Asked asked;
  app.add_option("--first", asked.first, "The first seed")->capture_default_str();
  app.add_option("--count", asked.count, "How many seeds, one after the other")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", asked.seed, "This seed alone, with its story")->check(CLI::PositiveNumber);
  app.add_flag("--mutants", asked.mutants, "Break the promise on purpose, until a seed shows that it is seen");
  app.add_flag("--twice", asked.twice, "Run each seed twice, and fail where the two differ");
  CLI11_PARSE(app, argc, argv);
  return asked.mutants ? run_action_mutants() : run_seeds(asked);
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) { return tidegate::simulate_actions(argc, argv); }
