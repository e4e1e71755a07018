#include "tests/sim/fleet.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <set>
#include <utility>

#include "agent/edges/forward_uplink.h"
#include "base/check.h"
#include "tests/sim/fleet_watch.h"
#include "tests/sim/mutants.h"
#include "tests/support/vision_one_http.h"
#include "tests/world/inline_store.h"

namespace tidegate {
namespace {

constexpr WallTime origin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{12}};
constexpr std::chrono::minutes look_every{1};
constexpr std::uint16_t data_port = 24224;
constexpr std::size_t broken_max = 50;

std::string token_of(const std::string& tenant) { return "a-token-of-" + tenant; }

HostPort api_place(std::string_view url) { return {std::string{url.substr(url.rfind('/') + 1)}, 443}; }

}  // namespace

SimFleet::SimFleet(Seed seed, FleetOptions options, const Mutant* mutant)
    : clock_(origin),
      began_(clock_.steady()),
      random_(seed),
      mutant_(mutant),
      options_(std::move(options)),
      net_(clock_, random_),
      control_net_(clock_, random_),
      troubled_at_(began_),
      next_look_(began_ + look_every) {
  for (std::size_t number = 0; number < options_.processors; ++number) make_centre(number);
  sensors_.reserve(options_.sensors.size());
  for (std::size_t number = 0; number < options_.sensors.size(); ++number) make_sensor(number, seed);
}

SimFleet::~SimFleet() {
  for (Sensor& sensor : sensors_)
    if (sensor.agent->running()) sensor.agent->stop();
  for (Centre& centre : centres_)
    if (centre.processor->running()) centre.processor->kill(SimProcessor::Manner::with_resets);
  drain();
}

void SimFleet::add(std::unique_ptr<Checker> checker) { checkers_.push_back(std::move(checker)); }

void SimFleet::make_centre(std::size_t number) {
  const std::string place = "dp" + std::to_string(number + 1);
  SimProcessorPorts ports{.clock = clock_,
                          .random = random_,
                          .net = net_,
                          .index = index_,
                          .make_landing = {},
                          .log = [this, place](std::string_view line) { log(place, line); }};
  // The watch stands inside the mutant: it tells of what was truly landed.
  ports.make_landing = [this, number](Landing& real) -> std::unique_ptr<Landing> {
    const auto watch = [this, number](std::span<const Chunk> chunks, const Result<std::vector<Landed>>& landed) {
      centres_[number].processor->disk().background().settle();
      note(centres_[number].processor->place() + " landed " + std::to_string(chunks.size()));
      for (const auto& checker : checkers_) checker->on_landed(number, chunks, landed);
    };
    std::unique_ptr<Landing> landing = std::make_unique<WatchedLanding>(real, watch);
    if (mutant_ != nullptr && mutant_->landing != nullptr) landing = mutant_->landing(std::move(landing));
    return landing;
  };
  centres_.push_back({std::make_unique<SimProcessor>(loop_, place, directory_.path() / place, std::move(ports)), std::nullopt});
}

void SimFleet::make_sensor(std::size_t number, Seed seed) {
  Sensor sensor;
  sensor.name = "sensor-" + std::to_string(number + 1);
  sensor.tenant = "tenant-" + std::to_string(number + 1);
  sensor.options = options_.sensors[number];
  sensor.options.api.data.origin = origin;
  sensor.options.api.serve.tokens = {token_of(sensor.tenant)};
  ConnectorConfig& connector = sensor.options.connector;
  connector.name = "connector-" + std::to_string(number + 1);
  connector.type = "trendmicro_visionone";
  connector.tenant = {sensor.tenant, "Tenant " + std::to_string(number + 1)};
  connector.api_base_url = fleet_api_url;
  connector.bearer_token = Secret{token_of(sensor.tenant)};
  sensor.clock = std::make_unique<SensorClock>(clock_, sensor.options.clock_error);
  sensor.api = std::make_unique<VisionOneSim>(sensor.options.api, Seed{seed.value + number});
  sensor.log = std::make_unique<Log>(*sensor.clock, LogFormat::text, Level::info,
                                     [this, name = sensor.name](std::string_view line) { log(name, line); });

  SimSensorOptions made{.config = {}, .budget = sensor.options.budget, .directory = directory_.path() / sensor.name};
  made.config.sensor.name = sensor.name;
  if (!sensor.options.control) made.config.connectors = {given(connector)};
  SimSensorPorts ports{.clock = *sensor.clock,
                       .random = random_,
                       .make_store = [this, number](Journal& journal) { return make_store(number, journal); },
                       .make_uplink = [this, number](const Id128& epoch) { return make_uplink(number, epoch); },
                       .serve = [this, number](HttpRequest request) { return serve(number, std::move(request)); },
                       .wrap_source = {},
                       .log = [this, name = sensor.name](std::string_view line) { log(name, line); }};
  if (mutant_ != nullptr && mutant_->source != nullptr) ports.wrap_source = mutant_->source;
  if (sensor.options.control) {
    for (const std::string_view url : {fleet_api_url, silent_api_url}) made.config.remote.api_hosts.push_back(api_place(url));
    give_plane(number, sensor, ports);
  }
  sensor.agent = std::make_unique<SimSensor>(loop_, std::move(made), std::move(ports));
  sensors_.push_back(std::move(sensor));
}

// What the agent is told; the checkers keep to what it was to be told.
ConnectorConfig SimFleet::given(ConnectorConfig connector) const {
  if (mutant_ != nullptr && mutant_->connector != nullptr) mutant_->connector(connector);
  return connector;
}

void SimFleet::reconfigure(std::size_t number, ConnectorConfig connector) {
  Sensor& sensor = sensors_[number];
  sensor.options.connector = connector;
  sensor.agent->reconfigure({given(std::move(connector))});
}

std::unique_ptr<Store> SimFleet::make_store(std::size_t number, Journal& journal) {
  std::unique_ptr<Store> store = std::make_unique<InlineStore>(journal, Compression::zstd);
  if (mutant_ != nullptr && mutant_->store != nullptr) store = mutant_->store(std::move(store));
  StoreWatch watch;
  watch.committed = [this, number](const Commit& commit, const Result<std::vector<SegmentId>>& result) {
    sensors_[number].agent->disk().background().settle();
    note(sensors_[number].name + " commits to " + std::string{name(commit.key.lane)} + (result ? "" : ", in vain"));
    for (const auto& checker : checkers_) checker->on_commit(number, commit, result);
  };
  watch.trimmed = [this, number](const SegmentId& id, const Id128& chunk) {
    sensors_[number].agent->disk().background().settle();
    note(sensors_[number].name + " trims " + std::string{name(id.lane)} + " " + std::to_string(id.sequence));
    for (const auto& checker : checkers_) checker->on_trim(number, chunk);
  };
  return std::make_unique<WatchedStore>(std::move(store), std::move(watch));
}

std::unique_ptr<Uplink> SimFleet::make_uplink(std::size_t number, const Id128& epoch) {
  UplinkOptions options;
  for (const Centre& centre : centres_) options.endpoints.emplace_back(centre.processor->place(), data_port);
  options.limits.session.ack_wait_max = options_.ack_wait_max;
  options.limits.session.in_flight_chunks_max = options_.in_flight_chunks_max;
  options.dial = [this, number](ForwardEndpoint endpoint, TlsContextPtr) {
    return net_.dial(sensors_[number].name, std::move(endpoint.host));
  };
  std::unique_ptr<Uplink> uplink = std::make_unique<ForwardUplink>(
      std::move(options), epoch, Surroundings{*sensors_[number].clock, random_}, *sensors_[number].log);
  if (mutant_ != nullptr && mutant_->uplink != nullptr) uplink = mutant_->uplink(std::move(uplink));
  const auto shipped = [this, number](const SegmentId& id, const Id128& chunk) {
    for (const auto& checker : checkers_) checker->on_shipped(number, id, chunk);
  };
  const auto acked = [this, number](const SegmentId&, const Id128& chunk) {
    for (const auto& checker : checkers_) checker->on_acked(number, chunk);
  };
  return std::make_unique<WatchedUplink>(std::move(uplink), epoch, shipped, acked);
}

asio::awaitable<Result<HttpResponse>> SimFleet::serve(std::size_t number, HttpRequest request) {
  const auto stop = co_await asio::this_coro::cancellation_state;
  Sensor& sensor = sensors_[number];
  note(sensor.name + " asks " + request.url);
  co_await clock_.sleep_for(std::chrono::milliseconds{random_.between(10, 400)});
  if (stop.cancelled() != asio::cancellation_type::none) co_return Error{Code::cancelled, "stopped while the answer was awaited"};
  if (sensor.api_away || !request.url.starts_with(fleet_api_url)) co_return Error{Code::unavailable, "connection refused"};
  Result<HttpResponse> response = answer_of(*sensor.api, request, wall());
  for (const auto& checker : checkers_) checker->on_request(number, request, response ? static_cast<int>(response->status) : 0);
  co_return response;
}

void SimFleet::start() {
  for (const auto& checker : checkers_) checker->begin(*this);
  for (Centre& centre : centres_) TG_ASSERT(centre.processor->start(), "a processor begins on a sound disk");
  for (std::size_t number = 0; number < sensors_.size(); ++number)
    if (sensors_[number].plane) push(number, PushKind::same, random_);
  for (Sensor& sensor : sensors_) TG_ASSERT(sensor.agent->start(), "a sensor begins on a sound disk");
}

void SimFleet::run_for(std::chrono::nanoseconds span) {
  run_until([] { return false; }, span);
}

bool SimFleet::run_until(const std::function<bool()>& done, std::chrono::nanoseconds span) {
  const SteadyTime end = now() + span;
  for (;;) {
    drain();
    tend();
    if (done()) return true;
    if (now() >= end) return false;
    if (now() >= next_look_) look();
    SteadyTime next = std::min({clock_.next_deadline().value_or(end), end, next_look_});
    for (const Sensor& sensor : sensors_) next = std::min({next, sensor.down_until.value_or(end), sensor.plane_back.value_or(end)});
    for (const Centre& centre : centres_) next = std::min(next, centre.down_until.value_or(end));
    clock_.advance(std::max<std::chrono::nanoseconds>(next - now(), std::chrono::nanoseconds{1}));
  }
}

void SimFleet::drain() {
  loop_.restart();
  while (blow_ && loop_.poll_one() > 0) {
    loop_.restart();
    if (--blow_after_ > 0) continue;
    // Between two turns of the loop: at whatever wait everybody is.
    const std::function<void()> blow = std::exchange(blow_, {});
    disturb(nullptr);
    blow();
  }
  loop_.poll();
}

void SimFleet::strike_after(std::uint64_t turns, std::function<void()> blow) {
  blow_after_ = turns;
  blow_ = std::move(blow);
}

// Starts what has been down for long enough, and ends what cannot go on.
void SimFleet::tend() {
  for (Centre& centre : centres_) centre.processor->disk().background().settle();
  for (Sensor& sensor : sensors_) sensor.agent->disk().background().settle();
  tend_planes();
  for (Centre& centre : centres_) {
    if (centre.processor->doomed()) {
      tell(centre.processor->place() + " died in the middle of a write");
      centre.processor->cut_power(TornTail::cut_anywhere, SimProcessor::Manner::with_resets);
      centre.down_until = now() + std::chrono::seconds{random_.between(1, 60)};
    }
    if (!centre.down_until || now() < *centre.down_until) continue;
    centre.down_until = centre.processor->start() ? std::nullopt : std::optional{now() + std::chrono::seconds{30}};
    // Not a promise broken: unsynced bytes that a power cut has garbled look so too. What was acknowledged and is lost, P1 finds.
    if (centre.processor->opened().damaged)
      tell(centre.processor->place() + " finds its landing damaged: " + centre.processor->opened().reason);
  }
  for (Sensor& sensor : sensors_) {
    SimSensor& agent = *sensor.agent;
    if (agent.doomed()) {
      tell(sensor.name + " died in the middle of a write");
      disturb(nullptr);
      agent.cut_power(TornTail::cut_anywhere);
      sensor.down_until = now() + std::chrono::seconds{random_.between(1, 60)};
    } else if (agent.running() && agent.ended()) {
      tell(sensor.name + " ended by itself: " + agent.why_ended());
      disturb(nullptr);
      agent.stop();
      sensor.down_until = now() + std::chrono::seconds{random_.between(5, 60)};
    }
    if (!sensor.down_until || now() < *sensor.down_until) continue;
    sensor.down_until = agent.start() ? std::nullopt : std::optional{now() + std::chrono::seconds{30}};
  }
}

void SimFleet::look() {
  next_look_ = now() + look_every;
  for (const auto& checker : checkers_) checker->look(*this, healed_since_);
}

void SimFleet::end() {
  for (const auto& checker : checkers_) checker->end(*this);
}

AgentStatus SimFleet::status(const Sensor& sensor) const {
  AgentStatus status = sensor.agent->agent().status();
  return mutant_ != nullptr && mutant_->status != nullptr ? mutant_->status(std::move(status)) : status;
}

void SimFleet::set_healed(bool healed) {
  if (!healed) healed_since_.reset();
  else if (!healed_since_) healed_since_ = now();
}

namespace {

using Counts = std::vector<std::size_t>;  // of each kind, the largest first

SourceName name_of(const LedgerEntry& entry) { return {std::string{msg_class(entry.feed)}, entry.id, entry.version}; }

std::string text_of(const TenantRecord& record) {
  return record.tenant + " " + record.source.msg_class + " " + record.source.id + " " + record.source.version;
}

std::string text_of(const Counts& counts) {
  std::size_t sum = 0;
  for (const std::size_t count : counts) sum += count;
  return std::to_string(sum) + " of " + std::to_string(counts.size()) + " kinds";
}

}  // namespace

bool SimFleet::is_nameless(const Sensor& sensor, const LedgerEntry& entry) {
  return entry.feed == Feed::audit_logs && !sensor.options.api.data.audit_uuid;
}

// Records without id are named by the API's bytes there and by msgpack here: how many there are of each kind must agree.
std::pair<Counts, Counts> SimFleet::nameless_counts(const Sensor& sensor) {
  Counts held;
  Counts indexed;
  for (const LedgerEntry& entry : sensor.api->ledger(wall()))
    if (is_nameless(sensor, entry)) held.push_back(entry.count);
  for (const auto& [record, ids] : index_.records())
    if (record.tenant == sensor.tenant && record.source.version == nameless) indexed.push_back(ids.size());
  std::sort(held.begin(), held.end(), std::greater{});
  std::sort(indexed.begin(), indexed.end(), std::greater{});
  return {held, indexed};
}

std::vector<std::string> SimFleet::missing() {
  std::vector<std::string> lacking;
  for (const Sensor& sensor : sensors_) {
    for (const LedgerEntry& entry : sensor.api->ledger(wall())) {
      if (is_nameless(sensor, entry) || entry.superseded) continue;
      const TenantRecord record{sensor.tenant, name_of(entry)};
      if (!index_.records().contains(record)) lacking.push_back(text_of(record));
    }
    const auto [held, indexed] = nameless_counts(sensor);
    if (indexed < held)
      lacking.push_back(sensor.tenant + " nameless: " + text_of(held) + " held, " + text_of(indexed) + " indexed");
  }
  return lacking;
}

std::vector<std::string> SimFleet::twins() {
  std::vector<std::string> odd;
  std::set<TenantRecord> known;
  for (const Sensor& sensor : sensors_)
    for (const LedgerEntry& entry : sensor.api->ledger(wall())) known.insert({sensor.tenant, name_of(entry)});
  for (const auto& [record, ids] : index_.records()) {
    if (record.source.version == nameless) continue;
    if (ids.size() != 1) odd.push_back("twice: " + text_of(record));
    if (!known.contains(record)) odd.push_back("foreign: " + text_of(record));
  }
  for (const Sensor& sensor : sensors_) {
    const auto [held, indexed] = nameless_counts(sensor);
    if (held < indexed) odd.push_back(sensor.tenant + " nameless: " + text_of(held) + " held, " + text_of(indexed) + " indexed");
  }
  return odd;
}

std::size_t SimFleet::held() {
  std::size_t records = 0;
  for (const Sensor& sensor : sensors_) records += sensor.api->ledger(wall()).size();
  return records;
}

bool SimFleet::drained() {
  for (const Centre& centre : centres_)
    if (!centre.processor->running() || !centre.processor->drained()) return false;
  for (const Sensor& sensor : sensors_) {
    if (!sensor.agent->running()) return false;
    for (const LaneUsage& lane : sensor.agent->journal().usage().lanes)
      if (!lane.empty()) return false;
  }
  return true;
}

void SimFleet::tell(const std::string& what) {
  story_.push_back(to_iso8601(wall()) + "  " + what);
  note(what);
}

void SimFleet::report_broken(const std::string& what) {
  if (broken_.size() < broken_max) broken_.push_back(to_iso8601(wall()) + "  " + what);
  tell("BROKEN " + what);
}

void SimFleet::log(std::string_view who, std::string_view line) {
  note(line);
  log_.push_back(std::string{who} + " " + std::string{line});
}

void SimFleet::note(std::string_view what) {
  const std::string passed = std::to_string((now() - began_).count());
  const std::string before = to_hex(trace_);
  trace_ = hash128({before, passed, what});
}

}  // namespace tidegate
