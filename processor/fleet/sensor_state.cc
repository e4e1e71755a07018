#include "processor/fleet/sensor_state.h"

#include <algorithm>
#include <utility>

#include "transport/compression.h"
#include "transport/opamp_codec.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::size_t components_shown_max = 512;

std::string text_of(const opamp::AnyValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string& text) const { return shown_text(text); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return std::to_string(number); }
    std::string operator()(const opamp::ArrayValue&) const { return "(list)"; }
    std::string operator()(const opamp::KeyValueList&) const { return "(map)"; }
    std::string operator()(const opamp::BytesValue&) const { return "(bytes)"; }
  };
  return std::visit(Visitor{}, value.value);
}

std::string attribute(const opamp::AgentDescription& description, std::string_view key) {
  for (const auto* list : {&description.identifying_attributes, &description.non_identifying_attributes}) {
    for (const opamp::KeyValue& each : *list) {
      if (each.key == key) return text_of(each.value);
    }
  }
  return {};
}

// Empty when it cannot be kept.
Bytes encoded(const opamp::AgentToServer& message, std::size_t bytes_max) {
  Result<Bytes> bytes = opamp::encode(message, opamp::Framing::http);
  if (!bytes || bytes->size() > bytes_max) return {};
  return *std::move(bytes);
}

void drop_attributes(opamp::ComponentHealth& health) {
  health.attributes.clear();
  for (auto& [name, component] : health.component_health_map) drop_attributes(component);
}

// Keeps what is not healthy, and the way to it; false when there is nothing to keep.
bool drop_healthy(opamp::ComponentHealth& health) {
  auto& components = health.component_health_map;
  for (auto at = components.begin(); at != components.end();) at = drop_healthy(at->second) ? std::next(at) : components.erase(at);
  return !health.healthy || !health.component_health_map.empty();
}

// The first that is not healthy, as deep as it goes: the leaf is the cause.
void find_worst(const opamp::ComponentHealth& health, const std::string& path, HealthView& shown) {
  for (const auto& [name, component] : health.component_health_map) {
    if (component.healthy) continue;
    const std::string below = (path.empty() ? std::string{} : path + "/") + shown_text(name);
    shown.worst = below;
    shown.reason = shown_text(component.last_error.empty() ? component.status : component.last_error);
    find_worst(component, below, shown);
    return;
  }
}

HealthView view_of(const opamp::ComponentHealth& health) {
  HealthView shown{.known = true, .healthy = health.healthy, .worst = {}, .reason = {}};
  find_worst(health, {}, shown);
  shown.healthy = health.healthy && shown.worst.empty();
  if (shown.worst.empty() && !health.healthy)
    shown.reason = shown_text(health.last_error.empty() ? health.status : health.last_error);
  return shown;
}

void list_components(const opamp::ComponentHealth& health, const std::string& path, std::vector<ComponentView>& out) {
  if (out.size() >= components_shown_max) return;
  out.push_back({path, health.healthy, shown_text(health.status), shown_text(health.last_error)});
  for (const auto& [name, component] : health.component_health_map)
    list_components(component, (path.empty() ? std::string{} : path + "/") + shown_text(name), out);
}

// True when it, or something below it, is not healthy.
bool list_unhealthy(const opamp::ComponentHealth& health, const std::string& path, std::vector<ComponentView>& out) {
  bool below = false;
  for (const auto& [name, component] : health.component_health_map)
    below = list_unhealthy(component, (path.empty() ? std::string{} : path + "/") + shown_text(name), out) || below;
  const bool leaf = !health.healthy && !below;
  if (leaf && out.size() < components_shown_max)
    out.push_back({path, false, shown_text(health.status), shown_text(health.last_error)});
  return below || !health.healthy;
}

}  // namespace

std::string shown_text(std::string_view text, std::size_t bytes_max) {
  std::string shown = utf8_within(text, bytes_max);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return shown;
}

bool SensorStatus::take(opamp::AgentDescription told) {
  version = attribute(told, "service.version");
  system = attribute(told, "os.description");
  if (system.empty()) system = attribute(told, "os.type");
  opamp::AgentToServer message;
  message.agent_description = std::move(told);
  description = encoded(message, description_kept_bytes_max);
  if (!description.empty()) return true;
  message.agent_description->non_identifying_attributes.clear();
  description = encoded(message, description_kept_bytes_max);
  return !description.empty();
}

bool SensorStatus::take(opamp::ComponentHealth told) {
  shown = view_of(told);
  opamp::AgentToServer message;
  message.health = std::move(told);
  drop_attributes(*message.health);
  health = encoded(message, health_kept_bytes_max);
  if (!health.empty()) return true;
  drop_healthy(*message.health);
  health = encoded(message, health_kept_bytes_max);
  if (!health.empty()) return true;
  message.health->component_health_map.clear();
  health = encoded(message, health_kept_bytes_max);
  return !health.empty();
}

bool SensorStatus::take(const opamp::EffectiveConfig& config) {
  effective_config.clear();
  if (!config.config_map || config.config_map->config_map.empty()) return true;
  Bytes text;
  for (const auto& [file, content] : config.config_map->config_map) {
    if (!file.empty() && config.config_map->config_map.size() > 1) text.append("# ").append(shown_text(file)).append("\n");
    text.append(content.body);
  }
  Compressor compressor;
  Result<Bytes> small = compressor.compress_entries(text, WireCompression::zstd);
  if (!small || small->size() > effective_config_kept_bytes_max) return false;
  effective_config = *std::move(small);
  effective_config.shrink_to_fit();
  return true;
}

void show_status(ByteView wire, SensorDetail& detail) {
  const Result<opamp::AgentToServer> status = opamp::decode_agent_to_server(wire, opamp::Framing::http);
  if (!status) return;
  if (status->agent_description) {
    const opamp::AgentDescription& description = *status->agent_description;
    for (const auto* list : {&description.identifying_attributes, &description.non_identifying_attributes}) {
      for (const opamp::KeyValue& each : *list) detail.description.push_back({shown_text(each.key), text_of(each.value)});
    }
    detail.view.version = attribute(description, "service.version");
    detail.view.system = attribute(description, "os.description");
    if (detail.view.system.empty()) detail.view.system = attribute(description, "os.type");
  }
  if (status->health) {
    list_components(*status->health, {}, detail.components);
    detail.view.health = view_of(*status->health);
  }
}

std::vector<ComponentView> unhealthy_leaves(const SensorStatus& status) {
  std::vector<ComponentView> leaves;
  if (!status.shown.known || status.shown.healthy) return leaves;
  const Result<opamp::AgentToServer> told = opamp::decode_agent_to_server(status.health, opamp::Framing::http);
  if (told && told->health) list_unhealthy(*told->health, {}, leaves);
  // A tree that was too large to be kept has its worst part here.
  if (leaves.empty()) leaves.push_back({status.shown.worst, false, {}, status.shown.reason});
  return leaves;
}

std::optional<Bytes> shown_effective_config(const SensorStatus& status) {
  if (status.effective_config.empty()) return std::nullopt;
  Result<Bytes> text = decompress_entries(status.effective_config, WireCompression::zstd, opamp::config_bytes_max * 2);
  if (!text) return std::nullopt;
  return *std::move(text);
}

}  // namespace tidegate
