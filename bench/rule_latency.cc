#include "bench/rule_latency.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "bench/backlog.h"
#include "bench/centre.h"
#include "bench/load_sensor.h"
#include "bench/rethrow.h"
#include "bench/rule_set.h"
#include "bench/rule_traffic.h"
#include "bench/trend.h"
#include "processor/fleet_stores.h"
#include "respond/rules_document.h"
#include "tests/support/process.h"
#include "tests/support/rig_http.h"
#include "tests/support/rig_metrics.h"
#include "tests/support/vision_one_server.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view load_sensor = "bench-0";
constexpr auto settle_after_rules = 10s;  // what the others do first is done once: they are muted or capped then
constexpr auto settle_after_start = 3s;
constexpr auto actions_wait_max = 60s;  // after the last alert
constexpr auto command_answer_max = 60s;
constexpr std::size_t load_chunks = 100;
constexpr std::size_t load_met_of_chunk = traffic_chunk_records / 200;
constexpr const char* isolate_path = "/v3.0/response/endpoints/isolate";

// Requests that isolate, as the API got them.
class IsolationLog {
 public:
  explicit IsolationLog(const Clock& clock) : clock_(clock) {}

  void heard(const SimRequest& request) {
    if (request.method != "POST" || request.target != isolate_path) return;
    const SteadyTime at = clock_.steady();
    const std::lock_guard lock{mutex_};
    requests_.push_back({at, request.body});
  }
  // When those for an endpoint came.
  std::vector<SteadyTime> times_of(const std::string& guid) const {
    const std::lock_guard lock{mutex_};
    std::vector<SteadyTime> times;
    for (const auto& [at, body] : requests_)
      if (body.find(guid) != std::string::npos) times.push_back(at);
    return times;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<std::pair<SteadyTime, Bytes>> requests_;
};

Result<void> write_input(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream{file, std::ios::binary | std::ios::trunc};
  stream << text;
  if (!stream.flush()) return Error{Code::unavailable, file.string() + " cannot be written"};
  return {};
}

class RuleLatencyRun {
 public:
  RuleLatencyRun(const RuleLatencyOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        log_(clock, LogFormat::text, Level::error),
        records_(std::string{load_sensor}, {"acme", "globex"}, clock.wall(), Seed{options.seed}),
        api_log_(clock) {}

  Result<Figures> run() {
    if (Result<void> ready = set_up(); !ready) return std::move(ready).error();
    LoadSensor load{system_, records_, traffic_};
    Result<void> connected = in_loop(load.connect(centre_->data_port, tls_));
    if (!connected) return std::move(connected).error().in("the sensor");
    asio::co_spawn(loop_, load.take_acks(), rethrow);
    Result<Figures> figures = measure(load);
    load.close();
    loop_.restart();
    loop_.run_for(actions_wait_max);  // ends once the last coroutine has
    api_->stop();
    return figures;
  }

 private:
  std::string metrics_url(const char* page) const { return "http://127.0.0.1:" + std::to_string(centre_->metrics_port) + page; }

  Result<void> set_up() {
    std::error_code failed;
    std::filesystem::create_directories(place_.state(), failed);
    if (failed) return Error{Code::unavailable, place_.state().string() + ": " + failed.message()};
    ParsedRules parsed = parse_rules(document());
    if (!parsed.rules) return Error{Code::invalid, "the rules of the benchmark: " + to_text(parsed.errors.front())};
    const Result<RuleHits> hits = RuleHits::make(*std::move(parsed.rules));
    if (!hits) return hits.error();
    Result<std::vector<TrafficChunk>> traffic = make_traffic(records_, *hits, load_chunks, load_met_of_chunk);
    if (!traffic) return std::move(traffic).error();
    traffic_ = *std::move(traffic);
    if (Result<void> enrolled = enrol_sensor(); !enrolled) return enrolled;
    if (Result<void> started = start_api(); !started) return started;
    Result<Centre> centre = start_centre(place_, options_.programs, clock_);
    if (!centre) return std::move(centre).error();
    centre_.emplace(*std::move(centre));
    return apply_responder();
  }

  // As many as the bar says, the one that isolates included.
  static std::string document() { return bench_rules_yaml(bench_rules_max - 1) + beacon_rule_yaml(); }

  Result<void> enrol_sensor() {
    CentreConfig centre;
    centre.state_directory = place_.state().string();
    Result<FleetStores> stores = open_fleet(centre, clock_.wall(), log_);
    if (!stores) return std::move(stores).error();
    RevocationList revocations;
    Enrolment enrolment{*stores->store, *stores->authority, revocations, clock_, system_entropy()};
    TokenOrder order;
    order.tenants = {"acme", "globex"};
    const Result<NewToken> token = enrolment.create_token(order);
    if (!token) return token.error();
    const Result<TlsClientPems> identity = enrol_at_centre(enrolment, token->text, std::string{load_sensor});
    if (!identity) return identity.error();
    Result<TlsContextPtr> tls = make_client_tls_of(*identity);
    if (!tls) return std::move(tls).error();
    tls_ = *std::move(tls);
    return {};
  }

  Result<void> start_api() {
    SimOptions simulated;
    simulated.serve.tokens = {api_key_};
    simulated.serve.task_queued = 0s;
    simulated.serve.task_running = 1s;
    api_sim_ = std::make_unique<VisionOneSim>(simulated, Seed{options_.seed});
    VisionOneServerOptions server;
    server.heard = [this](const SimRequest& request) { api_log_.heard(request); };
    api_ = std::make_unique<VisionOneServerThread>(*api_sim_, clock_, std::move(server));
    return api_->start();
  }

  // An operator's command; meanwhile nothing is sent.
  Result<void> command(std::vector<std::string> words) {
    const std::string what = words[0] + " " + words[1];
    words.insert(words.end(), {"--config", place_.config_file().string()});
    ProcessOptions program{.program = options_.programs / "tidegate-processor", .arguments = std::move(words)};
    program.output_file = options_.directory / "commands.log";
    const Result<ProgramRun> ran = run_program(std::move(program), command_answer_max);
    if (!ran) return ran.error();
    if (!ran->end.ok())
      return Error{Code::unavailable, what + " failed; see " + (options_.directory / "commands.log").string() + "; " + ran->output};
    return {};
  }

  Result<void> apply_responder() {
    const std::filesystem::path file = options_.directory / "responders.yaml";
    const std::string text =
        "responders:\n  - name: " + std::string{bench_responder} +
        "\n    type: trendmicro_visionone\n    tenants: all\n    host: 127.0.0.1\n    port: " + std::to_string(api_->port()) +
        "\n    protocol: http\n    api_key: \"" + api_key_ + "\"\n";
    if (Result<void> written = write_input(file, text); !written) return written;
    return command({"responder", "apply", "--file", file.string()});
  }

  Result<void> apply_rules() {
    const std::filesystem::path file = options_.directory / "rules.yaml";
    if (Result<void> written = write_input(file, document()); !written) return written;
    return command({"rule", "apply", "--file", file.string()});
  }

  struct Stretch {
    double core_percent = 0;
    double records_per_second = 0;
  };

  Result<Stretch> stretch(LoadSensor& load, std::chrono::nanoseconds span, bool beacons) {
    const double cpu_before = cpu_seconds_of(centre_->process.pid());
    const std::uint64_t sent_before = load.sent();
    const SteadyTime begun = clock_.steady();
    if (Result<void> sent = in_loop(load.send_for(span, beacons)); !sent) return std::move(sent).error().in("the load");
    const double took = in_seconds(clock_.steady() - begun);
    return Stretch{(cpu_seconds_of(centre_->process.pid()) - cpu_before) / took * 100,
                   static_cast<double>(load.sent() - sent_before) / took};
  }

  Result<Figures> measure(LoadSensor& load) {
    std::fprintf(stderr, "rules: 10,000 records/s without rules\n");
    if (const Result<Stretch> settled = stretch(load, settle_after_start, false); !settled) return settled.error();
    const Result<Stretch> without = stretch(load, options_.seconds / 2, false);
    if (!without) return without.error();
    if (Result<void> applied = apply_rules(); !applied) return std::move(applied).error();
    std::fprintf(stderr, "rules: 10,000 records/s with rules\n");
    if (const Result<Stretch> settled = stretch(load, settle_after_rules, false); !settled) return settled.error();
    const Result<Stretch> with = stretch(load, options_.seconds, true);
    if (!with) return with.error();
    const Result<Bytes> page = http_get(metrics_url("/metrics"));
    if (!page) return page.error();
    await_actions(load);

    std::vector<double> delays;
    double twins = 0;
    for (const auto& [guid, sent] : load.beacons()) {
      const std::vector<SteadyTime> came = api_log_.times_of(guid);
      if (came.empty()) continue;
      delays.push_back(in_seconds(came.front() - sent) * 1e3);
      twins += static_cast<double>(came.size() - 1);
    }
    std::ranges::sort(delays);
    return Figures{{"delay_ms_p50", at_share(delays, 0.50)},
                   {"delay_ms_p99", at_share(delays, 0.99)},
                   {"delay_ms_max", delays.empty() ? 0 : delays.back()},
                   {"actions", static_cast<double>(load.beacons().size())},
                   {"actions_missing", static_cast<double>(load.beacons().size() - delays.size())},
                   {"actions_twins", twins},
                   {"processor_percent_without", without->core_percent},
                   {"processor_percent_with", with->core_percent},
                   {"sent_per_s", with->records_per_second},
                   {"chunks_behind", MetricsReading{*page}.sum("tidegate_landing_chunks")}};
  }

  void await_actions(const LoadSensor& load) {
    const SteadyTime begun = clock_.steady();
    const auto came = [&](const auto& beacon) { return !api_log_.times_of(beacon.first).empty(); };
    while (!std::ranges::all_of(load.beacons(), came) && clock_.steady() - begun < actions_wait_max) {
      loop_.restart();
      loop_.run_for(look_rarely);
    }
  }

  // Runs the loop until that one has ended; the others go on meanwhile.
  Result<void> in_loop(asio::awaitable<Result<void>> wanted) {
    std::optional<Result<void>> ended;
    asio::co_spawn(loop_, keep_end(std::move(wanted), ended), rethrow);
    loop_.restart();
    while (!ended && loop_.run_one() > 0) {
    }
    if (!ended) return Error{Code::unavailable, "it came to no end"};
    return *std::move(ended);
  }
  static asio::awaitable<void> keep_end(asio::awaitable<Result<void>> wanted, std::optional<Result<void>>& ended) {
    Result<void> result = co_await std::move(wanted);
    ended.emplace(std::move(result));
  }

  const RuleLatencyOptions& options_;
  const CentrePlace place_{options_.directory};
  const Clock& clock_;
  SystemClock system_;
  Log log_;
  SensorRecords records_;
  std::vector<TrafficChunk> traffic_;
  std::string api_key_ = "bench." + std::string(300, 'k');
  IsolationLog api_log_;
  std::unique_ptr<VisionOneSim> api_sim_;
  std::unique_ptr<VisionOneServerThread> api_;
  TlsContextPtr tls_;
  std::optional<Centre> centre_;
  asio::io_context loop_{1};
};

}  // namespace

Result<Figures> measure_rule_latency(const RuleLatencyOptions& options, const Clock& clock) {
  RuleLatencyRun run{options, clock};
  return run.run();
}

}  // namespace tidegate
