#include "agent/agent.h"

#include <algorithm>

#include "agent/compression.h"

namespace tidegate {

Agent::Agent(const AgentConfig& config, AgentPorts ports, asio::any_io_executor executor, Log& log, Metrics& metrics)
    : ports_(ports),
      executor_(executor),
      log_(log),
      metrics_(metrics),
      config_(config),
      started_(ports.around.clock.wall()),
      shipper_(ports.store, ports.uplink, ports.around, BackoffLimits{}, log, metrics),
      tasks_(executor, [this](std::string_view, const Error& error) { fail(error); }) {}

asio::awaitable<Error> Agent::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  tasks_.spawn("shipper", shipper_.run());
  for (const ConnectorConfig& connector : config_.connectors) start_connector(connector);
  co_await tasks_.join();
  for (const auto& connector : connectors_) connector->stop();
  for (const auto& connector : connectors_) co_await connector->join();
  co_return failure_.value_or(Error{Code::cancelled, "agent stopped"});
}

void Agent::start_connector(const ConnectorConfig& config) {
  connectors_.push_back(std::make_unique<Connector>(
      config, ConnectorSurroundings{.sensor = config_.sensor.name,
                                    .compression = compression_of(config_.ship.compression),
                                    .store = ports_.store,
                                    .sources = ports_.sources,
                                    .around = ports_.around,
                                    .executor = executor_,
                                    .log = log_,
                                    .metrics = metrics_,
                                    .on_failure = [this](std::string_view, const Error& error) { fail(error); }}));
  connectors_.back()->start();
}

// The journal failed: every stage stops, and the process with them.
void Agent::fail(const Error& error) {
  if (!failure_) failure_ = error;
  tasks_.stop();
}

asio::awaitable<void> Agent::apply(AgentConfig config) {
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
  // A cursor has one reader: the old collectors are gone before the new ones begin.
  for (const auto& connector : leaving) connector->stop();
  for (const auto& connector : leaving) co_await connector->join();
  if (tasks_.stopping()) co_return;
  for (const ConnectorConfig& connector : arriving) start_connector(connector);
  log_.info("configuration applied", {{"stopped", std::to_string(leaving.size())}, {"started", std::to_string(arriving.size())}});
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
  return status;
}

}  // namespace tidegate
