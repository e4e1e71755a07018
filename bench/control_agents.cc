#include "bench/control_agents.h"

#include <boost/asio/this_coro.hpp>

#include "transport/opamp_client.h"
#include "transport/opamp_session.h"

namespace tidegate {
namespace {

namespace capability = opamp::agent_capability;
constexpr std::uint64_t capabilities = capability::reports_status | capability::accepts_remote_config |
                                       capability::reports_effective_config | capability::reports_health |
                                       capability::reports_remote_config | capability::reports_heartbeat;

opamp::KeyValue text(std::string key, std::string value) { return {std::move(key), {std::move(value)}}; }

// What a sensor with one connector tells.
Result<void> describe(OpampSession& session, const std::string& name) {
  opamp::AgentDescription description;
  description.identifying_attributes = {text("service.name", "tidegate-agent"), text("service.instance.name", name),
                                        text("service.version", TIDEGATE_VERSION)};
  description.non_identifying_attributes = {text("os.type", "linux"), text("host.name", name)};
  if (Result<void> set = session.set_description(std::move(description)); !set) return set;
  opamp::ComponentHealth health;
  health.healthy = true;
  health.status = "healthy";
  opamp::ComponentHealth part;
  part.healthy = true;
  part.status = "healthy";
  for (const char* each : {"alerts", "audit_logs", "observed_attack_techniques", "uplink", "journal"})
    health.component_health_map[each] = part;
  return session.set_health(std::move(health));
}

OpampClientOptions options_of(const std::string& url, TlsContextPtr tls) {
  OpampClientOptions options;
  options.url = url;
  options.tls = [tls = std::move(tls)]() -> Result<TlsContextPtr> { return tls; };
  options.limits.connect_max = std::chrono::seconds{120};  // a whole fleet waits in the processor's backlog
  options.limits.answer_max = std::chrono::seconds{120};
  return options;
}

}  // namespace

struct ControlAgents::Agent {
  Agent(std::size_t number, const std::string& url, TlsContextPtr tls, Clock& clock, Random& random, Log& log, Metrics& metrics)
      : session(Id128{number + 1, ~std::uint64_t{number}}, capabilities, {}),
        client(session, options_of(url, std::move(tls)), {clock, random}, log, metrics) {}

  OpampSession session;
  OpampClient client;
  bool configured = false;
};

ControlAgents::ControlAgents(asio::any_io_executor executor, Clock& clock, std::string url)
    : clock_(clock),
      url_(std::move(url)),
      log_(clock, LogFormat::text, Level::error, [](std::string_view) {}),
      tasks_(std::move(executor)) {}

ControlAgents::~ControlAgents() = default;

Result<void> ControlAgents::start(const std::vector<BenchSensor>& sensors) {
  for (const BenchSensor& sensor : sensors) {
    Result<TlsContextPtr> tls = make_client_tls_of(sensor.identity);
    if (!tls) return std::move(tls).error().in(sensor.name);
    agents_.push_back(std::make_unique<Agent>(agents_.size(), url_, *std::move(tls), clock_, random_, log_, metrics_));
    if (Result<void> described = describe(agents_.back()->session, sensor.name); !described) return described;
  }
  for (const std::unique_ptr<Agent>& agent : agents_) {
    tasks_.spawn("agent", agent->client.run());
    tasks_.spawn("offers", follow(*agent));
  }
  return {};
}

asio::awaitable<Error> ControlAgents::follow(Agent& agent) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    Result<OpampEvent> event = co_await agent.client.next();
    if (!event) co_return std::move(event).error();
    const auto* offer = std::get_if<opamp::AgentRemoteConfig>(&*event);
    if (offer == nullptr) continue;
    opamp::RemoteConfigStatus status;
    status.last_remote_config_hash = offer->config_hash;
    status.status = opamp::ApplyStatus::applied;
    opamp::EffectiveConfig effective;
    effective.config_map = offer->config;
    if (!agent.session.set_effective_config(std::move(effective)) || !agent.session.set_remote_config_status(std::move(status)))
      co_return Error{Code::invalid, "an offer cannot be reported"};
    agent.client.changed();
    if (!std::exchange(agent.configured, true)) ++configured_;
  }
}

std::size_t ControlAgents::connected() const {
  std::size_t count = 0;
  for (const std::unique_ptr<Agent>& agent : agents_) count += agent->client.connected() ? 1 : 0;
  return count;
}

std::string ControlAgents::trouble() const {
  for (const std::unique_ptr<Agent>& agent : agents_) {
    if (std::string why = agent->client.trouble(); !agent->client.connected() && !why.empty()) return why;
  }
  return {};
}

}  // namespace tidegate
