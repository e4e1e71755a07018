#include "respond/rule_fields.h"

#include <algorithm>
#include <array>

#include "config/nearest.h"
#include "respond/rules_document.h"
#include "respond/template.h"

namespace tidegate {
namespace {

constexpr std::array rule_table{
    Field{.path = "rules[].name",
          .kind = FieldKind::label,
          .most = "64",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The rule's name, unique, in single-byte characters; it replaces one of the same name."},
    Field{.path = "rules[].enabled",
          .kind = FieldKind::flag,
          .fallback = "true",
          .applies = Applies::live,
          .doc = "Whether it looks for records; a disabled rule is kept, with what it did."},
    Field{.path = "rules[].tenants",
          .kind = FieldKind::labels,
          .least = "1",
          .most = "256",
          .applies = Applies::live,
          .doc = "The ids of the tenants whose records it looks at, as a list; or the word all."},
    Field{.path = "rules[].query",
          .kind = FieldKind::text,
          .most = "4096",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "Which records it is for, in the language of search."},
    Field{.path = "rules[].on",
          .kind = FieldKind::choice,
          .fallback = "stream",
          .allowed = "stream|schedule|both",
          .applies = Applies::live,
          .doc = "When it looks: at each record as it comes in, into the index every so often, or both."},
    Field{.path = "rules[].max_age",
          .kind = FieldKind::duration,
          .fallback = "24h",
          .least = "1min",
          .most = "7d",
          .applies = Applies::live,
          .doc = "On the stream: a record that is older when it comes in is passed over, and counted."},
    Field{.path = "rules[].every",
          .kind = FieldKind::duration,
          .least = "1min",
          .most = "7d",
          .applies = Applies::live,
          .doc = "On schedule: the time between two looks."},
    Field{.path = "rules[].look_back",
          .kind = FieldKind::duration,
          .least = "1min",
          .most = "7d",
          .applies = Applies::live,
          .doc = "On schedule: how far each look goes back, over the records' own times; not less than every."},
    Field{.path = "rules[].at_least",
          .kind = FieldKind::count,
          .fallback = "1",
          .least = "1",
          .most = "1000000",
          .applies = Applies::live,
          .doc = "On schedule alone: how many records, of one entity where there is one, a look has to find."},
    Field{.path = "rules[].entity",
          .kind = FieldKind::text,
          .most = "256",
          .applies = Applies::live,
          .doc = "A path in the record, whose values tell apart what is muted and counted; else a tenant is one."},
    Field{
        .path = "rules[].mute",
        .kind = FieldKind::duration,
        .least = "1s",
        .most = "30d",
        .applies = Applies::live,
        .doc =
            "For so long an action is not done again for an entity; where it is not given none is muted, with at_least look_back."},
    Field{.path = "rules[].severity",
          .kind = FieldKind::choice,
          .fallback = "warning",
          .allowed = "warning|critical",
          .applies = Applies::live,
          .doc = "How grave what it tells is."},
    Field{.path = "rules[].dry_run",
          .kind = FieldKind::flag,
          .fallback = "false",
          .applies = Applies::live,
          .doc = "Whether it decides alone: runs are kept as dry runs, and nothing is sent or told."},
    Field{.path = "rules[].actions[].name",
          .kind = FieldKind::label,
          .most = "64",
          .need = Need::required,
          .applies = Applies::live,
          .doc = "The action's name, unique in its rule: a record is acted upon once under it."},
    Field{.path = "rules[].actions[].responder",
          .kind = FieldKind::label,
          .most = "64",
          .applies = Applies::live,
          .doc = "The name of the responder that acts; this or notify."},
    Field{.path = "rules[].actions[].notify",
          .kind = FieldKind::name,
          .most = "64",
          .applies = Applies::live,
          .doc = "The name of the channel that tells people; this or responder."},
    Field{.path = "rules[].actions[].action",
          .kind = FieldKind::choice,
          .allowed = "add_to_block_list|remove_from_block_list|isolate_endpoint|restore_endpoint|quarantine_email",
          .applies = Applies::live,
          .doc = "What a responder of Vision One does; not needed where it may do one thing alone."},
    Field{.path = "rules[].actions[].given",
          .kind = FieldKind::text,
          .applies = Applies::live,
          .doc = "A map of values for the template, path to a text or a list of texts; they come before the record's."},
    Field{.path = "rules[].actions[].body",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "The JSON that is sent, a template, in place of the responder's."},
    Field{.path = "rules[].actions[].path",
          .kind = FieldKind::text,
          .most = "65536",
          .applies = Applies::live,
          .doc = "Of a webhook: path and query, a template, in place of the responder's."},
    Field{.path = "rules[].actions[].lasts",
          .kind = FieldKind::duration,
          .least = "1min",
          .most = "30d",
          .applies = Applies::live,
          .doc = "After so long the action is undone; for good where it is not given."},
    Field{.path = "rules[].actions[].mute",
          .kind = FieldKind::duration,
          .least = "1s",
          .most = "30d",
          .applies = Applies::live,
          .doc = "Of this action alone, in place of the rule's."},
    Field{.path = "rules[].actions[].per_hour",
          .kind = FieldKind::count,
          .fallback = "60",
          .least = "1",
          .most = "10000",
          .applies = Applies::live,
          .doc = "How often it is done within any hour for a tenant; beyond it nothing is done, and it is told."},
};

// The values of one key of `given`; what is wrong with them goes to the flaws.
class GivenReader {
 public:
  GivenReader(const Field& field, const YamlNode& member, std::vector<Complaint>& flaws)
      : field_(field), member_(member), flaws_(flaws) {}

  std::vector<std::string> read() {
    if (!is_template_path(member_.key))
      flaw("is no path of a template", "write for example agentGuid, or trendmicro_visionone.severity");
    std::vector<std::string> values;
    if (member_.kind != YamlNode::Kind::list) {
      add(member_, values);
      return values;
    }
    if (member_.children.empty()) flaw("has an empty list", "write its values, or take the key away");
    if (member_.children.size() > rule_given_list_max) {
      flaw("has " + std::to_string(member_.children.size()) + " values", "keep at most " + std::to_string(rule_given_list_max));
      return values;
    }
    for (const YamlNode& element : member_.children) add(element, values);
    return values;
  }

 private:
  void add(const YamlNode& node, std::vector<std::string>& values) {
    if (node.kind != YamlNode::Kind::scalar) return flaw("has a value that is no text", "give it one text, or a list of texts");
    if (node.text.empty()) return flaw("has an empty value", "write a text, or take it away");
    if (node.text.size() > rule_given_bytes_max)
      return flaw("has a value that is too long", "write at most " + std::to_string(rule_given_bytes_max) + " bytes");
    if (std::ranges::find(values, node.text) != values.end()) return flaw("has one value twice", "name each once");
    values.push_back(node.text);
  }
  void flaw(std::string problem, std::string remedy) {
    flaws_.push_back({shown(&field_, member_.key), std::move(problem), std::move(remedy)});
  }

  const Field& field_;
  const YamlNode& member_;
  std::vector<Complaint>& flaws_;
};

}  // namespace

FieldTable rules_fields() { return rule_table; }

Complained read_value(const Field& field, const YamlNode& node, QueryText& out) {
  return read_lines(field, node, "'trendmicro_visionone.severity: critical'", out.text);
}

Complained read_value(const Field& field, const YamlNode& node, GivenValues& out) {
  const std::string remedy = "write for example {agentGuid: 35fa11da-a24e-40cf-8b56-baf8828cc15e}";
  if (node.kind == YamlNode::Kind::null) return no_value(remedy);
  if (node.kind != YamlNode::Kind::map) return Complaint{shown(&field, node.text), "is not a map of paths to values", remedy};
  if (node.children.empty()) return Complaint{{}, "is empty", remedy + ", or leave the key out"};
  if (node.children.size() > rule_given_max)
    return Complaint{std::to_string(node.children.size()) + " values", "are too many",
                     "keep at most " + std::to_string(rule_given_max)};
  for (const YamlNode& member : node.children) out.values.emplace(member.key, GivenReader{field, member, out.flaws}.read());
  return std::nullopt;
}

Complained read_value(const Field& field, const YamlNode& node, RuleTrigger& out) { return read_named(field, node, out); }

Complained read_value(const Field& field, const YamlNode& node, std::optional<ResponseAction>& out) {
  std::string text;
  Complained complained = read_value(field, node, text);
  if (!complained) out = response_action_of(text);
  else if (const auto near = nearest(text, allowed_of(field))) complained->remedy = "the nearest one is " + std::string{*near};
  return complained;
}

Complained read_value(const Field& field, const YamlNode& node, std::optional<std::chrono::seconds>& out) {
  std::chrono::seconds value{};
  if (Complained complained = read_value(field, node, value)) return complained;
  out = value;
  return std::nullopt;
}

}  // namespace tidegate
