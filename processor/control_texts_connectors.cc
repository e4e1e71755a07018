// Connectors, credentials and tests, in words and in JSON.
#include <algorithm>

#include "base/json_writer.h"
#include "config/document.h"
#include "processor/control_texts.h"

namespace tidegate {
namespace {

template <class T>
std::string list_json(std::string_view name, const std::vector<T>& all, void (*write)(std::string&, const T&)) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key(name), all, write);
  }
  return out + "\n";
}

void write_view(ObjectWriter& object, const ConnectorView& view) {
  object.text("name", view.name);
  object.text("sensor", view.sensor);
  object.text("type", view.type);
  object.text("tenant_id", view.tenant.id);
  object.text("tenant_name", view.tenant.name);
  object.text("api_base_url", view.api_base_url);
  object.text("credential", view.credential);
  write_flag(object.key("enabled"), view.enabled);
  object.number("revision", static_cast<std::int64_t>(view.revision));
  object.text("state", name(view.state));
}

void write_connector(std::string& out, const ConnectorView& view) {
  ObjectWriter object{out};
  write_view(object, view);
}

void write_revision(std::string& out, const RevisionRecord& revision) {
  ObjectWriter object{out};
  object.number("revision", static_cast<std::int64_t>(revision.revision));
  object.time("at", revision.at);
  object.text("author", revision.author);
  object.text("state", name(revision.state));
  object.text("reasons", revision.reasons);
  object.time("reported", revision.reported);
}

void write_field(std::string& out, const ConfigChange& change) {
  ObjectWriter object{out};
  object.text("field", change.path);
  object.text("before", change.before);
  object.text("after", change.after);
}

void write_outcome(std::string& out, const ConnectorsOutcome& outcome) {
  ObjectWriter object{out};
  object.text("sensor", outcome.sensor);
  write_list(object.key("changes"), outcome.changes, write_connector_change);
  if (outcome.push) {
    object.text("state", name(outcome.push->state));
    object.number("revision", static_cast<std::int64_t>(outcome.push->revision));
    object.text("reasons", outcome.push->reasons);
  } else {
    object.text("state", "not pushed");
  }
  object.text("note", outcome.note);
}

void write_credential(std::string& out, const CredentialView& view) {
  ObjectWriter object{out};
  object.text("name", view.record.name);
  object.time("changed", view.record.changed);
  write_list(object.key("sensors"), view.sensors);
}

std::string push_text(const std::string& sensor, const PushOutcome& push) {
  const std::string revision = "sensor " + sensor + ", revision " + std::to_string(push.revision);
  switch (push.state) {
    case PushState::applied: return "APPLIED: " + revision + "\n";
    case PushState::failed: {
      std::string text = "FAILED: " + revision + "; the sensor goes on with what it had\n" + without_controls(push.reasons);
      return text.ends_with('\n') ? text : text + "\n";
    }
    case PushState::waiting: return "WAITING: " + revision + ": the sensor has it and has not answered yet\n";
    case PushState::away: return "AWAY: " + revision + ": the sensor is not connected; it is applied when it comes\n";
    case PushState::replaced: return "REPLACED: " + revision + ": a newer one was pushed before the sensor answered\n";
  }
  return "UNKNOWN: " + revision + "\n";
}

std::string text_at(const YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find(map.children, key, &YamlNode::key);
  return found == map.children.end() ? std::string{} : found->text;
}

void append_stage(std::string& out, const YamlNode& stage) {
  std::string name = text_at(stage, "stage");
  if (const std::string content = text_at(stage, "content_type"); !content.empty()) name.append(" ").append(content);
  out.append(text_at(stage, "verdict")).append("  ").append(name).append("  ").append(text_at(stage, "ms")).append(" ms\n");
  for (const std::string_view key : {"reason", "cause", "remedy"})
    if (const std::string text = text_at(stage, key); !text.empty())
      out.append("    ").append(key).append(": ").append(text).append("\n");
}

}  // namespace

void write_connector_change(std::string& out, const ConnectorChange& change) {
  ObjectWriter object{out};
  object.text("connector", change.connector);
  object.text("change", name(change.kind));
  write_list(object.key("fields"), change.fields, write_field);
}

std::string connectors_text(const std::vector<ConnectorView>& connectors) {
  if (connectors.empty()) return "there are no connectors\n";
  std::string out;
  for (const ConnectorView& each : connectors) {
    out.append(each.name).append("  ").append(each.type).append("  tenant ").append(each.tenant.id);
    out.append("  sensor ").append(each.sensor).append("  revision ").append(std::to_string(each.revision)).append(" ");
    out.append(each.state == ConfigState::unset ? "not answered yet" : name(each.state));
    out.append(each.enabled ? "\n" : "  disabled\n");
  }
  return out;
}

std::string connectors_json(const std::vector<ConnectorView>& connectors) {
  return list_json("connectors", connectors, write_connector);
}

std::string connector_text(const ConnectorDetail& connector) {
  return "sensor: " + connector.view.sensor + "\nstate: revision " + std::to_string(connector.view.revision) + " " +
         std::string{connector.view.state == ConfigState::unset ? "not answered yet" : name(connector.view.state)} + "\n" +
         connector.yaml;
}

std::string connector_json(const ConnectorDetail& connector) {
  std::string out;
  {
    ObjectWriter object{out};
    write_view(object, connector.view);
    object.text("yaml", connector.yaml);
  }
  return out + "\n";
}

std::string history_text(const ConnectorHistory& history) {
  std::string out = "sensor " + history.sensor + "\n";
  for (const RevisionRecord& each : history.revisions) {
    out.append(std::to_string(each.revision))
        .append("  ")
        .append(to_iso8601(each.at))
        .append("  ")
        .append(each.author)
        .append("  ");
    out.append(each.state == ConfigState::unset ? "not answered yet" : name(each.state)).append("\n");
    if (!each.reasons.empty()) out.append("    ").append(without_controls(each.reasons)).append("\n");
  }
  return history.revisions.empty() ? out + "nothing was ever pushed to it\n" : out;
}

std::string history_json(const ConnectorHistory& history) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("sensor", history.sensor);
    write_list(object.key("revisions"), history.revisions, write_revision);
  }
  return out + "\n";
}

std::string outcome_text(const ConnectorsOutcome& outcome) {
  std::string out;
  for (const ConnectorChange& change : outcome.changes) {
    out.append(change.connector).append(" ").append(name(change.kind)).append("\n");
    for (const ConfigChange& field : change.fields) out.append("  ").append(to_text(field)).append("\n");
  }
  if (outcome.changes.empty()) out.append("nothing changes\n");
  if (outcome.push) out.append(push_text(outcome.sensor, *outcome.push));
  if (!outcome.note.empty()) out.append(without_controls(outcome.note)).append("\n");
  return out;
}

std::string outcome_json(const ConnectorsOutcome& outcome) {
  std::string out;
  write_outcome(out, outcome);
  return out + "\n";
}

std::string outcomes_text(const std::string& credential, const std::vector<ConnectorsOutcome>& outcomes) {
  std::string out = "credential " + credential + " is kept\n";
  for (const ConnectorsOutcome& each : outcomes) {
    if (each.push) out.append(push_text(each.sensor, *each.push));
    else out.append("sensor ").append(each.sensor).append(each.note.empty() ? ": has it already\n" : ": not pushed\n");
    if (!each.note.empty()) out.append("    ").append(without_controls(each.note)).append("\n");
  }
  return out;
}

std::string outcomes_json(const std::string& credential, const std::vector<ConnectorsOutcome>& outcomes) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("credential", credential);
    write_list(object.key("sensors"), outcomes, write_outcome);
  }
  return out + "\n";
}

std::string credentials_text(const std::vector<CredentialView>& credentials) {
  if (credentials.empty()) return "there are no credentials\n";
  std::string out;
  for (const CredentialView& each : credentials) {
    out.append(each.record.name).append("  changed ").append(to_iso8601(each.record.changed)).append("  used on ");
    if (each.sensors.empty()) out.append("no sensor");
    for (const std::string& sensor : each.sensors) out.append(&sensor == &each.sensors.front() ? "" : ", ").append(sensor);
    out.append("\n");
  }
  return out;
}

std::string credentials_json(const std::vector<CredentialView>& credentials) {
  return list_json("credentials", credentials, write_credential);
}

TestReport report_of_test(const CommandOutcome& answer) {
  TestReport report;
  report.json = answer.body;
  // JSON is YAML, whose reader has bounds.
  const YamlDocument document = read_document(answer.body);
  const std::string verdict = document.root && document.errors.empty() ? text_at(*document.root, "verdict") : std::string{};
  if (answer.status != 200 || verdict.empty()) {
    report.text = "the sensor did not test it: " + without_controls(answer.body) + "\n";
    report.json.clear();
    return report;
  }
  report.passed = verdict != "failed";
  for (const YamlNode& member : document.root->children)
    if (member.key == "stages")
      for (const YamlNode& stage : member.children) append_stage(report.text, stage);
  report.text = without_controls(report.text) + "verdict: " + without_controls(verdict) + "\n";
  return report;
}

std::string without_controls(std::string_view foreign) {
  std::string out{foreign};
  std::ranges::replace_if(out, [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; }, '?');
  return out;
}

}  // namespace tidegate
