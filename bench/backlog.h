// What the benchmarks of collection have in common: a backlog of techniques at the simulator, and an agent that is set to read it
// as fast as it can.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"
#include "tests/support/rig.h"

namespace tidegate {

struct BacklogOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t records = 0;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seed = 1;

  Facts parameters() const;
};

// Runs a benchmark in the folder of its options, which is emptied before, and after it unless it failed.
template <class Bench>
Result<Report> run_in_clean_folder(const BacklogOptions& options, const Clock& clock) {
  std::error_code ignored;
  std::filesystem::remove_all(options.directory, ignored);
  Bench bench{options, clock};
  Result<Report> report = bench.run();
  if (report) std::filesystem::remove_all(options.directory, ignored);
  return report;
}

// The rig, with nothing started. The agent ships to `data_port` of this machine.
Result<std::unique_ptr<Rig>> make_backlog_rig(const BacklogOptions& options, std::uint16_t data_port, const Clock& clock);

}  // namespace tidegate
