// tidegate-simulate-actions: days of response actions drawn from seeds (P9). With --mutants it breaks the promise itself, in one
// way after the other, and fails where that is not seen.
#include <CLI/CLI.hpp>
#include <algorithm>
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
  // A verdict on nothing is none.
  const bool nothing = asked.seed == 0 && (runs == 0 || tasks == 0 || kills == 0);
  return failed == 0 && !nothing ? 0 : 1;
}

// The first line that says what the mutant claims: that something else is broken too is no proof.
std::string claimed_in(const ActionOutcome& outcome, const ActionMutant& mutant) {
  const auto found = std::ranges::find_if(
      outcome.broken, [&mutant](const std::string& line) { return line.find(mutant.seen) != std::string::npos; });
  return found == outcome.broken.end() ? std::string{} : *found;
}

int run_action_mutants() {
  std::size_t missed = 0;
  std::cout << "name | what | caught by seed | what was seen\n";
  for (const ActionMutant& mutant : action_mutants()) {
    std::string seen;
    std::uint64_t seed = 0;
    while (seen.empty() && seed < mutant_seeds) seen = claimed_in(run_actions(Seed{++seed}, &mutant), mutant);
    missed += seen.empty() ? 1 : 0;
    const std::string caught = seen.empty() ? "none | " : std::to_string(seed) + " | " + seen;
    std::cout << mutant.name << " | " << mutant.what << " | " << caught << "\n" << std::flush;
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
