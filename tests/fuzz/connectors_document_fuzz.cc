// Any text as a document of connectors, under the narrowest policy, and as an operator's file: it is a document or it has errors; a
// document keeps every rule of a configuration, names no file, and no host but a region's.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "config/connectors_document.h"
#include "config/diff.h"
#include "config/regions.h"
#include "config/validate.h"
#include "processor/fleet/connector_file.h"

namespace tidegate {
namespace {

// https://HOST, with nothing but a path or the port 443 behind it.
bool is_of_a_region(std::string url) {
  for (char& c : url) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::any_of(regions, [&url](const Region& region) {
    const std::string begin = "https://" + std::string{region.api_host};
    if (!url.starts_with(begin)) return false;
    std::string_view rest = std::string_view{url}.substr(begin.size());
    if (rest.starts_with(":443")) rest.remove_prefix(4);
    return rest.empty() || rest.front() == '/';
  });
}

void check(const ConnectorsDocument& document, const RemotePolicy& policy) {
  for (const ConnectorConfig& connector : document.connectors) {
    TG_ASSERT(!connector.bearer_token.empty(), "each connector has a token");
    TG_ASSERT(connector.bearer_token_file.empty() && connector.ca_file.empty(), "a document names no file of the sensor");
    TG_ASSERT(connector.proxy.empty(), "a document names no proxy that is not permitted");
    TG_ASSERT(is_of_a_region(connector.api_base_url), "a document names no host that is not permitted");
    TG_ASSERT(!policy.local_connectors.contains(connector.name), "a name of the sensor's own file is taken");
  }
  AgentConfig local;
  local.ship.receiver = Receiver::forward;
  const AgentConfig whole = with_document(local, document);
  TG_ASSERT(validate(whole).empty(), "a document breaks no rule of a configuration");
  TG_ASSERT(diff(whole, whole).empty(), "a configuration does not differ from itself");
}

}  // namespace
}  // namespace tidegate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidegate;
  RemotePolicy policy;
  policy.local_connectors = {"local"};
  const ParsedConnectors parsed = parse_connectors({reinterpret_cast<const char*>(data), size}, policy);
  TG_ASSERT(parsed.document.has_value() == parsed.errors.empty(), "a document is a model or has errors");
  TG_ASSERT(parsed.errors.size() <= config_errors_max + 1, "the errors of a document are bounded");
  for (const ConfigError& error : parsed.errors) TG_ASSERT(!error.problem.empty(), "an error says what is wrong");
  if (parsed.document) check(*parsed.document, policy);
  ConnectorFileOrder file;
  file.yaml = {reinterpret_cast<const char*>(data), size};
  file.file_name = "fuzzed.yaml";
  file.tenants = {"acme"};
  file.credentials = {"acme-key"};
  const ParsedConnectors of_operator = parse_connector_file(file);
  TG_ASSERT(of_operator.document.has_value() == of_operator.errors.empty(), "an operator's file is a model or has errors");
  return 0;
}
