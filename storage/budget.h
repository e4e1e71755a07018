// Budget: may a commit of so many bytes in this lane go in? Full means wait, never drop (P5): the lanes of least value wait
// first, and one that waits goes on only when there is clear room again, so that it does not flutter at the edge.
//
//   observed_attack_techniques  wait from 90 % of the budget on
//   audit_logs                  from 95 %
//   alerts                      from 98 %
//   own events, and commits without segments (a cursor, ids)   from 100 %
//
// The file system's free space bounds all of them alike: a commit must leave `keep_free`. A lane that waits goes on 5 % of the
// budget below its mark, and with that much free space above `keep_free`, or 5 % of what the file system has for the journal where
// that is less: on a small disk it must not wait for what can never be. An empty journal takes any commit within the budget's free
// space, so that one larger than its lane's share does not wait for ever.
//
// Pure but for which lanes wait. Thread: the journal's.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

struct BudgetLimits {
  std::uint64_t bytes = 0;
  std::uint64_t keep_free = 0;
};

struct BudgetState {
  std::uint64_t used = 0;       // by the segments kept
  std::uint64_t disk_free = 0;  // of the file system, for us
};

class Budget {
 public:
  explicit Budget(BudgetLimits limits) : limits_(limits) {}

  // `commit_bytes`: of the segments to be stored; 0 for a commit without any. `full` says which bound is met and what frees room.
  Result<void> admit(Lane lane, std::uint64_t commit_bytes, const BudgetState& state);

  const BudgetLimits& limits() const { return limits_; }

 private:
  BudgetLimits limits_;
  std::array<bool, lane_count> waiting_{};
};

}  // namespace tidegate
