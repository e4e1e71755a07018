// The traffic under which programs are made to crash: a backlog that lasts from the first crash to the last, and live records of
// every kind beside it, late ones and versions among them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/rig.h"

namespace tidegate {

struct CrashTraffic {
  std::uint64_t seed = 1;
  std::chrono::seconds live{10};    // live records come for so long
  std::uint64_t techniques = 1000;  // of the backlog
};

// Flags of the simulator.
std::vector<std::string> simulator_flags(const CrashTraffic& traffic);

// Reading is slowed down, so that the backlog lasts: 20 pages of 200 a second at most.
Settings slow_connector();

}  // namespace tidegate
