// What an offered configuration changes, for people and for the trial. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/model.h"

namespace tidegate {

inline constexpr std::size_t changes_shown_max = 100;  // further ones are counted

// One line for each change: "connectors[acme].interval: 5min to 1min", "connectors[acme]: begins", "connectors[acme]: ends".
// Secrets as ***.
std::vector<std::string> changes_between(const AgentConfig& before, const AgentConfig& after);

// What asks the API in another way than before, or for the first time: those worth a look before the old ones are stopped.
struct ConnectorsToCheck {
  std::vector<ConnectorConfig> changed;  // collects now, and would do so otherwise
  std::vector<ConnectorConfig> begun;
};
ConnectorsToCheck connectors_to_check(const AgentConfig& before, const AgentConfig& after);

}  // namespace tidegate
