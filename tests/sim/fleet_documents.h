// Documents of connectors as a control plane pushes them to a sensor of the fleet: good ones, and each kind of bad one that P8 must
// make a no-op.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "config/model.h"

namespace tidegate {

enum class PushKind : std::uint8_t {
  // Good: in force in the end, where nothing is wrong.
  same,         // as before, under another hash
  other_pace,   // interval, settle and windows
  other_order,  // the same content types in another order
  filtered,     // a log filter, which drops nothing
  other_token,  // which the API takes
  // Bad: never in force.
  no_yaml,
  empty,
  no_connectors,
  unknown_key,
  unknown_region,
  host_not_permitted,  // by the sensor's own file
  other_type,
  credential_missing,
  beyond_a_bound,
  broken_filter,
  too_many_connectors,  // in a large document
  expired_token,        // the API answers 401
  silent_host,          // no API answers there
  // Refused by the processor, and so never offered.
  other_tenant,
  too_large,
  // The processor dies of it: it goes away once it has offered the document, for longer than the link is waited for.
  deadly,
};
inline constexpr std::size_t push_kinds = 20;
inline constexpr PushKind first_bad = PushKind::no_yaml;

std::string_view name(PushKind kind);
inline bool is_good(PushKind kind) { return kind < first_bad; }
inline bool is_bad(PushKind kind) { return kind >= first_bad && kind < PushKind::deadly; }
// It may be in force while it is tried, or for good.
inline bool may_run(PushKind kind) { return !is_bad(kind); }

inline constexpr std::string_view fleet_api_url = "https://api.test";
inline constexpr std::string_view silent_api_url = "https://silent.test";  // permitted; nobody answers there

// The connector that a document of this kind is to bring; the same where the kind spoils the document alone. A token of
// `other_token` is `fresh_token`.
ConnectorConfig connector_of(PushKind kind, ConnectorConfig connector, const std::string& fresh_token, Random& dice);

// The document with that connector.
std::string text_of(PushKind kind, const ConnectorConfig& connector, std::uint64_t revision);

// Why the processor does not take it from its operator; empty: it does. Of another tenant processor/fleet/connector_file is asked,
// as the processor asks it; of what is too large its bound. Every other kind is pushed as if the processor had missed what is
// wrong.
std::string refused_by_processor(PushKind kind, const std::string& text, const std::string& tenant);

}  // namespace tidegate
