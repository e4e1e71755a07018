// The file that an operator applies: connectors.yaml as sensors take it (config/connectors_document.h), with the sensor's name on
// top, and without what the processor adds: the revision, and the credentials, which are kept under their names.
//
//   sensor: zurich-01                  # or --sensor
//   connectors:
//     - {name: acme-v1, type: trendmicro_visionone, tenant: {id: acme, name: ACME Corp}, region: eu, credential: acme-key}
//
// Promises: the answer can be used as it is, or every error is there at once, with its line. What only the sensor's own file can
// permit (hosts beside the regions', proxies) is left to the sensor.
//
// Pure; any thread. Bounded as the document is. The keys of the top stand at the beginning of lines of their own.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/connectors_document.h"

namespace tidegate {

// One document of a file that has several, with `---` in a line of its own between them.
struct FileDocument {
  std::string_view yaml;
  std::size_t lines_before = 0;  // in the file
};
// Those that have more than comments and blanks.   requires: the text outlives what is returned
std::vector<FileDocument> documents_of(std::string_view yaml);

// What stands under `sensor`; empty: nothing that is a text.
std::string sensor_of_file(std::string_view yaml);

struct ConnectorFileOrder {
  std::string_view yaml;
  std::string_view file_name;         // as errors name it
  std::set<std::string> tenants;      // of the sensor: the only ones that may be named
  std::set<std::string> credentials;  // that are kept: the only ones that may be referred to
};

// The document's revision is 0, and its credentials have no tokens yet: they are as many as are referred to.
ParsedConnectors parse_connector_file(const ConnectorFileOrder& order);

// A document that was pushed. `corrupt`: it is none any more.
Result<ConnectorsDocument> read_pushed(const Secret& text);

}  // namespace tidegate
