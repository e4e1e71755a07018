// ForwardSession: what one connection owes. The chunks in flight, a window of bytes, and the acknowledgements that empty
// it, matched by id in any order (P4). No socket, no clock of its own.
//
// Thread: the owner's.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/forward_codec.h"

namespace tidegate {

struct SessionLimits {
  std::size_t in_flight_bytes_max = 8u << 20;
  std::size_t in_flight_chunks_max = 1024;
  std::chrono::nanoseconds ack_wait_max{std::chrono::seconds{60}};
};

class ForwardSession {
 public:
  explicit ForwardSession(SessionLimits limits) : limits_(limits) {}

  // A chunk larger than the window fits an empty one: nothing is ever too large to be sent alone.
  bool has_room(std::size_t bytes) const;
  // The chunk is on its way.   requires: has_room(bytes), and no chunk of that id in flight
  void add(const Id128& chunk, std::size_t bytes, SteadyTime now);
  bool in_flight(const Id128& chunk) const { return chunks_.contains(chunk); }

  // Takes what the receiver sent. `corrupt`: not acks, `{}`, or an ack for a chunk that is not in flight; the
  // connection must go, and all that is in flight is sent again.
  Result<void> on_bytes(ByteView received);
  // The next acknowledged chunk, in the order of the receiver's answers.
  std::optional<Id128> next_ack();

  // When the chunk that waits longest is overdue; absent when nothing is in flight.
  std::optional<SteadyTime> next_expiry() const;
  bool expired(SteadyTime now) const;

  std::size_t in_flight_bytes() const { return bytes_; }
  std::size_t in_flight_chunks() const { return chunks_.size(); }

 private:
  struct InFlight {
    std::size_t bytes = 0;
    SteadyTime since{};
  };
  struct Sent {
    Id128 chunk;
    SteadyTime since{};
  };

  SessionLimits limits_;
  AckReader acks_;
  std::unordered_map<Id128, InFlight> chunks_;
  std::deque<Sent> sent_;    // in the order of sending; its front is always in flight
  std::deque<Id128> acked_;  // not yet given out
  std::size_t bytes_ = 0;
};

}  // namespace tidegate
