#include "config/connector_reader.h"

#include "config/bind.h"
#include "config/regions.h"

namespace tidegate {
namespace {

void read_connector(Reader& reader, const std::string& prefix, ConnectorConfig& connector) {
  visit_connector(connector, [&](std::string_view key, auto& member) { reader.read(prefix + std::string{key}, member); });
  connector.log_filters.resize(reader.list_size(prefix + "log_filters"));
  for (std::size_t i = 0; i < connector.log_filters.size(); ++i) {
    const std::string filter = prefix + "log_filters[" + std::to_string(i) + "].";
    visit_log_filter(connector.log_filters[i],
                     [&](std::string_view key, auto& member) { reader.read(filter + std::string{key}, member); });
  }
}

}  // namespace

std::vector<ConnectorConfig> read_connectors(Reader& reader) {
  std::vector<ConnectorConfig> connectors(reader.list_size("connectors"));
  for (std::size_t i = 0; i < connectors.size(); ++i)
    read_connector(reader, "connectors[" + std::to_string(i) + "].", connectors[i]);
  return connectors;
}

void resolve_region(ConnectorConfig& connector) {
  if (const auto host = api_host_of(connector.region); host && connector.api_base_url.empty())
    connector.api_base_url = "https://" + std::string{*host};
}

void apply_rules(const std::vector<Breach>& breaches, Reader& reader) {
  for (const Breach& breach : breaches) {
    if (reader.has_error(breach.field) || (!breach.other.empty() && reader.has_error(breach.other))) continue;
    reader.complain(breach.field, {breach.value, breach.problem, breach.remedy});
  }
}

}  // namespace tidegate
