#include "transport/web_port.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "base/check.h"
#include "transport/byte_stream.h"
#include "transport/net_error.h"
#include "transport/task_group.h"
#include "transport/turns.h"
#include "transport/web_connection.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr int quiet_looks = 4;  // at each socket before it is dropped

}  // namespace

std::string_view name(WebPortRefusal refusal) {
  switch (refusal) {
    case WebPortRefusal::connections: return "connections";
    case WebPortRefusal::handshake: return "handshake";
    case WebPortRefusal::certificate: return "certificate";
    case WebPortRefusal::request: return "request";
  }
  return "unknown";
}

class WebPort::Impl {
 public:
  Impl(asio::any_io_executor executor, Clock& clock, Log& log, Handlers handlers, TlsContextPtr tls, WebPortLimits limits)
      : clock_(clock),
        log_(log),
        handlers_(std::move(handlers)),
        tls_(std::move(tls)),
        limits_(limits),
        acceptor_(executor),
        turns_(limits.handshakes_max),
        tasks_(executor) {
    TG_ASSERT(handlers_.answer && handlers_.may_open && handlers_.serve, "a port has all its handlers");
  }

  Result<void> listen(const std::string& host, std::uint16_t port) {
    const std::string place = host + ":" + std::to_string(port);
    error_code failed;
    tcp::resolver resolver{acceptor_.get_executor()};
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failed);
    if (failed) return Error{Code::invalid, network_error(failed, "listen on " + place).text()};
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return Error{Code::invalid, network_error(failed, "listen on " + place).text()};
    return {};
  }

  std::uint16_t port() const {
    error_code failed;
    const tcp::endpoint bound = acceptor_.local_endpoint(failed);
    return failed ? std::uint16_t{0} : bound.port();
  }

  void set_tls(TlsContextPtr tls) { tls_ = std::move(tls); }
  std::size_t connections() const { return connections_; }

  asio::awaitable<Error> run() {
    TG_ASSERT(acceptor_.is_open(), "a port listens before it runs");
    tasks_.spawn("accept", accept());
    tasks_.spawn("watch", watch());
    co_await tasks_.join();
    error_code ignored;
    acceptor_.close(ignored);
    co_return Error{Code::cancelled, "the port was stopped"};
  }

 private:
  // A socket that is served, and what it had read when it was last looked at.
  struct Watched {
    std::shared_ptr<WebSocket> socket;
    std::uint64_t bytes_read = 0;
    int quiet = 0;
  };

  asio::awaitable<Error> accept() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    Signal never;
    while (stop.cancelled() == asio::cancellation_type::none) {
      auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (failed && failed != asio::error::operation_aborted) {
        log_.warning("a connection could not be accepted", {{"reason", failed.message()}});
        co_await never.wait_for(accept_again_after);
      }
      if (failed) continue;
      if (connections_ >= limits_.connections_max) {
        log_.warning("a connection was closed: there are too many", {{"at most", std::to_string(limits_.connections_max)}});
        if (handlers_.refused) handlers_.refused(WebPortRefusal::connections);
        continue;
      }
      tasks_.spawn("connection", serve(std::move(socket)));
    }
    co_return Error{Code::cancelled, "stopped"};
  }

  // Counts a connection, from its start to its end.
  class Counted {
   public:
    explicit Counted(std::size_t& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

   private:
    std::size_t& count_;
  };

  asio::awaitable<Error> serve(tcp::socket accepted) {
    const Counted counted{connections_};
    error_code failed;
    const tcp::endpoint remote = accepted.remote_endpoint(failed);
    accepted.set_option(tcp::no_delay{true}, failed);
    accepted.set_option(asio::socket_base::keep_alive{true}, failed);
    std::shared_ptr<WebSocket> socket;
    std::optional<WebRequest> request = co_await open(std::move(accepted), endpoint_text(remote), socket);
    if (request) co_await serve_socket(std::move(socket), *std::move(request));
    co_return Error{Code::cancelled, "the connection ended"};
  }

  // Absent: the connection is over.
  asio::awaitable<std::optional<WebRequest>> open(tcp::socket accepted, std::string peer, std::shared_ptr<WebSocket>& socket) {
    const WebConnection connection{peer, handlers_, limits_};
    const TlsContextPtr tls = tls_;
    auto secure = co_await connection.open(std::move(accepted), turns_, tls);
    if (!secure) {
      if (secure.error().code() == Code::invalid)
        log_.warning("a client was refused: its certificate", {{"peer", peer}, {"reason", secure.error().text()}});
      else if (secure.error().code() != Code::cancelled)
        log_.info("a connection ended before its handshake", {{"peer", peer}, {"reason", secure.error().text()}});
      co_return std::nullopt;
    }
    std::optional<WebUpgrade> upgrade = co_await connection.serve_requests(**secure);
    if (!upgrade) {
      (*secure)->close();
      co_return std::nullopt;
    }
    auto opened = co_await accept_web_socket(*secure, upgrade->head, limits_.message_bytes_max);
    if (!opened) {
      if (handlers_.refused) handlers_.refused(WebPortRefusal::request);
      co_return std::nullopt;
    }
    socket = *std::move(opened);
    co_return std::move(upgrade->request);
  }

  asio::awaitable<void> serve_socket(std::shared_ptr<WebSocket> socket, WebRequest request) {
    const auto place = sockets_.insert(sockets_.end(), Watched{socket, 0, 0});
    co_await handlers_.serve(socket, std::move(request));
    socket->abort();
    sockets_.erase(place);
  }

  asio::awaitable<Error> watch() {
    const auto stop = co_await asio::this_coro::cancellation_state;
    while (stop.cancelled() == asio::cancellation_type::none) {
      co_await clock_.sleep_for(limits_.socket_quiet_max / quiet_looks);
      for (Watched& each : sockets_) {
        const std::uint64_t now = each.socket->bytes_read();
        each.quiet = now == each.bytes_read ? each.quiet + 1 : 0;
        each.bytes_read = now;
        // The first look may come right after the last byte.
        if (each.quiet > quiet_looks) each.socket->abort();
      }
    }
    co_return Error{Code::cancelled, "stopped"};
  }

  Clock& clock_;
  Log& log_;
  Handlers handlers_;
  TlsContextPtr tls_;
  WebPortLimits limits_;
  tcp::acceptor acceptor_;
  Turns turns_;
  std::list<Watched> sockets_;
  std::size_t connections_ = 0;
  TaskGroup tasks_;
};

WebPort::WebPort(asio::any_io_executor executor, Clock& clock, Log& log, Handlers handlers, TlsContextPtr tls, WebPortLimits limits)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, log, std::move(handlers), std::move(tls), limits)) {}
WebPort::~WebPort() = default;

Result<void> WebPort::listen(const std::string& host, std::uint16_t port) { return impl_->listen(host, port); }
std::uint16_t WebPort::port() const { return impl_->port(); }
void WebPort::set_tls(TlsContextPtr tls) { impl_->set_tls(std::move(tls)); }
std::size_t WebPort::connections() const { return impl_->connections(); }
asio::awaitable<Error> WebPort::run() { return impl_->run(); }

}  // namespace tidegate
