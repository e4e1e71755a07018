#include "bench/collect.h"

#include <fstream>
#include <sstream>

#include "bench/pages.h"
#include "config/parse.h"
#include "config/token.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds whole_read_max{3600};

struct Pages {
  std::vector<std::string> urls;
  std::uint64_t bytes = 0;
};

class CollectBench {
 public:
  CollectBench(const BacklogOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    Result<std::chrono::nanoseconds> agent = time_agent();
    if (!agent) return std::move(agent).error().in("agent");
    Result<Pages> pages = find_pages();
    if (!pages) return std::move(pages).error().in("pages");
    if (pages->urls.size() * 200 < options_.records) return Error{Code::corrupt, "fewer pages than the records need"};
    Result<std::chrono::nanoseconds> curl = time_curl(*pages);
    if (!curl) return std::move(curl).error().in("curl");
    Report report{.name = "collect", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = options_.parameters();
    const double agent_seconds = in_seconds(*agent);
    const double curl_seconds = in_seconds(*curl);
    report.figures = {{"agent_seconds", agent_seconds},
                      {"curl_seconds", curl_seconds},
                      {"ratio_to_curl", agent_seconds / curl_seconds},
                      {"pages", static_cast<double>(pages->urls.size())},
                      {"input_mb", static_cast<double>(pages->bytes) / 1e6},
                      {"agent_cpu_s", agent_cpu_seconds_}};
    return report;
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> nobody = free_loopback_port();
    if (!nobody) return nobody.error();
    Result<std::unique_ptr<Rig>> made = make_backlog_rig(options_, *nobody, clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    return rig_->start(Part::simulator);
  }

  // From the start of its process until the last record is in the journal.
  Result<std::chrono::nanoseconds> time_agent() {
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    for (;;) {
      pause_for(look_again);
      const std::chrono::nanoseconds took = clock_.steady() - begun;
      Result<MetricsReading> reading = rig_->metrics(Part::agent);
      if (reading && reading->sum("tidegate_records_committed_total") >= static_cast<double>(options_.records)) {
        Result<ProcessEnd> end = rig_->stop(Part::agent);
        if (!end) return std::move(end).error();
        agent_cpu_seconds_ = end->figures.cpu_seconds();
        return took;
      }
      if (!rig_->running(Part::agent) || took > whole_read_max)
        return Error{Code::timeout, "it did not read everything; see " + rig_->log_file(Part::agent).string()};
    }
  }

  Result<Pages> find_pages() {
    ParsedAgent parsed = parse_agent_file(rig_->config_file(Part::agent).string());
    if (!parsed.config) return Error{Code::invalid, "the agent's configuration cannot be read"};
    connector_ = parsed.config->connectors.front();
    Result<Secret> token = load_token(connector_);
    if (!token) return std::move(token).error();
    token_ = std::string{token->reveal()};
    Pages pages;
    const PageSink sink = [&pages](const std::string& url, const Bytes& page) -> Result<void> {
      pages.urls.push_back(url);
      pages.bytes += page.size();
      return {};
    };
    if (Result<void> walked = walk_pages(*rig_, clock_, sink); !walked) return std::move(walked).error();
    return pages;
  }

  Result<std::chrono::nanoseconds> time_curl(const Pages& pages) {
    const std::filesystem::path list = options_.directory / "curl.conf";
    std::ofstream file{list};
    file << "silent\nfail\nheader = \"Authorization: Bearer " << token_ << "\"\ncacert = \"" << connector_.ca_file << "\"\n"
         << "write-out = \"%{size_download}\\n\"\n";
    for (const std::string& url : pages.urls) file << "url = \"" << url << "\"\noutput = \"/dev/null\"\n";
    file.close();
    if (!file) return Error{Code::unavailable, "the list of pages could not be written"};
    ProcessOptions curl{.program = "curl"};
    curl.arguments = {"--config", list.string()};
    const SteadyTime begun = clock_.steady();
    Result<ProgramRun> run = run_program(std::move(curl), whole_read_max);
    const std::chrono::nanoseconds took = clock_.steady() - begun;
    if (!run) return std::move(run).error();
    if (!run->end.ok()) return Error{Code::unavailable, "it ended with exit code " + std::to_string(run->end.exit_code)};
    std::istringstream sizes{run->output};
    std::uint64_t bytes = 0;
    for (std::uint64_t size = 0; sizes >> size;) bytes += size;
    if (bytes != pages.bytes)
      return Error{Code::corrupt, "it fetched " + std::to_string(bytes) + " bytes of " + std::to_string(pages.bytes)};
    return took;
  }

  const BacklogOptions& options_;
  const Clock& clock_;
  std::unique_ptr<Rig> rig_;
  ConnectorConfig connector_;
  std::string token_;
  double agent_cpu_seconds_ = 0;
};

}  // namespace

Result<Report> bench_collect(const BacklogOptions& options, const Clock& clock) {
  return run_in_clean_folder<CollectBench>(options, clock);
}

}  // namespace tidegate
