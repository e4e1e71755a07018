// What changes between two configurations of the agent, and what must be rebuilt for it. The backlog never is: no
// configuration touches it (P8).
//
// Pure; any thread. Secrets are compared by their text and shown as ***.
#pragma once

#include <string>
#include <vector>

#include "config/fields.h"
#include "config/model.h"

namespace tidegate {

struct ConfigChange {
  std::string path;    // "ship.in_flight"; a connector by its name: "connectors[acme].interval"
  std::string before;  // as it would be written; empty: not given
  std::string after;
  Applies applies = Applies::restart;

  bool operator==(const ConfigChange&) const = default;
};

struct ConfigDiff {
  std::vector<ConfigChange> changes;  // of the connectors in both, and of all else
  std::vector<std::string> connectors_added;
  std::vector<std::string> connectors_removed;
  std::vector<std::string> connectors_changed;
  bool uplink_changed = false;  // processor.data or processor.tls: sessions are to be made anew
  bool ship_changed = false;    // ship: the shipper and the encoders are
  bool restart_needed = false;  // a change that a running agent cannot take

  bool empty() const { return changes.empty() && connectors_added.empty() && connectors_removed.empty(); }
};

// A connector is the same one when its name is: its cursors are kept under it. Order does not matter.
ConfigDiff diff(const AgentConfig& before, const AgentConfig& after);

// One line for people: "connectors[acme].interval: 5min to 1min".
std::string to_text(const ConfigChange& change);

}  // namespace tidegate
