// One sensor's connection: TLS handshake, Forward messages in, acknowledgements out. Several chunks are in flight at a
// time: reading goes on while earlier chunks are landed, and their acks go out as they become durable (P4).
//
// Bounded: the time of the handshake, of a message once begun and of a write; the bytes of a message; chunks and bytes in
// flight; acks not yet written. An idle connection may stay. A peer that breaks a bound or the protocol is cut off without
// an ack, logged with its name and the reason, and counted.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "processor/edges/forward_shared.h"
#include "transport/byte_stream.h"
#include "transport/forward_reader.h"
#include "transport/signal.h"

namespace tidegate {

// Shared: answers of the landing thread come back to the loop after a connection may have gone, and look for it there.
class ForwardConnection : public std::enable_shared_from_this<ForwardConnection> {
 public:
  //   requires: `shared` outlives the connection
  ForwardConnection(std::unique_ptr<IncomingStream> stream, ForwardShared& shared, std::string peer);
  ~ForwardConnection();
  ForwardConnection(const ForwardConnection&) = delete;
  ForwardConnection& operator=(const ForwardConnection&) = delete;

  // Reads until the peer goes, is cut off, or the coroutine is cancelled. write() and this end together.
  asio::awaitable<Error> read();
  // Writes acks as they come. May last as long as the connection.
  asio::awaitable<Error> write();

  // Cuts off a peer that is beyond a deadline, or has lost its access.
  void check_deadlines(SteadyTime now);

 private:
  asio::awaitable<bool> handshake();
  Result<DataPeer> admitted(TlsPeer peer) const;
  asio::awaitable<bool> read_some();
  asio::awaitable<bool> take_messages();
  asio::awaitable<bool> land(ForwardMessage message);
  void answered(const std::optional<std::string>& chunk, std::size_t bytes, const Result<Landed>& landed);
  void account_pending();
  // Closes, once: what ended the connection first is what is reported.
  void cut_off(Refusal why, const std::string& reason);
  void close();
  bool has_room(std::size_t bytes) const;

  ForwardShared& shared_;
  std::unique_ptr<IncomingStream> stream_;
  std::string peer_;                // address and port
  DataPeer sensor_;                 // who it has proven to be; no name before the handshake
  std::uint64_t gate_version_ = 0;  // at which it was admitted
  ForwardReader reader_;
  std::size_t pending_bytes_ = 0;  // of a message that is not whole, as accounted in shared_
  std::size_t in_flight_chunks_ = 0;
  std::size_t in_flight_bytes_ = 0;
  Bytes acks_;  // encoded, not yet being written
  std::optional<SteadyTime> read_deadline_;
  std::optional<SteadyTime> write_deadline_;
  bool closed_ = false;
  Signal changed_;  // acks to write, or closed
};

}  // namespace tidegate
