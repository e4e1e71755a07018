#include "processor/control_plane.h"

#include <boost/asio/this_coro.hpp>

namespace tidegate {
namespace {

constexpr unsigned socket_mode = 0660;

// A command may wait for a sensor, as many as operators have; a document of connectors fits the body.
HttpServerLimits socket_limits() {
  HttpServerLimits limits;
  limits.body_bytes_max = 1u << 20;
  return limits;
}

}  // namespace

ControlPlane::ControlPlane(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Parts parts,
                           const PortTls& tls)
    : fleet_(executor, clock, log, metrics, {parts.store, parts.writer_store, parts.authority, system_entropy()}),
      gate_(fleet_.revocations()),
      desk_(fleet_),
      connectors_(parts.store, desk_, clock),
      routes_({parts.store, fleet_.enrolment(), desk_, connectors_, clock, log, parts.authority.fingerprint()}),
      port_(executor, clock, log, fleet_, tls.trusted_pem, tls.control),
      socket_(executor, log, socket_limits()),
      tasks_(executor, [this, &log](std::string_view name, const Error& error) {
        log.error("a part of the control plane ended by itself", {{"part", std::string{name}}, {"reason", error.text()}});
        tasks_.stop();
      }) {}

Result<void> ControlPlane::listen(const ProcessorConfig& config) {
  if (Result<void> loaded = fleet_.load(); !loaded) return std::move(loaded).error().in("the fleet's store");
  if (Result<void> bound = port_.listen(config.control_listen.host, config.control_listen.port); !bound)
    return std::move(bound).error().in("listen.control");
  Result<void> bound =
      socket_.listen_unix(config.control_socket, socket_mode, [this](HttpRequestView request) { return routes_.answer(request); });
  if (!bound) return std::move(bound).error().in("control.socket");
  return {};
}

asio::awaitable<Error> ControlPlane::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  tasks_.spawn("fleet", fleet_.run());
  tasks_.spawn("control port", port_.run());
  tasks_.spawn("control socket", socket_.run());
  co_await tasks_.join();
  const bool asked = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  co_return asked ? Error{Code::cancelled, "the control plane stopped"}
                  : Error{Code::unavailable, "a part of the control plane ended by itself"};
}

}  // namespace tidegate
