// tidegate-simulate: runs fleets drawn from seeds and says of each that broke a promise what happened and how to run it again. With
// --mutants it breaks the promises itself, one after the other, and fails where no checker sees it.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "tests/sim/fleet_run.h"
#include "tests/sim/mutants.h"

namespace tidegate {
namespace {

constexpr std::uint64_t mutant_seeds_max = 100;
constexpr std::uint64_t progress_every = 50;
constexpr std::uint64_t runs_that_judge = 10;  // so many fleets with control planes have something to be judged of their documents

struct Wishes {
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  std::uint64_t seed = 0;
  std::int64_t hours = 24;
  std::string faults = "all";
  bool control = false;
  std::string mutant;
  bool mutants = false;
  std::string promise;
  std::string corpus;
  bool log = false;
  bool trace = false;
  bool twice = false;
  bool quiet = false;
};

struct Run {
  Seed seed;
  RunOptions options;
  std::string faults;
};

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t records = 0;
  std::uint64_t hours = 0;
  JudgedDocuments judged;

  void add(const Run& run, const RunOutcome& outcome) {
    ++runs;
    records += outcome.held;
    hours += static_cast<std::uint64_t>(run.options.hours.count());
    judged.add(outcome.judged);
  }
};

void print_indented(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::cout << "  " << line << "\n";
}

std::string how_to_run(const Run& run) {
  std::string text = "tidegate-simulate --seed " + std::to_string(run.seed.value) + " --hours " +
                     std::to_string(run.options.hours.count()) + " --faults " + run.faults;
  if (run.options.control) text.append(" --control");
  if (run.options.mutant != nullptr) text.append(" --mutant ").append(run.options.mutant->name);
  return text;
}

void tell_failure(const Run& run, const std::vector<std::string>& broken, const RunOutcome& outcome, const Wishes& wishes) {
  std::cout << "seed " << run.seed.value << ": broken\n";
  print_indented(broken);
  if (!wishes.quiet) {
    std::cout << "what happened:\n";
    print_indented(outcome.story);
  }
  std::cout << "run it again: " << how_to_run(run) << "\n" << std::flush;
}

// True when every promise was kept.
bool run_one(const Run& run, const Wishes& wishes, Totals& totals) {
  const RunOutcome outcome = run_fleet(run.seed, run.options);
  totals.add(run, outcome);
  if (wishes.log)
    for (const std::string& line : outcome.log) std::cout << line << "\n";
  if (wishes.trace) std::cout << "seed " << run.seed.value << " trace " << to_hex(outcome.trace) << "\n";
  std::vector<std::string> broken = outcome.broken;
  if (wishes.twice) {
    const RunOutcome again = run_fleet(run.seed, run.options);
    if (again.trace != outcome.trace)
      broken.push_back("the second run was another: trace " + to_hex(outcome.trace) + ", then " + to_hex(again.trace));
  }
  if (broken.empty()) return true;
  ++totals.failed;
  tell_failure(run, broken, outcome, wishes);
  return false;
}

void run_all(const std::vector<Run>& runs, const Wishes& wishes, Totals& totals) {
  for (const Run& run : runs) {
    (void)run_one(run, wishes, totals);
    if (!wishes.quiet && totals.runs % progress_every == 0)
      std::cerr << totals.runs << " of " << runs.size() << " runs, " << totals.failed << " failed\n";
  }
}

// The first line that names the promise itself: that another checker stumbles over the mutant is no proof for this one.
std::optional<std::string> named_in(const RunOutcome& outcome, const Mutant& mutant) {
  const std::string named = "  " + std::string{mutant.promise} + ":";
  for (const std::string& line : outcome.broken)
    if (line.find(named) != std::string::npos && line.find(mutant.seen_as) != std::string::npos) return line;
  return std::nullopt;
}

// Each mutant with seed after seed until the checker of its promise has caught it.
void run_mutants(const RunOptions& options, const Wishes& wishes, Totals& totals) {
  std::cout << "name | promise | what | caught by seed | what was seen\n";
  for (const Mutant& mutant : mutants()) {
    if (!wishes.promise.empty() && mutant.promise != wishes.promise) continue;
    Run run{.seed = {}, .options = options, .faults = wishes.faults};
    run.options.mutant = &mutant;
    run.options.control = options.control || mutant.needs_control();
    std::string caught = "none of " + std::to_string(mutant_seeds_max) + " | ";
    bool found = false;
    while (!found && run.seed.value < mutant_seeds_max) {
      ++run.seed.value;
      const RunOutcome outcome = run_fleet(run.seed, run.options);
      totals.add(run, outcome);
      const std::optional<std::string> seen = named_in(outcome, mutant);
      found = seen.has_value();
      if (found) caught = std::to_string(run.seed.value) + " | " + *seen;
    }
    if (!found) ++totals.failed;
    std::cout << mutant.name << " | " << mutant.promise << " | " << mutant.what << " | " << caught << "\n" << std::flush;
  }
}

// One run a line: "seed hours faults  # why", with the word control behind the faults where sensors have control planes.
Result<std::vector<Run>> read_corpus(const std::string& path, const RunOptions& options) {
  std::ifstream file{path};
  if (!file) return Error{Code::absent, path + ": cannot be read"};
  std::vector<Run> runs;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line.resize(std::min(line.find('#'), line.size()));
    std::istringstream words{line};
    if ((words >> std::ws).eof()) continue;
    Run run{.seed = {}, .options = options, .faults = {}};
    std::int64_t hours = 0;
    std::string more;
    const std::string where = path + ":" + std::to_string(number);
    const bool read = static_cast<bool>(words >> run.seed.value >> hours >> run.faults) && hours > 0;
    if (words >> more) run.options.control = more == "control";
    if (!read || (!more.empty() && !run.options.control) || (words >> more))
      return Error{Code::invalid, where + ": a line is `seed hours faults [control]  # why`"};
    run.options.hours = std::chrono::hours{hours};
    Result<FaultMix> mix = FaultMix::parse(run.faults);
    if (!mix) return std::move(mix).error().in(where);
    run.options.mix = *mix;
    runs.push_back(std::move(run));
  }
  return runs;
}

// Also that there was something to keep.
bool kept_all(const Totals& totals, const Wishes& wishes) {
  if (totals.failed > 0 || totals.records == 0) return false;
  return !wishes.control || totals.runs < runs_that_judge || (totals.judged.verdicts > 0 && totals.judged.looks > 0);
}

void print_verdict(const Totals& totals, const Wishes& wishes) {
  std::cout << "verdict: runs=" << totals.runs << " failed=" << totals.failed << " records=" << totals.records
            << " simulated_hours=" << totals.hours;
  if (wishes.control) std::cout << " verdicts_judged=" << totals.judged.verdicts << " looks_judged=" << totals.judged.looks;
  std::cout << "\n";
}

Result<RunOptions> options_of(const Wishes& wishes) {
  RunOptions options{.hours = std::chrono::hours{wishes.hours}, .mix = {}, .control = wishes.control, .mutant = nullptr};
  Result<FaultMix> mix = FaultMix::parse(wishes.faults);
  if (!mix) return std::move(mix).error();
  options.mix = *mix;
  if (wishes.mutant.empty()) return options;
  options.mutant = find_mutant(wishes.mutant);
  if (options.mutant != nullptr) return options;
  std::string known;
  for (const Mutant& mutant : mutants()) known.append(known.empty() ? "" : ", ").append(mutant.name);
  return Error{Code::invalid, "mutant: there is no " + wishes.mutant + "; there are " + known};
}

Result<Totals> simulate(const Wishes& wishes) {
  Result<RunOptions> options = options_of(wishes);
  if (!options) return std::move(options).error();
  Totals totals;
  if (wishes.mutants) {
    if (!wishes.promise.empty() && std::ranges::find(mutants(), wishes.promise, &Mutant::promise) == mutants().end())
      return Error{Code::invalid, "promise: no mutant breaks " + wishes.promise + "; see --mutants for those that one does"};
    run_mutants(*options, wishes, totals);
    return totals;
  }
  std::vector<Run> runs;
  if (!wishes.corpus.empty()) {
    Result<std::vector<Run>> read = read_corpus(wishes.corpus, *options);
    if (!read) return std::move(read).error();
    runs = *std::move(read);
  } else if (wishes.seed > 0) {
    runs.push_back({.seed = Seed{wishes.seed}, .options = *options, .faults = wishes.faults});
  } else {
    for (std::uint64_t i = 0; i < wishes.count; ++i)
      runs.push_back({.seed = Seed{wishes.first + i}, .options = *options, .faults = wishes.faults});
  }
  run_all(runs, wishes, totals);
  return totals;
}

void add_options(CLI::App& app, Wishes& wishes) {
  app.add_option("--first", wishes.first, "The first seed")->capture_default_str();
  app.add_option("--count", wishes.count, "How many seeds, one after the other")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--seed", wishes.seed, "This seed alone")->check(CLI::PositiveNumber);
  app.add_option("--hours", wishes.hours, "Simulated hours of blows; healing takes a few more")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--faults", wishes.faults,
                 "What goes wrong: all, none, or a list of network,processor,sensor,disk,api,clock,config")
      ->capture_default_str();
  app.add_flag("--control", wishes.control, "Sensors have control planes, which push them good and bad documents");
  CLI::Option* const mutant = app.add_option("--mutant", wishes.mutant, "Break a promise on purpose");
  CLI::Option* const all_mutants =
      app.add_flag("--mutants", wishes.mutants, "Break each promise on purpose, until a seed shows that it is seen");
  app.add_option("--promise", wishes.promise, "With --mutants: only those that break this promise, such as P8")->needs(all_mutants);
  CLI::Option* const corpus =
      app.add_option("--corpus", wishes.corpus, "Run what this file lists, a line each: seed hours faults [control]");
  mutant->excludes(all_mutants);
  corpus->excludes(all_mutants);
  app.add_flag("--log", wishes.log, "Print the logs of all programs");
  app.add_flag("--trace", wishes.trace, "Print a hash of everything that happened, for each seed");
  app.add_flag("--twice", wishes.twice, "Run each seed twice, and fail where the two differ");
  app.add_flag("--quiet", wishes.quiet, "No progress, and of what failed only which promise was broken");
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  // Stores are opened and closed by the thousand: their buffers stay ours.
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  CLI::App app{"Runs whole fleets through hours of faults drawn from seeds; every promise must be kept."};
  tidegate::Wishes wishes;
  tidegate::add_options(app, wishes);
  CLI11_PARSE(app, argc, argv);

  const tidegate::Result<tidegate::Totals> totals = tidegate::simulate(wishes);
  if (!totals) {
    std::cerr << totals.error().text() << "\n";
    return 2;
  }
  tidegate::print_verdict(*totals, wishes);
  return tidegate::kept_all(*totals, wishes) ? 0 : 1;
}
