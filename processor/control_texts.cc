#include "processor/control_texts.h"

#include "base/json_writer.h"
#include "processor/digest.h"
#include "processor/joined.h"

namespace tidegate {
namespace {

std::string time_or_never(const std::optional<WallTime>& time) { return time ? to_iso8601(*time) : std::string{"never"}; }

void write_token_fields(ObjectWriter& object, const EnrolmentToken& token, TokenState state) {
  object.text("id", token.id);
  object.text("state", name(state));
  write_list(object.key("tenants"), token.tenants);
  object.number("uses", token.uses);
  object.number("uses_left", token.uses_left);
  write_flag(object.key("replace"), token.replace);
  object.text("note", token.note);
  object.time("created", token.created);
  object.time("expires", token.expires);
  object.time("revoked", token.revoked);
}

void write_use(std::string& out, const TokenUse& use) {
  ObjectWriter object{out};
  object.text("token", use.token_id);
  object.text("sensor", use.sensor);
  object.text("serial", use.serial);
  object.text("peer", use.peer);
  object.time("at", use.at);
}

void write_config(std::string& out, const ConfigView& config) {
  ObjectWriter object{out};
  object.number("revision", static_cast<std::int64_t>(config.wanted_revision));
  object.text("hash", hex_of(config.wanted_hash));
  object.text("author", config.author);
  object.time("pushed", config.pushed);
  object.text("reported_hash", hex_of(config.reported_hash));
  object.text("state", name(config.state));
  object.text("reasons", config.reasons);
}

void write_health(std::string& out, const HealthView& health) {
  ObjectWriter object{out};
  write_flag(object.key("known"), health.known);
  write_flag(object.key("healthy"), health.healthy);
  object.text("worst", health.worst);
  object.text("reason", health.reason);
}

void write_sensor_fields(ObjectWriter& object, const SensorView& view) {
  object.text("name", view.name);
  write_list(object.key("tenants"), view.tenants);
  object.text("state", name(view.state));
  object.time("since", view.since);
  object.time("last_seen", view.last_seen);
  object.number("sessions", static_cast<std::int64_t>(view.sessions));
  object.text("peer", view.peer);
  object.text("version", view.version);
  object.text("system", view.system);
  object.text("serial", view.serial);
  object.time("certificate_until", view.not_after);
  object.number("clones", static_cast<std::int64_t>(view.clones));
  write_config(object.key("configuration"), view.config);
  write_health(object.key("health"), view.health);
}

void write_sensor(std::string& out, const SensorView& view) {
  ObjectWriter object{out};
  write_sensor_fields(object, view);
}

void write_attribute(std::string& out, const AttributeView& attribute) {
  ObjectWriter object{out};
  object.text("key", attribute.key);
  object.text("value", attribute.value);
}

void write_component(std::string& out, const ComponentView& component) {
  ObjectWriter object{out};
  object.text("path", component.path);
  write_flag(object.key("healthy"), component.healthy);
  object.text("status", component.status);
  object.text("error", component.error);
}

std::string config_text_of(const ConfigView& config) {
  if (config.wanted_revision == 0) return "nothing was pushed to it";
  std::string out = "revision " + std::to_string(config.wanted_revision) + " ";
  out.append(config.state == ConfigState::unset ? "not answered yet" : name(config.state));
  if (!config.reasons.empty()) out.append(": ").append(config.reasons);
  return out;
}

std::string health_text_of(const HealthView& health) {
  if (!health.known) return "not told";
  if (health.healthy) return "healthy";
  std::string out = "not healthy";
  if (!health.worst.empty()) out.append(": ").append(health.worst);
  if (!health.reason.empty()) out.append(": ").append(health.reason);
  return out;
}

}  // namespace

void write_flag(std::string& out, bool flag) { out.append(flag ? "true" : "false"); }

std::string token_text(const NewToken& token, const std::string& authority_fingerprint) {
  std::string out{token.text.reveal()};
  out.append("\nThe token is shown this once. It is for ").append(joined(token.token.tenants));
  out.append(", ").append(std::to_string(token.token.uses)).append(token.token.uses == 1 ? " use" : " uses");
  out.append(", until ")
      .append(to_iso8601(token.token.expires))
      .append(".\nOn the sensor:\n  tidegate-agent enroll --processor HOST:4320");
  out.append(" --token ").append(token.text.reveal()).append(" --ca-sha256 ").append(authority_fingerprint).append("\n");
  return out;
}

std::string token_json(const NewToken& token, const std::string& authority_fingerprint) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("token", token.text.reveal());
    object.text("ca_sha256", authority_fingerprint);
    write_token_fields(object, token.token, TokenState::open);
  }
  return out + "\n";
}

std::string tokens_text(const std::vector<EnrolmentToken>& tokens, WallTime now) {
  if (tokens.empty()) return "there are no tokens\n";
  std::string out;
  for (const EnrolmentToken& each : tokens) {
    out.append(each.id).append("  ").append(name(state_of(each, now))).append("  ").append(std::to_string(each.uses_left));
    out.append(" of ").append(std::to_string(each.uses)).append(" uses left  until ").append(to_iso8601(each.expires));
    out.append("  tenants ").append(joined(each.tenants)).append(each.replace ? "  may replace" : "");
    out.append(each.note.empty() ? "" : "  ").append(without_controls(each.note)).append("\n");
  }
  return out;
}

std::string tokens_json(const std::vector<EnrolmentToken>& tokens, WallTime now) {
  std::string out;
  {
    ObjectWriter object{out};
    std::string& list = object.key("tokens");
    list.push_back('[');
    for (const EnrolmentToken& each : tokens) {
      if (&each != &tokens.front()) list.push_back(',');
      ObjectWriter token{list};
      write_token_fields(token, each, state_of(each, now));
    }
    list.push_back(']');
  }
  return out + "\n";
}

std::string uses_text(const std::vector<TokenUse>& uses) {
  if (uses.empty()) return "the token was not used\n";
  std::string out;
  for (const TokenUse& use : uses) {
    out.append(to_iso8601(use.at)).append("  ").append(use.sensor).append("  from ").append(without_controls(use.peer));
    out.append("  certificate ").append(use.serial).append("\n");
  }
  return out;
}

std::string uses_json(const std::vector<TokenUse>& uses) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key("uses"), uses, write_use);
  }
  return out + "\n";
}

std::string sensors_text(const FleetView& fleet) {
  if (fleet.sensors.empty()) return "there are no sensors; `tidegate-processor token create` makes a token to enrol one\n";
  std::string out;
  for (const SensorView& each : fleet.sensors) {
    out.append(each.name).append("  ").append(name(each.state)).append("  last seen ").append(time_or_never(each.last_seen));
    out.append("  tenants ").append(joined(each.tenants)).append("\n  configuration: ").append(config_text_of(each.config));
    out.append("\n  health: ").append(health_text_of(each.health)).append("\n");
    if (each.clones > 0)
      out.append("  its identity was seen on two machines ").append(std::to_string(each.clones)).append(" times\n");
  }
  return without_controls(out);
}

std::string sensors_json(const FleetView& fleet) {
  std::string out;
  {
    ObjectWriter object{out};
    object.time("at", fleet.at);
    write_list(object.key("sensors"), fleet.sensors, write_sensor);
  }
  return out + "\n";
}

std::string sensor_text(const SensorDetail& sensor) {
  const SensorView& view = sensor.view;
  std::string out = view.name + "\n";
  const auto line = [&out](std::string_view what, std::string_view value) {
    out.append("  ").append(what).append(": ").append(value).append("\n");
  };
  line("state", std::string{name(view.state)}.append(" since ").append(time_or_never(view.since)));
  line("last seen", time_or_never(view.last_seen) + (view.peer.empty() ? "" : " from " + view.peer));
  line("tenants", joined(view.tenants));
  line("agent", view.version.empty() ? "not told" : view.version + (view.system.empty() ? "" : ", " + view.system));
  line("certificate", view.serial + ", until " + to_iso8601(view.not_after));
  line("enrolled", to_iso8601(sensor.enrolled) + " with token " + sensor.token_id);
  line("instance", sensor.instance_uid.empty() ? "never connected" : sensor.instance_uid);
  line("configuration", config_text_of(view.config));
  line("health", health_text_of(view.health));
  if (!sensor.last_clone.empty()) line("two machines", sensor.last_clone);
  for (const ComponentView& each : sensor.components) {
    if (each.path.empty()) continue;
    std::string says{each.healthy ? "healthy" : "not healthy"};
    for (const std::string& words : {each.status, each.error})
      if (!words.empty()) says.append(", ").append(words);
    line("  " + each.path, says);
  }
  if (sensor.effective_config) out.append("effective configuration:\n").append(*sensor.effective_config);
  if (!out.ends_with('\n')) out.append("\n");
  return without_controls(out);
}

std::string sensor_json(const SensorDetail& sensor) {
  std::string out;
  {
    ObjectWriter object{out};
    write_sensor_fields(object, sensor.view);
    object.text("token", sensor.token_id);
    object.time("enrolled", sensor.enrolled);
    object.time("first_seen", sensor.first_seen);
    object.text("instance_uid", sensor.instance_uid);
    object.number("capabilities", static_cast<std::int64_t>(sensor.capabilities));
    object.text("last_clone", sensor.last_clone);
    write_list(object.key("description"), sensor.description, write_attribute);
    write_list(object.key("components"), sensor.components, write_component);
    if (sensor.effective_config) object.text("effective_configuration", *sensor.effective_config);
    else object.key("effective_configuration").append("null");
  }
  return out + "\n";
}

}  // namespace tidegate
