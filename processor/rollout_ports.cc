#include "processor/rollout_ports.h"

namespace tidegate {

std::string_view name(RolloutState state) {
  switch (state) {
    case RolloutState::running: return "running";
    case RolloutState::paused: return "paused";
    case RolloutState::done: return "done";
    case RolloutState::cancelled: return "cancelled";
    case RolloutState::rolling_back: return "rolling back";
    case RolloutState::rolled_back: return "rolled back";
  }
  return "unknown";
}

bool over(RolloutState state) {
  return state == RolloutState::done || state == RolloutState::cancelled || state == RolloutState::rolled_back;
}

std::string_view name(TargetState state) {
  switch (state) {
    case TargetState::waiting: return "waiting";
    case TargetState::pushing: return "pushing";
    case TargetState::applied: return "applied";
    case TargetState::failed: return "failed";
    case TargetState::away: return "away";
    case TargetState::unchanged: return "unchanged";
    case TargetState::reverting: return "reverting";
    case TargetState::reverted: return "reverted";
  }
  return "unknown";
}

TargetCounts counts_of(const std::vector<RolloutTarget>& targets) {
  TargetCounts counts{};
  for (const RolloutTarget& target : targets) ++counts[static_cast<std::size_t>(target.state)];
  return counts;
}

}  // namespace tidegate
