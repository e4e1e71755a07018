#include "bench/peers.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "bench/backlog.h"
#include "bench/line_receiver.h"
#include "bench/peer_lines.h"
#include "bench/peer_setup.h"
#include "tests/support/process.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto no_record_max = 60s;
constexpr auto whole_run_max = 20min;
constexpr std::chrono::milliseconds stop_max = 20s;

struct Measured {
  Figures figures;
  std::string fact;
};

// How a run went until it was stopped.
struct Course {
  std::chrono::nanoseconds took{};  // to the last new record
  std::string trouble{};            // empty: every record came
};

// "3.38.1" of "syslog-ng 3 (3.38.1)": the first number with a dot in it.
std::string version_in(const std::string& text) {
  constexpr std::string_view of_version = "0123456789.";
  for (std::size_t at = text.find_first_of(of_version); at < text.size(); at = text.find_first_of(of_version, at)) {
    const std::size_t end = std::min(text.find_first_not_of(of_version, at), text.size());
    const std::string number = text.substr(at, end - at);
    if (number.find('.') != std::string::npos) return number;
    at = end;
  }
  return "unknown version";
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream stream{file};
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// One peer, from its start to its end.
class PeerRun {
 public:
  PeerRun(const Peer& peer, const std::filesystem::path& packages, Rig& rig, const Clock& clock)
      : peer_(peer), rig_(rig), clock_(clock) {
    place_.packages = packages;
    place_.folder = rig.directory() / peer.name;
    place_.configuration = rig.directory() / (peer.name + ".conf");
    place_.log = rig.directory() / (peer.name + ".log");
    place_.ca_file = rig.pki().ca_file();
  }
  ~PeerRun() {
    std::error_code ignored;
    std::filesystem::remove_all(place_.folder, ignored);
  }
  PeerRun(const PeerRun&) = delete;
  PeerRun& operator=(const PeerRun&) = delete;

  Result<Measured> run(const Lines& lines) {
    if (Result<void> ready = set_up(lines); !ready) return std::move(ready).error();
    ProcessOptions options = program();
    options.arguments = peer_.version_arguments;
    const Result<ProgramRun> version = run_program(std::move(options), peer_version_max);
    options = program();
    options.arguments = peer_.arguments(place_);
    const SteadyTime begun = clock_.steady();
    Result<Process> process = Process::start(options);
    if (!process) return std::move(process).error();
    const Course course = watch(*process, lines.records, begun);
    Result<ProcessEnd> end = process->stop(stop_max);
    if (!end) return std::move(end).error();
    receiver_.stop();
    Measured measured{.figures = figures(lines, course, end->figures), .fact = version ? version_in(version->output) : "unknown"};
    measured.fact.append("; ").append(peer_.set_up).append("; ").append(std::to_string(lines.records)).append(" records");
    if (!course.trouble.empty()) measured.fact.append("; ").append(course.trouble);
    return measured;
  }

 private:
  ProcessOptions program() const {
    return {
        .program = place_.packages / peer_.program, .output_file = place_.log, .environment = peer_environment(place_.packages)};
  }

  Result<void> set_up(const Lines& lines) {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    Result<Identity> identity = rig_.pki().issue(peer_.name);
    if (!identity) return std::move(identity).error();
    Result<Identity> receiver = rig_.pki().issue("peer-receiver");
    if (!receiver) return std::move(receiver).error();
    place_.lines = lines.file;
    place_.port = *port;
    place_.identity = *identity;
    std::error_code failure;
    std::filesystem::create_directories(place_.folder, failure);
    std::ofstream file{place_.configuration};
    file << peer_.configuration(place_);
    file.close();
    if (failure || !file) return Error{Code::unavailable, place_.configuration.string() + ": cannot be written"};
    return receiver_.start(*port, *receiver, place_.ca_file);
  }

  Course watch(Process& process, std::uint64_t records, SteadyTime begun) const {
    SteadyTime last = begun;
    for (std::uint64_t seen = 0;;) {
      const bool running = process.running();  // before counting, so that what it sent last is counted
      const std::uint64_t distinct = receiver_.distinct();
      const SteadyTime now = clock_.steady();
      if (distinct > seen) {
        seen = distinct;
        last = now;
      }
      if (seen >= records) return {last - begun};
      if (!running) return {last - begun, "it ended by itself: " + last_line(place_.log)};
      if (now - last > no_record_max) return {last - begun, "no record for a minute: " + last_line(place_.log)};
      if (now - begun > whole_run_max) return {last - begun, "stopped after 20 minutes"};
      pause_for(look_again);
    }
  }

  Figures figures(const Lines& lines, const Course& course, const ProcessFigures& used) const {
    const auto records = static_cast<double>(lines.records);
    const auto distinct = static_cast<double>(receiver_.distinct());
    return {{"cpu_s_per_million", used.cpu_seconds() * 1e6 / (distinct > 0 ? distinct : records)},
            {"records_per_s", distinct > 0 ? distinct / in_seconds(course.took) : 0},
            {"disk_bytes_per_input_byte", static_cast<double>(used.written_bytes) / static_cast<double>(lines.bytes)},
            {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6},
            {"missing", records - distinct},
            {"twins", static_cast<double>(receiver_.records()) - distinct}};
  }

  const Peer& peer_;
  Rig& rig_;
  const Clock& clock_;
  PeerPlace place_;
  LineReceiver receiver_;
};

bool installed(const Peer& peer, const std::filesystem::path& packages) {
  std::error_code failure;
  return std::filesystem::exists(packages / peer.program, failure);
}

Result<Lines> lines_for(const Peer& peer, const Lines& all, const Rig& rig) {
  if (peer.one_in == 1) return all;
  return first_lines(all, all.records / peer.one_in, rig.directory() / (peer.name + ".ndjson"));
}

}  // namespace

Result<PeerResults> run_peers(Rig& rig, const std::filesystem::path& packages, std::uint64_t records, const Clock& clock) {
  PeerResults results;
  std::optional<Lines> all;
  for (const Peer& peer : peers_of_pipeline()) {
    if (!installed(peer, packages)) {
      results.facts.emplace_back(peer.name, "not installed: ./dev setup --bench");
      continue;
    }
    if (!all) {
      Result<Lines> fetched = fetch_lines(rig, rig.directory() / "techniques.ndjson", clock);
      if (!fetched) return std::move(fetched).error().in("pages");
      if (fetched->records != records) return Error{Code::corrupt, "the pages do not hold the backlog"};
      all = std::move(*fetched);
    }
    const Result<Lines> lines = lines_for(peer, *all, rig);
    if (!lines) return lines.error();
    std::fprintf(stderr, "pipeline: %s on %llu records\n", peer.name.c_str(), static_cast<unsigned long long>(lines->records));
    PeerRun run{peer, packages, rig, clock};
    Result<Measured> measured = run.run(*lines);
    if (measured) results.figures.emplace_back(peer.name, std::move(measured->figures));
    results.facts.emplace_back(peer.name, measured ? std::move(measured->fact) : "not measured: " + measured.error().text());
  }
  return results;
}

}  // namespace tidegate
