// Findings: what one checker has found broken. A promise that is broken once is often broken a thousand times: the first few are
// told, and of the rest how many there were.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/sim/fleet.h"

namespace tidegate {

class Findings {
 public:
  // `what`: the promise, and what of it is looked at: "P4: an ack means durable".
  explicit Findings(std::string_view what) : what_(what) {}

  void tell(SimFleet& fleet, const std::string& how) {
    if (++count_ <= told_max) fleet.report_broken(what_ + ": " + how);
  }
  void tell_rest(SimFleet& fleet) const {
    if (count_ > told_max) fleet.report_broken(what_ + ": " + std::to_string(count_ - told_max) + " more");
  }

 private:
  static constexpr std::size_t told_max = 5;

  std::string what_;
  std::size_t count_ = 0;
};

}  // namespace tidegate
