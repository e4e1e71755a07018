// A schedule: what happens to one sensor, its API and its processor, drawn from a seed: how much data there is and how late it
// comes, how the API misbehaves, and a series of blows (restarts, power cuts, outages, storms of errors, steps of the clock,
// changes of the configuration). When it is over everything heals, and the sensor must catch up: no gap (P1), no twin (P2).
#pragma once

#include <string>
#include <vector>

#include "tests/world/world.h"

namespace tidegate {

struct ScheduleOutcome {
  std::size_t held = 0;              // records at the source
  std::vector<std::string> missing;  // as World has them
  std::vector<std::string> twins;
  std::vector<std::string> story;  // what happened when
  std::vector<std::string> log;    // the agent's

  bool kept() const { return missing.empty() && twins.empty(); }
};

// Pure: the same seed is the same run.
ScheduleOutcome run_schedule(Seed seed);

}  // namespace tidegate
