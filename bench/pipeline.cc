#include "bench/pipeline.h"

#include <simdjson.h>

#include "bench/receiver.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds whole_run_max{3600};
constexpr std::chrono::seconds no_progress_max{60};
constexpr auto look_again = 20ms;

double seconds_of(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

// The number under a key of the simulator's statistics; nested keys by a slash, as JSON pointers are written.
Result<double> stat(const Bytes& json, const char* pointer) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded{json};
  double value = 0;
  if (parser.parse(padded).at_pointer(pointer).get(value) != simdjson::SUCCESS) {
    return Error{Code::corrupt, std::string{"simulator statistics: no "} + pointer};
  }
  return value;
}

class PipelineBench {
 public:
  PipelineBench(const BacklogOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    const Result<void> received = receive_all();
    const std::chrono::nanoseconds took = clock_.steady() - begun;
    Result<Bytes> stats = rig_->simulator_stats();
    if (!stats) return std::move(stats).error();
    Result<double> input_bytes = stat(*stats, "/body_bytes");
    if (!input_bytes) return std::move(input_bytes).error();
    Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return std::move(end).error();
    if (!received && receiver_.distinct() == 0) return received.error();
    return report(end->figures, *input_bytes, took);
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    Result<std::unique_ptr<Rig>> made = make_backlog_rig(options_, *port, clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    Result<Identity> identity = rig_->pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    if (Result<void> started = receiver_.start(*port, *identity, rig_->pki().ca_file()); !started) return started;
    return rig_->start(Part::simulator);
  }

  // Until every record has come, or no more of them come.
  Result<void> receive_all() {
    const SteadyTime deadline = clock_.steady() + whole_run_max;
    SteadyTime progress = clock_.steady();
    std::uint64_t seen = 0;
    while (receiver_.distinct() < options_.records) {
      pause_for(look_again);
      const SteadyTime now = clock_.steady();
      if (receiver_.distinct() > seen) {
        seen = receiver_.distinct();
        progress = now;
      }
      if (!rig_->running(Part::agent))
        return Error{Code::unavailable, "the agent has ended; see " + rig_->log_file(Part::agent).string()};
      if (now > deadline || now - progress > no_progress_max) {
        return Error{Code::timeout, "no records for a minute; see " + rig_->log_file(Part::agent).string()};
      }
    }
    return {};
  }

  Report report(const ProcessFigures& used, double input_bytes, std::chrono::nanoseconds took) const {
    const auto records = static_cast<double>(options_.records);
    const auto distinct = static_cast<double>(receiver_.distinct());
    Report report{.name = "pipeline", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = options_.parameters();
    report.figures = {{"cpu_s_per_million", used.cpu_seconds() * 1e6 / records},
                      {"records_per_s", distinct / seconds_of(took)},
                      {"disk_bytes_per_input_byte", static_cast<double>(used.written_bytes) / input_bytes},
                      {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6},
                      {"missing", records - distinct},
                      {"twins", static_cast<double>(receiver_.records()) - distinct},
                      {"seconds", seconds_of(took)},
                      {"cpu_user_s", used.user_seconds},
                      {"cpu_system_s", used.system_seconds},
                      {"input_mb", input_bytes / 1e6},
                      {"wire_mb", static_cast<double>(receiver_.wire_bytes()) / 1e6},
                      {"chunks", static_cast<double>(receiver_.chunks())},
                      {"refused_chunks", static_cast<double>(receiver_.refused())}};
    return report;
  }

  const BacklogOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_;
  std::unique_ptr<Rig> rig_;
};

}  // namespace

Result<Report> bench_pipeline(const BacklogOptions& options, const Clock& clock) {
  return run_in_clean_folder<PipelineBench>(options, clock);
}

}  // namespace tidegate
