// Refusals: which chunks a receiver refuses while it takes others. Forward v1 has no word for that: the receiver stays silent, or
// ends the connection, and a network that fails looks the same. So blame is found by how sessions end:
//
//   one sent later was acknowledged, this one was not      refused
//   it was alone in flight                                 refused, once the receiver has taken another one after that
//   several were in flight, none of them overtaken         nobody knows; who is among them three times in a row travels alone from
//                                                          then on, so that the next end tells
//
// An ack clears a chunk of everything. So a receiver that is ill, or a network that flaps, makes nobody unbearable.
//
// Pure. Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "storage/types.h"

namespace tidegate {

class Refusals {
 public:
  // `refusals_max`: so many are borne, then the chunk is unbearable.   requires: refusals_max > 0
  explicit Refusals(std::uint32_t refusals_max) : refusals_max_(refusals_max) {}

  void sent(const SegmentId& id);
  void acked(const SegmentId& id);
  // The session ended, and the receiver may be to blame for it.
  void session_failed();
  // The session ended for another reason: nothing is known of what was in flight.
  void session_left() { in_flight_.clear(); }

  // Those that must be shipped with nothing else in flight; at most `suspects_max`.
  std::vector<SegmentId> alone() const;
  // Of those the one that was refused the fewest times.
  std::optional<SegmentId> next_alone() const;

  // One that is refused too often; it may be in flight once more.
  std::optional<SegmentId> unbearable() const;
  // It is set aside, or gone, or must be borne for as long again.
  void forget(const SegmentId& id) { suspects_.erase(id); }

  static constexpr std::size_t suspects_max = 64;

 private:
  struct Sent {
    SegmentId id;
    bool overtaken = false;
  };
  struct Suspect {
    std::uint32_t unclear = 0;   // sessions in a row that ended with it and others in flight
    std::uint32_t refusals = 0;  // while others were taken
    bool accused = false;        // refused, if the receiver takes another one
  };

  Suspect* suspect(const SegmentId& id);

  std::uint32_t refusals_max_;
  std::vector<Sent> in_flight_;  // in the order of sending; bounded by the uplink's window
  std::map<SegmentId, Suspect> suspects_;
};

}  // namespace tidegate
