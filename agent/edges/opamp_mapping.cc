#include "agent/edges/opamp_mapping.h"

#include "config/connectors_document.h"

namespace tidegate {
namespace {

opamp::KeyValue attribute(std::string key, std::string value) { return {std::move(key), opamp::AnyValue{std::move(value)}}; }

std::uint64_t unix_nano(WallTime time) {
  return time <= WallTime{} ? 0 : static_cast<std::uint64_t>(time.time_since_epoch().count());
}

opamp::ApplyStatus apply_status(RemoteState state) {
  switch (state) {
    case RemoteState::unset: return opamp::ApplyStatus::unset;
    case RemoteState::applying: return opamp::ApplyStatus::applying;
    case RemoteState::applied: return opamp::ApplyStatus::applied;
    case RemoteState::failed: return opamp::ApplyStatus::failed;
  }
  return opamp::ApplyStatus::unset;
}

}  // namespace

opamp::AgentDescription description_of(const SensorFacts& facts) {
  opamp::AgentDescription description;
  description.identifying_attributes.push_back(attribute("service.name", "tidegate-agent"));
  description.identifying_attributes.push_back(attribute("service.instance.name", facts.sensor));
  description.identifying_attributes.push_back(attribute("service.version", facts.version));
  description.non_identifying_attributes.push_back(attribute("os.type", "linux"));
  description.non_identifying_attributes.push_back(attribute("host.name", facts.host_name));
  return description;
}

opamp::ComponentHealth health_message(const Component& component, std::size_t depth) {
  opamp::ComponentHealth health;
  health.healthy = component.healthy;
  health.status = component.status;
  health.last_error = component.reason;
  health.status_time_unix_nano = unix_nano(component.since);
  if (depth == 0) return health;
  for (const Component& part : component.parts) health.component_health_map.emplace(part.name, health_message(part, depth - 1));
  return health;
}

opamp::RemoteConfigStatus status_message(const RemoteStatus& status) {
  opamp::RemoteConfigStatus message;
  message.last_remote_config_hash = status.hash;
  message.status = apply_status(status.state);
  message.error_message = status.reasons;
  return message;
}

opamp::EffectiveConfig effective_message(const std::string& yaml) {
  opamp::EffectiveConfig message;
  opamp::AgentConfigFile file;
  file.body = yaml;
  file.content_type = "text/yaml";
  message.config_map.emplace();
  message.config_map->config_map.emplace("", std::move(file));
  return message;
}

RemoteOffer offer_of(opamp::AgentRemoteConfig config) {
  RemoteOffer offer;
  offer.hash = std::move(config.config_hash);
  if (!config.config) return offer;
  auto& files = config.config->config_map;
  auto file = files.find(std::string{connectors_document_name});
  if (file == files.end()) file = files.find("");
  if (file == files.end() && files.size() == 1) file = files.begin();
  if (file != files.end()) offer.document = Secret{std::move(file->second.body)};
  return offer;
}

std::optional<Command> command_of(const opamp::CustomMessage& message) {
  if (message.capability != requests_capability || message.type != "request") return std::nullopt;
  const std::size_t space = message.data.find(' ');
  if (space == std::string::npos || !is_request_id(message.data.substr(0, space))) return std::nullopt;
  return Command{.id = message.data.substr(0, space), .type = message.type, .body = message.data.substr(space + 1)};
}

opamp::CustomMessage message_of(const CommandAnswer& answer) {
  opamp::CustomMessage message;
  message.capability = requests_capability;
  message.type = answer.type;
  message.data.reserve(answer.id.size() + 1 + answer.body.size());
  message.data.append(answer.id).append(" ").append(answer.body);
  return message;
}

std::string why_refused(const opamp::OpampConnectionSettings& settings, std::string_view url, bool certificate_asked_for) {
  if (!settings.destination_endpoint.empty() && settings.destination_endpoint != url)
    return "another endpoint is not taken: processor.control of the sensor's own file says where its processor is";
  if (settings.tls && settings.tls->insecure_skip_verify)
    return "certificates are always verified: insecure_skip_verify is not taken";
  if (settings.tls) return "settings of TLS are not taken: the sensor's own file says whom to trust";
  if (settings.headers && !settings.headers->headers.empty()) return "headers are not taken";
  if (!settings.certificate) return {};
  if (!settings.certificate->private_key.empty()) return "a private key is not taken: the sensor makes its own";
  if (!certificate_asked_for) return "a certificate is taken only in answer to a request";
  return {};
}

}  // namespace tidegate
