// Rules and what they decided, in words for people and as JSON, as response_texts.h has actions. Of what came from outside no
// control character is in a text, and nothing of it begins a line of its own. What does not work stands with the rule, as a
// WARNING, for as long as it does not (P12).
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processor/respond/rule_desk.h"
#include "processor/rule_ports.h"

namespace tidegate {

inline constexpr std::size_t rule_mutes_shown_max = 1000;      // of one answer
inline constexpr std::size_t rule_decisions_shown_max = 1000;  // the same
inline constexpr std::size_t rule_decisions_shown_first = 10;  // beside the rule itself
inline constexpr std::size_t rule_reason_bytes_max = 1024;     // of one line of a reason; a longer one is cut

// A rule, and how it fares.
struct RuleView {
  const KeptRule* kept = nullptr;  // the desk's, which must not change meanwhile; never null where a view is asked for
  RuleTotals totals;
  std::vector<std::string> flaws;  // what keeps it from acting
  RuleSight sight;                 // of one on schedule
};
//   warnings: what keeps all of them, or some that are not among these, from acting
std::string rules_text(const std::vector<RuleView>& rules, const std::vector<std::string>& warnings);
std::string rules_json(const std::vector<RuleView>& rules, const std::vector<std::string>& warnings);

struct RuleDetail {
  RuleView rule;
  std::vector<RuleDecision> decisions;  // the newest first
  std::vector<RuleMute> mutes;          // that hold, and some that are over
  WallTime now{};
};
// A document that can be applied as it is: all but the rule is a comment.
std::string rule_text(const RuleDetail& detail);
std::string rule_json(const RuleDetail& detail);

// What `apply` did, or would do.
enum class RuleApplying : std::uint8_t { done, checked };
std::string applied_rules_text(const std::vector<Rule>& rules, RuleApplying applying);
std::string applied_rules_json(const std::vector<Rule>& rules, RuleApplying applying);

// `rule run`: with `acted` it was done, else it would have been.
enum class RuleRunning : std::uint8_t { rehearsed, acted };
std::string rule_run_text(const Rule& rule, RuleRunning running, const RuleRehearsal& found);
std::string rule_run_json(const Rule& rule, RuleRunning running, const RuleRehearsal& found);

//   limit: that of the query, rule_decisions_shown_max at most; so many may be the first of more
std::string decisions_text(const std::vector<RuleDecision>& decisions, std::size_t limit);
std::string decisions_json(const std::vector<RuleDecision>& decisions);

std::string mutes_text(const std::vector<RuleMute>& mutes, WallTime now);
std::string mutes_json(const std::vector<RuleMute>& mutes, WallTime now);

}  // namespace tidegate
