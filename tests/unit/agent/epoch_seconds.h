// Times of the agent's tests that are only told apart.
#pragma once

#include "base/clock.h"

namespace tidegate {

inline WallSeconds epoch_seconds(std::int64_t seconds) { return WallSeconds{std::chrono::seconds{seconds}}; }

}  // namespace tidegate
