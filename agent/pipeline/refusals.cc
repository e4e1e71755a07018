#include "agent/pipeline/refusals.h"

#include <algorithm>

namespace tidegate {
namespace {

constexpr std::uint32_t unclear_max = 3;

}  // namespace

void Refusals::sent(const SegmentId& id) { in_flight_.push_back({.id = id}); }

void Refusals::acked(const SegmentId& id) {
  const auto found = std::ranges::find(in_flight_, id, &Sent::id);
  if (found == in_flight_.end()) return;
  std::for_each(in_flight_.begin(), found, [](Sent& earlier) { earlier.overtaken = true; });
  in_flight_.erase(found);
  suspects_.erase(id);
  for (auto& [other, suspect] : suspects_) {
    if (!suspect.accused) continue;
    suspect.accused = false;
    ++suspect.refusals;
  }
}

void Refusals::session_failed() {
  const bool overtaken = std::ranges::any_of(in_flight_, &Sent::overtaken);
  for (const Sent& sent : in_flight_) {
    if (overtaken && !sent.overtaken) continue;
    Suspect* const suspected = suspect(sent.id);
    if (suspected == nullptr) continue;
    if (overtaken) {
      ++suspected->refusals;
      suspected->unclear = 0;
    } else {
      suspected->unclear = std::min(suspected->unclear + 1, unclear_max);
      suspected->accused = suspected->accused || in_flight_.size() == 1;
    }
  }
  in_flight_.clear();
}

// Null: there are as many as are looked at.
Refusals::Suspect* Refusals::suspect(const SegmentId& id) {
  const auto found = suspects_.find(id);
  if (found != suspects_.end()) return &found->second;
  return suspects_.size() < suspects_max ? &suspects_[id] : nullptr;
}

std::vector<SegmentId> Refusals::alone() const {
  std::vector<SegmentId> all;
  for (const auto& [id, suspect] : suspects_)
    if (suspect.unclear >= unclear_max) all.push_back(id);
  return all;
}

std::optional<SegmentId> Refusals::next_alone() const {
  std::optional<SegmentId> next;
  std::uint32_t fewest = 0;
  for (const auto& [id, suspect] : suspects_) {
    const std::uint32_t refusals = suspect.refusals + (suspect.accused ? 1 : 0);
    if (suspect.unclear < unclear_max || (next && refusals >= fewest)) continue;
    next = id;
    fewest = refusals;
  }
  return next;
}

std::optional<SegmentId> Refusals::unbearable() const {
  for (const auto& [id, suspect] : suspects_)
    if (suspect.refusals >= refusals_max_) return id;
  return std::nullopt;
}

}  // namespace tidegate
