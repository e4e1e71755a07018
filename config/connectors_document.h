// connectors.yaml: what the processor pushes to a sensor (design, section 8). Its connectors are those of agent.yaml, key for
// key, read by the same table; beside them stand a revision and credentials, which connectors refer to by name.
//
//   revision: 7
//   credentials:
//     - {name: acme-key, bearer_token: …}
//   connectors:
//     - {name: acme-v1, type: trendmicro_visionone, tenant: {id: acme, name: ACME Corp}, region: eu, credential: acme-key}
//
// It promises: the answer is a document that can be used as it is, or every error at once (P8). An empty document, and one
// without `connectors`, is an error: taking all connectors away is written `connectors: []`, and cannot happen by an accident of
// transport. A document cannot widen what the sensor's own file permits (RemotePolicy): a processor in wrong hands must not read
// the sensor's files, nor send tokens or requests to hosts of its choice (opamp.md, section 5).
//
// Pure; any thread. Bounded as a configuration is: 1 MiB, 256 connectors, 256 credentials, 100 errors listed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.h"
#include "config/fields.h"
#include "config/model.h"

namespace tidegate {

inline constexpr std::string_view connectors_document_name = "connectors.yaml";
inline constexpr std::size_t credentials_max = connectors_max;  // of a document; Reader bounds both alike

struct Credential {
  std::string name;  // unique in the document
  Secret bearer_token;

  bool operator==(const Credential&) const = default;
};

struct ConnectorsDocument {
  std::uint64_t revision = 0;
  std::vector<Credential> credentials;
  std::vector<ConnectorConfig> connectors;           // each with its token: its own, or that of its credential
  std::map<std::string, std::string> credential_of;  // connector to credential; a connector with a token of its own is not in it

  bool operator==(const ConnectorsDocument&) const = default;
};

// What the sensor's own file permits a document. Nothing of it can come from the processor.
struct RemotePolicy {
  std::set<std::string> local_connectors;  // names that are taken: cursors are kept under them
  std::set<HostPort> api_places;           // hosts of APIs beside those of the known regions
  std::set<HostPort> proxies;              // the only ones that may be named
  std::set<std::string> tenants;           // the only ones that may be named; empty: any, and the processor checks (P10)
};

// The API of a known region is there, by its own name and port.   requires: the host is in lower case
bool is_of_a_region(const HostPort& place);

// What stands under remote, and what a connector of the file itself uses, for its API or as its proxy.
RemotePolicy policy_of(const AgentConfig& local);

struct ParsedConnectors {
  std::optional<ConnectorsDocument> document;  // absent exactly when there are errors
  std::vector<ConfigError> errors;             // in the order of their lines
};

ParsedConnectors parse_connectors(std::string_view yaml, const RemotePolicy& policy);

// What the sensor runs with: its file's connectors, then the document's.
//   requires: the document was parsed under policy_of(local)
AgentConfig with_document(AgentConfig local, const ConnectorsDocument& document);

// The rows of a document: those of the agent's connectors, and its own.
FieldTable connectors_fields();

}  // namespace tidegate
