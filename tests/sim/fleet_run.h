// A run of a fleet: what there is and what happens to it, drawn from a seed. Sensors read their tenants through hours of blows
// (crashes, power cuts, outages, storms, partitions, disks that fail, clocks that step, changes of the configuration); then
// everything heals, and within a bound all must be where it belongs. Checkers look on throughout.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/id128.h"
#include "base/random.h"
#include "base/result.h"
#include "tests/sim/fleet_push.h"

namespace tidegate {

struct Mutant;  // mutants.h

// Which kinds of blows there are.
struct FaultMix {
  bool network = true;
  bool processor = true;
  bool sensor = true;
  bool disk = true;
  bool api = true;
  bool clock = true;
  bool config = true;

  // "all", "none", or a list: "network,disk". `invalid`: which word is not one.
  static Result<FaultMix> parse(std::string_view text);
};

struct RunOptions {
  std::chrono::hours hours{24};  // of blows; healing takes a few more
  FaultMix mix;
  bool control = false;  // sensors have control planes, most of them, and documents are pushed to them
  const Mutant* mutant = nullptr;
};

struct RunOutcome {
  std::size_t held = 0;             // records at the sources
  std::vector<std::string> broken;  // promises, each with the time when it was seen
  std::vector<std::string> story;   // what happened when
  std::vector<std::string> log;     // of all programs
  Id128 trace;                      // SimFleet::trace()
  JudgedDocuments judged;

  bool kept() const { return broken.empty(); }
};

// Pure: the same seed and options are the same run.
RunOutcome run_fleet(Seed seed, const RunOptions& options);

}  // namespace tidegate
