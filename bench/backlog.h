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

// The rig, with nothing started. The agent ships to `data_port` of this machine.
Result<std::unique_ptr<Rig>> make_backlog_rig(const BacklogOptions& options, std::uint16_t data_port, const Clock& clock);

}  // namespace tidegate
