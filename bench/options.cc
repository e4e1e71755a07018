#include "bench/options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "bench/collect.h"
#include "bench/outage.h"
#include "bench/pipeline.h"

namespace tidegate {
namespace {

constexpr const char* records_help = "Techniques in the backlog";
constexpr const char* technique_bytes_help = "Mean size of a technique";
constexpr const char* seed_help = "Of the simulated data";
constexpr int runs_max = 100;

using Run = std::function<Result<Report>(const Clock&)>;

CLI::Option* add_number(CLI::App* bench, const char* flag, std::uint64_t& number, const char* help) {
  return bench->add_option(flag, number, help)->capture_default_str();
}

void add_backlog(CLI::App* bench, BacklogOptions& options) {
  add_number(bench, "--records", options.records, records_help)->check(CLI::Range(1000, 10000000));
  add_number(bench, "--technique-bytes", options.technique_bytes, technique_bytes_help)->check(CLI::Range(1000, 100000));
  add_number(bench, "--seed", options.seed, seed_help);
}

void add_pipeline(CLI::App* bench, Options& options) {
  add_backlog(bench, options.pipeline);
  bench->add_flag("--no-peers", options.no_peers, "Not rsyslog and syslog-ng at the same records, where they are unpacked");
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

void add_soak(CLI::App* bench, SoakOptions& options) {
  add_number(bench, "--seconds", options.seconds, "How long records come")->check(CLI::Range(10, 86400));
  add_number(bench, "--records-per-second", options.records_per_second, "Techniques a second")->check(CLI::Range(10, 10000));
  add_number(bench, "--technique-bytes", options.technique_bytes, technique_bytes_help)->check(CLI::Range(1000, 100000));
  add_number(bench, "--away-every", options.away_every, "Seconds from one absence of the receiver to the next")
      ->check(CLI::Range(2, 3600));
  add_number(bench, "--away-for", options.away_for, "Seconds of each absence")->check(CLI::Range(1, 3600));
  add_number(bench, "--sample-every", options.sample_every, "Seconds between two looks at the agent")->check(CLI::Range(1, 600));
  add_number(bench, "--seed", options.seed, seed_help);
}

void add_crashes(CLI::App* bench, CrashOptions& options) {
  add_number(bench, "--blows", options.blows, "Of each kind but full, which is one")->check(CLI::Range(1, 10000));
  add_number(bench, "--records", options.records, records_help)->check(CLI::Range(3000, 1000000));
  add_number(bench, "--technique-bytes", options.technique_bytes, technique_bytes_help)->check(CLI::Range(1000, 60000));
  add_number(bench, "--seed", options.seed, "Of the simulated data, and of when blows fall and what they take");
  bench->add_option("--subject", options.subject, "This one alone; default: all that are there")
      ->check(CLI::IsMember({"agent", "rsyslog", "syslog-ng"}));
  bench->add_option("--only", options.only, "This kind of blow alone; default: all")
      ->check(CLI::IsMember({"kill", "flap", "power", "full"}));
}

void add_control(CLI::App* bench, ControlOptions& options) {
  add_number(bench, "--agents", options.agents, "That come at once")->check(CLI::Range(1, 10000));
  add_number(bench, "--pushes", options.pushes, "Configurations that are pushed afterwards")->check(CLI::Range(1, 10000));
}

void add_rules(CLI::App* bench, RulesOptions& options) {
  add_number(bench, "--records", options.records, "Records for each number of rules")->check(CLI::Range(2000, 10000000));
  add_number(bench, "--seconds", options.seconds, "How long alerts come whose action is waited for; 0: the cost alone")
      ->check(CLI::Range(0, 3600));
  add_number(bench, "--seed", options.seed, seed_help);
}

void add_output(CLI::App* bench, Output& output) {
  add_number(bench, "--runs", output.runs, "How often, one after the other; a figure is then the median, of losses the worst")
      ->check(CLI::Range(1, runs_max));
  bench->add_flag("--json", output.json, "One JSON document and nothing else");
  bench->add_option("--save", output.save, "Folder for that document, as NAME.json; `page` makes a page of it");
}

Result<Report> run_pipeline(const Options& options, const Clock& clock) {
  return bench_pipeline(options.pipeline, clock, options.no_peers ? PeerRuns::none : PeerRuns::where_installed);
}

}  // namespace

Options default_options(const std::filesystem::path& programs) {
  const std::filesystem::path directory = programs.parent_path() / "bench-data";
  Options options{.pipeline = {.directory = directory, .programs = programs, .records = 200'000},
                  .collect = {.directory = directory, .programs = programs, .records = 1'000'000},
                  .outage = {.directory = directory, .programs = programs, .records = 2'000'000},
                  .idle = {.directory = directory, .programs = programs},
                  .startup = {.directory = directory, .programs = programs},
                  .soak = {.directory = directory, .programs = programs}};
  options.crashes.directory = directory;
  options.crashes.programs = programs;
  options.crashes.records = 60'000;
  options.control.directory = directory;
  options.control.programs = programs;
  options.rules.directory = directory;
  options.rules.programs = programs;
  return options;
}

std::vector<Bench> add_benches(CLI::App& app, Options& options) {
  std::vector<Bench> benches;
  const auto add = [&](const char* name, const char* help, Run run) {
    CLI::App* const bench = app.add_subcommand(name, help);
    add_output(bench, options.output);
    benches.push_back({bench, std::move(run)});
    return bench;
  };
  add_pipeline(add("pipeline", "The agent alone: simulator to agent to a receiver that acknowledges at once",
                   [&options](const Clock& clock) { return run_pipeline(options, clock); }),
               options);
  add_backlog(add("collect", "Reading a backlog, against curl fetching the same pages",
                  [&options](const Clock& clock) { return bench_collect(options.collect, clock); }),
              options.collect);
  add_backlog(add("outage", "Buffering while the receiver is away, draining once it is back",
                  [&options](const Clock& clock) { return bench_outage(options.outage, clock); }),
              options.outage);
  add_idle(add("idle", "Three connectors that have nothing to collect",
               [&options](const Clock& clock) { return bench_idle(options.idle, clock); }),
           options.idle);
  add_startup(add("startup", "From the start with a large backlog to the first byte that is shipped",
                  [&options](const Clock& clock) { return bench_startup(options.startup, clock); }),
              options.startup);
  add_soak(add("soak", "An hour of records while the receiver comes and goes",
               [&options](const Clock& clock) { return bench_soak(options.soak, clock); }),
           options.soak);
  add_crashes(add("crashes", "Lost and twice: kills, broken connections, power cuts and full buffers, the agent beside its peers",
                  [&options](const Clock& clock) { return bench_crashes(options.crashes, clock); }),
              options.crashes);
  add_control(add("control", "A fleet of agents that connects to one processor at once, is configured, and is pushed to",
                  [&options](const Clock& clock) { return bench_control(options.control, clock); }),
              options.control);
  add_rules(add("rules", "What rules on the stream cost a processor, and how soon they act",
                [&options](const Clock& clock) { return bench_rules(options.rules, clock); }),
            options.rules);
  return benches;
}

}  // namespace tidegate
