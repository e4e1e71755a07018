#include "tests/world/world.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"
#include "tests/support/vision_one_http.h"
#include "tests/world/inline_store.h"
#include "tests/world/loop_turns.h"

namespace tidegate {
namespace {

constexpr std::string_view token = "a-token-of-the-world";
constexpr WallTime origin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{12}};
constexpr std::chrono::milliseconds answer_time{40};

std::string text_of(const std::vector<std::uint32_t>& counts) {
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts) sum += count;
  return std::to_string(sum) + " of " + std::to_string(counts.size()) + " kinds";
}

SourceName name_of(const LedgerEntry& entry) { return {std::string{msg_class(entry.feed)}, entry.id, entry.version}; }

std::string text_of(const SourceName& source) { return source.msg_class + " " + source.id + " " + source.version; }

// The way to a processor that outlives it. What it carried ends with it.
class SharedUplink final : public Uplink {
 public:
  explicit SharedUplink(ProcessorSim& processor) : processor_(processor) {}
  ~SharedUplink() override { processor_.reset(); }

  asio::awaitable<Result<void>> connect() override { return processor_.connect(); }
  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override { return processor_.ship(segment); }
  asio::awaitable<Result<SegmentId>> ack() override { return processor_.ack(); }
  asio::awaitable<void> preferred() override { return processor_.preferred(); }
  void reset() override { processor_.reset(); }

 private:
  ProcessorSim& processor_;
};

}  // namespace

WorldOptions small_tenant() {
  WorldOptions options;
  options.sim.data.backlog_period = std::chrono::hours{6};
  options.sim.data.alerts = {.backlog = 60, .per_second = 0.02};
  options.sim.data.audit_logs = {.backlog = 300, .per_second = 0.05};
  options.sim.data.techniques = {.backlog = 1500, .per_second = 0.5};
  options.sim.data.live = std::chrono::minutes{20};
  options.sim.data.late_share = 0.1;
  options.sim.data.late_max = std::chrono::seconds{60};
  options.connector.interval = std::chrono::seconds{30};
  options.connector.audit_logs_interval = std::chrono::seconds{60};
  options.connector.first_read = std::chrono::hours{30 * 24};
  options.connector.overlap = std::chrono::seconds{120};
  options.connector.settle = std::chrono::seconds{5};
  options.connector.requests_per_minute = 6000;
  options.connector.window_records_max = 600;
  return options;
}

World::World(Seed seed, WorldOptions options)
    : clock(origin), random(seed), origin_(origin), began_(clock.steady()), options_(std::move(options)) {
  options_.sim.data.origin = origin;
  options_.sim.serve.tokens = {std::string{token}};
  api = std::make_unique<VisionOneSim>(options_.sim, seed);
  processor = std::make_unique<ProcessorSim>(epoch_);
  config.sensor.name = "sensor-of-the-world";
  options_.connector.name = "world";
  options_.connector.type = "trendmicro_visionone";
  options_.connector.tenant = {"acme", "ACME Corp"};
  options_.connector.api_base_url = "https://api.test";
  options_.connector.bearer_token = Secret{std::string{token}};
  config.connectors = {options_.connector};
  sensor_ = std::make_unique<SimSensor>(
      loop_, SimSensorOptions{.config = config, .budget = options_.budget, .directory = directory_.path()}, ports());
}

World::~World() = default;

SimSensorPorts World::ports() {
  return {.clock = clock,
          .random = random,
          .make_store = [](Journal& journal) { return std::make_unique<InlineStore>(journal, Compression::zstd); },
          .make_uplink =
              [this](const Id128& epoch) {
                epoch_ = epoch;
                return std::make_unique<SharedUplink>(*processor);
              },
          .serve = [this](HttpRequest request) { return serve(std::move(request)); },
          .wrap_source = {},
          .log = [this](std::string_view line) { log_lines.emplace_back(line); }};
}

void World::start_agent() {
  sensor_->reconfigure(config.connectors);
  const bool started = sensor_->start();
  TG_ASSERT(started, "the world's journal opens");
}

void World::stop_agent() { sensor_->stop(); }

void World::cut_power(TornTail tail) {
  sensor_->cut_power(tail);
  start_agent();
}

void World::reconfigure(ConnectorConfig connector) {
  config.connectors = {std::move(connector)};
  sensor_->reconfigure(config.connectors);
}

void World::drain() { turn_until_idle(loop_); }

void World::run_for(std::chrono::nanoseconds span) {
  run_until([] { return false; }, span);
}

bool World::run_until(const std::function<bool()>& done, std::chrono::nanoseconds span) {
  const SteadyTime end = clock.steady() + span;
  for (;;) {
    drain();
    if (done()) return true;
    if (clock.steady() >= end) return false;
    const SteadyTime next = std::min(clock.next_deadline().value_or(end), end);
    clock.advance(std::max<std::chrono::nanoseconds>(next - clock.steady(), std::chrono::nanoseconds{1}));
  }
}

bool World::is_nameless(const LedgerEntry& entry) const { return entry.feed == Feed::audit_logs && !options_.sim.data.audit_uuid; }

bool World::complete() { return missing().empty(); }

std::vector<std::string> World::missing() {
  std::vector<std::string> lacking;
  for (const LedgerEntry& entry : ledger()) {
    const SourceName source = name_of(entry);
    if (!is_nameless(entry) && !entry.superseded && !processor->records().contains(source)) lacking.push_back(text_of(source));
  }
  const auto [held, received] = nameless_counts();
  if (received < held) lacking.push_back("nameless: " + text_of(held) + " held, " + text_of(received) + " received");
  return lacking;
}

std::vector<std::string> World::twins() {
  std::vector<std::string> odd;
  std::set<SourceName> known;
  for (const LedgerEntry& entry : ledger()) known.insert(name_of(entry));
  std::size_t copies = 0;
  for (const auto& [source, count] : processor->records()) {
    if (source.version == nameless) {
      copies += static_cast<std::size_t>(count) - 1;
      continue;
    }
    if (count != 1) odd.push_back("twice: " + text_of(source));
    if (!known.contains(source)) odd.push_back("foreign: " + text_of(source));
  }
  if (processor->record_ids().size() != processor->records().size() + copies)
    odd.push_back("record ids and records are not one to one");
  const auto [held, received] = nameless_counts();
  if (held < received) odd.push_back("nameless: " + text_of(held) + " held, " + text_of(received) + " received");
  return odd;
}

// Records without id are named by the API's bytes there and by msgpack here: how many there are of each kind must agree.
std::pair<World::Counts, World::Counts> World::nameless_counts() {
  Counts held;
  Counts received;
  for (const LedgerEntry& entry : ledger())
    if (is_nameless(entry)) held.push_back(entry.count);
  for (const auto& [source, count] : processor->records())
    if (source.version == nameless) received.push_back(static_cast<std::uint32_t>(count));
  std::sort(held.begin(), held.end(), std::greater{});
  std::sort(received.begin(), received.end(), std::greater{});
  return {held, received};
}

asio::awaitable<Result<HttpResponse>> World::serve(HttpRequest request) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  requests.push_back(clock.steady());
  asked.push_back(request);
  co_await clock.sleep_for(answer_time);
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "stopped while the answer was awaited"};
  if (api_away) co_return Error{Code::unavailable, "connection refused"};
  Result<HttpResponse> response = answer_of(*api, request, api_time());
  if (response && twist) twist(request, *response);
  co_return response;
}

}  // namespace tidegate
