// `bench pipeline`: the agent alone. The simulator serves a backlog of techniques, the agent collects, stores and ships
// it, a receiver acknowledges at once. Measured is the agent's process: CPU, memory, bytes written; the simulator and the
// receiver share the machine with it, so records per second say least on a small one.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct PipelineOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t records = 200'000;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seed = 1;
};

Result<Report> bench_pipeline(const PipelineOptions& options, const Clock& clock);

}  // namespace tidegate
