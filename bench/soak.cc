#include "bench/soak.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/backlog.h"
#include "bench/receiver.h"
#include "bench/trend.h"
#include "tests/support/vision_one_options.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds watch_look_again = 500ms;
constexpr auto course_told_every = 30s;
// What comes behind the traffic: the agent's longest wait between two tries to reach the receiver, and the drain. The ledger, and
// what an end takes, are within the rest of the five minutes.
constexpr auto behind_max = 150s;
constexpr auto listed_after = 2s;                  // the end of the traffic: the last second's records, by either clock
constexpr std::uint64_t records_max = 10'000'000;  // their ledger is one answer of the simulator
constexpr std::size_t cycles_least = 2;
constexpr std::size_t warm_up_share = 8;  // one of so many
constexpr const char* scaled_interval = "1s";
constexpr const char* scaled_overlap = "2s";

std::uint64_t disk_bytes_of(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code failure;
  std::filesystem::recursive_directory_iterator at{directory, failure};
  for (; !failure && at != std::filesystem::recursive_directory_iterator{}; at.increment(failure)) {
    struct stat file{};
    if (::lstat(at->path().c_str(), &file) == 0) bytes += static_cast<std::uint64_t>(file.st_blocks) * 512;
  }
  return bytes;
}

std::uint64_t open_files_of(pid_t process) {
  std::uint64_t count = 0;
  std::error_code failure;
  std::filesystem::directory_iterator at{"/proc/" + std::to_string(process) + "/fd", failure};
  for (; !failure && at != std::filesystem::directory_iterator{}; at.increment(failure)) ++count;
  return count;
}

// What the agent uses, and how far it has come.
struct Sample {
  SteadyTime at{};
  double cpu_seconds = 0;
  double rss_bytes = 0;
  double disk_bytes = 0;
  double open_files = 0;
  double committed = 0;  // records
  double acked = 0;
  double backlog_bytes = 0;
};

struct Cycle {
  Sample end;
  double cpu_s_per_million = 0;
};

Result<void> check(const SoakOptions& options) {
  if (options.away_for >= options.away_every) return Error{Code::invalid, "soak: away-for: must be less than away-every"};
  if (options.away_every * cycles_least >= options.seconds) return Error{Code::invalid, "soak: seconds: no time for two cycles"};
  if (options.seconds * options.records_per_second > records_max) {
    return Error{Code::invalid, "soak: seconds and records-per-second: more than " + std::to_string(records_max) + " records"};
  }
  return {};
}

class Soak {
 public:
  Soak(const SoakOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<Report> run() {
    if (Result<void> fits = check(options_); !fits) return std::move(fits).error();
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    if (Result<void> drained = drain("soak: the first records"); !drained) return std::move(drained).error();
    while (clock_.steady() + std::chrono::seconds{options_.away_every} <= traffic_ends_) {
      if (Result<void> passed = cycle(); !passed) return std::move(passed).error();
    }
    if (cycles_.size() < cycles_least) return Error{Code::timeout, "soak: the agent came back too late for two cycles"};
    Result<double> expected = receive_all();
    if (!expected) return std::move(expected).error();
    Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return std::move(end).error();
    receiver_.stop();
    return report(*expected, end->figures);
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    port_ = *port;
    RigOptions rig = backlog_rig({.directory = options_.directory,
                                  .programs = options_.programs,
                                  .technique_bytes = options_.technique_bytes,
                                  .seed = options_.seed},
                                 port_);
    for (const std::string& flag : {std::string{"--techniques-per-second"}, std::to_string(options_.records_per_second),
                                    std::string{"--live-seconds"}, std::to_string(options_.seconds)}) {
      rig.simulator_flags.push_back(flag);
    }
    rig.connector["interval"] = scaled_interval;
    rig.connector["overlap"] = scaled_overlap;
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    Result<Identity> identity = rig_->pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    identity_ = *identity;
    if (Result<void> listening = listen(); !listening) return listening;
    if (Result<void> started = rig_->start(Part::simulator); !started) return started;
    begun_ = told_ = sampled_ = clock_.steady();
    traffic_ends_ = begun_ + std::chrono::seconds{options_.seconds};
    return rig_->start(Part::agent);
  }

  Result<void> listen() { return receiver_.start(port_, identity_, rig_->pki().ca_file()); }

  // The receiver goes and comes back, and the agent is measured when it has drained.
  Result<void> cycle() {
    const Sample before = last_;
    const SteadyTime begun = clock_.steady();
    const auto time_is_over = [] { return false; };
    receiver_.stop();
    if (Result<void> away = watch(time_is_over, begun + std::chrono::seconds{options_.away_for}); !away) return away;
    (void)look();  // the backlog at its largest
    if (Result<void> listening = listen(); !listening) return listening;
    if (Result<void> back = watch(time_is_over, begun + std::chrono::seconds{options_.away_every}); !back) return back;
    if (Result<void> drained = drain("soak: the backlog"); !drained) return drained;
    const double acked = last_.acked - before.acked;
    if (acked <= 0) return Error{Code::corrupt, "soak: a cycle without a record"};
    cycles_.push_back({last_, (last_.cpu_seconds - before.cpu_seconds) * 1e6 / acked});
    return {};
  }

  // Until records were acknowledged, and no more of them wait than one poll brings. last_ is of that moment.
  Result<void> drain(const char* what) {
    bool drained = false;
    const auto is_drained = [&] {
      const auto one_poll = static_cast<double>(options_.records_per_second);
      drained = look() && last_.acked > 0 && last_.committed - last_.acked <= one_poll;
      return drained;
    };
    if (Result<void> watched = watch(is_drained, clock_.steady() + behind_max); !watched) return watched;
    if (!drained) return Error{Code::timeout, std::string{what} + ": not drained; see " + rig_->log_file(Part::agent).string()};
    return {};
  }

  // After the last record: how many there were by the ledger. Each has come then, or no more of them come.
  Result<double> receive_all() {
    const auto listed = [this] { return clock_.steady() >= traffic_ends_ + listed_after; };
    if (Result<void> waited = watch(listed, traffic_ends_ + behind_max); !waited) return std::move(waited).error();
    const Result<Bytes> ledger = rig_->ledger();
    if (!ledger) return ledger.error();
    const auto records = static_cast<std::uint64_t>(std::ranges::count(*ledger, '\n'));
    if (records == 0) return Error{Code::corrupt, "soak: an empty ledger"};
    // What came twice would be in the journal as well: it is empty before the agent is stopped.
    const auto received = [&] { return receiver_.distinct() >= records && look() && last_.committed <= last_.acked; };
    if (Result<void> waited = watch(received, traffic_ends_ + behind_max); !waited) return std::move(waited).error();
    return static_cast<double>(records);
  }

  // Until it is done, or over; with the samples and the words that fall due. `unavailable`: the agent has ended.
  Result<void> watch(const std::function<bool()>& done, SteadyTime over) {
    while (!done()) {
      const SteadyTime now = clock_.steady();
      if (now >= over) return {};
      if (!rig_->running(Part::agent)) {
        return Error{Code::unavailable, "soak: the agent has ended; see " + rig_->log_file(Part::agent).string()};
      }
      if (now - sampled_ >= std::chrono::seconds{options_.sample_every}) (void)look();
      if (now - told_ >= course_told_every) tell(now);
      pause_for(std::min(watch_look_again, std::chrono::ceil<std::chrono::milliseconds>(over - now)));
    }
    return {};
  }

  // The agent as it is now, in last_. False: it does not answer, and last_ stays.
  bool look() {
    sampled_ = clock_.steady();
    const Result<MetricsReading> reading = rig_->metrics(Part::agent);
    if (!reading) return false;
    const pid_t agent = rig_->process(Part::agent)->pid();
    const std::string techniques{content_type(Feed::techniques)};
    last_ = {.at = sampled_,
             .cpu_seconds = cpu_seconds_of(agent),
             .rss_bytes = static_cast<double>(rss_bytes_of(agent)),
             .disk_bytes = static_cast<double>(disk_bytes_of(rig_->state_directory(Part::agent))),
             .open_files = static_cast<double>(open_files_of(agent)),
             .committed = reading->sum("tidegate_records_committed_total", {{"content_type", techniques}}),
             .acked = reading->sum("tidegate_records_acked_total", {{"lane", techniques}}),
             .backlog_bytes = reading->sum("tidegate_journal_bytes")};
    disk_bytes_max_ = std::max(disk_bytes_max_, last_.disk_bytes);
    backlog_bytes_max_ = std::max(backlog_bytes_max_, last_.backlog_bytes);
    return true;
  }

  void tell(SteadyTime now) {
    told_ = now;
    std::fprintf(stderr,
                 "soak: %.0f of %llu s: %zu cycles, %.0f records acknowledged, memory %.1f MB, disk %.1f MB, backlog %.1f MB\n",
                 in_seconds(now - begun_), static_cast<unsigned long long>(options_.seconds), cycles_.size(), last_.acked,
                 last_.rss_bytes / 1e6, last_.disk_bytes / 1e6, last_.backlog_bytes / 1e6);
  }

  template <class Value>
  void add_trend(Figures& figures, const std::string& key, std::span<const Cycle> cycles, Value value) const {
    std::vector<Measurement> measured;
    for (const Cycle& cycle : cycles) measured.push_back({in_seconds(cycle.end.at - begun_) / 3600, value(cycle)});
    const Trend trend = trend_of(measured);
    figures.emplace_back(key + "_first", trend.first);
    figures.emplace_back(key + "_last", trend.last);
    figures.emplace_back(key + "_slope_per_h", trend.slope);
    figures.emplace_back(key + "_noise", trend.noise);
  }

  Report report(double expected, const ProcessFigures& used) const {
    const std::span<const Cycle> warm = std::span{cycles_}.subspan(cycles_.size() / warm_up_share);
    const auto distinct = static_cast<double>(receiver_.distinct());
    Report report{.name = "soak", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = {{"seconds", std::to_string(options_.seconds)},
                         {"records_per_second", std::to_string(options_.records_per_second)},
                         {"technique_bytes", std::to_string(options_.technique_bytes)},
                         {"seed", std::to_string(options_.seed)},
                         {"away_every", std::to_string(options_.away_every) + "s"},
                         {"away_for", std::to_string(options_.away_for) + "s"},
                         {"interval", scaled_interval},
                         {"overlap", scaled_overlap}};
    Figures& figures = report.figures;
    add_trend(figures, "rss_mb", warm, [](const Cycle& cycle) { return cycle.end.rss_bytes / 1e6; });
    add_trend(figures, "disk_mb", warm, [](const Cycle& cycle) { return cycle.end.disk_bytes / 1e6; });
    add_trend(figures, "cpu_s_per_million", warm, [](const Cycle& cycle) { return cycle.cpu_s_per_million; });
    const Figures others{{"missing", expected - distinct},
                         {"twins", static_cast<double>(receiver_.records()) - distinct},
                         {"records", distinct},
                         {"cycles", static_cast<double>(cycles_.size())},
                         {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6},
                         {"disk_mb_max", disk_bytes_max_ / 1e6},
                         {"backlog_mb_max", backlog_bytes_max_ / 1e6},
                         {"open_files_first", warm.front().end.open_files},
                         {"open_files_last", warm.back().end.open_files},
                         {"refused_chunks", static_cast<double>(receiver_.refused())}};
    figures.insert(figures.end(), others.begin(), others.end());
    return report;
  }

  const SoakOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_;
  std::uint16_t port_ = 0;
  Identity identity_;
  SteadyTime begun_{};  // the traffic
  SteadyTime traffic_ends_{};
  SteadyTime sampled_{};
  SteadyTime told_{};
  Sample last_;
  std::vector<Cycle> cycles_;
  double disk_bytes_max_ = 0;
  double backlog_bytes_max_ = 0;
  std::unique_ptr<Rig> rig_;
};

}  // namespace

Result<Report> bench_soak(const SoakOptions& options, const Clock& clock) { return run_in_clean_folder<Soak>(options, clock); }

}  // namespace tidegate
