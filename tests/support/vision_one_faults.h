// Which requests are spoiled, and what the answers look like that stand in the place of the right one.
//
// Thread: the simulator's.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate {

class FaultPlan {
 public:
  explicit FaultPlan(Seed seed) : random_(seed) {}

  // The fault of the next request to `endpoint`: the first rule that strikes. Requests are counted from the moment the
  // rules last changed.
  std::optional<FaultKind> strike(const std::vector<Fault>& rules, Endpoint endpoint);

 private:
  Random random_;
  std::vector<Fault> rules_;
  std::vector<std::uint64_t> counts_;  // requests that each rule has looked at
};

// The whole answer of a fault that never reaches the API; absent for faults that spoil the right answer.
std::optional<SimResponse> fault_answer(FaultKind kind, const ServeOptions& options);

// Spoils the right answer, where the fault is of that kind.
void spoil(SimResponse& response, FaultKind kind);

SimResponse too_many_requests(const ServeOptions& options);

}  // namespace tidegate
