#include "tests/sim/fleet_documents.h"

#include <array>

#include "base/check.h"
#include "config/config_text.h"
#include "config/errors.h"
#include "processor/fleet/connector_file.h"
#include "processor/fleet/connectors.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, push_kinds> document_names{"the same again",
                                                                  "another pace",
                                                                  "another order",
                                                                  "a filter",
                                                                  "another token",
                                                                  "no YAML",
                                                                  "an empty document",
                                                                  "no connectors",
                                                                  "an unknown key",
                                                                  "an unknown region",
                                                                  "a host that is not permitted",
                                                                  "another type",
                                                                  "a missing credential",
                                                                  "a bound",
                                                                  "a broken filter",
                                                                  "too many connectors",
                                                                  "an expired token",
                                                                  "a host that does not answer",
                                                                  "another tenant",
                                                                  "a document that is too large"};
constexpr std::string_view deadly_name = "what its processor dies of";
constexpr std::size_t connectors_too_many = connectors_max + 44;
constexpr std::size_t padding_bytes = std::size_t{100} << 10;

std::string padding(std::size_t bytes) { return "# " + std::string(bytes, 'x') + "\n"; }

// The text with `what` replaced by `by`.   requires: it is there
std::string edited(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  TG_ASSERT(at != std::string::npos, "what a bad document spoils is in it");
  return text.replace(at, what.size(), by);
}

// The order of the content types is that of a set: another one is written by hand.
std::string other_order_of(const ConnectorConfig& connector, const std::string& text) {
  std::string list;
  for (auto type = connector.content_types.rbegin(); type != connector.content_types.rend(); ++type)
    list.append(list.empty() ? "" : ", ").append(name(*type));
  return edited(text, "    type:", "    content_types: [" + list + "]\n    type:");
}

}  // namespace

std::string_view name(PushKind kind) {
  return kind == PushKind::deadly ? deadly_name : document_names[static_cast<std::size_t>(kind)];
}

ConnectorConfig connector_of(PushKind kind, ConnectorConfig connector, const std::string& fresh_token, Random& dice) {
  const auto between = [&dice](seconds least, seconds most) { return seconds{dice.between(least.count(), most.count())}; };
  switch (kind) {
    case PushKind::other_pace:
    case PushKind::deadly:
      connector.interval = between(2min, 20min);
      connector.settle = between(0s, 2min);
      connector.window = dice.chance(4) ? between(5min, 30min) : between(30min, 24h);
      connector.window_records_max = static_cast<std::uint64_t>(dice.between(100, 1000));
      break;
    case PushKind::filtered: {
      LogFilterConfig filter;
      filter.name = "filter-" + std::to_string(dice.below(1000));
      filter.exclude = "id: \"an id that no record has\"";
      connector.log_filters = {filter};
      break;
    }
    case PushKind::broken_filter: {
      LogFilterConfig filter;
      filter.name = "broken";
      filter.exclude = "id: (";
      connector.log_filters = {filter};
      break;
    }
    case PushKind::other_token: connector.bearer_token = Secret{fresh_token}; break;
    case PushKind::expired_token: connector.bearer_token = Secret{"a-token-that-has-expired"}; break;
    case PushKind::silent_host: connector.api_base_url = silent_api_url; break;
    case PushKind::host_not_permitted: connector.api_base_url = "https://elsewhere.test"; break;
    case PushKind::other_type: connector.type = "somebody_elses"; break;
    case PushKind::other_tenant: connector.tenant.id = "somebody-elses"; break;
    case PushKind::beyond_a_bound: connector.interval = 1ms; break;
    case PushKind::unknown_region:
      connector.api_base_url.clear();
      connector.region = "mars";
      break;
    default: break;
  }
  return connector;
}

std::string text_of(PushKind kind, const ConnectorConfig& connector, std::uint64_t revision) {
  ConnectorsDocument document;
  document.revision = revision;
  document.credentials.push_back({"key", connector.bearer_token});
  document.connectors.push_back(connector);
  document.credential_of.emplace(connector.name, "key");
  if (kind == PushKind::credential_missing) document.credentials.front().name = "another-key";
  if (kind == PushKind::too_many_connectors)
    while (document.connectors.size() < connectors_too_many) {
      ConnectorConfig more = connector;
      more.name.append("-").append(std::to_string(document.connectors.size()));
      document.credential_of.emplace(more.name, "key");
      document.connectors.push_back(std::move(more));
    }
  std::string text = to_yaml(document, SecretsAs::plain);
  switch (kind) {
    case PushKind::other_order: return other_order_of(connector, text);
    case PushKind::no_yaml: return edited(std::move(text), "connectors:", "connectors: [{");
    case PushKind::empty: return {};
    case PushKind::no_connectors: return "revision: " + std::to_string(revision) + "\n";
    case PushKind::unknown_key: return edited(std::move(text), "    type:", "    intervall: 1min\n    type:");
    case PushKind::too_many_connectors: return padding(padding_bytes) + text;
    case PushKind::too_large: return padding(ConnectorsLimits{}.document_bytes_max) + text;
    default: return text;
  }
}

std::string refused_by_processor(PushKind kind, const std::string& text, const std::string& tenant) {
  if (kind == PushKind::too_large) {
    TG_ASSERT(text.size() > ConnectorsLimits{}.document_bytes_max, "a document that is too large is refused before it is pushed");
    return "it is too large";
  }
  if (kind != PushKind::other_tenant) return {};
  const std::string file = text.substr(text.find("connectors:\n"));
  const ParsedConnectors parsed =
      parse_connector_file({.yaml = file, .file_name = "file", .tenants = {tenant}, .credentials = {"key"}});
  TG_ASSERT(!parsed.document, "a tenant of somebody else is refused before it is pushed");
  return to_text(parsed.errors.front());
}

}  // namespace tidegate
