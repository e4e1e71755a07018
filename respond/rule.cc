#include "respond/rule.h"

#include <algorithm>

namespace tidegate {

std::string_view name(RuleTrigger trigger) {
  switch (trigger) {
    case RuleTrigger::stream: return "stream";
    case RuleTrigger::schedule: return "schedule";
    case RuleTrigger::both: break;
  }
  return "both";
}

bool Rule::may_act_for(std::string_view tenant) const {
  return tenants.empty() || std::ranges::find(tenants, tenant) != tenants.end();
}

const RuleAction* Rule::action_named(std::string_view action) const {
  const auto found = std::ranges::find(actions, action, &RuleAction::name);
  return found == actions.end() ? nullptr : &*found;
}

}  // namespace tidegate
