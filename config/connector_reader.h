// Connectors from a document to the model: the same for agent.yaml and for a document that the processor pushes, so that a
// connector is written the same way in both.
//
// Pure; any thread.
#pragma once

#include <vector>

#include "config/model.h"
#include "config/reader.h"
#include "config/validate.h"

namespace tidegate {

// What stands under "connectors", complaints to the reader.   requires: the reader's table has the connectors' rows
std::vector<ConnectorConfig> read_connectors(Reader& reader);

// The URL of the connector's region, where none was given. validate() tells it from one that was written beside the region.
void resolve_region(ConnectorConfig& connector);

// Complaints of the breaches, but for those whose fields have errors of their own.
void apply_rules(const std::vector<Breach>& breaches, Reader& reader);

}  // namespace tidegate
