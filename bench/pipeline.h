// `bench pipeline`: the agent alone. The simulator serves a backlog of techniques, the agent collects, stores and ships
// it, a receiver acknowledges at once. Measured is the agent's process: CPU, memory, bytes written; the simulator and the
// receiver share the machine with it, so records per second say least on a small one.
//
// Then, where they are installed, others forward the same techniques (peers.h).
#pragma once

#include <cstdint>

#include "bench/backlog.h"

namespace tidegate {

enum class PeerRuns : std::uint8_t { where_installed, none };

Result<Report> bench_pipeline(const BacklogOptions& options, const Clock& clock, PeerRuns peers = PeerRuns::where_installed);

}  // namespace tidegate
