// What would have been decided: the judge's side of a store of rules, in memory. It begins with nothing decided and nothing muted.
//
// Promises: decisions are kept in the order in which they were made, without their records, which the caller has; beyond
// memory_decisions_max `full`. transact() only calls its body: after an error what it wrote is still in, so that what was decided
// up to there may be shown; a ledger is used for one rehearsal, then thrown away.
//
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "processor/rule_ports.h"

namespace tidegate {

inline constexpr std::size_t memory_decisions_max = 100'000;  // all actions of all cases of a look

class MemoryRules final : public RuleLedger {
 public:
  Result<void> transact(const std::function<Result<void>()>& body) override;
  Result<bool> is_decided(const RuleKey& key) override;
  Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) override;
  Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) override;
  // Nothing is queued here.
  Result<bool> has_room(std::size_t) override { return true; }
  Result<void> decide(const RuleDecision& decision) override;
  Result<void> put_mute(const RuleMute& mute) override;
  // A rehearsal keeps all that it decides.
  Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) override;

  const std::vector<RuleDecision>& decisions() const { return decisions_; }

 private:
  using Place = std::tuple<std::string, std::string, std::string>;               // rule, action, tenant
  using Muted = std::tuple<std::string, std::string, std::string, std::string>;  // the same, entity

  std::vector<RuleDecision> decisions_;
  std::set<RuleKey> decided_;
  std::map<Muted, RuleMute> mutes_;
  std::map<Place, std::vector<WallTime>> fired_;  // in the order of time
};

}  // namespace tidegate
