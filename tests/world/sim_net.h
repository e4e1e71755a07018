// SimNet: connections between named places, without a socket. Bytes take their time, in order within a connection and in none
// across connections; connections are refused, reset, stall or go half-open as the weather between two places has it.
//
// A connection is a pair of ByteStreams as TCP would give them: what was written and not yet read is bounded, so a reader that does
// not read stops the writer. Losing a connection loses what was under way.
//
// Thread: the loop. Same seed, same calls: same bytes at the same times.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "transport/byte_stream.h"

namespace tidegate {

// What happens to bytes between two places, in both directions. It may be changed at any time.
struct Weather {
  std::chrono::nanoseconds latency_min{std::chrono::milliseconds{5}};
  std::chrono::nanoseconds latency_max{std::chrono::milliseconds{40}};  // of each piece of a write; never overtaken by a later one
  double resets = 0;  // chance that a write resets the connection instead, having brought a part of its bytes or none
  std::uint64_t bytes_per_second = 0;  // 0: no limit
  bool parted = false;                 // nothing arrives until it is over, then all does; new connections wait as long
  bool refused = false;                // new connections are refused
};

class SimConnection;  // sim_connection.h

class SimNet {
 public:
  // Called with the other end of a connection, when it is established.
  using Accept = std::function<void(std::unique_ptr<ByteStream> stream, const std::string& from)>;

  //   requires: both outlive the net; every stream is gone before the net is
  SimNet(Clock& clock, Random& random) : clock_(clock), random_(random) {}
  SimNet(const SimNet&) = delete;
  SimNet& operator=(const SimNet&) = delete;

  // Connections to `place` are given to `accept` until shut() or the next listen().
  void listen(const std::string& place, Accept accept);
  // No longer: refused from now on, and every connection that is open at the place is reset.
  void shut(const std::string& place);
  // The place dies without a word: its connections end here, and the other ends are not told: they write into nothing. Nobody
  // listens there until the next listen().
  void vanish(const std::string& place);
  // Every connection between the two is reset.
  void reset(const std::string& one, const std::string& other);

  // Lasts as long as the net.
  Weather& weather(const std::string& one, const std::string& other);

  // Takes a round trip; the other end is given to who listens half-way. `unavailable`: refused. Ends with `cancelled` when the
  // caller is. May last while the two are parted.
  asio::awaitable<Result<std::unique_ptr<ByteStream>>> dial(std::string from, std::string to);

  std::size_t connections() const;                          // that have not ended on both sides
  std::uint64_t bytes_carried() const { return carried_; }  // to readers
  // How often a place has reached another, ever.
  std::uint64_t connections_made_by(const std::string& from) const;

 private:
  std::unique_ptr<ByteStream> connect(const std::string& from, const std::string& to);

  Clock& clock_;
  Random& random_;
  std::uint64_t carried_ = 0;
  std::map<std::string, Accept> accepts_;
  std::map<std::string, std::uint64_t> made_;  // by who dialled
  std::map<std::pair<std::string, std::string>, Weather> weather_;
  std::vector<std::weak_ptr<SimConnection>> connections_;  // in the order of their making; an end keeps its connection
};

// A connection that came in without TLS: its handshake gives `peer` at once.
std::unique_ptr<IncomingStream> as_incoming(std::unique_ptr<ByteStream> stream, std::string peer);

}  // namespace tidegate
