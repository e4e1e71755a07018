#include "agent/control/config_changes.h"

#include <algorithm>

#include "config/diff.h"

namespace tidegate {
namespace {

const ConnectorConfig* find(const AgentConfig& config, const std::string& name) {
  const auto found = std::ranges::find(config.connectors, name, &ConnectorConfig::name);
  return found == config.connectors.end() ? nullptr : &*found;
}

// How a connector reaches its API, and as whom.
bool same_reach(const ConnectorConfig& one, const ConnectorConfig& other) {
  return one.api_base_url == other.api_base_url && one.bearer_token == other.bearer_token &&
         one.bearer_token_file == other.bearer_token_file && one.proxy == other.proxy && one.ca_file == other.ca_file;
}

}  // namespace

std::vector<std::string> changes_between(const AgentConfig& before, const AgentConfig& after) {
  std::vector<std::string> lines;
  for (const ConnectorConfig& connector : before.connectors) {
    if (find(after, connector.name) == nullptr) lines.push_back("connectors[" + connector.name + "]: ends");
  }
  for (const ConnectorConfig& connector : after.connectors) {
    if (find(before, connector.name) == nullptr) lines.push_back("connectors[" + connector.name + "]: begins");
  }
  for (const ConfigChange& change : diff(before, after)) lines.push_back(to_text(change));
  if (lines.size() > changes_shown_max) {
    const std::size_t more = lines.size() - changes_shown_max;
    lines.resize(changes_shown_max);
    lines.push_back("and " + std::to_string(more) + " more");
  }
  return lines;
}

ConnectorsToCheck connectors_to_check(const AgentConfig& before, const AgentConfig& after) {
  ConnectorsToCheck all;
  for (const ConnectorConfig& connector : after.connectors) {
    if (!connector.enabled) continue;
    const ConnectorConfig* const now = find(before, connector.name);
    if (now == nullptr || !now->enabled) all.begun.push_back(connector);
    else if (!same_reach(*now, connector)) all.changed.push_back(connector);
  }
  return all;
}

}  // namespace tidegate
