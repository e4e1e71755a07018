// ForwardClient: a ForwardSession over TLS, one connection at a time; a handshake comes before it where the receiver wants a
// shared key. send() and next_ack() run in two coroutines side by side on one thread.
//
// Promises: a payload is not copied; a window of bytes in flight; every wait but that for an ack has a deadline of its
// own, and an ack that does not come within ack_wait_max ends the session. Whatever ends it makes both send() and
// next_ack() return an error; then what was not acknowledged must be sent again on a new connection.
//
// Thread: the loop. Cancelling send() may leave half a message on the wire, so it ends the session.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/forward_codec.h"
#include "transport/forward_handshake.h"
#include "transport/forward_session.h"
#include "transport/tls_context.h"

namespace tidegate {

namespace asio = boost::asio;

class ByteStream;

struct ForwardEndpoint {
  // A constructor, because g++ 12 destroys a braced aggregate inside a co_await twice.
  ForwardEndpoint(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}

  std::string host;
  std::uint16_t port;
};

struct ForwardLimits {
  SessionLimits session{};
  std::chrono::nanoseconds connect_max{std::chrono::seconds{30}};    // name, TCP and TLS together
  std::chrono::nanoseconds handshake_max{std::chrono::seconds{30}};  // HELO, PING and PONG together
  std::chrono::nanoseconds write_max{std::chrono::seconds{60}};      // of one chunk
};

// How a client comes to a connection. The default: name, TCP, TLS.
using Dial = std::function<asio::awaitable<Result<std::unique_ptr<ByteStream>>>(ForwardEndpoint endpoint, TlsContextPtr tls)>;
Dial dial_tls();

class ForwardClient {
 public:
  //   requires: the clock outlives the client
  ForwardClient(Clock& clock, ForwardLimits limits, Dial dial = dial_tls());
  // Ends the session; coroutines in send() and next_ack() must have returned.
  ~ForwardClient();
  ForwardClient(const ForwardClient&) = delete;
  ForwardClient& operator=(const ForwardClient&) = delete;

  // Ends the session there is and begins a new one. `unavailable`: the name does not resolve, refused, reset.
  // `timeout`: not within connect_max. `invalid`: a certificate was refused, on either side.
  asio::awaitable<Result<void>> connect(ForwardEndpoint endpoint, TlsContextPtr tls);
  // The same with a handshake, before which nothing is sent. `timeout` also: no HELO within handshake_max, as from a receiver that
  // wants no key. `denied`, `corrupt`: forward_handshake.h. A receiver that closes after each message is given one at a time.
  asio::awaitable<Result<void>> connect(ForwardEndpoint endpoint, TlsContextPtr tls, HandshakeOptions handshake);

  // Waits for room in the window, then writes the chunk. Ok means written, not kept. `unavailable`: no session, or it
  // ended; `timeout`; `corrupt`: the receiver broke the protocol; `denied`: it asks for a handshake, and there was none;
  // `cancelled`.
  //   requires: what the chunk views stays valid until this returns; one send() at a time
  asio::awaitable<Result<void>> send(ForwardChunk chunk);

  // The next chunk that the receiver acknowledged, in any order. May last as long as the session.
  //   requires: one next_ack() at a time
  asio::awaitable<Result<Id128>> next_ack();

  void close();
  bool connected() const;
  std::size_t in_flight_bytes() const;

 private:
  class Connection;

  asio::awaitable<Result<void>> open(ForwardEndpoint endpoint, TlsContextPtr tls, std::unique_ptr<ForwardHandshake> handshake);

  Clock& clock_;
  ForwardLimits limits_;
  Dial dial_;
  std::shared_ptr<Connection> connection_;  // shared with the coroutines that still wait on it when it is replaced
};

}  // namespace tidegate
