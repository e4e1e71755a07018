// OpampClient: drives an OpampSession over the network: a WebSocket, or polling by HTTP where the server answers the upgrade with a
// status that says it knows none. The session outlives connections.
//
// It promises:
// - A connection that is lost is replaced: once at once, then after waits of full jitter. A server that says when to come back is
//   not asked before, and never by all of its agents at one moment. One that refuses our credentials is asked seldom.
// - A server that leaves a message unanswered for answer_max is taken for dead.
// - The TLS context is asked for at each connection: a certificate that was renewed is used from the next one on.
// - What the server sent is held in a bounded queue, in order; of several configurations the newest. While it is full nothing is
//   read.
//
// Source: OpAMP specification 0.18, "WebSocket Transport", "Plain HTTP Transport", "Throttling". Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "transport/backoff.h"
#include "transport/http_client.h"
#include "transport/opamp_limits.h"
#include "transport/opamp_session.h"
#include "transport/tls_context.h"

namespace tidegate {

namespace asio = boost::asio;

struct OpampClientLimits {
  std::size_t message_bytes_max = opamp::message_bytes_max;
  std::size_t events_max = 64;
  std::chrono::nanoseconds connect_max{std::chrono::seconds{30}};  // real time, as of every socket
  std::chrono::nanoseconds answer_max{std::chrono::seconds{30}};
  BackoffLimits backoff{};
  std::chrono::nanoseconds denied_wait_min{std::chrono::seconds{30}};  // 401, 403 and refused certificates; half as much again
  std::chrono::nanoseconds retry_after_min{std::chrono::seconds{30}};  // 429, 503 and refusals by message; half as much again
  std::chrono::nanoseconds retry_after_max{std::chrono::hours{1}};
  std::chrono::nanoseconds web_socket_again{std::chrono::minutes{30}};  // after a fall-back to HTTP
};

struct OpampClientOptions {
  std::string url;                             // wss://host[:port]/path
  std::function<Result<TlsContextPtr>()> tls;  // a client's, for each connection
  HttpHeaders headers{};                       // more of them for each request
  OpampClientLimits limits{};
};

struct OpampClientSurroundings {
  Clock& clock;
  Random& random;
};

class OpampClient {
 public:
  //   requires: the session outlives the client
  OpampClient(OpampSession& session, OpampClientOptions options, OpampClientSurroundings surroundings, Log& log, Metrics& metrics);
  ~OpampClient();
  OpampClient(const OpampClient&) = delete;
  OpampClient& operator=(const OpampClient&) = delete;

  // Connects, and connects again, until cancelled or left. `invalid`: the URL is no wss URL.
  asio::awaitable<Error> run();
  // What the server sent, in order. `cancelled`: the caller was cancelled, or run() has ended and nothing is left.
  asio::awaitable<Result<OpampEvent>> next();
  // The session has something new to say.
  void changed();

  // Says farewell, connects anew, and returns at the first answer. One attempt: where it fails run() goes on by its own waits, with
  // what the TLS function gives then. `unavailable`: run() is not under way. One caller at a time.
  asio::awaitable<Result<void>> renew();
  // Says farewell and ends run(). Bounded in time.
  asio::awaitable<void> leave();

  // The server has answered on the present connection.
  bool connected() const;
  // Why not; empty while connected, and before the first attempt has ended.
  std::string trouble() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate
