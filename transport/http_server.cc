#include "transport/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <list>

#include "base/check.h"
#include "transport/http_session.h"
#include "transport/net_error.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using local = asio::local::stream_protocol;

constexpr std::size_t unix_path_bytes_max = 107;

Error path_error(const std::string& path, std::string_view why) {
  return Error{Code::invalid, std::string{"unix socket "}.append(path).append(": ").append(why)};
}

// Makes way for a socket at `path`: a file that nobody listens on goes, anything else stays and is named.
Result<void> clear_path(asio::any_io_executor executor, const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return path_error(path, std::strerror(errno));
  }
  if (!S_ISSOCK(found.st_mode)) return path_error(path, "something that is no socket is there");
  local::socket probe{executor};
  error_code failed;
  probe.connect(local::endpoint{path}, failed);
  if (!failed) return Error{Code::unavailable, "unix socket " + path + ": another process listens there"};
  if (::unlink(path.c_str()) != 0) return path_error(path, std::strerror(errno));
  return {};
}

std::unique_ptr<ByteStream> stream_over(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  return std::make_unique<TcpStream>(std::move(socket));
}
std::unique_ptr<ByteStream> stream_over(local::socket socket) { return std::make_unique<UnixStream>(std::move(socket)); }

}  // namespace

class HttpServer::Impl {
 public:
  Impl(asio::any_io_executor executor, Log& log, HttpServerLimits limits)
      : executor_(executor), log_(log), limits_(limits), tasks_(executor) {}
  ~Impl() { remove_files(); }

  Result<void> listen(const TcpAddress& address, Handler handler) {
    const std::string name = address.host + ":" + std::to_string(address.port);
    error_code failed;
    tcp::resolver resolver{executor_};
    const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, failed);
    if (failed) return Error{Code::invalid, network_error(failed, "listen on " + name).text()};
    TcpListener listener{tcp::acceptor{executor_}, std::move(handler)};
    const tcp::endpoint endpoint = found.begin()->endpoint();
    listener.acceptor.open(endpoint.protocol(), failed);
    if (!failed) listener.acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
    if (!failed) listener.acceptor.bind(endpoint, failed);
    if (!failed) listener.acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return Error{Code::invalid, network_error(failed, "listen on " + name).text()};
    tcp_.push_back(std::move(listener));
    return {};
  }

  Result<void> listen_unix(const std::string& path, unsigned mode, Handler handler) {
    if (path.empty() || path.size() > unix_path_bytes_max) return path_error(path, "a path of 1 to 107 bytes is needed");
    if (auto cleared = clear_path(executor_, path); !cleared) return cleared;
    UnixListener listener{local::acceptor{executor_}, std::move(handler)};
    error_code failed;
    listener.acceptor.open(local{}, failed);
    if (!failed) listener.acceptor.bind(local::endpoint{path}, failed);
    if (failed) return path_error(path, failed.message());
    files_.push_back(path);
    // Before listen() nobody can connect, so there is no moment with another mode.
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return path_error(path, std::strerror(errno));
    listener.acceptor.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return path_error(path, failed.message());
    unix_.push_back(std::move(listener));
    return {};
  }

  std::uint16_t port() const {
    if (tcp_.empty()) return 0;
    error_code failed;
    const tcp::endpoint bound = tcp_.front().acceptor.local_endpoint(failed);
    return failed ? std::uint16_t{0} : bound.port();
  }

  asio::awaitable<Error> run() {
    for (auto& listener : tcp_) tasks_.spawn("accept", accept(listener));
    for (auto& listener : unix_) tasks_.spawn("accept", accept(listener));
    co_await tasks_.join();
    tcp_.clear();
    unix_.clear();
    remove_files();
    co_return Error{Code::cancelled, "the local server was stopped"};
  }

 private:
  template <class Acceptor>
  struct Listener {
    Acceptor acceptor;
    Handler handler;
  };
  using TcpListener = Listener<tcp::acceptor>;
  using UnixListener = Listener<local::acceptor>;

  template <class Acceptor>
  asio::awaitable<Error> accept(Listener<Acceptor>& listener) {
    const auto stop = co_await asio::this_coro::cancellation_state;
    Signal never;
    while (stop.cancelled() == asio::cancellation_type::none) {
      auto [failed, socket] = co_await listener.acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (failed && failed != asio::error::operation_aborted) {
        log_.warning("a local connection could not be accepted", {{"reason", failed.message()}});
        co_await never.wait_for(accept_again_after);
      }
      if (failed) continue;
      if (tasks_.size() >= tcp_.size() + unix_.size() + limits_.connections_max) {
        log_.warning("a local connection was closed: there are too many", {{"at most", std::to_string(limits_.connections_max)}});
        continue;
      }
      tasks_.spawn("connection", serve_http(stream_over(std::move(socket)), listener.handler, limits_));
    }
    co_return Error{Code::cancelled, "stopped"};
  }

  void remove_files() {
    for (const std::string& path : files_) ::unlink(path.c_str());
    files_.clear();
  }

  asio::any_io_executor executor_;
  Log& log_;
  HttpServerLimits limits_;
  std::list<TcpListener> tcp_;  // lists: those who accept hold references
  std::list<UnixListener> unix_;
  std::vector<std::string> files_;
  TaskGroup tasks_;
};

HttpServer::HttpServer(asio::any_io_executor executor, Log& log, HttpServerLimits limits)
    : impl_(std::make_unique<Impl>(std::move(executor), log, limits)) {}
HttpServer::~HttpServer() = default;

Result<void> HttpServer::listen(const TcpAddress& address, Handler handler) { return impl_->listen(address, std::move(handler)); }
Result<void> HttpServer::listen_unix(const std::string& path, unsigned mode, Handler handler) {
  return impl_->listen_unix(path, mode, std::move(handler));
}
std::uint16_t HttpServer::port() const { return impl_->port(); }
asio::awaitable<Error> HttpServer::run() { return impl_->run(); }

}  // namespace tidegate
