// Any text as a document of rules: it is rules or it has errors; rules keep every bound and what must hold between their keys, and
// what is written of them is a document again, of the same rule.
#include <cstdint>
#include <set>

#include "base/check.h"
#include "config/query.h"
#include "match/match.h"
#include "respond/rules_document.h"
#include "respond/template.h"

namespace tidegate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

template <class Duration>
bool lies_between(std::chrono::seconds value, Duration least, hours most) {
  return value >= least && value <= most;
}

void check_action(const RuleAction& action) {
  TG_ASSERT(!action.name.empty() && action.responder.empty() != action.notify.empty(), "an action is a responder's or a message");
  TG_ASSERT(action.per_hour >= 1 && action.per_hour <= rule_per_hour_max, "an action is capped");
  TG_ASSERT(!action.mute || lies_between(*action.mute, seconds{1}, rule_mute_max), "a mute of its own ends");
  const bool plain = !action.action && action.given.empty() && action.body.empty() && action.path.empty() && !action.lasts;
  TG_ASSERT(action.notify.empty() || plain, "a message has nothing of a responder's");
  TG_ASSERT(!action.action || action.path.empty(), "an action of Vision One has the API's path");
  TG_ASSERT(!action.action || !action.lasts || inverse_of(*action.action), "what lasts for a time can be taken back");
  TG_ASSERT(!action.lasts || lies_between(*action.lasts, minutes{1}, hours{24 * 30}), "what lasts for a time ends");
  TG_ASSERT(action.body.empty() || RequestTemplate::parse(action.body, TemplatePlace::json_body), "a body is a template");
  TG_ASSERT(action.path.empty() || RequestTemplate::parse(action.path, TemplatePlace::path_and_query), "a path is a template");
  TG_ASSERT(action.given.size() <= rule_given_max, "the given values are bounded");
  for (const auto& [path, values] : action.given) {
    TG_ASSERT(is_template_path(path), "a value stands under a path");
    TG_ASSERT(!values.empty() && values.size() <= rule_given_list_max, "a path has values, and not too many");
    TG_ASSERT(std::set<std::string>(values.begin(), values.end()).size() == values.size(), "a value comes once");
    for (const std::string& value : values)
      TG_ASSERT(!value.empty() && value.size() <= rule_given_bytes_max, "a value is a text of some bytes");
  }
}

void check_one_rule(const Rule& rule) {
  TG_ASSERT(!rule.name.empty(), "a rule has a name");
  const Result<Query> query = parse_query(rule.query);
  TG_ASSERT(query && rule.query.size() <= rule_query_bytes_max, "a query can be read");
  TG_ASSERT(Matcher::make(*query), "a query can be asked of a record");
  TG_ASSERT(lies_between(rule.max_age, minutes{1}, rule_age_max), "a record may have some age");
  TG_ASSERT(rule.mute == seconds{0} || lies_between(rule.mute, seconds{1}, rule_mute_max), "a mute ends");
  TG_ASSERT(rule.entity.empty() || is_template_path(rule.entity), "an entity is a path");
  TG_ASSERT(rule.at_least >= 1 && rule.at_least <= rule_at_least_max, "one record at least is looked for");
  if (rule.on_schedule()) {
    TG_ASSERT(lies_between(rule.every, minutes{1}, rule_age_max), "a rule looks every so often");
    TG_ASSERT(rule.look_back >= rule.every && rule.look_back <= rule_age_max, "looks leave nothing between them");
  } else {
    TG_ASSERT(rule.every == seconds{0} && rule.look_back == seconds{0}, "a rule of the stream does not look");
  }
  TG_ASSERT(rule.at_least == 1 || (!rule.on_stream() && rule.mute > seconds{0}), "records are counted on schedule, and once");
  TG_ASSERT(!rule.actions.empty() && rule.actions.size() <= rule_actions_max, "a rule does something, and not too much");
  std::set<std::string> names;
  for (const RuleAction& action : rule.actions) {
    TG_ASSERT(names.insert(action.name).second, "names of actions are unique in a rule");
    check_action(action);
  }
}

void check_rules_document(std::string_view text) {
  const ParsedRules parsed = parse_rules(text);
  TG_ASSERT(parsed.rules.has_value() == parsed.errors.empty(), "a document is rules or has errors");
  TG_ASSERT(parsed.errors.size() <= config_errors_max + 1, "the errors of a document are bounded");
  for (const ConfigError& error : parsed.errors) TG_ASSERT(!error.problem.empty(), "an error says what is wrong");
  if (!parsed.rules) return;
  TG_ASSERT(!parsed.rules->empty() && parsed.rules->size() <= rules_max, "there are some, and not too many");
  std::set<std::string> names;
  for (const Rule& rule : *parsed.rules) {
    TG_ASSERT(names.insert(rule.name).second, "names of rules are unique");
    check_one_rule(rule);
    const std::string written = to_yaml(rule);
    TG_ASSERT(written.size() <= rule_bytes_max, "what is written is bounded");
    const ParsedRules again = parse_rules(written);
    TG_ASSERT(again.rules && again.rules->size() == 1, "what is written is a document");
    TG_ASSERT(again.rules->front() == rule, "what is written is what there is");
  }
}

}  // namespace
}  // namespace tidegate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidegate::check_rules_document({reinterpret_cast<const char*>(data), size});
  return 0;
}
