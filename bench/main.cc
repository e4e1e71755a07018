// tidegate-bench: the program behind `./dev bench NAME`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <vector>

#include "bench/collect.h"
#include "bench/idle.h"
#include "bench/outage.h"
#include "bench/pipeline.h"
#include "bench/startup.h"

namespace tidegate {
namespace {

constexpr const char* records_help = "Techniques in the backlog";
constexpr const char* technique_bytes_help = "Mean size of a technique";
constexpr const char* seed_help = "Of the simulated data";

// The options of each benchmark, with their defaults.
struct Options {
  BacklogOptions pipeline;
  BacklogOptions collect;
  BacklogOptions outage;
  IdleOptions idle;
  StartupOptions startup;
  bool no_peers = false;
  bool json = false;
};

struct Subcommand {
  CLI::App* app;
  std::function<Result<Report>(const Clock&)> run;
};

Options default_options(const std::filesystem::path& programs) {
  const std::filesystem::path directory = programs.parent_path() / "bench-data";
  return {.pipeline = {.directory = directory, .programs = programs, .records = 200'000},
          .collect = {.directory = directory, .programs = programs, .records = 1'000'000},
          .outage = {.directory = directory, .programs = programs, .records = 2'000'000},
          .idle = {.directory = directory, .programs = programs},
          .startup = {.directory = directory, .programs = programs}};
}

CLI::Option* add_number(CLI::App* bench, const char* flag, std::uint64_t& number, const char* help) {
  return bench->add_option(flag, number, help)->capture_default_str();
}

void add_backlog(CLI::App* bench, BacklogOptions& options) {
  add_number(bench, "--records", options.records, records_help)->check(CLI::Range(1000, 10000000));
  add_number(bench, "--technique-bytes", options.technique_bytes, technique_bytes_help)->check(CLI::Range(1000, 100000));
  add_number(bench, "--seed", options.seed, seed_help);
}

void add_idle(CLI::App* bench, IdleOptions& options) {
  add_number(bench, "--seconds", options.seconds, "How long to measure; every 300 s the connectors poll")
      ->check(CLI::Range(1, 86400));
}

void add_startup(CLI::App* bench, StartupOptions& options) {
  bench->add_option("--backlog-gb", options.backlog_gb, "Bytes in the journal, in 10^9")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 100.0));
  add_number(bench, "--segment-records", options.segment_records, "Records of a segment, about")->check(CLI::Range(10, 200));
  add_number(bench, "--technique-bytes", options.technique_bytes, technique_bytes_help)->check(CLI::Range(1000, 100000));
  add_number(bench, "--seconds", options.seconds, "How long to drain")->check(CLI::Range(1, 3600));
  add_number(bench, "--seed", options.seed, seed_help);
}

std::vector<Subcommand> add_subcommands(CLI::App& app, Options& options) {
  CLI::App* const pipeline =
      app.add_subcommand("pipeline", "The agent alone: simulator to agent to a receiver that acknowledges at once");
  add_backlog(pipeline, options.pipeline);
  pipeline->add_flag("--no-peers", options.no_peers, "Not rsyslog and syslog-ng at the same records, where they are unpacked");
  CLI::App* const collect = app.add_subcommand("collect", "Reading a backlog, against curl fetching the same pages");
  add_backlog(collect, options.collect);
  CLI::App* const outage = app.add_subcommand("outage", "Buffering while the receiver is away, draining once it is back");
  add_backlog(outage, options.outage);
  CLI::App* const idle = app.add_subcommand("idle", "Three connectors that have nothing to collect");
  add_idle(idle, options.idle);
  CLI::App* const startup = app.add_subcommand("startup", "From the start with a large backlog to the first byte that is shipped");
  add_startup(startup, options.startup);
  for (CLI::App* bench : {pipeline, collect, outage, idle, startup})
    bench->add_flag("--json", options.json, "One JSON document and nothing else");
  const auto run_pipeline = [&options](const Clock& clock) {
    return bench_pipeline(options.pipeline, clock, options.no_peers ? PeerRuns::none : PeerRuns::where_installed);
  };
  return {{pipeline, run_pipeline},
          {collect, [&options](const Clock& clock) { return bench_collect(options.collect, clock); }},
          {outage, [&options](const Clock& clock) { return bench_outage(options.outage, clock); }},
          {idle, [&options](const Clock& clock) { return bench_idle(options.idle, clock); }},
          {startup, [&options](const Clock& clock) { return bench_startup(options.startup, clock); }}};
}

int run(const Subcommand& bench, bool json) {
  const SystemClock clock;
  const Result<Report> report = bench.run(clock);
  if (!report) {
    std::fprintf(stderr, "tidegate-bench: %s\n", report.error().text().c_str());
    return 1;
  }
  std::fputs((json ? report->json() : report->text()).c_str(), stdout);
  bool whole = true;
  for (const auto& [key, value] : report->figures) whole = whole && ((key != "missing" && key != "twins") || value == 0);
  return whole ? 0 : 1;
}

int bench_main(int count, char** arguments) {
  std::error_code failure;
  const std::filesystem::path programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
  Options options = default_options(programs);
  CLI::App app{"Measures, and prints the environment with the figures. Exit code 0: measured, nothing missing, nothing twice.",
               "tidegate-bench"};
  app.require_subcommand(1);
  const std::vector<Subcommand> benches = add_subcommands(app, options);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  for (const Subcommand& bench : benches) {
    if (bench.app->parsed()) return run(bench, options.json);
  }
  return 2;
}

}  // namespace
}  // namespace tidegate

int main(int count, char** arguments) { return tidegate::bench_main(count, arguments); }
