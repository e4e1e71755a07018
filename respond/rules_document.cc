#include "respond/rules_document.h"

#include <array>

#include "config/document.h"
#include "config/units.h"
#include "respond/document_rules.h"
#include "respond/rule_fields.h"
#include "respond/rule_rules.h"
#include "respond/yaml_writer.h"

namespace tidegate {
namespace {

// What is not given, and not told apart from the default when it is written: the same burst does not fire with each further record.
std::chrono::seconds default_mute(const Rule& rule) { return rule.at_least > 1 ? rule.look_back : std::chrono::seconds{0}; }

// One document under way: from the reader to rules.
class RulesReader {
 public:
  explicit RulesReader(Reader& reader) : reader_(reader) {}

  std::vector<Rule> read() {
    std::vector<Rule> rules(reader_.list_size("rules"));
    DistinctNames names{reader_, "rule"};
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string prefix = "rules[" + std::to_string(i) + "].";
      read_rule(prefix, rules[i]);
      names.add(prefix, rules[i].name);
      check_rule(reader_, prefix, rules[i]);
    }
    return rules;
  }

 private:
  void read_rule(const std::string& prefix, Rule& rule) {
    const auto read = [&](std::string_view key, auto& member) { reader_.read(prefix + std::string{key}, member); };
    read("name", rule.name);
    read("enabled", rule.enabled);
    TenantChoice tenants;
    read("tenants", tenants);
    rule.tenants = std::move(tenants.ids);
    QueryText query;
    read("query", query);
    rule.query = std::move(query.text);
    read("on", rule.on);
    read("max_age", rule.max_age);
    read("every", rule.every);
    read("look_back", rule.look_back);
    read("at_least", rule.at_least);
    read("entity", rule.entity);
    rule.mute = default_mute(rule);
    read("mute", rule.mute);
    read("severity", rule.severity);
    read("dry_run", rule.dry_run);
    read_actions(prefix + "actions", rule.actions);
  }

  void read_actions(const std::string& list, std::vector<RuleAction>& actions) {
    actions.resize(reader_.list_size(list));
    DistinctNames names{reader_, "action"};
    for (std::size_t i = 0; i < actions.size(); ++i) {
      const std::string prefix = list + "[" + std::to_string(i) + "].";
      read_action(prefix, actions[i]);
      names.add(prefix, actions[i].name);
      check_rule_action(reader_, prefix, actions[i]);
    }
  }

  void read_action(const std::string& prefix, RuleAction& action) {
    const auto read = [&](std::string_view key, auto& member) { reader_.read(prefix + std::string{key}, member); };
    read("name", action.name);
    read("responder", action.responder);
    read("notify", action.notify);
    read("action", action.action);
    GivenValues given;
    read("given", given);
    for (Complaint& flaw : given.flaws) reader_.complain(prefix + "given", std::move(flaw));
    action.given = std::move(given.values);
    TemplateText body;
    read("body", body);
    action.body = std::move(body.text);
    TemplateText path;
    read("path", path);
    action.path = std::move(path.text);
    read("lasts", action.lasts);
    read("mute", action.mute);
    read("per_hour", action.per_hour);
  }

  Reader& reader_;
};

void write_duration(YamlWriter& out, std::string_view key, std::chrono::seconds value, std::chrono::seconds fallback) {
  if (value != fallback) out.plain(key, duration_text(value));
}

void write_given(YamlWriter& out, const std::map<std::string, std::vector<std::string>>& given) {
  if (given.empty()) return;
  out.open_map("given");
  for (const auto& [path, values] : given) {
    if (values.size() == 1) out.text(yaml_quoted(path), values.front());
    else out.texts(yaml_quoted(path), values);
  }
  out.close_map();
}

void write_rule_action(YamlWriter& out, const RuleAction& action) {
  out.begin_element();
  out.text("name", action.name);
  out.text("responder", action.responder);
  out.text("notify", action.notify);
  if (action.action) out.plain("action", name(*action.action));
  write_given(out, action.given);
  out.text("body", action.body);
  out.text("path", action.path);
  if (action.lasts) out.plain("lasts", duration_text(*action.lasts));
  if (action.mute) out.plain("mute", duration_text(*action.mute));
  if (action.per_hour != RuleAction{}.per_hour) out.plain("per_hour", std::to_string(action.per_hour));
}

}  // namespace

ParsedRules parse_rules(std::string_view yaml) {
  constexpr std::array bounds{ListBound{"rules", rules_max}, ListBound{"rules[].actions", rule_actions_max}};
  const YamlDocument yaml_document = read_document(yaml);
  Reader reader{rules_fields(), yaml_document, rules_document_name, bounds};
  std::vector<Rule> rules;
  if (holds_elements(yaml_document, reader, "rules",
                     "list at least one; one is taken away with `tidegate-processor rule delete NAME`"))
    rules = RulesReader{reader}.read();
  ParsedRules parsed{.rules = std::nullopt, .errors = reader.take_errors()};
  if (parsed.errors.empty()) parsed.rules = std::move(rules);
  return parsed;
}

std::string to_yaml(const Rule& rule) {
  const Rule usual;
  YamlWriter out;
  out.open_list("rules");
  out.begin_element();
  out.text("name", rule.name);
  if (!rule.enabled) out.plain("enabled", "false");
  if (rule.tenants.empty()) out.plain("tenants", all_tenants);
  else out.texts("tenants", rule.tenants);
  out.text("query", rule.query);
  if (rule.on != usual.on) out.plain("on", name(rule.on));
  write_duration(out, "max_age", rule.max_age, usual.max_age);
  write_duration(out, "every", rule.every, usual.every);
  write_duration(out, "look_back", rule.look_back, usual.look_back);
  if (rule.at_least != usual.at_least) out.plain("at_least", std::to_string(rule.at_least));
  out.text("entity", rule.entity);
  write_duration(out, "mute", rule.mute, default_mute(rule));
  if (rule.severity != usual.severity) out.plain("severity", name(rule.severity));
  if (rule.dry_run) out.plain("dry_run", "true");
  out.open_list("actions");
  for (const RuleAction& action : rule.actions) write_rule_action(out, action);
  out.close_list();
  out.close_list();
  return out.take();
}

}  // namespace tidegate
