// A day of response actions under a seed (P9): what is asked for and what goes wrong is drawn from it; then everything heals, and
// no action may have been done twice, none may be forgotten, each must have come to an end that is true.
#pragma once

#include <string>
#include <vector>

#include "base/id128.h"
#include "base/random.h"
#include "tests/actions/action_world.h"

namespace tidegate {

struct ActionOutcome {
  std::size_t runs = 0;     // in the ledger
  std::size_t tasks = 0;    // at the API
  std::size_t unknown = 0;  // targets that need a person
  std::size_t kills = 0;
  std::vector<std::string> broken;
  std::vector<std::string> story;
  Id128 trace;
};

// Pure: the same seed and mutant are the same run.
ActionOutcome run_actions(Seed seed, const ActionMutant* mutant);

const std::vector<ActionMutant>& action_mutants();

}  // namespace tidegate
