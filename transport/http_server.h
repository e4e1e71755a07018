// HttpServer: a small server for metrics, health and local control: plain HTTP/1.1 on loopback TCP and on unix sockets,
// GET and small POST bodies, keep-alive. Not for the open network: it has no TLS and no authentication of its own.
//
// Everything is bounded: connections, header, body, and the time of each read, write and of idling. Beyond
// connections_max a new connection is closed at once.
//
// Thread: the executor's; the handler runs there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"

namespace tidegate {

namespace asio = boost::asio;

struct TcpAddress {
  std::string host;  // an address, or a name that resolves to one ("localhost"); never empty
  std::uint16_t port = 0;
};

// What the handler is given: valid until its coroutine ends.
struct HttpRequestView {
  std::string_view method;
  std::string_view target;
  std::string_view body;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  Bytes body;
};

struct HttpServerLimits {
  std::size_t connections_max = 64;
  std::size_t header_bytes_max = 16u << 10;
  std::size_t body_bytes_max = 1u << 20;
  std::chrono::nanoseconds wait_max{std::chrono::seconds{10}};  // each read of a request, each write of a reply
};

class HttpServer {
 public:
  using Handler = std::function<asio::awaitable<HttpReply>(HttpRequestView)>;

  HttpServer(asio::any_io_executor executor, Log& log, HttpServerLimits limits = {});
  //   requires: run() has returned, or was never called
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds before it returns, so that a port that is taken is known at start. Port 0: any free one. May be called again
  // for further addresses.   requires: run() was not called yet
  Result<void> listen(const TcpAddress& address, Handler handler);
  // A stale socket file is replaced, anything else at the path is an error. `mode`: of the file, e.g. 0660.
  Result<void> listen_unix(const std::string& path, unsigned mode, Handler handler);

  // Of the first TCP address; 0 when there is none.
  std::uint16_t port() const;

  // Serves until cancelled, then closes every connection, removes the socket files and returns `cancelled`.
  asio::awaitable<Error> run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
