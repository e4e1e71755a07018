// Which bandwidth holds when. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "config/model.h"

namespace tidegate {

struct BandwidthSchedule {
  std::optional<std::uint64_t> otherwise;  // bits per second, outside of every rule's interval; absent: unlimited
  std::vector<BandwidthRule> rules;
};

// Of the first rule whose interval holds `time`, else `otherwise`.   requires: of no rule are `from` and `to` the same
std::optional<std::uint64_t> bandwidth_at(const BandwidthSchedule& schedule, WallTime time);

}  // namespace tidegate
