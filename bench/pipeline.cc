#include "bench/pipeline.h"

#include "bench/peer_setup.h"
#include "bench/peers.h"
#include "bench/receiver.h"

namespace tidegate {
namespace {

struct PipelineOptions : BacklogOptions {
  PeerRuns peers = PeerRuns::where_installed;
};

class PipelineBench {
 public:
  PipelineBench(const PipelineOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    const Result<void> received = receive_all();
    const std::chrono::nanoseconds took = clock_.steady() - begun;
    Result<Bytes> stats = rig_->simulator_stats();
    if (!stats) return std::move(stats).error();
    Result<double> input_bytes = number_in(*stats, "/body_bytes");
    if (!input_bytes) return std::move(input_bytes).error();
    Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return std::move(end).error();
    receiver_.stop();
    receiver_.count_kept();
    if (!received && receiver_.distinct() == 0) return received.error();
    Report report = agent_report(end->figures, *input_bytes, took);
    if (options_.peers == PeerRuns::none) return report;
    Result<PeerResults> peers = run_peers(*rig_, unpacked_packages(options_.programs), options_.records, clock_);
    if (!peers) return std::move(peers).error().in("peers");
    report.peers = std::move(peers->figures);
    report.parameters.insert(report.parameters.end(), peers->facts.begin(), peers->facts.end());
    return report;
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

  // Until every record has come, or no more of them come. What came is counted when the agent has stopped.
  Result<void> receive_all() {
    const auto announced = [this] { return std::optional{static_cast<double>(receiver_.announced())}; };
    return wait_for({"pipeline: records received", static_cast<double>(options_.records), announced, look_again}, *rig_, clock_);
  }

  Report agent_report(const ProcessFigures& used, double input_bytes, std::chrono::nanoseconds took) const {
    const auto records = static_cast<double>(options_.records);
    const auto distinct = static_cast<double>(receiver_.distinct());
    Report report{.name = "pipeline", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = options_.parameters();
    report.figures = {{"cpu_s_per_million", used.cpu_seconds() * 1e6 / records},
                      {"records_per_s", distinct / in_seconds(took)},
                      {"disk_bytes_per_input_byte", static_cast<double>(used.written_bytes) / input_bytes},
                      {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6},
                      {"missing", records - distinct},
                      {"twins", static_cast<double>(receiver_.records()) - distinct},
                      {"seconds", in_seconds(took)},
                      {"cpu_user_s", used.user_seconds},
                      {"cpu_system_s", used.system_seconds},
                      {"input_mb", input_bytes / 1e6},
                      {"wire_mb", static_cast<double>(receiver_.wire_bytes()) / 1e6},
                      {"chunks", static_cast<double>(receiver_.chunks())},
                      {"refused_chunks", static_cast<double>(receiver_.refused())}};
    return report;
  }

  const PipelineOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_{{.counting = Counting::later}};
  std::unique_ptr<Rig> rig_;
};

}  // namespace

Result<Report> bench_pipeline(const BacklogOptions& options, const Clock& clock, PeerRuns peers) {
  const PipelineOptions all{options, peers};
  return run_in_clean_folder<PipelineBench>(all, clock);
}

}  // namespace tidegate
