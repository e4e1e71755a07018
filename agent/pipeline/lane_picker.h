// LanePicker: which segment is shipped next (P6). Fresh alerts overtake; no lane starves: every fourth pick goes round
// the lanes instead of by their value. Within a lane, oldest first.
//
// It also knows what is in flight and what was acknowledged out of order, so that a lane is trimmed only up to where
// every segment is acknowledged (P4).
//
// Pure. Thread: the owner's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>

#include "storage/types.h"

namespace tidegate {

class LanePicker {
 public:
  // The next segment to ship, given what the journal holds; absent when all of it is in flight. The pick is noted as in
  // flight.
  std::optional<SegmentId> pick(const JournalUsage& usage);

  // Notes that the processor keeps this segment. Returns where the lane may be trimmed to; absent when an older segment
  // is still unacknowledged.
  //   requires: `acked` is in flight
  std::optional<SegmentId> acknowledge(const SegmentId& acked);

  // It need not be shipped: the journal has it no more, or keeps it elsewhere. Returns as acknowledge().
  std::optional<SegmentId> pass_over(const SegmentId& id);

  // It is passed by, not over: nothing picks it until pick_held(), and its lane is not trimmed past it.
  //   requires: not in flight, not acknowledged
  void hold(const SegmentId& id) { lanes_[index_of(id.lane)].held.insert(id.sequence); }
  // It is picked in its turn again.
  void release(const SegmentId& id);
  // Notes it as in flight.   requires: held
  void pick_held(const SegmentId& id);

  // The session ended: whatever is unacknowledged and not held is picked again, oldest first.
  void rewind();

  bool in_flight(const SegmentId& id) const;
  std::size_t in_flight_count() const;

 private:
  struct LaneState {
    std::uint64_t next = 0;     // sequence to pick next; 0: not known yet
    std::uint64_t trimmed = 0;  // everything up to here is acknowledged and given to trim
    std::set<std::uint64_t> in_flight;
    std::set<std::uint64_t> acked_ahead;  // acknowledged, behind one that is not
    std::set<std::uint64_t> held;
  };

  bool has_next(LaneState& lane, const LaneUsage& usage) const;

  std::array<LaneState, lane_count> lanes_;
  std::uint32_t picks_ = 0;
  std::size_t turn_ = 0;
};

}  // namespace tidegate
