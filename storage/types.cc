#include "storage/types.h"

namespace tidegate {

std::string_view name(Lane lane) {
  switch (lane) {
    case Lane::alerts: return "alerts";
    case Lane::audit_logs: return "audit_logs";
    case Lane::techniques: return "observed_attack_techniques";
    case Lane::own_events: return "own_events";
  }
  return "set_aside";
}

std::optional<Lane> lane_named(std::string_view text) {
  for (const Lane lane : all_lanes) {
    if (name(lane) == text) return lane;
  }
  return std::nullopt;
}

Id128 chunk_id(const Id128& epoch, const StoredSegment& segment) {
  Bytes store;
  put_id(store, epoch);
  Bytes sequence;
  put_u64_be(sequence, segment.id.sequence);
  Bytes content;
  put_u32_be(content, segment.checksum);
  const Bytes lane(1, static_cast<char>(segment.id.lane));
  return hash128({store, lane, sequence, content});
}

}  // namespace tidegate
