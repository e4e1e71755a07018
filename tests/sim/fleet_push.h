// FleetPush: a document that was pushed to a sensor of the fleet, and what is to be expected of it; and how much was judged.
// Thread: the loop's.
#pragma once

#include "base/clock.h"
#include "config/model.h"
#include "tests/sim/fleet_documents.h"
#include "tests/world/sim_control_plane.h"

namespace tidegate {

struct FleetPush {
  PushKind kind = PushKind::same;
  Bytes hash;
  ConnectorConfig connector;  // that the sensor was to run; what checkers keep to once it does
  ConnectorConfig given;      // as it stands in the document: a mutant's may differ
  SteadyTime at{};
  // Something was wrong with the world between the push and its answer: a good one may then be refused for a reason of its own.
  bool disturbed = false;
  opamp::ApplyStatus state = opamp::ApplyStatus::unset;  // as the processor was told last
  std::string reasons;

  bool answered() const { return state == opamp::ApplyStatus::applied || state == opamp::ApplyStatus::failed; }
};

// What P8 was judged by: of a fleet that kept it with 0 of either, nothing is shown.
struct JudgedDocuments {
  std::uint64_t verdicts = 0;  // on documents whose trial nothing disturbed
  std::uint64_t looks = 0;     // at content types that a document must not hold up

  void add(const JudgedDocuments& more) {
    verdicts += more.verdicts;
    looks += more.looks;
  }
};

}  // namespace tidegate
