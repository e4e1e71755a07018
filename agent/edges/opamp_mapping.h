// Between OpAMP's messages and the values of control_ports.h. Everything that comes from the processor is judged here before
// anything acts on it.
//
// Pure; any thread.
// Source: OpAMP specification 0.18, "Configuration", "Connection Settings Management", "Custom Messages".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/control_ports.h"
#include "transport/opamp_messages.h"
#include "transport/opamp_requests.h"

namespace tidegate {

struct SensorFacts {
  std::string sensor;
  std::string version;
  std::string host_name;
};
opamp::AgentDescription description_of(const SensorFacts& facts);

// Parts below `depth` are left out, where the whole tree does not fit a message.
opamp::ComponentHealth health_message(const Component& component, std::size_t depth);
opamp::RemoteConfigStatus status_message(const RemoteStatus& status);
opamp::EffectiveConfig effective_message(const std::string& yaml);

// The file connectors.yaml, else the one without a name, else the only one. What names no document offers an empty one, which the
// trial refuses by its rules: an offer is always answered.
RemoteOffer offer_of(opamp::AgentRemoteConfig config);

// Absent: no request, or one without an id (opamp_requests.h).
std::optional<Command> command_of(const opamp::CustomMessage& message);
opamp::CustomMessage message_of(const CommandAnswer& answer);

// Why an offer of connection settings is refused; empty: it is not. Taken are a certificate for the request that we made, and an
// interval of heartbeats: nothing that would lead the sensor elsewhere or make it trust others (P10).
std::string why_refused(const opamp::OpampConnectionSettings& settings, std::string_view url, bool certificate_asked_for);

}  // namespace tidegate
