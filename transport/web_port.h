// WebPort: a server on the open network: TLS with an optional client certificate, HTTP/1.1 requests and WebSocket upgrades.
//
// It promises:
// - Everything is bounded: connections, handshakes at a time, header, body (also after decompression), and the time of each. A
//   connection that sends nothing costs a socket and has no TLS yet; it is dropped when the time of a handshake is over.
// - Thousands that connect at once are served one batch after the other; what else runs on the loop has its turns in between.
// - A WebSocket on which nothing arrives for socket_quiet_max is dropped.
// - Bodies with the coding gzip arrive plain; another coding is answered with 415, a body beyond the bound with 413.
//
// The handlers decide who may do what: the certificate that a request carries is verified, and may be none.
// Source: RFC 9110, 9112, 6455. Thread: the executor's; the handlers run there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "transport/tls_context.h"
#include "transport/web_socket.h"

namespace tidegate {

namespace asio = boost::asio;

struct WebRequest {
  std::string method;
  std::string path;   // of the target, percent-encoded as it came
  std::string query;  // behind the question mark
  std::string content_type;
  std::string content_encoding;  // as it came; the body is plain
  std::string instance_uid;      // the header OpAMP-Instance-UID
  Bytes body;
  std::string peer;   // "address:port"
  Bytes certificate;  // the client's, verified, DER; empty: none
  bool upgrade = false;
};

struct WebReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::optional<std::chrono::seconds> retry_after{};
  Bytes body{};
};

struct WebPortLimits {
  std::size_t connections_max = 16384;  // beyond it a new connection is closed at once
  std::size_t handshakes_max = 64;      // at a time
  std::size_t header_bytes_max = 16u << 10;
  std::size_t body_bytes_max = 1u << 20;
  std::size_t message_bytes_max = 1u << 20;                          // of a WebSocket
  std::chrono::nanoseconds handshake_max{std::chrono::seconds{10}};  // from the connection on, the wait for a turn apart
  std::chrono::nanoseconds request_max{std::chrono::seconds{60}};    // idle and request together; each reply
  std::chrono::nanoseconds socket_quiet_max{std::chrono::minutes{5}};
};

// Why the port itself turned somebody away.
enum class WebPortRefusal : unsigned char { connections, handshake, certificate, request };
std::string_view name(WebPortRefusal refusal);

class WebPort {
 public:
  struct Handlers {
    // Every request that is no upgrade.
    std::function<asio::awaitable<WebReply>(const WebRequest&)> answer;
    // An upgrade: status 101 lets it in, anything else is the answer.
    std::function<WebReply(const WebRequest&)> may_open;
    // An open socket, until it returns; then the socket is dropped. Cancelled when the port stops.
    std::function<asio::awaitable<void>(std::shared_ptr<WebSocket>, WebRequest)> serve;
    // May be empty. Called for each refusal, for those who count.
    std::function<void(WebPortRefusal)> refused{};
  };

  WebPort(asio::any_io_executor executor, Clock& clock, Log& log, Handlers handlers, TlsContextPtr tls, WebPortLimits limits = {});
  //   requires: run() has returned, or was never called
  ~WebPort();
  WebPort(const WebPort&) = delete;
  WebPort& operator=(const WebPort&) = delete;

  // Binds before it returns. `host`: an address, or a name that resolves to one. Port 0: any free one. `invalid`: it cannot be had.
  //   requires: run() was not called yet
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const;
  // For new connections.
  void set_tls(TlsContextPtr tls);
  std::size_t connections() const;

  // Serves until cancelled, then drops every connection and returns `cancelled`.
  asio::awaitable<Error> run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
