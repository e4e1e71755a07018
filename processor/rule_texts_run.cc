// Of rule_texts.h, what is said of a rule that was run by hand.
#include "base/json_writer.h"
#include "processor/control_texts.h"
#include "processor/joined.h"
#include "processor/response_texts.h"
#include "processor/rule_texts.h"
#include "processor/search.h"
#include "respond/foreign_json.h"

namespace tidegate {
namespace {

constexpr std::size_t fired_what_bytes_max = 1024;

std::string_view outcome_word(RuleOutcome outcome, RuleRunning running) {
  const bool acted = running == RuleRunning::acted;
  switch (outcome) {
    case RuleOutcome::fired: return acted ? "fired" : "would fire";
    case RuleOutcome::muted: return acted ? "was muted" : "would be muted";
    case RuleOutcome::capped: break;
  }
  return acted ? "was capped" : "would be capped";
}

void append_would_fire(std::string& out, const WouldFire& one, RuleRunning running) {
  out.append(moment_text(one.at)).append("  ").append(outcome_word(one.outcome, running)).append("  record ").append(one.record_id);
  out.append("  action ").append(one.action).append("  ").append(one_line(one.tenant, rule_entity_bytes_max));
  if (!one.entities.empty()) out.append("  ").append(one_line(one.entities, rule_entities_shown_bytes));
  if (one.count > 1) out.append("  ").append(std::to_string(one.count)).append(" records");
  out.append("\n");
  if (!one.what.empty()) out.append("    ").append(one_line(one.what, fired_what_bytes_max)).append("\n");
  // Several reasons are a line each.
  for (const std::string_view line : lines_of(one.refused))
    out.append("    refused: ").append(one_line(line, rule_reason_bytes_max)).append("\n");
}

// Decisions that were made and are not listed.
std::uint64_t not_shown(const RuleRehearsal& found) {
  const std::uint64_t made = found.tally.fired + found.tally.muted + found.tally.capped;
  return made > found.decisions.size() ? made - found.decisions.size() : 0;
}

std::string tally_text(const RuleTally& tally, RuleRunning running) {
  return std::to_string(tally.fired) + (running == RuleRunning::acted ? " fired, " : " would fire, ") +
         std::to_string(tally.muted) + " muted, " + std::to_string(tally.capped) + " capped";
}

void write_would_fire(std::string& out, const WouldFire& one) {
  ObjectWriter object{out};
  object.text("at", moment_text(one.at));
  object.text("record_id", one.record_id);
  object.text("tenant", one.tenant);
  object.text("action", one.action);
  object.text("entities", one.entities);
  object.number("records", static_cast<std::int64_t>(one.count));
  object.text("outcome", name(one.outcome));
  object.text("what", one.what);
  object.text("refused", one.refused);
}

}  // namespace

std::string rule_run_text(const Rule& rule, RuleRunning running, const RuleRehearsal& found) {
  std::string out;
  if (running == RuleRunning::rehearsed) out.append("REHEARSAL: nothing is done, and nothing is written down; --act does it\n");
  else if (rule.dry_run) out.append("DRY RUN: runs are kept as dry runs, and nothing is sent or told\n");
  out.append("range: ").append(moment_text(found.range.from)).append(" to ").append(moment_text(found.range.to)).append("\n");
  out.append(found.cut ? "at least " : "")
      .append(std::to_string(found.matched))
      .append(found.matched == 1 ? " record matches\n" : " records match\n");
  for (const WouldFire& one : found.decisions) append_would_fire(out, one, running);
  if (const std::uint64_t more = not_shown(found); more > 0)
    out.append(std::to_string(more)).append(more == 1 ? " more decision is not shown\n" : " more decisions are not shown\n");
  out.append(tally_text(found.tally, running)).append("\n").append(warnings_text(found.warnings));
  return without_controls(out);
}

std::string rule_run_json(const Rule& rule, RuleRunning running, const RuleRehearsal& found) {
  std::string out;
  {
    ObjectWriter object{out};
    object.text("rule", rule.name);
    write_flag(object.key("acted"), running == RuleRunning::acted);
    write_flag(object.key("dry_run"), rule.dry_run);
    object.text("from", moment_text(found.range.from));
    object.text("to", moment_text(found.range.to));
    object.number("matched", static_cast<std::int64_t>(found.matched));
    write_flag(object.key("cut"), found.cut);
    object.number("fired", static_cast<std::int64_t>(found.tally.fired));
    object.number("muted", static_cast<std::int64_t>(found.tally.muted));
    object.number("capped", static_cast<std::int64_t>(found.tally.capped));
    write_list(object.key("decisions"), found.decisions, write_would_fire);
    object.number("not_shown", static_cast<std::int64_t>(not_shown(found)));
    write_list(object.key("warnings"), found.warnings);
  }
  return out + "\n";
}

}  // namespace tidegate
