// The command line of tidegate-bench: the benchmarks, the options of each with their defaults, and what all of them take.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bench/backlog.h"
#include "bench/control.h"
#include "bench/crashes.h"
#include "bench/idle.h"
#include "bench/rules.h"
#include "bench/soak.h"
#include "bench/startup.h"

namespace CLI {
class App;
}

namespace tidegate {

// What becomes of a report.
struct Output {
  std::uint64_t runs = 1;
  bool json = false;
  std::string save;  // folder; empty: it is printed only
};

struct Options {
  BacklogOptions pipeline;
  BacklogOptions collect;
  BacklogOptions outage;
  IdleOptions idle;
  StartupOptions startup;
  SoakOptions soak;
  CrashOptions crashes = {};
  ControlOptions control = {};
  RulesOptions rules = {};
  bool no_peers = false;
  Output output = {};
};

Options default_options(const std::filesystem::path& programs);

struct Bench {
  CLI::App* app;
  std::function<Result<Report>(const Clock&)> run;
};

// Adds a subcommand for each.
//   requires: `options` outlives what is returned
std::vector<Bench> add_benches(CLI::App& app, Options& options);

}  // namespace tidegate
