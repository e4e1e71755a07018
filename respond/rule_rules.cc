#include "respond/rule_rules.h"

#include <algorithm>

#include "config/filter_query.h"
#include "config/query.h"
#include "config/units.h"
#include "respond/document_rules.h"
#include "respond/rules_document.h"
#include "respond/template.h"

namespace tidegate {
namespace {

class RuleKeys : SectionKeys {
 public:
  RuleKeys(Reader& reader, const std::string& prefix, const Rule& rule)
      : SectionKeys(reader, rules_fields(), prefix), rule_(rule) {}

  void check() {
    need_tenants();
    check_query();
    if (is_good("on")) check_trigger();
    check_entity();
    check_actions();
    check_effects();
    if (is_all_good()) check_size();
  }

 private:
  void check_query() {
    if (!given("query") || !is_good("query")) return;
    const Result<Query> query = parse_query(rule_.query, {.bytes_max = rule_query_bytes_max});
    const Result<void> searched = query ? check_words(*query) : Result<void>{query.error()};
    if (searched) return;
    constexpr std::string_view subject = "query: ";
    std::string why = searched.error().text();
    if (why.starts_with(subject)) why.erase(0, subject.size());
    refuse("query",
           {shown_of("query", rule_.query), "is no query: " + why, "write for example trendmicro_visionone.severity: critical"});
  }

  void check_trigger() {
    const std::string where = "on is " + std::string{name(rule_.on)};
    if (!rule_.on_stream()) useless("max_age", where + ": records have the age that look_back gives them");
    if (!rule_.on_schedule())
      for (const std::string_view key : {"every", "look_back"}) useless(key, where);
    else check_looks(where);
    if (rule_.on_stream() && rule_.at_least > 1)
      refuse("at_least",
             {std::to_string(rule_.at_least), "cannot be counted where " + where + ": on the stream a record stands by itself",
              "write on: schedule, or take it away"});
  }

  void check_looks(const std::string& where) {
    need("every", where, "write for example 5min");
    need("look_back", where, "write for example 15min, not less than every");
    const bool both_known = given("every") && is_good("every") && given("look_back") && is_good("look_back");
    if (both_known && rule_.look_back < rule_.every)
      refuse("look_back", {duration_text(rule_.look_back), "is less than every, so that no look would find what lies between",
                           "write " + duration_text(rule_.every) + " or more"});
  }

  void check_entity() {
    if (!given("entity") || is_template_path(rule_.entity)) return;
    refuse("entity", {shown_of("entity", rule_.entity), "is no path in a record",
                      "write for example trendmicro_visionone.loggedUser: letters, digits, _ - @, and dots between"});
  }

  void check_actions() {
    if (rule_.actions.empty())
      return refuse("actions",
                    {{}, "names none, so that nothing would be done", "list at least one, such as {name: tell, notify: soc-mail}"});
    const auto has_own = [](const RuleAction& action) { return action.mute.has_value(); };
    if (std::ranges::all_of(rule_.actions, has_own)) useless("mute", "each action has a mute of its own");
  }

  bool some_action_has(std::string_view key) const {
    for (std::size_t i = 0; i < rule_.actions.size(); ++i)
      if (given("actions[" + std::to_string(i) + "]." + std::string{key})) return true;
    return false;
  }

  // What is written and changes nothing was meant to.
  void check_effects() {
    if (rule_.actions.empty() || some_action_has("notify")) return;
    useless("severity", "no action is a notify: it is that of a message");
    const bool counts = rule_.at_least > 1 || !is_good("at_least");
    if (!counts && !given("mute") && !some_action_has("mute"))
      useless("entity", "nothing is muted, counted or told: its values tell that apart");
  }

  // What is written is longer than what was read, where much of it has to be escaped.
  void check_size() {
    const std::size_t bytes = to_yaml(rule_).size();
    if (bytes <= rule_bytes_max) return;
    add("actions", {std::to_string(bytes) + " bytes", "are too many for a rule",
                    "write at most " + std::to_string(rule_bytes_max) + ", or spread its actions over several rules"});
  }

  const Rule& rule_;
};

class RuleActionKeys : SectionKeys {
 public:
  RuleActionKeys(Reader& reader, const std::string& prefix, const RuleAction& action)
      : SectionKeys(reader, rules_fields(), prefix), action_(action) {}

  void check() {
    if (given("notify") && !given("responder")) return check_message();
    if (given("notify")) refuse("notify", {{}, "stands beside responder", "keep one of the two, and list an action for each"});
    if (!given("responder"))
      refuse("responder",
             {{}, "is missing, and so is notify", "name the responder that acts, or the channel of notify that tells"});
    check_vision_one();
    check_template("body", action_.body, TemplatePlace::json_body);
    check_template("path", action_.path, TemplatePlace::path_and_query);
  }

 private:
  void check_message() {
    for (const std::string_view key : {"action", "given", "body", "path", "lasts"})
      useless(key, "notify is given: a message has nothing of a responder's");
  }

  void check_vision_one() {
    if (!action_.action || !is_good("action")) return;
    useless("path", "action is given, whose path is the API's own");
    if (action_.lasts && !inverse_of(*action_.action))
      refuse("lasts", {duration_text(*action_.lasts),
                       "cannot be kept, as nothing takes " + std::string{name(*action_.action)} + " back", "take it away"});
  }

  const RuleAction& action_;
};

}  // namespace

void check_rule(Reader& reader, const std::string& prefix, const Rule& rule) { RuleKeys{reader, prefix, rule}.check(); }

void check_rule_action(Reader& reader, const std::string& prefix, const RuleAction& action) {
  RuleActionKeys{reader, prefix, action}.check();
}

}  // namespace tidegate
