// What OpampClient and its two ways to a server share: the session, what came and waits to be taken, and what the owner wishes.
//
// Inside transport/. Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "transport/opamp_client.h"
#include "transport/opamp_codec.h"
#include "transport/signal.h"
#include "transport/url.h"

namespace tidegate {

// Bounded, in order; of several configurations the newest is kept.
class OpampEvents {
 public:
  explicit OpampEvents(std::size_t max) : max_(max) {}

  // Waits for room. May last. False: the caller was cancelled, and the event is lost with its connection.
  asio::awaitable<bool> put(OpampEvent event);
  // `cancelled`: the caller was, or the end was told and nothing is left.
  asio::awaitable<Result<OpampEvent>> take();
  void end(bool ended) {
    ended_ = ended;
    came_.notify();
  }

 private:
  std::size_t max_;
  std::deque<OpampEvent> events_;
  bool ended_ = false;
  Signal came_;
  Signal room_;
};

// How a connection ended, and so what comes next.
struct OpampEnd {
  enum class Next : unsigned char {
    again,       // it was lost, or never stood: by back-off
    later,       // the server said so: after retry_after
    denied,      // it refuses us: seldom
    poll,        // it knows no WebSocket
    no_poll,     // it takes no poll either: as a WebSocket, by back-off
    web_socket,  // it was polled long enough: look whether it knows it now
    as_wished,   // the owner wished it
  };
  Next next = Next::again;
  Error reason{Code::unavailable, "the connection ended"};
  std::optional<std::chrono::nanoseconds> retry_after{};
  bool answered = false;  // by the server, at least once
};

struct OpampConnection {
  OpampSession& session;
  const OpampClientOptions& options;
  Clock& clock;
  Url url;
  OpampEvents events;

  Signal stir{};                     // changed(), or a wish
  bool wish = false;                 // to leave this connection
  bool connected = false;            // answered on this connection
  SteadyTime poll_until{};           // then a WebSocket is tried again
  std::function<void()> answered{};  // at the first answer of a connection

  // Waits until `until`, or until something stirs.
  asio::awaitable<void> wait_until(std::optional<SteadyTime> until);

  // What a message of the server asks for. Present: the connection has to end.
  asio::awaitable<std::optional<OpampEnd>> take(ByteView bytes, opamp::Framing framing);

 private:
  asio::awaitable<std::optional<OpampEnd>> take_event(OpampEvent event);
};

// One connection each, from connecting to its end.   requires: the link outlives the wait
asio::awaitable<OpampEnd> opamp_over_web_socket(OpampConnection& link, TlsContextPtr tls);
asio::awaitable<OpampEnd> opamp_by_polling(OpampConnection& link, TlsContextPtr tls);

// What an answer of HTTP that is none of OpAMP means.
OpampEnd opamp_end_of_status(unsigned status, std::optional<std::chrono::nanoseconds> retry_after, Error reason);

}  // namespace tidegate
