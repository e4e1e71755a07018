#include "config/connectors_document.h"

#include <algorithm>

#include "config/ascii.h"
#include "config/connector_reader.h"
#include "config/nearest.h"
#include "config/regions.h"
#include "config/url.h"

namespace tidegate {
namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::uint16_t http_port = 80;

std::string path_of(std::string_view list, std::size_t index, std::string_view key) {
  return std::string{list} + "[" + std::to_string(index) + "]." + std::string{key};
}

std::vector<Field> make_table() {
  std::vector<Field> table{
      Field{.path = "revision",
            .kind = FieldKind::count,
            .least = "1",
            .most = "999999999999",
            .need = Need::required,
            .applies = Applies::live,
            .doc = "The document's number; the processor counts it up with "
                   "each change."},
      Field{.path = "credentials[].name",
            .kind = FieldKind::label,
            .most = "64",
            .need = Need::required,
            .applies = Applies::live,
            .doc = "The credential's name, unique in the document; connectors "
                   "refer to it."},
      Field{.path = "credentials[].bearer_token",
            .kind = FieldKind::token,
            .most = "65536",
            .need = Need::required,
            .applies = Applies::live,
            .privacy = Privacy::secret,
            .doc = "The API key that it stands for."},
      Field{.path = "connectors[].credential",
            .kind = FieldKind::label,
            .most = "64",
            .applies = Applies::live,
            .doc = "The name of a credential of the document; this or "
                   "bearer_token."},
  };
  for (Field field : agent_fields()) {
    if (!field.path.starts_with("connectors[].")) continue;
    if (field.path == "connectors[].bearer_token") field.doc = "The API key of the console; this or credential.";
    table.push_back(field);
  }
  return table;
}

HostPort in_lower_case(HostPort place) {
  place.host = lower_case(place.host);
  return place;
}

// Of a URL or a proxy, in lower case; absent where there is none, or none that can be read.
std::optional<HostPort> place_of(std::string_view url) {
  const std::optional<UrlParts> parts = split_url(url);
  if (!parts) return std::nullopt;
  return in_lower_case({parts->host, parts->port.value_or(parts->scheme == "https" ? https_port : http_port)});
}

// One document under way: from the reader to the model, with what its own keys mean.
class DocumentReader {
 public:
  DocumentReader(Reader& reader, const RemotePolicy& policy) : reader_(reader), policy_(policy) {}

  ConnectorsDocument read() {
    reader_.read("revision", document_.revision);
    read_credentials();
    document_.connectors = read_connectors(reader_);
    check_rules();
    for (std::size_t i = 0; i < document_.connectors.size(); ++i) {
      ConnectorConfig& connector = document_.connectors[i];
      take_credential(i, connector);
      check_files(i);
      check_policy(i, connector);
      resolve_region(connector);
    }
    check_count();
    return std::move(document_);
  }

 private:
  void read_credentials() {
    document_.credentials.resize(reader_.list_size("credentials"));
    for (std::size_t i = 0; i < document_.credentials.size(); ++i) {
      Credential& credential = document_.credentials[i];
      reader_.read(path_of("credentials", i, "name"), credential.name);
      reader_.read(path_of("credentials", i, "bearer_token"), credential.bearer_token);
      const auto [first, is_new] = places_.emplace(credential.name, i);
      if (is_new || credential.name.empty()) continue;
      refuse(path_of("credentials", i, "name"), credential.name,
             "is the name of credentials[" + std::to_string(first->second) + "] as well", "give each credential a name of its own");
    }
  }

  // The rules that connectors of a file keep as well. Where a token comes from is this document's own rule.
  void check_rules() {
    AgentConfig carrier;
    carrier.ship.receiver = Receiver::forward;  // which asks for nothing outside of the connectors
    carrier.connectors = document_.connectors;
    for (ConnectorConfig& connector : carrier.connectors) {
      connector.bearer_token = Secret{"given"};
      connector.bearer_token_file.clear();
    }
    apply_rules(validate(carrier), reader_);
  }

  void take_credential(std::size_t index, ConnectorConfig& connector) {
    const std::string path = path_of("connectors", index, "credential");
    const bool token_given = reader_.was_given(path_of("connectors", index, "bearer_token"));
    const bool file_given = reader_.was_given(path_of("connectors", index, "bearer_token_file"));
    std::string name;
    reader_.read(path, name);
    if (!reader_.was_given(path)) {
      if (!token_given && !file_given)
        refuse(path, {}, "is missing, and so is bearer_token", "name a credential of the document, or give a bearer_token");
      return;
    }
    if (token_given) return refuse(path, {}, "stands beside bearer_token", "keep one of the two");
    if (reader_.has_error(path)) return;
    const auto found = places_.find(name);
    if (found == places_.end()) return refuse(path, name, "is no credential of the document", remedy_for(name));
    connector.bearer_token = document_.credentials[found->second].bearer_token;
    document_.credential_of.emplace(connector.name, name);
  }

  std::string remedy_for(std::string_view name) const {
    std::vector<std::string_view> known;
    for (const auto& [each, place] : places_) known.push_back(each);
    if (const auto near = nearest(name, known)) return "the nearest one is " + std::string{*near};
    return "list it under credentials";
  }

  // A path names a file of the sensor, which its own file alone may do.
  void check_files(std::size_t index) {
    const auto refuse_path = [&](std::string_view key, std::string_view remedy) {
      const std::string path = path_of("connectors", index, key);
      if (reader_.was_given(path))
        refuse(path, {},
               "names a file of the sensor, which a document of the processor "
               "may not",
               std::string{remedy});
    };
    refuse_path("bearer_token_file", "name a credential of the document");
    refuse_path("ca_file", "write connectors that need it in the sensor's own file");
  }

  void check_policy(std::size_t index, const ConnectorConfig& connector) {
    if (policy_.local_connectors.contains(connector.name))
      refuse(path_of("connectors", index, "name"), connector.name, "is the name of a connector of the sensor's own file as well",
             "give it another name, or take the one in that file away");
    if (!policy_.tenants.empty() && !connector.tenant.id.empty() && !policy_.tenants.contains(connector.tenant.id))
      refuse(path_of("connectors", index, "tenant.id"), connector.tenant.id, "is no tenant of this sensor",
             "give the connector to a sensor of that tenant");
    const std::optional<HostPort> api = place_of(connector.api_base_url);
    if (api && !is_of_a_region(*api) && !policy_.api_places.contains(*api))
      refuse(path_of("connectors", index, "api_base_url"), to_text(*api), "is no API host that the sensor's own file permits",
             "name a region, or permit the host in that file");
    const std::optional<HostPort> proxy = place_of(connector.proxy.reveal());
    if (proxy && !policy_.proxies.contains(*proxy))
      refuse(path_of("connectors", index, "proxy"), to_text(*proxy), "is no proxy that the sensor's own file permits",
             "permit it in that file");
  }

  void check_count() {
    const std::size_t all = document_.connectors.size() + policy_.local_connectors.size();
    if (all <= connectors_max) return;
    reader_.complain("connectors", {std::to_string(all) + " connectors", "are too many, with those of the sensor's own file",
                                    "keep at most " + std::to_string(connectors_max)});
  }

  // Unless the field has an error of its own.
  void refuse(const std::string& path, std::string_view value, std::string problem, std::string remedy) {
    if (reader_.has_error(path)) return;
    reader_.complain(path, {shown(find_field(connectors_fields(), path), value), std::move(problem), std::move(remedy)});
  }

  Reader& reader_;
  const RemotePolicy& policy_;
  ConnectorsDocument document_;
  std::map<std::string, std::size_t, std::less<>> places_;  // of credentials, by name; the first of each
};

// An empty list is an answer; no list is none.
void require_connectors(const YamlNode& root, Reader& reader) {
  const auto list = std::ranges::find(root.children, std::string_view{"connectors"}, &YamlNode::key);
  if (list != root.children.end() && list->kind != YamlNode::Kind::null) return;
  reader.complain("connectors", {{},
                                 list == root.children.end() ? "is missing" : "has no value",
                                 "list the connectors; to take all of them away, write connectors: []"});
}

bool is_empty(const YamlNode& root) {
  return root.kind == YamlNode::Kind::null || (root.kind == YamlNode::Kind::map && root.children.empty());
}

}  // namespace

FieldTable connectors_fields() {
  static const std::vector<Field> table = make_table();
  return table;
}

bool is_of_a_region(const HostPort& place) {
  return place.port == https_port && std::ranges::find(regions, place.host, &Region::api_host) != regions.end();
}

RemotePolicy policy_of(const AgentConfig& local) {
  RemotePolicy policy;
  for (const ConnectorConfig& connector : local.connectors) {
    policy.local_connectors.insert(connector.name);
    if (const auto api = place_of(connector.api_base_url)) policy.api_places.insert(*api);
    if (const auto proxy = place_of(connector.proxy.reveal())) policy.proxies.insert(*proxy);
  }
  for (const HostPort& place : local.remote.api_hosts) policy.api_places.insert(in_lower_case(place));
  for (const HostPort& place : local.remote.proxies) policy.proxies.insert(in_lower_case(place));
  return policy;
}

ParsedConnectors parse_connectors(std::string_view yaml, const RemotePolicy& policy) {
  const YamlDocument yaml_document = read_document(yaml);
  Reader reader{connectors_fields(), yaml_document, connectors_document_name};
  ConnectorsDocument document;
  if (yaml_document.root && is_empty(*yaml_document.root)) {
    reader.complain({},
                    {{}, "is empty, which changes nothing", "to take all connectors away, write a revision and connectors: []"});
  } else if (yaml_document.root) {
    if (yaml_document.root->kind == YamlNode::Kind::map) require_connectors(*yaml_document.root, reader);
    document = DocumentReader{reader, policy}.read();
  }
  ParsedConnectors parsed{.document = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.document = std::move(document);
  return parsed;
}

AgentConfig with_document(AgentConfig local, const ConnectorsDocument& document) {
  local.connectors.insert(local.connectors.end(), document.connectors.begin(), document.connectors.end());
  return local;
}

}  // namespace tidegate
