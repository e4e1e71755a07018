// `bench pipeline`: the agent alone. The simulator serves a backlog of techniques, the agent collects, stores and ships
// it, a receiver acknowledges at once. Measured is the agent's process: CPU, memory, bytes written; the simulator and the
// receiver share the machine with it, so records per second say least on a small one.
#pragma once

#include "bench/backlog.h"

namespace tidegate {

Result<Report> bench_pipeline(const BacklogOptions& options, const Clock& clock);

}  // namespace tidegate
