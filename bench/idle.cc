#include "bench/idle.h"

#include <cstdio>
#include <memory>

#include "bench/backlog.h"
#include "bench/receiver.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t connectors = 3;
constexpr double content_types = 3;
constexpr auto quiet_least = 2s;  // without a request: the first polls are over
constexpr auto quiet_max = 60s;

class IdleBench {
 public:
  IdleBench(const IdleOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    Result<double> requests_before = first_polls();
    if (!requests_before) return std::move(requests_before).error();
    std::fprintf(stderr, "idle: measuring for %llu s\n", static_cast<unsigned long long>(options_.seconds));
    const pid_t agent = rig_->process(Part::agent)->pid();
    const double cpu_before = cpu_seconds_of(agent);
    const SteadyTime begun = clock_.steady();
    while (clock_.steady() - begun < std::chrono::seconds{options_.seconds}) pause_for(look_rarely);
    const double cpu = cpu_seconds_of(agent) - cpu_before;
    const double minutes = in_seconds(clock_.steady() - begun) / 60;
    const std::uint64_t rss = rss_bytes_of(agent);
    Result<double> requests = answered_requests();
    if (!requests) return std::move(requests).error();
    const Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return end.error();

    Report report{.name = "idle", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = {{"connectors", std::to_string(connectors)}, {"seconds", std::to_string(options_.seconds)}};
    report.figures = {{"rss_mb", static_cast<double>(rss) / 1e6},
                      {"cpu_ms_per_min", cpu * 1e3 / minutes},
                      {"api_requests", *requests - *requests_before},
                      {"peak_rss_mb", static_cast<double>(end->figures.peak_rss_bytes) / 1e6}};
    return report;
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    RigOptions rig{.directory = options_.directory, .programs = options_.programs, .simulator_flags = {}};
    rig.data_address = "127.0.0.1:" + std::to_string(*port);
    rig.connectors = connectors;
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    Result<Identity> identity = rig_->pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    if (Result<void> started = receiver_.start(*port, *identity, rig_->pki().ca_file()); !started) return started;
    if (Result<void> started = rig_->start(Part::simulator); !started) return started;
    return rig_->start(Part::agent);
  }

  Result<double> answered_requests() const {
    const Result<MetricsReading> reading = rig_->metrics(Part::agent);
    if (!reading) return reading.error();
    return reading->sum("tidegate_api_requests_total", {{"code", "200"}});
  }

  // How many requests the first polls took, once they are over.
  Result<double> first_polls() {
    const SteadyTime begun = clock_.steady();
    SteadyTime changed = begun;
    double seen = 0;
    for (;;) {
      Result<double> requests = answered_requests();
      if (!requests) return requests;
      const SteadyTime now = clock_.steady();
      if (*requests > seen) {
        seen = *requests;
        changed = now;
      }
      const bool all_polled = seen >= static_cast<double>(connectors) * content_types;
      if (all_polled && now - changed >= quiet_least) return seen;
      if (now - begun > quiet_max)
        return Error{Code::timeout, "the first polls do not end; see " + rig_->log_file(Part::agent).string()};
      pause_for(look_rarely);
    }
  }

  const IdleOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_;
  std::unique_ptr<Rig> rig_;
};

}  // namespace

Result<Report> bench_idle(const IdleOptions& options, const Clock& clock) { return run_in_clean_folder<IdleBench>(options, clock); }

}  // namespace tidegate
