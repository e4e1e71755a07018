// What changes between two configurations of the agent, and whether it needs a restart. The backlog is touched by no
// configuration (P8).
//
// Pure; any thread. Secrets are compared by their text and shown as ***.
#pragma once

#include <string>
#include <vector>

#include "config/fields.h"
#include "config/model.h"

namespace tidegate {

struct ConfigChange {
  // "ship.in_flight"; a connector by its name: "connectors[acme].interval"; a rule of the schedule by its place, whole:
  // "ship.bandwidth_schedule[0]".
  std::string path;
  std::string before;  // as it would be written; empty: not given
  std::string after;
  Applies applies = Applies::restart;

  bool operator==(const ConfigChange&) const = default;
};

// Of the connectors in both, and of all else. A connector is the same one when its name is: its cursors are kept under it.
// The order of connectors and log filters does not matter; that of a bandwidth schedule does.
std::vector<ConfigChange> diff(const AgentConfig& before, const AgentConfig& after);

// One line for people: "connectors[acme].interval: 5min to 1min".
std::string to_text(const ConfigChange& change);

}  // namespace tidegate
