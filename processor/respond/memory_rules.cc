#include "processor/respond/memory_rules.h"

#include <algorithm>

#include "base/check.h"

namespace tidegate {

Result<void> MemoryRules::transact(const std::function<Result<void>()>& body) { return body(); }

Result<bool> MemoryRules::is_decided(const RuleKey& key) { return decided_.contains(key); }

Result<std::optional<RuleMute>> MemoryRules::find_mute(const RuleMute& mute) {
  const auto found = mutes_.find({mute.rule, mute.action, mute.tenant, mute.entity});
  if (found == mutes_.end()) return std::optional<RuleMute>{};
  return std::optional{found->second};
}

Result<std::uint64_t> MemoryRules::fired_after(const RuleKey& key, WallTime after) {
  const auto found = fired_.find({key.rule, key.action, key.tenant});
  if (found == fired_.end()) return std::uint64_t{0};
  const std::vector<WallTime>& times = found->second;
  return static_cast<std::uint64_t>(times.end() - std::ranges::upper_bound(times, after));
}

Result<void> MemoryRules::decide(const RuleDecision& decision) {
  if (decisions_.size() >= memory_decisions_max)
    return Error{Code::full, "more than " + std::to_string(memory_decisions_max) +
                                 " actions would be decided of; ask for a shorter time, or for a rule with fewer actions"};
  const bool is_new = decided_.insert(decision.key).second;
  TG_ASSERT(is_new, "a rule decides once about each action for a record (P9)");
  decisions_.push_back(decision);
  decisions_.back().document.clear();
  if (decision.outcome != RuleOutcome::fired) return {};
  std::vector<WallTime>& times = fired_[{decision.key.rule, decision.key.action, decision.key.tenant}];
  times.insert(std::ranges::upper_bound(times, decision.at), decision.at);
  return {};
}

Result<void> MemoryRules::put_mute(const RuleMute& mute) {
  mutes_.insert_or_assign({mute.rule, mute.action, mute.tenant, mute.entity}, mute);
  return {};
}

Result<void> MemoryRules::add_unkept(std::string_view, const UnkeptDecisions&) { return {}; }

}  // namespace tidegate
