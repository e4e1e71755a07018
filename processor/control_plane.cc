#include "processor/control_plane.h"

#include <boost/asio/this_coro.hpp>

namespace tidegate {
namespace {

constexpr unsigned socket_mode = 0660;

// A command may wait for a sensor, as many as operators have; a file of a roll-out fits the body.
HttpServerLimits socket_limits() {
  HttpServerLimits limits;
  limits.body_bytes_max = rollout_file_bytes_max;
  return limits;
}

}  // namespace

ControlPlane::ControlPlane(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Parts parts,
                           const PortTls& tls)
    : fleet_(executor, clock, log, metrics, {parts.store, parts.writer_store, parts.authority, system_entropy()}),
      gate_(fleet_.revocations()),
      desk_(fleet_),
      connectors_(parts.store, desk_, clock),
      rollouts_(executor, {parts.rollouts, parts.store, desk_, connectors_, clock, log, system_entropy()}),
      notifier_(executor, parts.events, clock, log, metrics, Random{system_seed()}, std::move(parts.channels)),
      event_watch_(
          parts.events, notifier_, [this] { return fleet_.facts(); }, clock, log, metrics),
      routes_({parts.store, fleet_.enrolment(), desk_, connectors_, clock, log, parts.authority.fingerprint()}),
      rollout_routes_(rollouts_),
      event_routes_(parts.events, notifier_, clock, log),
      port_(executor, clock, log, fleet_, tls.trusted_pem, tls.control),
      socket_(executor, log, socket_limits()),
      tasks_(executor, [this, &log](std::string_view name, const Error& error) {
        log.error("a part of the control plane ended by itself", {{"part", std::string{name}}, {"reason", error.text()}});
        tasks_.stop();
      }) {}

Result<void> ControlPlane::listen(const ProcessorConfig& config) {
  if (Result<void> loaded = fleet_.load(); !loaded) return std::move(loaded).error().in("the fleet's store");
  if (Result<void> loaded = rollouts_.load(); !loaded) return std::move(loaded).error().in("the fleet's roll-outs");
  if (Result<void> loaded = event_watch_.load(); !loaded) return std::move(loaded).error().in("the fleet's events");
  if (Result<void> loaded = notifier_.load(); !loaded) return std::move(loaded).error().in("the fleet's events");
  if (Result<void> bound = port_.listen(config.control_listen.host, config.control_listen.port); !bound)
    return std::move(bound).error().in("listen.control");
  Result<void> bound = socket_.listen_unix(config.control_socket, socket_mode, [this](HttpRequestView request) {
    if (RolloutRoutes::serves(request.target)) return rollout_routes_.answer(request);
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
  tasks_.spawn("control port", port_.run());
  tasks_.spawn("control socket", socket_.run());
  co_await tasks_.join();
  const bool asked = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_return asked ? Error{Code::cancelled, "the control plane stopped"}
                  : Error{Code::unavailable, "a part of the control plane ended by itself"};
}

}  // namespace tidegate
