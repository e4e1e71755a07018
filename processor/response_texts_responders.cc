// Of response_texts.h, what is said of responders.
#include "base/json_writer.h"
#include "processor/control_texts.h"
#include "processor/joined.h"
#include "processor/respond/action_desk.h"
#include "processor/response_texts.h"
#include "respond/responders_document.h"

namespace tidegate {
namespace {

std::string tenants_text(const Responder& responder) {
  return responder.tenants.empty() ? "all tenants" : joined(responder.tenants);
}

std::string abilities_text(const Responder& responder) {
  return responder.type == ResponderType::webhook ? std::string{name(responder.type)} : joined_names(responder.actions);
}

void write_kept_responder(std::string& out, const KeptResponder& kept) {
  const Responder& responder = kept.responder;
  ObjectWriter object{out};
  object.text("name", responder.name);
  object.text("type", name(responder.type));
  write_flag(object.key("all_tenants"), responder.tenants.empty());
  write_list(object.key("tenants"), responder.tenants);
  object.text("sensor", responder.sensor);
  object.text("origin", origin_of(responder));
  write_flag(object.key("verify_certificate"), responder.verify_certificate);
  object.text("credential", responder.credential);
  std::vector<std::string> actions;
  if (responder.type == ResponderType::trendmicro_visionone)
    for (const ResponseAction action : responder.actions) actions.emplace_back(name(action));
  write_list(object.key("actions"), actions);
  write_flag(object.key("approval"), responder.guards.approval);
  write_list(object.key("protect"), std::vector<std::string>{responder.guards.protect.begin(), responder.guards.protect.end()});
  object.time("changed", kept.changed);
  object.text("changed_by", kept.changed_by);
  object.text("document", to_yaml(responder));
  write_list(object.key("warnings"), ActionDesk::warnings_of(responder));
}

}  // namespace

std::string responders_text(const std::map<std::string, KeptResponder>& responders, Sending sending) {
  std::string out;
  if (sending == Sending::stopped)
    out.append("WARNING: the kill switch is on: no action is sent until `tidegate-processor action resume`\n");
  for (const auto& [name, kept] : responders) out.append(warnings_text(ActionDesk::warnings_of(kept.responder)));
  if (responders.empty()) return out + "there are no responders\n";
  for (const auto& [name, kept] : responders) {
    const Responder& responder = kept.responder;
    out.append(name).append("  ").append(origin_of(responder)).append("  ").append(tenants_text(responder)).append("  ");
    out.append(abilities_text(responder));
    if (!responder.sensor.empty()) out.append("  by sensor ").append(responder.sensor);
    if (responder.guards.approval) out.append("  with approval");
    out.append("\n");
  }
  return without_controls(out);
}

std::string responders_json(const std::map<std::string, KeptResponder>& responders, Sending sending) {
  std::vector<const KeptResponder*> all;
  for (const auto& [name, kept] : responders) all.push_back(&kept);
  std::string out;
  {
    ObjectWriter object{out};
    write_flag(object.key("sending"), sending == Sending::goes_on);
    write_list<const KeptResponder*>(object.key("responders"), all, [](std::string& list, const KeptResponder* const& kept) {
      write_kept_responder(list, *kept);
    });
  }
  return out + "\n";
}

std::string responder_text(const KeptResponder& kept) {
  std::string out = warnings_text(ActionDesk::warnings_of(kept.responder));
  out.append("# applied ").append(to_iso8601(kept.changed)).append(" by ").append(kept.changed_by).append("\n");
  return without_controls(out + to_yaml(kept.responder));
}

std::string responder_json(const KeptResponder& kept) {
  std::string out;
  write_kept_responder(out, kept);
  return out + "\n";
}

}  // namespace tidegate
