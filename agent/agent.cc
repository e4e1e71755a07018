#include "agent/agent.h"

#include <algorithm>

#include "agent/control/health.h"
#include "config/config_text.h"

namespace tidegate {

Agent::Agent(const AgentConfig& config, AgentPorts ports, asio::any_io_executor executor, Log& log, Metrics& metrics,
             AgentHooks hooks)
    : ports_(ports),
      executor_(executor),
      log_(log),
      metrics_(metrics),
      config_(config),
      effective_(to_yaml(config)),
      started_(ports.around.clock.wall()),
      shipper_(ports.store, ports.uplink, ports.around,
               ShipperLimits{.refusals_max = static_cast<std::uint32_t>(config.ship.refusals)}, log, metrics),
      backfill_readers_(
          surroundings(), [this](const std::string& name) { return configured(name); },
          [this](std::uint32_t number) { return backfills_.finished(number); }),
      backfills_(ports.store, ports.around.clock, backfill_readers_, log),
      tasks_(executor, [this](std::string_view, const Error& error) { fail(error); }) {
  if (ports_.actions != nullptr)
    responder_ = std::make_unique<SensorResponder>(config.sensor.name, policy_of(config), *ports_.actions, executor, ports.around,
                                                   log, metrics);
  if (ports_.control != nullptr) make_control(std::move(hooks));
}

void Agent::make_control(AgentHooks hooks) {
  ControlPorts& control = *ports_.control;
  const TrialPorts trial{control.keeper, control.sealer, control.check, *this, control.link};
  // What an offer has come to is told at once; that it is being tried may wait a moment.
  ConfigTrial::OnStatus on_status = [this](const RemoteStatus& status) {
    if (control_) control_->changed(status.state == RemoteState::applied || status.state == RemoteState::failed);
  };
  trial_ = std::make_unique<ConfigTrial>(config_, trial, ports_.around, log_, metrics_, std::move(on_status));
  ControlHooks of_control{.report = [this] { return report(); },
                          .offer = [this](RemoteOffer offer) { trial_->offer(std::move(offer)); },
                          .answer = std::move(hooks.answer),
                          .restart = std::move(hooks.restart)};
  control_ = std::make_unique<Control>(control.link, std::move(of_control), config_.remote.accept, executor_, ports_.around, log_,
                                       metrics_, hooks.control);
}

asio::awaitable<Error> Agent::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  tasks_.spawn("shipper", shipper_.run());
  tasks_.spawn("spool", sample_spool());
  for (const ConnectorConfig& connector : config_.connectors) start_connector(connector);
  if (Result<void> loaded = co_await backfills_.load(); !loaded)
    log_.error("back-fills wait until their list can be read", {{"reason", loaded.error().text()}});
  if (responder_) tasks_.spawn("actions", responder_->run());
  // Behind the start of the file's connectors: the trial begins by applying what was kept, and a document's must not start twice.
  if (trial_) tasks_.spawn("configuration", trial_->run());
  if (control_) tasks_.spawn("control", control_->run());
  co_await tasks_.join();
  for (const auto& connector : connectors_) connector->stop();
  for (const auto& connector : connectors_) co_await connector->join();
  co_await backfill_readers_.stop_all();
  co_return failure_.value_or(Error{Code::cancelled, "agent stopped"});
}

ConnectorSurroundings Agent::surroundings() {
  return {.sensor = config_.sensor.name,
          .store = ports_.store,
          .sources = ports_.sources,
          .around = ports_.around,
          .executor = executor_,
          .log = log_,
          .metrics = metrics_,
          .on_failure = [this](std::string_view, const Error& error) { fail(error); }};
}

void Agent::start_connector(const ConnectorConfig& config) {
  connectors_.push_back(std::make_unique<Connector>(config, surroundings()));
  connectors_.back()->start();
}

const ConnectorConfig* Agent::configured(const std::string& name) const {
  const auto found = std::ranges::find(config_.connectors, name, &ConnectorConfig::name);
  return found == config_.connectors.end() ? nullptr : &*found;
}

// The journal failed: every stage stops, and the process with them.
void Agent::fail(const Error& error) {
  if (!failure_) failure_ = error;
  tasks_.stop();
}

// A cursor has one reader: while connectors are stopped and begun, nobody else does so.
asio::awaitable<void> Agent::begin_change() {
  while (changing_) co_await changed_.wait();
  changing_ = true;
}

void Agent::end_change() {
  changing_ = false;
  changed_.notify();
}

asio::awaitable<Result<void>> Agent::take_local(AgentConfig local) {
  if (!trial_) co_return co_await apply(std::move(local));
  trial_->take_local(std::move(local));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Agent::apply(AgentConfig config) {
  co_await begin_change();
  std::vector<std::unique_ptr<Connector>> leaving;
  std::vector<ConnectorConfig> arriving;
  const auto keeps = [](const std::vector<ConnectorConfig>& all, const ConnectorConfig& one) {
    return std::ranges::find(all, one) != all.end();
  };
  for (auto& connector : connectors_)
    if (!keeps(config.connectors, connector->config())) leaving.push_back(std::move(connector));
  std::erase(connectors_, nullptr);
  for (const ConnectorConfig& wanted : config.connectors)
    if (!keeps(config_.connectors, wanted)) arriving.push_back(wanted);
  config_.connectors = std::move(config.connectors);
  effective_ = to_yaml(config_);
  // The old collectors are gone before the new ones begin.
  for (const auto& connector : leaving) connector->stop();
  for (const auto& connector : leaving) co_await connector->join();
  for (const auto& connector : leaving) co_await backfill_readers_.stop_readers_of(connector->config().name);
  end_change();
  if (tasks_.stopping()) co_return Error{Code::cancelled, "agent stopped"};
  for (const ConnectorConfig& connector : arriving) start_connector(connector);
  backfills_.start_readers();
  if (control_) control_->changed(false);
  log_.info("configuration applied", {{"stopped", std::to_string(leaving.size())}, {"started", std::to_string(arriving.size())}});
  co_return Result<void>{};
}

std::vector<SteeredConnector> Agent::connectors() const {
  std::vector<SteeredConnector> all;
  for (const ConnectorConfig& connector : config_.connectors) {
    SteeredConnector steered{connector.name, {}};
    for (const ContentType type : connector.content_types) steered.lanes.push_back(lane_of(type));
    all.push_back(std::move(steered));
  }
  return all;
}

// The connector is stopped for it, since a cursor has one reader.
asio::awaitable<Result<void>> Agent::rewind(CursorKey key, WallSeconds to) {
  co_await begin_change();
  const auto found = std::ranges::find(connectors_, key.connector, [](const auto& each) { return each->config().name; });
  if (found == connectors_.end()) {
    end_change();
    co_return Error{Code::absent, "there is no connector " + key.connector + " any more"};
  }
  const std::unique_ptr<Connector> stopped = std::move(*found);
  connectors_.erase(found);
  stopped->stop();
  co_await stopped->join();
  Result<void> done = co_await set_back(key, to);
  end_change();
  const ConnectorConfig* const config = configured(key.connector);
  if (config != nullptr && !tasks_.stopping()) start_connector(*config);
  if (!done) co_return done;
  log_.info("a cursor was set back",
            {{"connector", key.connector}, {"content_type", std::string{name(key.lane)}}, {"to", to_iso8601(to)}});
  co_return Result<void>{};
}

// Its ids are forgotten: what is read again is shipped again, and the index knows it by its record_id (P2).
asio::awaitable<Result<void>> Agent::set_back(CursorKey key, WallSeconds to) {
  Result<CursorState> state = co_await ports_.store.load(key);
  if (!state) co_return std::move(state).error().in("journal");
  // Forward it would pass over what was not read yet (P1).
  if (!state->cursor) co_return Error{Code::invalid, "to: nothing was read yet, so there is nothing to read again"};
  if (to > state->cursor->settled)
    co_return Error{Code::invalid, "to: " + to_iso8601(to) + " is not read yet: give a time before " +
                                       to_iso8601(state->cursor->settled) + ", where the cursor stands"};
  Commit commit;
  commit.key = std::move(key);
  commit.next = cursor_at(to);
  commit.next.through = state->cursor->through;  // it was read through all the same: no gap can come of it (P12)
  commit.forget_before = WallSeconds::max();
  Result<std::vector<SegmentId>> stored = co_await ports_.store.commit(std::move(commit));
  if (!stored) co_return std::move(stored).error().in("journal");
  co_return Result<void>{};
}

asio::awaitable<Error> Agent::sample_spool() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  while (stop.cancelled() == asio::cancellation_type::none) {
    spool_.sample(ports_.around.clock.steady(), ports_.store.usage());
    co_await ports_.around.clock.sleep_for(SpoolMeter::sample_every);
  }
  co_return Error{Code::cancelled, "agent stopped"};
}

SpoolView Agent::spool() const {
  return spool_.view(ports_.around.clock.steady(), ports_.around.clock.wall(), ports_.store.usage());
}

asio::awaitable<Result<std::uint64_t>> Agent::resend() {
  for (std::uint64_t chunks = 0;; ++chunks) {
    Result<SegmentId> taken = co_await ports_.store.take_back();
    if (!taken && taken.error().code() == Code::absent) co_return chunks;
    if (!taken) co_return std::move(taken).error().in("journal, after " + std::to_string(chunks) + " chunks");
    log_.info("a chunk that was set aside is sent again",
              {{"lane", std::string{name(taken->lane)}}, {"sequence", std::to_string(taken->sequence)}});
  }
}

AgentStatus Agent::status() const {
  AgentStatus status;
  status.sensor = config_.sensor.name;
  status.now = ports_.around.clock.wall();
  status.started = started_;
  for (const auto& connector : connectors_) status.connectors.push_back(connector->status());
  const ShipperView shipper = shipper_.view();
  status.uplink = shipper.state;
  status.last_ack = shipper.last_ack;
  status.chunks_in_flight = shipper.chunks_in_flight;
  status.journal = ports_.store.usage();
  if (control_) status.control = ControlStatus{control_->link_state(), trial_->status()};
  if (responder_) status.actions = responder_->troubles();
  return status;
}

ControlReport Agent::report() const {
  ControlReport report;
  report.remote = trial_->status();
  report.effective = effective_;
  report.health = health_of(status());
  return report;
}

}  // namespace tidegate
