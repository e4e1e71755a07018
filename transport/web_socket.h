// WebSocket: binary messages over TLS, the client's side of one. A server's side is opened by WebPort and used in the same way.
//
// It promises:
// - No message larger than message_bytes_max is held, and no memory is taken for one that announces itself as larger: the peer is
//   told 1009. Text is answered with 1003, anything that is no WebSocket with 1002. Messages are not compressed.
// - Pings are answered, while somebody reads.
// - A write that the peer does not take ends after 30 s; a closing handshake after 5 s.
// - An idle connection keeps no buffers of TLS.
//
// Inside is Boost.Beast, over TlsSocket. Source: RFC 6455. Thread: the loop; one read and one write may be under way at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "transport/http_client.h"
#include "transport/tls_context.h"
#include "transport/url.h"

namespace tidegate {

namespace asio = boost::asio;

enum class WebSocketClose : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol = 1002,
  unsupported = 1003,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
  try_again_later = 1013,
};

class WebSocketStream;  // inside transport/

class WebSocket {
 public:
  explicit WebSocket(std::unique_ptr<WebSocketStream> stream);
  // As abort().
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // One whole message. `absent`: the peer closed, with its code and reason in the text. `corrupt`: text, too large, or no
  // WebSocket; the peer was told. `unavailable`: the connection broke. `invalid`: the peer refused our certificate.
  // When the caller is cancelled the connection is of no use any more.
  asio::awaitable<Result<Bytes>> read();
  // `timeout`: the peer takes nothing; the connection is dropped.   requires: the message outlives the wait
  asio::awaitable<Result<void>> write(ByteView message);
  // Says why, waits for the peer's answer, and drops the connection. A read that is under way ends. The reason is cut to what fits.
  // Nothing is said where a read was cancelled.   requires: no write is under way
  asio::awaitable<void> close(WebSocketClose code, std::string reason);
  // Drops the connection; what is under way ends with `cancelled`.
  void abort();

  // Bytes that came, of any kind: who watches for silence compares.
  std::uint64_t bytes_read() const;

 private:
  Error ended(const boost::system::error_code& code);

  std::unique_ptr<WebSocketStream> stream_;
  bool aborted_ = false;
};

struct WebSocketTarget {
  Url url;            // https
  TlsContextPtr tls;  // a client's
  std::size_t message_bytes_max = 1u << 20;
  HttpHeaders headers{};  // more of them for the upgrade request
};

// An HTTP answer that is no upgrade.
struct WebSocketRefused {
  unsigned status = 0;
  std::optional<std::chrono::seconds> retry_after{};  // as a number of seconds; a date is not understood
};

// Connects, verifies that the server is the URL's host, and upgrades. `denied`: 401 or 403. `unavailable`: no connection, or
// another answer than 101. `invalid`: a certificate was refused. `corrupt`: no HTTP. `timeout`: not whole within `deadline`.
//   requires: `refused` outlives the wait; it is set when the server answered with another status than 101
asio::awaitable<Result<std::unique_ptr<WebSocket>>> connect_web_socket(WebSocketTarget target, std::chrono::nanoseconds deadline,
                                                                       std::optional<WebSocketRefused>& refused);

}  // namespace tidegate
