#include "processor/rule_texts.h"

#include <algorithm>

#include "base/json_writer.h"
#include "config/units.h"
#include "processor/control_texts.h"
#include "processor/joined.h"
#include "respond/foreign_json.h"
#include "respond/rules_document.h"

namespace tidegate {
namespace {

std::string rule_count_text(std::uint64_t count, std::string_view one) {
  return std::to_string(count).append(" ").append(one).append(count == 1 ? "" : "s");
}

void put_rule_count(ObjectWriter& object, std::string_view key, std::uint64_t count) {
  object.number(key, static_cast<std::int64_t>(count));
}

// "stream", "both, every 5min"
std::string trigger_text(const Rule& rule) {
  std::string text{name(rule.on)};
  if (rule.on_schedule()) text.append(", every ").append(duration_text(rule.every));
  return text;
}

std::string rule_state_text(const Rule& rule) {
  if (!rule.enabled) return rule.dry_run ? "not enabled, DRY RUN" : "not enabled";
  return rule.dry_run ? "DRY RUN" : "enabled";
}

std::string totals_text(const RuleTotals& totals) {
  std::string text = "fired " + std::to_string(totals.fired) + ", muted " + std::to_string(totals.muted) + ", capped " +
                     std::to_string(totals.capped) + ", too old " + std::to_string(totals.too_old) + ", refused " +
                     std::to_string(totals.refused) + ", queued " + std::to_string(totals.queued);
  return text + "; last fired " + (totals.last_fired ? to_iso8601(*totals.last_fired) : std::string{"never"});
}

// What does not work, for as long as it does not.
std::vector<std::string> warnings_of_rule(const RuleView& view) {
  std::vector<std::string> warnings = view.flaws;
  if (!view.sight.trouble.empty()) warnings.push_back("its last look failed: " + view.sight.trouble);
  return warnings;
}

// Each line of the text behind the same words.
std::string with_each_line_behind(std::string_view words, std::string_view text) {
  std::string out;
  for (const std::string_view line : lines_of(text)) out.append(words).append(line).append("\n");
  return out;
}

void append_entities(std::string& out, const std::string& entities, std::uint64_t count) {
  if (!entities.empty()) out.append("  ").append(one_line(entities, rule_entities_shown_bytes));
  if (count > 1) out.append("  ").append(rule_count_text(count, "record"));
}

std::string decision_word(const RuleDecision& decision) {
  std::string word{name(decision.outcome)};
  if (decision.dry_run) word.append(" as a DRY RUN");
  if (decision.outcome == RuleOutcome::fired && decision.state != FiringState::done) word.append(", ").append(name(decision.state));
  return word;
}

std::string decision_text(const RuleDecision& decision) {
  std::string out = to_iso8601(decision.at) + "  " + decision_word(decision) + "  rule " + decision.key.rule + "  action " +
                    decision.key.action + "  record " + to_hex(decision.key.record) + "  " + one_line(decision.key.tenant, 256);
  append_entities(out, decision.entities, decision.count);
  if (!decision.run_id.empty()) out.append("  run ").append(decision.run_id);
  out.append("\n");
  for (const std::string_view line : lines_of(decision.reason))
    out.append("    ").append(one_line(line, rule_reason_bytes_max)).append("\n");
  return out;
}

// Of one action of a rule what is muted: an entity, or where that is empty all of the tenant.
std::string mute_text(const RuleMute& mute, WallTime now) {
  std::string out = mute.action + "  " + one_line(mute.tenant, 256) + "  ";
  out.append(mute.entity.empty() ? "all of the tenant" : one_line(mute.entity, rule_entity_bytes_max));
  out.append(mute.until > now ? "  until " : "  over since ").append(to_iso8601(mute.until));
  return out + "  from " + to_iso8601(mute.from) + "  held up " + rule_count_text(mute.muted, "time") + "\n";
}

void write_rule_totals(std::string& out, const RuleTotals& totals) {
  ObjectWriter object{out};
  put_rule_count(object, "fired", totals.fired);
  put_rule_count(object, "muted", totals.muted);
  put_rule_count(object, "capped", totals.capped);
  put_rule_count(object, "too_old", totals.too_old);
  put_rule_count(object, "refused", totals.refused);
  put_rule_count(object, "queued", totals.queued);
  object.time("last_fired", totals.last_fired);
}

void write_rule_action(std::string& out, const RuleAction& action) {
  ObjectWriter object{out};
  object.text("name", action.name);
  object.text("responder", action.responder);
  object.text("notify", action.notify);
  object.text("action", action.action ? name(*action.action) : std::string_view{});
  put_rule_count(object, "per_hour", action.per_hour);
}

void write_rule_fields(ObjectWriter& object, const RuleView& view) {
  const Rule& rule = view.kept->rule;
  object.text("name", rule.name);
  write_flag(object.key("enabled"), rule.enabled);
  write_flag(object.key("dry_run"), rule.dry_run);
  object.text("on", name(rule.on));
  if (rule.on_schedule()) object.number("every_seconds", rule.every.count());
  write_flag(object.key("all_tenants"), rule.tenants.empty());
  write_list(object.key("tenants"), rule.tenants);
  object.text("query", rule.query);
  object.text("entity", rule.entity);
  object.text("severity", name(rule.severity));
  write_list(object.key("actions"), rule.actions, write_rule_action);
  object.time("changed", view.kept->changed);
  object.text("changed_by", view.kept->changed_by);
  write_rule_totals(object.key("totals"), view.totals);
  object.time("looked", view.sight.looked);
  object.time("next", view.sight.next);
  object.text("document", to_yaml(rule));
  write_list(object.key("warnings"), warnings_of_rule(view));
}

void write_rule_view(std::string& out, const RuleView& view) {
  ObjectWriter object{out};
  write_rule_fields(object, view);
}

void write_decision(std::string& out, const RuleDecision& decision) {
  ObjectWriter object{out};
  object.time("at", decision.at);
  object.text("rule", decision.key.rule);
  object.text("action", decision.key.action);
  object.text("record_id", to_hex(decision.key.record));
  object.text("outcome", name(decision.outcome));
  if (decision.outcome == RuleOutcome::fired) object.text("state", name(decision.state));
  object.text("reason", decision.reason);
  object.text("tenant", decision.key.tenant);
  object.text("entities", decision.entities);
  put_rule_count(object, "records", decision.count);
  object.text("run_id", decision.run_id);
  write_flag(object.key("dry_run"), decision.dry_run);
}

// As many as are shown of one answer, those that last longest first.
std::vector<RuleMute> shown_mutes(const std::vector<RuleMute>& mutes) {
  return {mutes.begin(), mutes.begin() + static_cast<std::ptrdiff_t>(std::min(mutes.size(), rule_mutes_shown_max))};
}

void write_mutes(ObjectWriter& object, const std::vector<RuleMute>& mutes, WallTime now) {
  put_rule_count(object, "mutes_at_least", mutes.size());  // a store gives rows_shown_max
  std::string& list = object.key("mutes");
  list.push_back('[');
  std::string_view between;
  for (const RuleMute& mute : shown_mutes(mutes)) {
    list.append(between);
    between = ",";
    ObjectWriter one{list};
    one.text("action", mute.action);
    one.text("tenant", mute.tenant);
    one.text("entity", mute.entity);
    one.time("from", mute.from);
    one.time("until", mute.until);
    write_flag(one.key("holds"), mute.until > now);
    put_rule_count(one, "muted", mute.muted);
  }
  list.push_back(']');
}

}  // namespace

std::string rules_text(const std::vector<RuleView>& rules, const std::vector<std::string>& warnings) {
  std::string out;
  for (const std::string& warning : warnings) out.append(with_each_line_behind("WARNING: ", warning));
  if (rules.empty()) out.append("there are no rules; `tidegate-processor rule apply` puts some in force\n");
  for (const RuleView& view : rules) {
    const Rule& rule = view.kept->rule;
    out.append(rule.name).append("  ").append(trigger_text(rule)).append("  ");
    out.append(rule.tenants.empty() ? "all tenants" : joined(rule.tenants)).append("  ").append(rule_state_text(rule));
    out.append("  ").append(totals_text(view.totals)).append("\n");
    for (const std::string& warning : warnings_of_rule(view)) out.append(with_each_line_behind("  WARNING: ", warning));
  }
  return without_controls(out);
}

std::string rules_json(const std::vector<RuleView>& rules, const std::vector<std::string>& warnings) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key("warnings"), warnings);
    write_list(object.key("rules"), rules, write_rule_view);
  }
  return out + "\n";
}

std::string rule_text(const RuleDetail& detail) {
  const RuleView& view = detail.rule;
  std::string before;
  for (const std::string& warning : warnings_of_rule(view)) before.append(with_each_line_behind("WARNING: ", warning));
  before.append("applied ").append(to_iso8601(view.kept->changed)).append(" by ").append(view.kept->changed_by).append("\n");
  before.append(rule_state_text(view.kept->rule)).append("; ").append(totals_text(view.totals)).append("\n");
  if (view.sight.looked) before.append("looked to ").append(to_iso8601(*view.sight.looked)).append("\n");
  if (view.sight.next) before.append("looks again ").append(to_iso8601(*view.sight.next)).append("\n");

  std::string after = detail.decisions.empty() ? "nothing was decided\n" : "last decided:\n";
  for (const RuleDecision& decision : detail.decisions) after.append(with_each_line_behind("  ", decision_text(decision)));
  after.append(mutes_text(detail.mutes, detail.now));
  return without_controls(with_each_line_behind("# ", before) + to_yaml(view.kept->rule) + with_each_line_behind("# ", after));
}

std::string rule_json(const RuleDetail& detail) {
  std::string out;
  {
    ObjectWriter object{out};
    write_rule_fields(object, detail.rule);
    write_list(object.key("decisions"), detail.decisions, write_decision);
    write_mutes(object, detail.mutes, detail.now);
  }
  return out + "\n";
}

std::string applied_rules_text(const std::vector<Rule>& rules, RuleApplying applying) {
  const bool done = applying == RuleApplying::done;
  std::string out;
  for (const Rule& rule : rules) {
    out.append("rule ").append(rule.name);
    if (!rule.enabled) out.append(done ? " is kept, and not enabled" : " would be kept, and not be enabled");
    else out.append(done ? " is in force" : " would be in force");
    if (rule.dry_run) out.append(" as a DRY RUN: nothing is sent or told");
    out.append("\n");
  }
  return without_controls(out);
}

std::string applied_rules_json(const std::vector<Rule>& rules, RuleApplying applying) {
  std::vector<std::string> names;
  for (const Rule& rule : rules) names.push_back(rule.name);
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key(applying == RuleApplying::done ? "applied" : "checked"), names);
  }
  return out + "\n";
}

std::string decisions_text(const std::vector<RuleDecision>& decisions, std::size_t limit) {
  if (decisions.empty()) return "there are no decisions\n";
  std::string out;
  for (const RuleDecision& decision : decisions) out.append(decision_text(decision));
  out.append(rule_count_text(decisions.size(), "decision"));
  if (decisions.size() >= limit) {
    const bool may_ask_for_more = limit < rule_decisions_shown_max;
    out.append(", the newest; there may be more: ")
        .append(may_ask_for_more ? "--limit shows them" : "NAME and --outcome narrow them");
  }
  return without_controls(out + "\n");
}

std::string decisions_json(const std::vector<RuleDecision>& decisions) {
  std::string out;
  {
    ObjectWriter object{out};
    write_list(object.key("decisions"), decisions, write_decision);
  }
  return out + "\n";
}

std::string mutes_text(const std::vector<RuleMute>& mutes, WallTime now) {
  if (mutes.empty()) return "nothing is muted\n";
  std::string out;
  for (const RuleMute& mute : shown_mutes(mutes)) out.append(mute_text(mute, now));
  if (mutes.size() >= RuleLimits{}.rows_shown_max) out.append("at least ");  // a store gives no more
  out.append(rule_count_text(mutes.size(), "mute"));
  if (mutes.size() > rule_mutes_shown_max)
    out.append("; the first ").append(std::to_string(rule_mutes_shown_max)).append(" are shown");
  return without_controls(out + "\n");
}

std::string mutes_json(const std::vector<RuleMute>& mutes, WallTime now) {
  std::string out;
  {
    ObjectWriter object{out};
    write_mutes(object, mutes, now);
  }
  return out + "\n";
}

}  // namespace tidegate
