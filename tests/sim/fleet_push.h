// FleetPush: a document that was pushed to a sensor of the fleet, and what is to be expected of it. Thread: the loop's.
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

}  // namespace tidegate
