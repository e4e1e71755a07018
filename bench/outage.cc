#include "bench/outage.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "bench/receiver.h"
#include "bench/rethrow.h"
#include "tests/support/vision_one_options.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto watch_every = 10ms;
constexpr auto stats_answer_max = 10s;
constexpr std::chrono::seconds backlog_ready_max{120};  // it lays out the whole backlog first
constexpr const char* alerts_per_second = "5";
constexpr const char* poll_interval = "100ms";

double milliseconds_of(std::chrono::nanoseconds span) { return in_seconds(span) * 1e3; }

// Of a ledger: the alerts whose version, which is the time of their last change, is before `end`.
std::uint64_t alerts_before(ByteView ledger, std::string_view end) {
  constexpr std::string_view of_alert = R"({"content_type":"alerts")";
  constexpr std::string_view version = R"("version":")";
  std::uint64_t count = 0;
  while (!ledger.empty()) {
    const ByteView line = ledger.substr(0, ledger.find('\n'));
    ledger.remove_prefix(std::min(ledger.size(), line.size() + 1));
    const std::size_t at = line.find(version);
    if (!line.starts_with(of_alert) || at == ByteView::npos) continue;
    if (line.substr(at + version.size(), end.size()) < end) ++count;
  }
  return count;
}

asio::awaitable<void> ask(HttpClient& client, std::string url, std::optional<Result<HttpResponse>>& answer) {
  HttpRequest request;
  request.url = std::move(url);
  answer.emplace(co_await client.send(std::move(request), stats_answer_max));
}

// Looks at the simulator's statistics again and again, on a thread and a connection of its own: when was each alert served?
class ServedWatch {
 public:
  ServedWatch(std::string url, TlsContextPtr tls, const Clock& clock)
      : url_(std::move(url)), clock_(clock), client_(options(std::move(tls))) {}
  ~ServedWatch() { stop(); }
  ServedWatch(const ServedWatch&) = delete;
  ServedWatch& operator=(const ServedWatch&) = delete;

  void start() {
    thread_ = std::thread{[this] { look_on(); }};
  }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // All of these   require: stopped
  std::uint64_t served_before() const { return before_; }                  // the first look
  const std::vector<SteadyTime>& served_at() const { return served_at_; }  // those behind them; not before these times
  const std::optional<Error>& failure() const { return failure_; }

 private:
  static HttpClientOptions options(TlsContextPtr tls) {
    HttpClientOptions options;
    options.tls = std::move(tls);
    return options;
  }

  void look_on() {
    std::optional<SteadyTime> last_look;
    for (bool last = false; !last;) {
      last = stopping_;  // what was served before stop() is seen
      const SteadyTime asked = clock_.steady();
      const Result<double> served = look();
      if (!served) {
        failure_ = served.error();
        return;
      }
      const auto count = static_cast<std::uint64_t>(*served);
      if (!last_look) before_ = count;
      else served_at_.resize(std::max<std::size_t>(served_at_.size(), count - before_), *last_look);
      last_look = asked;
      if (!last) pause_for(watch_every);
    }
  }

  Result<double> look() {
    std::optional<Result<HttpResponse>> answer;
    loop_.restart();
    asio::co_spawn(loop_, ask(client_, url_, answer), rethrow);
    loop_.run();
    if (!answer) return Error{Code::unavailable, "no answer"};
    if (!*answer) return std::move(*answer).error();
    return number_in((*answer)->body, "/served/alerts");
  }

  std::string url_;
  const Clock& clock_;
  asio::io_context loop_{1};  // before the client, whose connection ends in it
  HttpClient client_;
  std::uint64_t before_ = 0;
  std::vector<SteadyTime> served_at_;
  std::optional<Error> failure_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct Drain {
  SteadyTime first_byte{};
  SteadyTime last_chunk{};
  double cpu_seconds = 0;
  double receiver_cpu_seconds = 0;

  std::chrono::nanoseconds took() const { return last_chunk - first_byte; }
};

struct Freshness {
  std::uint64_t alerts = 0;
  double ms_max = 0;
  double ms_median = 0;
};

class OutageBench {
 public:
  OutageBench(const BacklogOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        receiver_({.counting = Counting::later, .timed_tag = "tidegate." + std::string{msg_class(Feed::alerts)}, .clock = &clock}) {
  }

  Result<Report> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    Result<std::chrono::nanoseconds> fill = buffer();
    if (!fill) return std::move(fill).error();
    if (Result<void> watching = watch(); !watching) return std::move(watching).error();
    Result<Drain> drain = this->drain();
    if (!drain) return std::move(drain).error();
    Result<double> alerts = expected_alerts();
    if (!alerts) return std::move(alerts).error();
    Result<ProcessEnd> end = rig_->stop(Part::agent);
    if (!end) return std::move(end).error();
    receiver_.stop();
    receiver_.count_kept();
    Result<Freshness> fresh = freshness(*drain);
    if (!fresh) return std::move(fresh).error();
    return report(*drain, *fresh, *alerts, *fill, end->figures);
  }

 private:
  Result<void> set_up() {
    const Result<std::uint16_t> port = free_loopback_port();
    if (!port) return port.error();
    port_ = *port;
    RigOptions rig = backlog_rig(options_, port_);
    // No alert changes, and none is read twice: what was served and what came can be told by counting.
    for (const char* flag : {"--alerts-per-second", alerts_per_second, "--updates-share", "0"}) rig.simulator_flags.push_back(flag);
    rig.connector["content_types"] = "[alerts, observed_attack_techniques]";
    rig.connector["interval"] = poll_interval;
    rig.connector["overlap"] = "0s";
    rig.budget = "1TiB";
    rig.ready_max = backlog_ready_max;
    Result<std::unique_ptr<Rig>> made = Rig::make(std::move(rig), clock_);
    if (!made) return std::move(made).error();
    rig_ = std::move(*made);
    return rig_->start(Part::simulator);
  }

  // While nobody listens.
  Result<std::chrono::nanoseconds> buffer() {
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = rig_->launch(Part::agent); !started) return std::move(started).error();
    const auto committed = [this]() -> std::optional<double> {
      const Result<MetricsReading> reading = rig_->metrics(Part::agent);
      if (!reading) return std::nullopt;
      return reading->sum("tidegate_records_committed_total", {{"content_type", std::string{content_type(Feed::techniques)}}});
    };
    const Awaited all{"outage: records buffered", static_cast<double>(options_.records), committed};
    if (Result<void> waited = wait_for(all, *rig_, clock_); !waited) return std::move(waited).error();
    return clock_.steady() - begun;
  }

  Result<void> watch() {
    TlsClientFiles files;
    files.ca_file = rig_->pki().ca_file().string();
    Result<TlsContextPtr> tls = make_client_tls(files);
    if (!tls) return std::move(tls).error();
    watch_ = std::make_unique<ServedWatch>(rig_->api_base_url() + "/sim/stats", std::move(*tls), clock_);
    watch_->start();
    return {};
  }

  Result<Drain> drain() {
    const pid_t agent = rig_->process(Part::agent)->pid();
    Result<Identity> identity = rig_->pki().issue("bench-receiver");
    if (!identity) return std::move(identity).error();
    Result<void> started = receiver_.start(port_, *identity, rig_->pki().ca_file());
    if (!started) return std::move(started).error();

    double agent_before = 0;
    double receiver_before = 0;
    const auto begun = [&]() -> std::optional<double> {
      if (receiver_.first_byte()) return 1;
      agent_before = cpu_seconds_of(agent);
      receiver_before = receiver_.cpu_seconds();
      return 0;
    };
    const Awaited first{"outage: first byte", 1, begun, look_closely};
    if (Result<void> waited = wait_for(first, *rig_, clock_); !waited) return std::move(waited).error();
    const Awaited all{"outage: records drained", static_cast<double>(options_.records),
                      [this] { return std::optional{static_cast<double>(receiver_.announced())}; }, look_closely};
    if (Result<void> waited = wait_for(all, *rig_, clock_); !waited) return std::move(waited).error();
    Drain drain;
    drain.cpu_seconds = cpu_seconds_of(agent) - agent_before;
    drain.receiver_cpu_seconds = receiver_.cpu_seconds() - receiver_before;
    drain.first_byte = *receiver_.first_byte();
    drain.last_chunk = *receiver_.last_announced();
    return drain;
  }

  // How many alerts must have come: those from before the present second, once a younger one is there, since they come in the
  // order of their times. The simulator's ledger says how many those are.
  Result<double> expected_alerts() {
    judged_to_ = std::chrono::floor<std::chrono::seconds>(clock_.wall());
    const auto younger = [this] { return std::optional{receiver_.latest_timed() >= judged_to_ ? 1.0 : 0.0}; };
    const Awaited one{"outage: a fresh alert behind the drain", 1, younger};
    if (Result<void> waited = wait_for(one, *rig_, clock_); !waited) return std::move(waited).error();
    watch_->stop();
    if (watch_->failure()) return Error{*watch_->failure()}.in("the simulator's statistics");
    const Result<Bytes> ledger = rig_->ledger();
    if (!ledger) return ledger.error();
    return static_cast<double>(alerts_before(*ledger, to_iso8601(judged_to_)));
  }

  // Alerts come in the order in which they were served. Had one been served twice, those behind it would be paired with a time
  // that is too early, so the figure would be too large.
  Result<Freshness> freshness(const Drain& drain) const {
    const std::vector<SteadyTime>& served = watch_->served_at();
    const std::vector<TimedRecord>& came = receiver_.timed();
    std::vector<double> in_drain;
    std::optional<double> behind;
    for (std::size_t i = 0; i < served.size() && watch_->served_before() + i < came.size(); ++i) {
      if (served[i] < drain.first_byte) continue;
      const double way = milliseconds_of(came[watch_->served_before() + i].came - served[i]);
      if (served[i] <= drain.last_chunk) in_drain.push_back(way);
      else if (!behind) behind = way;
    }
    if (in_drain.empty() && !behind) return Error{Code::corrupt, "no alert was served after the drain began"};
    Freshness fresh{.alerts = in_drain.size()};
    if (in_drain.empty()) in_drain.push_back(*behind);
    std::ranges::sort(in_drain);
    fresh.ms_max = in_drain.back();
    fresh.ms_median = in_drain[in_drain.size() / 2];
    return fresh;
  }

  Report report(const Drain& drain, const Freshness& fresh, double alerts, std::chrono::nanoseconds fill,
                const ProcessFigures& used) const {
    const auto records = static_cast<double>(options_.records);
    const auto distinct = static_cast<double>(receiver_.distinct());
    const double techniques = distinct - static_cast<double>(receiver_.timed().size());
    const auto judged = static_cast<double>(
        std::ranges::count_if(receiver_.timed(), [this](const TimedRecord& one) { return one.time < judged_to_; }));
    Report report{.name = "outage", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = options_.parameters();
    report.parameters.emplace_back("alerts_per_second", alerts_per_second);
    report.parameters.emplace_back("interval", poll_interval);
    report.figures = {{"drain_records_per_s", records / in_seconds(drain.took())},
                      {"drain_cpu_s_per_million", drain.cpu_seconds * 1e6 / records},
                      {"fresh_alert_ms_max", fresh.ms_max},
                      {"missing", (records - techniques) + (alerts - judged)},
                      {"twins", static_cast<double>(receiver_.records()) - distinct},
                      {"fresh_alerts", static_cast<double>(fresh.alerts)},
                      {"fresh_alert_ms_median", fresh.ms_median},
                      {"drain_seconds", in_seconds(drain.took())},
                      {"receiver_cpu_s", drain.receiver_cpu_seconds},
                      {"wire_mb", static_cast<double>(receiver_.wire_bytes()) / 1e6},
                      {"refused_chunks", static_cast<double>(receiver_.refused())},
                      {"fill_seconds", in_seconds(fill)},
                      {"peak_rss_mb", static_cast<double>(used.peak_rss_bytes) / 1e6}};
    return report;
  }

  const BacklogOptions& options_;
  const Clock& clock_;
  CountingReceiver receiver_;
  std::uint16_t port_ = 0;
  WallSeconds judged_to_{};  // alerts before it must have come
  std::unique_ptr<Rig> rig_;
  std::unique_ptr<ServedWatch> watch_;  // after the rig: it looks at the simulator
};

}  // namespace

Result<Report> bench_outage(const BacklogOptions& options, const Clock& clock) {
  return run_in_clean_folder<OutageBench>(options, clock);
}

}  // namespace tidegate
