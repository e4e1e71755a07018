#include "bench/control.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <optional>

#include "base/process_limits.h"
#include "bench/backlog.h"
#include "bench/centre.h"
#include "bench/control_agents.h"
#include "bench/trend.h"
#include "processor/digest.h"
#include "processor/fleet_stores.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr auto configured_max = 600s;
constexpr auto push_max = 60s;
constexpr std::uint64_t told_every = 1000;
constexpr std::chrono::seconds certificate_life{std::chrono::hours{24}};

std::string sensor_name(std::uint64_t number) { return "bench-" + std::to_string(number); }

// What a connector that is not enabled looks like: agents of a benchmark have no API to ask.
std::string connector_yaml(std::uint64_t sensor, const std::string& interval) {
  return "connectors:\n  - {name: v1-" + sensor_name(sensor) +
         ", type: trendmicro_visionone, tenant: {id: acme, name: ACME Corp}, region: eu, bearer_token: " + std::string(500, 't') +
         ", interval: " + interval + ", enabled: false}\n";
}

class ControlBench {
 public:
  ControlBench(const ControlOptions& options, const Clock& clock)
      : options_(options), clock_(clock), log_(system_, LogFormat::text, Level::error) {}

  Result<Report> run() {
    raise_open_files();
    if (Result<void> enrolled = enrol(); !enrolled) return std::move(enrolled).error();
    Result<Centre> made = start_centre(place_, options_.programs, clock_);
    if (!made) return std::move(made).error();
    Centre centre = *std::move(made);
    const std::uint64_t rss_before = rss_bytes_of(centre.process.pid());
    const double cpu_before = cpu_seconds_of(centre.process.pid());
    ControlAgents agents{loop_.get_executor(), system_, "wss://127.0.0.1:" + std::to_string(centre.control_port) + "/v1/opamp"};
    const SteadyTime begun = clock_.steady();
    if (Result<void> started = agents.start(sensors_); !started) return std::move(started).error();
    const Came came = await_agents(agents, begun);
    const double cpu = cpu_seconds_of(centre.process.pid()) - cpu_before;
    const std::uint64_t rss = rss_bytes_of(centre.process.pid());
    Result<std::vector<double>> pushes = push_all();
    agents.stop();
    asio::co_spawn(loop_, agents.join(), [](const std::exception_ptr&) {});
    loop_.restart();
    loop_.run();
    if (!pushes) return std::move(pushes).error();
    std::ranges::sort(*pushes);

    const auto count = static_cast<double>(options_.agents);
    Report report{.name = "control", .environment = environment(), .parameters = {}, .figures = {}};
    report.parameters = {{"agents", std::to_string(options_.agents)}, {"pushes", std::to_string(options_.pushes)}};
    report.figures = {{"connected_seconds", came.connected},
                      {"configured_seconds", came.configured},
                      {"kb_per_agent", (static_cast<double>(rss) - static_cast<double>(rss_before)) / 1e3 / count},
                      {"cpu_ms_per_agent", cpu * 1e3 / count},
                      {"push_ms_p50", at_share(*pushes, 0.50)},
                      {"push_ms_p99", at_share(*pushes, 0.99)},
                      {"push_ms_max", pushes->empty() ? 0 : pushes->back()},
                      {"missing", count - static_cast<double>(agents.configured())}};
    return report;
  }

 private:
  struct Came {
    double connected = 0;
    double configured = 0;
  };

  // The sensors, their certificates and what each should run, as the processor will find them. Over the network it would take
  // hours, because an address may try to enrol only so often.
  Result<void> enrol() {
    std::error_code ignored;
    std::filesystem::create_directories(place_.state(), ignored);
    CentreConfig centre;
    centre.state_directory = place_.state().string();
    Result<FleetStores> stores = open_fleet(centre, clock_.wall(), log_);
    if (!stores) return std::move(stores).error();
    RevocationList revocations;
    EnrolmentLimits limits;
    limits.uses_most = static_cast<std::uint32_t>(options_.agents);
    limits.certificate_life = certificate_life;
    Enrolment enrolment{*stores->store, *stores->authority, revocations, clock_, system_entropy(), limits};
    TokenOrder order;
    order.tenants = {"acme"};
    order.uses = static_cast<std::uint32_t>(options_.agents);
    const Result<NewToken> token = enrolment.create_token(order);
    if (!token) return token.error();
    for (std::uint64_t i = 0; i < options_.agents; ++i) {
      if (Result<void> added = add_sensor(i, enrolment, *stores->store, token->text); !added) return added;
      if (i % told_every == 0) std::fprintf(stderr, "control: %llu sensors enrolled\n", static_cast<unsigned long long>(i));
    }
    return {};
  }

  Result<void> add_sensor(std::uint64_t number, Enrolment& enrolment, FleetStore& store, const Secret& token) {
    const std::string name = sensor_name(number);
    Result<TlsClientPems> identity = enrol_at_centre(enrolment, token, name);
    if (!identity) return std::move(identity).error();
    DocumentDraft draft;
    draft.sensor = name;
    draft.text = Secret{"revision: 1\n" + connector_yaml(number, "5min")};
    draft.hash = sha256(name);
    draft.author = "bench";
    draft.at = clock_.wall();
    if (const Result<std::uint64_t> put = store.put_document(draft); !put) return put.error();
    sensors_.push_back({name, *std::move(identity)});
    return {};
  }

  Came await_agents(const ControlAgents& agents, SteadyTime begun) {
    Came came;
    SteadyTime told = begun;
    while (clock_.steady() - begun < configured_max) {
      loop_.restart();
      loop_.run_for(look_rarely);
      const SteadyTime now = clock_.steady();
      const std::size_t connected = agents.connected();
      if (came.connected == 0 && connected == options_.agents) came.connected = in_seconds(now - begun);
      if (agents.configured() == options_.agents) {
        came.configured = in_seconds(now - begun);
        break;
      }
      if (now - told < 10s) continue;
      told = now;
      std::fprintf(stderr, "control: %zu connected, %zu configured; %s\n", connected, agents.configured(),
                   agents.trouble().c_str());
    }
    return came;
  }

  asio::awaitable<void> push(std::uint64_t sensor, std::optional<Result<HttpResponse>>& answer) {
    UnixRequest request{
        .method = "POST", .target = "/connectors/apply?sensor=" + sensor_name(sensor), .body = connector_yaml(sensor, "6min")};
    answer = co_await unix_send(place_.socket().string(), std::move(request), push_max);
  }

  Result<std::vector<double>> push_all() {
    std::vector<double> took;
    for (std::uint64_t i = 0; i < std::min(options_.pushes, options_.agents); ++i) {
      std::optional<Result<HttpResponse>> answer;
      const SteadyTime begun = clock_.steady();
      asio::co_spawn(loop_, push(i * options_.agents / options_.pushes % options_.agents, answer),
                     [](const std::exception_ptr&) {});
      loop_.restart();
      while (!answer) loop_.run_one();
      if (!*answer) return Error{(*answer).error()}.in("push " + std::to_string(i));
      if ((**answer).status != 200) return Error{Code::unavailable, "push " + std::to_string(i) + ": " + (**answer).body};
      took.push_back(in_seconds(clock_.steady() - begun) * 1e3);
    }
    return took;
  }

  const ControlOptions& options_;
  const CentrePlace place_{options_.directory};
  const Clock& clock_;
  SystemClock system_;
  Log log_;
  std::vector<BenchSensor> sensors_;
  asio::io_context loop_{1};
};

}  // namespace

Result<Report> bench_control(const ControlOptions& options, const Clock& clock) {
  return run_in_clean_folder<ControlBench>(options, clock);
}

}  // namespace tidegate
