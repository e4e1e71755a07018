#include "processor/control_plane.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "processor/action_asked.h"
#include "processor/control_texts.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

constexpr unsigned socket_mode = 0660;
constexpr std::chrono::hours history_trim_interval{1};
constexpr std::chrono::seconds sensor_answer_max{20};
constexpr std::chrono::seconds sensor_test_max{60};
constexpr unsigned sensor_has_no_responder = 404;
constexpr int sensor_looks_for_responder = 5;
constexpr std::chrono::seconds sensor_looks_again{1};
constexpr std::chrono::minutes decisions_trim_interval{1};  // each time a bounded part goes

static_assert(action_order_bytes_max <= rollout_file_bytes_max, "an order of an action fits a body of the socket");

// Commands wait for sensors, and follow roll-outs and actions, as many as operators and their scripts have; `action stop` finds
// room beside them. A file of a roll-out fits the body, and so does an order.
HttpServerLimits socket_limits() {
  HttpServerLimits limits;
  limits.connections_max = 512;
  limits.body_bytes_max = rollout_file_bytes_max;
  return limits;
}

}  // namespace

ControlPlane::ControlPlane(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Parts parts,
                           const PortTls& tls)
    : clock_(clock),
      log_(log),
      history_(parts.history),
      rules_(parts.rules),
      random_(system_seed()),
      fleet_(executor, clock, log, metrics, {parts.store, parts.writer_store, parts.authority, system_entropy()}),
      gate_(fleet_.revocations()),
      desk_(fleet_),
      connectors_(parts.store, desk_, clock),
      rollouts_(executor, {parts.rollouts, parts.store, desk_, connectors_, clock, log, system_entropy()}),
      notifier_(executor, parts.events, clock, log, metrics, Random{system_seed()}, std::move(parts.channels)),
      event_watch_(
          parts.events, notifier_, [this] { return fleet_.facts(); }, clock, log, metrics),
      responder_apis_(clock, random_),
      action_desk_(action_ports(parts), clock, random_, log),
      action_runner_(parts.ledger, action_desk_, executor, clock, random_, log, metrics),
      sensor_actions_(sensor_ports(parts), executor, clock, log),
      rule_judge_(parts.rule_ledger, clock, log, metrics,
                  [this, executor] { asio::post(executor, [this] { rule_firings_.wake(); }); }),
      rule_lane_(rule_judge_, log, metrics),
      rule_desk_(rule_ports(parts), clock, log),
      rule_schedule_(parts.rules, rule_desk_, std::move(parts.oldest_unindexed), clock, log),
      rule_firings_({parts.rules, rule_desk_, action_desk_, parts.events, [this] { notifier_.wake(); }}, clock, random_, log,
                    metrics),
      routes_({parts.store, fleet_.enrolment(), desk_, connectors_, clock, log, parts.authority.fingerprint()}),
      rollout_routes_(rollouts_),
      event_routes_(parts.events, notifier_, clock, log),
      response_routes_(action_desk_, parts.history, clock),
      rule_routes_(rule_desk_, parts.rules, clock, log),
      port_(executor, clock, log, fleet_, tls.trusted_pem, tls.control),
      socket_(executor, log, socket_limits()),
      tasks_(executor, [this, &log](std::string_view name, const Error& error) {
        log.error("a part of the control plane ended by itself", {{"part", std::string{name}}, {"reason", error.text()}});
        tasks_.stop();
      }) {
  action_desk_.set_runner(action_runner_);
  action_desk_.set_rules_of([this](std::string_view responder) { return rule_desk_.users_of(responder); });
  rule_desk_.on_change([this] {
    rule_schedule_.rules_changed();
    rule_firings_.wake();
  });
  rule_desk_.set_sights([this](const std::string& rule) { return rule_schedule_.sight_of(rule); });
  action_desk_.set_places(action_places());
  action_runner_.on_change([this](const ActionRun& run) {
    sensor_actions_.changed(run);
    response_routes_.changed();
  });
  connectors_.set_credential_watch({[this](std::string_view name) { return action_desk_.users_of(name); },
                                    [this](std::string_view name) { action_desk_.forget_apis_with(name); }});
}

ActionDeskPorts ControlPlane::action_ports(const Parts& parts) {
  FleetStore& store = parts.store;
  return {parts.responders, parts.history, [&store](std::string_view name) { return store.credential(name); },
          [this](const Responder& responder, Secret secret) { return responder_apis_.make(responder, std::move(secret)); },
          [this](Responder responder, Secret secret) { return responder_apis_.probe(std::move(responder), std::move(secret)); }};
}

SensorActionsPorts ControlPlane::sensor_ports(const Parts& parts) {
  return {action_runner_,
          parts.history,
          [this](std::string sensor, SensorRequest request) { return ask_sensor(std::move(sensor), std::move(request)); },
          [this](std::string_view sensor) { return fleet_.is_there(sensor); },
          [this](std::string_view sensor) {
            const Result<SensorView> view = fleet_.glance(sensor);
            return view ? view->state == SensorState::revoked : view.error().code() == Code::absent;
          },
          [this](std::string_view sensor) { return action_desk_.responders_of(sensor); },
          [this] { return action_desk_.sensors(); },
          [this]() -> Result<std::set<std::string>> {
            const Result<FleetView> fleet = fleet_.view();
            if (!fleet) return fleet.error();
            std::set<std::string> names;
            for (const SensorView& sensor : fleet->sensors)
              if (sensor.state != SensorState::revoked) names.insert(sensor.name);
            return names;
          }};
}

ActionPlaces ControlPlane::action_places() {
  const auto tenants_of = [this](std::string_view sensor) -> Result<std::vector<std::string>> {
    Result<SensorView> view = fleet_.glance(sensor);
    if (!view) return std::move(view).error();
    if (view->state == SensorState::revoked) return Error{Code::absent, "sensor " + view->name + " was revoked"};
    return std::move(view->tenants);
  };
  return {tenants_of, [this](std::string_view sensor) { return fleet_.is_there(sensor); },
          [this](std::string sensor, std::string responder) { return test_there(std::move(sensor), std::move(responder)); },
          [this] { sensor_actions_.tell_all(); }};
}

asio::awaitable<Result<SensorReply>> ControlPlane::ask_sensor(std::string sensor, SensorRequest request) {
  Result<CommandOutcome> outcome = co_await fleet_.request(std::move(sensor), std::move(request.method), std::move(request.target),
                                                           sensor_answer_max, std::move(request.body));
  if (!outcome) co_return std::move(outcome).error();
  co_return SensorReply{outcome->status, std::move(outcome->body)};
}

asio::awaitable<Result<std::string>> ControlPlane::test_there(std::string sensor, std::string responder) {
  const std::string target = std::string{test_route} + "?responder=" + percent_encoded(responder);
  Result<CommandOutcome> outcome = co_await fleet_.request(sensor, "POST", target, sensor_test_max);
  // One that was applied a moment ago may still be on its way to the sensor.
  for (int looks = 0; looks < sensor_looks_for_responder && outcome && outcome->status == sensor_has_no_responder; ++looks) {
    co_await clock_.sleep_for(sensor_looks_again);
    outcome = co_await fleet_.request(sensor, "POST", target, sensor_test_max);
  }
  if (!outcome) co_return std::move(outcome).error();
  std::string words = "by sensor " + sensor + ": " + without_controls(outcome->body);
  while (words.ends_with('\n')) words.pop_back();
  if (outcome->status == 200) co_return words;
  co_return Error{Code::unavailable, std::move(words)};
}

RuleDeskPorts ControlPlane::rule_ports(const Parts& parts) {
  return {parts.rules, rule_judge_, action_desk_, notifier_.channels(), parts.archive};
}

Result<void> ControlPlane::listen(const ProcessorConfig& config) {
  if (Result<void> loaded = fleet_.load(); !loaded) return std::move(loaded).error().in("the fleet's store");
  if (Result<void> loaded = rollouts_.load(); !loaded) return std::move(loaded).error().in("the fleet's roll-outs");
  if (Result<void> loaded = event_watch_.load(); !loaded) return std::move(loaded).error().in("the fleet's events");
  if (Result<void> loaded = notifier_.load(); !loaded) return std::move(loaded).error().in("the fleet's events");
  if (Result<void> loaded = action_desk_.load(); !loaded) return std::move(loaded).error().in("responders");
  if (Result<void> loaded = rule_schedule_.load(); !loaded) return std::move(loaded).error().in("rules");
  if (Result<void> loaded = rule_desk_.load(); !loaded) return std::move(loaded).error().in("rules");
  if (Result<void> bound = port_.listen(config.control_listen.host, config.control_listen.port); !bound)
    return std::move(bound).error().in("listen.control");
  Result<void> bound = socket_.listen_unix(config.control_socket, socket_mode, [this](HttpRequestView request) {
    if (RolloutRoutes::serves(request.target)) return rollout_routes_.answer(request);
    if (ResponseRoutes::serves(request.target)) return response_routes_.answer(request);
    if (RuleRoutes::serves(request.target)) return rule_routes_.answer(request);
    return EventRoutes::serves(request.target) ? event_routes_.answer(request) : routes_.answer(request);
  });
  if (!bound) return std::move(bound).error().in("control.socket");
  return {};
}

asio::awaitable<Error> ControlPlane::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  tasks_.spawn("fleet", fleet_.run());
  tasks_.spawn("roll-outs", rollouts_.run());
  tasks_.spawn("events", event_watch_.run());
  tasks_.spawn("notifications", notifier_.run());
  tasks_.spawn("actions", action_runner_.run());
  tasks_.spawn("actions of sensors", sensor_actions_.run());
  tasks_.spawn("rules on schedule", rule_schedule_.run());
  tasks_.spawn("what rules decided", rule_firings_.run());
  tasks_.spawn("history of actions", trim_history());
  tasks_.spawn("history of decisions", trim_decisions());
  tasks_.spawn("control port", port_.run());
  tasks_.spawn("control socket", socket_.run());
  co_await tasks_.join();
  const bool asked = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_return asked ? Error{Code::cancelled, "the control plane stopped"}
                  : Error{Code::unavailable, "a part of the control plane ended by itself"};
}

asio::awaitable<Error> ControlPlane::trim_history() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await stopped()) {
    if (Result<void> trimmed = history_.trim(clock_.wall()); !trimmed)
      log_.error("the history of actions cannot be trimmed: it is tried again", {{"reason", trimmed.error().text()}});
    co_await clock_.sleep_for(history_trim_interval);
  }
  co_return Error{Code::cancelled, "the history of actions is not trimmed any more"};
}

asio::awaitable<Error> ControlPlane::trim_decisions() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::chrono::nanoseconds wait = decisions_trim_interval;
  while (!co_await stopped()) {
    if (Result<void> trimmed = rules_.trim(clock_.wall()); !trimmed)
      log_.error("what rules decided cannot be trimmed: it is tried again", {{"reason", trimmed.error().text()}});
    co_await clock_.sleep_for(wait);
  }
  co_return Error{Code::cancelled, "what rules decided is not trimmed any more"};
}

}  // namespace tidegate
