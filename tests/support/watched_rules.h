// A store of rules whose calls a test sees, and can let fail: before they have an effect, or after it.
//
// Thread: that of who calls; `watch` is called on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processor/rule_ports.h"

namespace tidegate::test {

enum class CallMoment : std::uint8_t { begun, done };
// An error ends the call: what is begun does nothing, what is done stays done.
using WatchCall = std::function<std::optional<Error>(std::string_view call, CallMoment moment)>;

template <class Call>
auto watched(const WatchCall& watch, std::string_view name, Call call) -> decltype(call()) {
  std::optional<Error> failed = watch ? watch(name, CallMoment::begun) : std::nullopt;
  if (failed) return *std::move(failed);
  decltype(call()) result = call();
  failed = watch ? watch(name, CallMoment::done) : std::nullopt;
  if (failed) return *std::move(failed);
  return result;
}

class WatchedRules final : public RuleStore, public RuleLedger {
 public:
  //   requires: all of them outlive it
  WatchedRules(RuleStore& store, RuleLedger& ledger, const WatchCall& watch) : store_(store), ledger_(ledger), watch_(watch) {}

  Result<void> put_rules(const std::vector<KeptRule>& all) override {
    return watched(watch_, "put_rules", [&] { return store_.put_rules(all); });
  }
  Result<std::vector<KeptRule>> rules() override {
    return watched(watch_, "rules", [&] { return store_.rules(); });
  }
  Result<void> delete_rule(std::string_view name) override {
    return watched(watch_, "delete_rule", [&] { return store_.delete_rule(name); });
  }
  Result<std::vector<RuleDecision>> queued(std::size_t most) override {
    return watched(watch_, "queued", [&] { return store_.queued(most); });
  }
  Result<void> settle(const RuleKey& key, FiringState state, std::string_view reason) override {
    return watched(watch_, "settle", [&] { return store_.settle(key, state, reason); });
  }
  Result<std::vector<RuleDecision>> decisions(const DecisionQuery& query) override {
    return watched(watch_, "decisions", [&] { return store_.decisions(query); });
  }
  Result<std::map<std::string, RuleTotals>> totals() override {
    return watched(watch_, "totals", [&] { return store_.totals(); });
  }
  Result<std::vector<RuleMute>> mutes(std::string_view rule) override {
    return watched(watch_, "mutes", [&] { return store_.mutes(rule); });
  }
  Result<std::uint64_t> lift_mutes(std::string_view rule, std::string_view action, std::string_view entity) override {
    return watched(watch_, "lift_mutes", [&] { return store_.lift_mutes(rule, action, entity); });
  }
  Result<std::map<std::string, WallTime>> looked() override {
    return watched(watch_, "looked", [&] { return store_.looked(); });
  }
  Result<void> set_looked(std::string_view rule, WallTime to) override {
    return watched(watch_, "set_looked", [&] { return store_.set_looked(rule, to); });
  }
  Result<void> trim(WallTime now) override {
    return watched(watch_, "trim", [&] { return store_.trim(now); });
  }

  // With an error of its body, or of a call within it, nothing of it is in: as after a death on the way.
  Result<void> transact(const std::function<Result<void>()>& body) override {
    return watched(watch_, "transact", [&] { return ledger_.transact(body); });
  }
  Result<bool> is_decided(const RuleKey& key) override {
    return watched(watch_, "is_decided", [&] { return ledger_.is_decided(key); });
  }
  Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) override {
    return watched(watch_, "find_mute", [&] { return ledger_.find_mute(mute); });
  }
  Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) override {
    return watched(watch_, "fired_after", [&] { return ledger_.fired_after(key, after); });
  }
  Result<bool> has_room(std::size_t document_bytes) override {
    return watched(watch_, "has_room", [&] { return ledger_.has_room(document_bytes); });
  }
  Result<void> decide(const RuleDecision& decision) override {
    return watched(watch_, "decide", [&] { return ledger_.decide(decision); });
  }
  Result<void> put_mute(const RuleMute& mute) override {
    return watched(watch_, "put_mute", [&] { return ledger_.put_mute(mute); });
  }
  Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) override {
    return watched(watch_, "add_unkept", [&] { return ledger_.add_unkept(rule, counts); });
  }

 private:
  RuleStore& store_;
  RuleLedger& ledger_;
  const WatchCall& watch_;
};

}  // namespace tidegate::test
