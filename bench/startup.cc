#include "bench/startup.h"

#include <cstdio>
#include <memory>
#include <optional>

#include "bench/backlog.h"
#include "bench/receiver.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto fill_look_again = 50ms;
constexpr std::chrono::seconds large_backlog_ready_max{300};  // it lays out the whole backlog first
constexpr std::chrono::seconds agent_stop_max{60};
// The journal's bytes for a record are not known beforehand: there are more records than needed by this factor.
constexpr double spare = 1.25;
constexpr std::uint64_t spare_records = 1000;

struct Fill {
  double bytes = 0;
  double records = 0;
  std::chrono::nanoseconds took{0};
};

class StartupBench {
 public:
  StartupBench(const StartupOptions& options, const Clock& clock)
      : options_(options), clock_(clock), receiver_({.counting = Counting::never, .clock = &clock}) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    Result<Fill> filled = fill();
    if (!filled) return std::move(filled).error();
    Result<Identity> identity = rig_->pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    Result<void> listening = receiver_.start(port_, *identity, rig_->pki().ca_file());
    if (!listening) return std::move(listening).error();

    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    const auto begins = [this] { return std::optional{receiver_.first_byte() ? 1.0 : 0.0}; };
    const Awaited first{"startup: first byte", 1, begins, look_closely};
    if (Result<void> waited = wait_for(first, *rig_, clock_); !waited) return std::move(waited).error();
    const std::chrono::nanoseconds first_byte = *receiver_.first_byte() - begun;
    while (clock_.steady() - begun < std::chrono::seconds{options_.seconds}) pause_for(fill_look_again);
    const std::uint64_t rss = rss_bytes_of(rig_->process(Part::agent)->pid());
    Result<ProcessFigures> used = rig_->process(Part::agent)->figures();
    if (!used) return std::move(used).error().in("the agent, while it drains");
    return report(*filled, first_byte, *used, rss);
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    port_ = *port;
    const double needed = options_.backlog_gb * 1e9 / static_cast<double>(options_.technique_bytes) * spare;
    const std::uint64_t records = static_cast<std::uint64_t>(needed) + spare_records;
    // So many records in each second, and each second a window of its own: its one page is a segment.
    const std::uint64_t period = records / options_.segment_records + 1;
    RigOptions rig = backlog_rig({.directory = options_.directory,
                                  .programs = options_.programs,
                                  .records = records,
                                  .technique_bytes = options_.technique_bytes,
                                  .seed = options_.seed,
                                  .period_seconds = period},
                                 port_);
    rig.connector["first_read"] = std::to_string(period + 60) + "s";
    rig.connector["window"] = "1s";
    rig.ship["compression"] = "none";
    rig.budget = "1TiB";
    rig.ready_max = large_backlog_ready_max;
    rig.stop_max = agent_stop_max;
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    std::fprintf(stderr, "startup: laying out %llu records\n", static_cast<unsigned long long>(records));
    return rig_->start(Part::simulator);
  }

  // The journal, by an agent that is stopped when it is full enough.
  Result<Fill> fill() {
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    Fill fill;
    const auto look = [&]() -> std::optional<double> {
      const Result<MetricsReading> reading = rig_->metrics(Part::agent);
      if (!reading) return std::nullopt;
      fill.bytes = reading->sum("tidegate_journal_bytes");
      fill.records = reading->sum("tidegate_journal_records");
      return fill.bytes;
    };
    const Awaited full{"startup: bytes in the journal", options_.backlog_gb * 1e9, look, fill_look_again};
    if (Result<void> waited = wait_for(full, *rig_, clock_); !waited) return std::move(waited).error();
    fill.took = clock_.steady() - begun;
    const Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return end.error();
    if (!end->ok()) return Error{Code::unavailable, "the agent ended with exit code " + std::to_string(end->exit_code)};
    return fill;
  }

  Report report(const Fill& filled, std::chrono::nanoseconds first_byte, const ProcessFigures& used, std::uint64_t rss) const {
    const auto chunks = static_cast<double>(receiver_.chunks());
    Report report{.name = "startup", .environment = environment(), .parameters = {}, .figures = {}};
    char backlog[32];
    std::snprintf(backlog, sizeof backlog, "%g", options_.backlog_gb);
    report.parameters = {{"backlog_gb", backlog},
                         {"segment_records", std::to_string(options_.segment_records)},
                         {"technique_bytes", std::to_string(options_.technique_bytes)},
                         {"seconds", std::to_string(options_.seconds)},
                         {"seed", std::to_string(options_.seed)}};
    report.figures = {{"first_byte_ms", in_seconds(first_byte) * 1e3},
                      {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6},
                      {"rss_mb", static_cast<double>(rss) / 1e6},
                      {"backlog_mb", filled.bytes / 1e6},
                      {"backlog_records", filled.records},
                      {"segment_kb", chunks > 0 ? static_cast<double>(receiver_.wire_bytes()) / chunks / 1e3 : 0},
                      {"drained_records", static_cast<double>(receiver_.announced())},
                      {"fill_seconds", in_seconds(filled.took)}};
    return report;
  }

  const StartupOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Rig> rig_;
};

}  // namespace

Result<Report> bench_startup(const StartupOptions& options, const Clock& clock) {
  return run_in_clean_folder<StartupBench>(options, clock);
}

}  // namespace tidegate
