// Runs of actions as a ledger keeps them: one JSON object each, from which the run comes back equal.
//
//   {"v": 1, "id": …, "responder": …, "targets": [{"type": "agentGuid", "value": …, "state": "queued", "task_id": …}], …}
//
// The keys are those of run.h; what is empty is left out. A key may be added without a new version; what changes in meaning gets
// one.
//
// Pure; any thread. No secret is ever in a run.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "respond/run.h"

namespace tidegate {

inline constexpr int stored_run_version = 1;

std::string stored_run(const ActionRun& run);
// `corrupt`: naming the key. `invalid`: a newer version wrote it.
Result<ActionRun> run_from_stored(std::string_view bytes);

}  // namespace tidegate
