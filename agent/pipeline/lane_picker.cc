#include "agent/pipeline/lane_picker.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {
namespace {

constexpr std::uint32_t fair_every = 4;
// By value to an operator who waits: alerts, the agent's own gaps and events, the audit trail, detections.
constexpr std::array<Lane, lane_count> by_value{Lane::alerts, Lane::own_events, Lane::audit_logs, Lane::techniques};

}  // namespace

bool LanePicker::has_next(LaneState& lane, const LaneUsage& usage) const {
  // A lane's first segment in the journal moves when it is trimmed: never pick below it.
  lane.next = std::max(lane.next, usage.first);
  lane.trimmed = std::max(lane.trimmed, usage.first - 1);
  while (lane.acked_ahead.contains(lane.next) || lane.held.contains(lane.next)) ++lane.next;
  return lane.next <= usage.last;
}

std::optional<SegmentId> LanePicker::pick(const JournalUsage& usage) {
  const bool fair = ++picks_ % fair_every == 0;
  if (fair) turn_ = (turn_ + 1) % lane_count;
  for (std::size_t i = 0; i < lane_count; ++i) {
    const Lane lane = fair ? all_lanes[(turn_ + i) % lane_count] : by_value[i];
    LaneState& state = lanes_[index_of(lane)];
    if (!has_next(state, usage.lane(lane))) continue;
    const SegmentId id{lane, state.next++};
    state.in_flight.insert(id.sequence);
    return id;
  }
  return std::nullopt;
}

std::optional<SegmentId> LanePicker::acknowledge(const SegmentId& acked) {
  TG_ASSERT(in_flight(acked), "P4: an ack names a segment in flight on this session");
  return pass_over(acked);
}

std::optional<SegmentId> LanePicker::pass_over(const SegmentId& id) {
  LaneState& state = lanes_[index_of(id.lane)];
  state.in_flight.erase(id.sequence);
  state.held.erase(id.sequence);
  state.acked_ahead.insert(id.sequence);
  const std::uint64_t before = state.trimmed;
  while (!state.acked_ahead.empty() && *state.acked_ahead.begin() == state.trimmed + 1) {
    state.acked_ahead.erase(state.acked_ahead.begin());
    ++state.trimmed;
  }
  if (state.trimmed == before) return std::nullopt;
  return SegmentId{id.lane, state.trimmed};
}

void LanePicker::release(const SegmentId& id) {
  LaneState& state = lanes_[index_of(id.lane)];
  if (state.held.erase(id.sequence) == 1) state.next = std::min(state.next, id.sequence);
}

void LanePicker::pick_held(const SegmentId& id) {
  LaneState& state = lanes_[index_of(id.lane)];
  TG_ASSERT(state.held.erase(id.sequence) == 1, "only what is held is picked so");
  state.in_flight.insert(id.sequence);
}

void LanePicker::rewind() {
  for (LaneState& state : lanes_) {
    if (!state.in_flight.empty()) state.next = std::min(state.next, *state.in_flight.begin());
    state.in_flight.clear();
  }
}

bool LanePicker::in_flight(const SegmentId& id) const { return lanes_[index_of(id.lane)].in_flight.contains(id.sequence); }

std::size_t LanePicker::in_flight_count() const {
  std::size_t count = 0;
  for (const LaneState& state : lanes_) count += state.in_flight.size();
  return count;
}

}  // namespace tidegate
