#include "tests/tools/demo_run.h"

#include <cstdio>
#include <unordered_set>

#include "base/id128.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds drain_max{600};
constexpr std::chrono::seconds judge_max{180};
constexpr auto look_again = 200ms;

// When what happens, as shares of the live part, or of the backlog's records if that comes first.
constexpr double away_at = 0.20;
constexpr double kill_at = 0.45;
constexpr double back_at = 0.65;

Settings connector_settings(bool simulated) {
  if (!simulated) return {{"interval", "30s"}, {"audit_logs_interval", "5min"}, {"first_read", "24h"}};
  return {{"interval", "1s"}, {"audit_logs_interval", "1s"},   {"first_read", "24h"}, {"overlap", "1min"},
          {"settle", "1s"},   {"requests_per_minute", "60000"}};
}

std::vector<std::string> simulator_flags(const DemoOptions& options) {
  return {"--seed",
          std::to_string(options.seed),
          "--techniques",
          std::to_string(options.techniques),
          "--alerts",
          "600",
          "--audit-logs",
          "600",
          "--backlog-hours",
          "6",
          "--techniques-per-second",
          "50",
          "--alerts-per-second",
          "0.5",
          "--audit-logs-per-second",
          "1",
          "--live-seconds",
          std::to_string(options.length.count()),
          "--updates-share",
          "0.3",
          "--late-share",
          "0.02",
          "--late-max",
          "10s",
          "--link-lifetime",
          "60s"};
}

// The id under which the index keeps a record: the rest of the hit is not looked at.
Result<Id128> record_id_of(const std::string& hit) {
  constexpr std::string_view key = "\"record_id\":\"";
  const std::size_t found = hit.find(key);
  const std::optional<Id128> id =
      found == std::string::npos ? std::nullopt : id_from_hex(std::string_view{hit}.substr(found + key.size(), 32));
  if (!id) return Error{Code::corrupt, "a hit without record_id"};
  return *id;
}

}  // namespace

Demo::Demo(DemoOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock), table_(clock) {}

std::chrono::nanoseconds Demo::at(double share) const {
  const auto from_start = std::chrono::duration_cast<std::chrono::nanoseconds>(share * options_.length);
  return std::max(started_ + from_start - clock_.steady(), 0ns);
}

void Demo::read() {
  if (const Result<MetricsReading> reading = rig_->metrics(Part::agent)) table_.read_agent(*reading);
  if (const Result<MetricsReading> reading = rig_->metrics(Part::processor)) table_.read_processor(*reading);
}

// A part that is away has been sent away by us; any other end is a failure.
Result<void> Demo::look_after(Part part, Life life) {
  if (life == Life::away || rig_->running(part)) return {};
  return Error{Code::unavailable, "the " + std::string{name(part)} + " has ended by itself; see " + rig_->log_file(part).string()};
}

template <class Condition>
Result<void> Demo::watch(std::chrono::nanoseconds at_most, Condition until) {
  const SteadyTime deadline = clock_.steady() + at_most;
  while (clock_.steady() < deadline) {
    if (Result<void> alive = look_after(Part::agent, table_.agent()); !alive) return alive;
    if (Result<void> alive = look_after(Part::processor, table_.processor()); !alive) return alive;
    read();
    table_.draw();
    if (until()) return {};
    pause_for(look_again);
  }
  return Error{Code::timeout, "not within " + std::to_string(at_most / 1s) + " s"};
}

template <class Condition>
Result<void> Demo::wait(std::chrono::nanoseconds at_most, Condition until) {
  Result<void> seen = watch(at_most, until);
  return !seen && seen.error().code() == Code::timeout ? Result<void>{} : seen;
}

Result<void> Demo::set_up() {
  table_.say("certificates, a token and configuration files go to " + options_.directory.string());
  RigOptions rig{.directory = options_.directory, .programs = options_.programs, .simulator_flags = simulator_flags(options_)};
  rig.api_base_url = options_.api_base_url;
  rig.api_token_file = options_.token_file;
  rig.connector = connector_settings(simulated());
  Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
  if (!made) return std::move(made).error();
  rig_ = std::move(*made);
  if (simulated()) {
    table_.say("starting the Vision One simulator: " + std::to_string(options_.techniques) +
               " techniques, 600 alerts, 600 audit logs, and more as we go");
    if (Result<void> started = rig_->start(Part::simulator); !started) return started;
  }
  table_.say("starting the processor");
  if (Result<void> started = rig_->start(Part::processor); !started) return started;
  table_.say("starting the agent");
  started_ = clock_.steady();
  return rig_->start(Part::agent);
}

Result<void> Demo::take_processor_away() {
  read();
  Result<ProcessEnd> end = rig_->stop(Part::processor);
  if (!end) return std::move(end).error();
  std::array<std::uint64_t, demo_lanes> indexed{};
  for (std::size_t lane = 0; lane < demo_lanes; ++lane) {
    Result<std::uint64_t> count = rig_->count("msg_class: " + std::string{msg_class(all_feeds[lane])});
    if (!count) return std::move(count).error();
    indexed[lane] = *count;
  }
  table_.processor_ended(indexed);
  table_.say("THE PROCESSOR IS AWAY (SIGTERM): the agent goes on reading and keeps what it read on its own disk");
  return {};
}

Result<void> Demo::kill_agent() {
  read();
  Result<ProcessEnd> end = rig_->kill(Part::agent);
  if (!end) return std::move(end).error();
  table_.agent_ended();
  table_.say("THE AGENT IS KILLED (SIGKILL), in the middle of its work");
  return {};
}

Result<void> Demo::bring_back(Part part) {
  if (Result<void> started = rig_->start(part); !started) return started;
  table_.say("the " + std::string{name(part)} + " is back" +
             (part == Part::agent ? ": it goes on from its cursors" : ": the backlog replays, fresh alerts first"));
  return {};
}

Result<void> Demo::live() {
  const auto never = [] { return false; };
  const auto committed_share = [this](double share) {
    return [this, share] { return simulated() && table_.committed() >= share * static_cast<double>(options_.techniques); };
  };
  Result<void> step = wait(at(away_at), committed_share(0.25));
  if (step) step = take_processor_away();
  if (step) step = wait(at(kill_at), committed_share(0.60));
  if (step) step = kill_agent();
  if (step) step = wait(2s, never);
  if (step) step = bring_back(Part::agent);
  if (step) step = wait(at(back_at), never);
  if (step) step = bring_back(Part::processor);
  if (step) step = wait(at(1.0), never);
  return step;
}

Result<void> Demo::drain() {
  table_.say("the live part is over: waiting until the backlog is empty");
  Result<void> drained = watch(drain_max, [this] { return table_.backlog() == 0; });
  if (!drained) return std::move(drained).error().in("the backlog does not drain");
  return {};
}

Result<bool> Demo::judge_simulator() {
  table_.say("comparing the simulator's ledger with the index");
  Result<VerdictFigures> figures = rig_->verdict_within(judge_max);
  if (!figures) return std::move(figures).error();
  read();
  table_.draw_now();
  for (const std::string& example : figures->examples) std::printf("  %s\n", example.c_str());
  if (figures->foreign > 0) std::printf("  foreign: %llu\n", static_cast<unsigned long long>(figures->foreign));
  if (figures->earlier_versions > 0) {
    std::printf("\nBesides, the index holds %llu earlier versions of alerts that were updated since.\n",
                static_cast<unsigned long long>(figures->earlier_versions));
  }
  show_search();
  std::printf("%s\n", figures->line().c_str());
  return figures->ok();
}

Result<bool> Demo::judge_tenant() {
  table_.say("comparing what the agent committed with the index; a tenant has no ledger to compare with");
  read();
  std::unordered_set<Id128> ids;
  VerdictFigures figures;
  Result<void> searched = rig_->search_all([&](std::string& hit) -> Result<void> {
    const Result<Id128> id = record_id_of(hit);
    if (!id) return id.error();
    if (!ids.insert(*id).second) ++figures.twins;
    return {};
  });
  if (!searched) return std::move(searched).error();
  figures.indexed = ids.size();
  // What the killed agent counted after its last reading is in the index and in no counter, so the index may hold more.
  figures.source = static_cast<std::uint64_t>(table_.committed());
  figures.missing = figures.source > figures.indexed ? figures.source - figures.indexed : 0;
  show_search();
  std::printf("source: records that the agent committed, by its own count up to the last reading before it was killed\n");
  std::printf("%s\n", figures.line().c_str());
  return figures.ok();
}

void Demo::show_search() const {
  const std::string program = rig_->program(Part::processor).string();
  const std::string config = rig_->config_file(Part::processor).string();
  const std::string query = "msg_class: trendmicro_visionone_alerts";
  std::printf("\nLook further; the index stays in %s:\n", options_.directory.c_str());
  std::printf("  %s search '%s' --config %s --from -30d --limit 5\n", program.c_str(), query.c_str(), config.c_str());
  const Result<ProgramRun> run =
      run_program({.program = program, .arguments = {"search", query, "--config", config, "--from", "-30d", "--limit", "2"}}, 60s);
  if (run && run->end.ok()) {
    std::string_view rest = run->output;
    for (int line = 0; line < 4 && !rest.empty(); ++line) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::printf("    %.*s\n", static_cast<int>(std::min(end, std::size_t{150})), rest.data());
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::printf("Search needs no running processor. To start the processor again:\n  %s\n\n",
              rig_->command_line(Part::processor).c_str());
}

Result<bool> Demo::run() {
  if (Result<void> step = set_up(); !step) return std::move(step).error();
  if (Result<void> step = live(); !step) return std::move(step).error();
  if (Result<void> step = drain(); !step) return std::move(step).error();
  Result<bool> well = simulated() ? judge_simulator() : judge_tenant();
  std::fflush(stdout);
  return well;
}

}  // namespace tidegate
