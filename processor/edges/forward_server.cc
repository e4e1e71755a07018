#include "processor/edges/forward_server.h"

#include <netinet/tcp.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <vector>

#include "transport/as_values.h"
#include "transport/net_error.h"

namespace tidegate {
namespace {

using asio::ip::tcp;

constexpr int keepalive_idle_seconds = 60;
constexpr int keepalive_probe_seconds = 15;

void set_options(tcp::socket& socket) {
  namespace level = asio::detail::socket_option;
  boost::system::error_code ignored;  // an option that cannot be set only costs speed, or the notice of a dead peer
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.set_option(asio::socket_base::keep_alive{true}, ignored);
  socket.set_option(level::integer<IPPROTO_TCP, TCP_KEEPIDLE>{keepalive_idle_seconds}, ignored);
  socket.set_option(level::integer<IPPROTO_TCP, TCP_KEEPINTVL>{keepalive_probe_seconds}, ignored);
}

std::string name_of(const tcp::socket& socket) {
  boost::system::error_code failed;
  const tcp::endpoint peer = socket.remote_endpoint(failed);
  return failed ? std::string{"a peer that is gone"} : peer.address().to_string() + ":" + std::to_string(peer.port());
}

}  // namespace

ForwardServer::ForwardServer(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, Intake& intake,
                             TlsContextPtr tls, ForwardServerLimits limits, SensorGate* gate)
    : shared_(executor, clock, log, metrics, intake, limits, gate), tls_(std::move(tls)), acceptor_(executor), tasks_(executor) {}

ForwardServer::~ForwardServer() = default;

Result<void> ForwardServer::listen(const std::string& host, std::uint16_t port) {
  const std::string place = host + ":" + std::to_string(port);
  boost::system::error_code failed;
  const asio::ip::address address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failed);
  if (failed) return Error{Code::invalid, "listen.data: " + host + " is no address of this machine; write for example 0.0.0.0"};
  const tcp::endpoint endpoint{address, port};
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address{true}, failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return Error{Code::invalid, "listen.data: cannot listen on " + place + ": " + failed.message()};
  return {};
}

std::uint16_t ForwardServer::port() const {
  boost::system::error_code failed;
  const tcp::endpoint endpoint = acceptor_.local_endpoint(failed);
  return failed ? std::uint16_t{0} : endpoint.port();
}

asio::awaitable<Error> ForwardServer::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (acceptor_.is_open()) tasks_.spawn("accept", accept());
  tasks_.spawn("deadlines", watch_deadlines());
  co_await tasks_.join();
  boost::system::error_code ignored;  // nothing depends on how the closing went
  acceptor_.close(ignored);
  connections_.clear();
  co_return Error{Code::cancelled, "the data port is closed"};
}

asio::awaitable<Error> ForwardServer::accept() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await stopped()) {
    auto [failed, socket] = co_await acceptor_.async_accept(as_values);
    if (!failed) {
      const std::string peer = name_of(socket);
      set_options(socket);
      admit(accept_tls(std::move(socket), tls_, peer), peer);
    } else if (!co_await stopped()) {
      shared_.log.error("a connection could not be accepted", {{"reason", failed.message()}});
      co_await shared_.clock.sleep_for(accept_again_after);
    }
  }
  co_return Error{Code::cancelled, "accepting stopped"};
}

void ForwardServer::admit(std::unique_ptr<IncomingStream> stream, const std::string& peer) {
  if (connections_.size() >= shared_.limits.connections_max) {
    stream->close();
    return shared_.refused(Refusal::limit, peer, {}, std::to_string(connections_.size()) + " connections are open already");
  }
  auto connection = std::make_shared<ForwardConnection>(std::move(stream), shared_, peer);
  connections_.push_back(connection);
  // A coroutine takes what it needs as arguments: a lambda's captures would be gone at its first wait.
  const auto serve = [](ForwardServer& server, std::shared_ptr<ForwardConnection> served) -> asio::awaitable<Error> {
    co_await asio::this_coro::throw_if_cancelled(false);
    Error ended = co_await served->read();
    std::erase(server.connections_, served);
    co_return ended;
  };
  tasks_.spawn("read", serve(*this, connection));
  tasks_.spawn("write", connection->write());
}

asio::awaitable<Error> ForwardServer::watch_deadlines() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await stopped()) {
    co_await shared_.clock.sleep_for(shared_.limits.deadlines_every);
    const SteadyTime now = shared_.clock.steady();
    // Cutting off only closes: the set changes later, when the connection's own coroutine ends.
    for (const std::shared_ptr<ForwardConnection>& connection : connections_) connection->check_deadlines(now);
  }
  co_return Error{Code::cancelled, "deadlines stopped"};
}

}  // namespace tidegate
