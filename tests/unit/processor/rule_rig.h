// A desk of rules over a store and an index in memory, beside the desk of actions: for tests of what is asked about rules. It
// searches on a thread of its own, as the real one does.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "match/match.h"
#include "processor/respond/rule_desk.h"
#include "tests/support/run_until.h"
#include "tests/unit/match/documents.h"
#include "tests/unit/processor/respond/desk_rig.h"

namespace tidegate::test {

class MemoryRuleStore final : public RuleStore, public RuleLedger {
 public:
  std::map<std::string, KeptRule> kept;
  std::vector<RuleDecision> decided;  // in the order of deciding
  std::vector<RuleMute> muted;
  std::map<std::string, std::uint64_t> too_old;
  std::optional<Error> broken;  // of each reading by the loop

  Result<void> put_rules(const std::vector<KeptRule>& all) override {
    for (const KeptRule& one : all) kept.insert_or_assign(one.rule.name, one);
    return {};
  }
  Result<std::vector<KeptRule>> rules() override {
    std::vector<KeptRule> out;
    for (const auto& [name, one] : kept) out.push_back(one);
    return out;
  }
  Result<void> delete_rule(std::string_view name) override {
    kept.erase(std::string{name});
    std::erase_if(muted, [name](const RuleMute& mute) { return mute.rule == name; });
    return {};
  }
  Result<std::vector<RuleDecision>> queued(std::size_t) override { return std::vector<RuleDecision>{}; }
  Result<void> settle(const RuleKey&, FiringState, std::string_view) override { return {}; }
  Result<std::vector<RuleDecision>> decisions(const DecisionQuery& query) override {
    if (broken) return *broken;
    std::vector<RuleDecision> out;
    for (auto each = decided.rbegin(); each != decided.rend() && out.size() < query.limit; ++each) {
      const bool fits = (query.rule.empty() || each->key.rule == query.rule) &&
                        (!query.outcome || each->outcome == *query.outcome) && (!query.since || each->at >= *query.since);
      if (!fits) continue;
      out.push_back(*each);
      out.back().document.clear();
    }
    return out;
  }
  Result<std::map<std::string, RuleTotals>> totals() override {
    if (broken) return *broken;
    std::map<std::string, RuleTotals> out;
    for (const auto& [rule, records] : too_old) out[rule].too_old = records;
    for (const RuleDecision& each : decided) add_to(out[each.key.rule], each);
    return out;
  }
  Result<std::vector<RuleMute>> mutes(std::string_view rule) override {
    if (broken) return *broken;
    std::vector<RuleMute> out;
    std::ranges::copy_if(muted, std::back_inserter(out), [rule](const RuleMute& mute) { return mute.rule == rule; });
    std::ranges::sort(out, std::ranges::greater{}, &RuleMute::until);
    return out;
  }
  Result<std::uint64_t> lift_mutes(std::string_view rule, std::string_view action, std::string_view entity) override {
    return static_cast<std::uint64_t>(std::erase_if(muted, [&](const RuleMute& mute) {
      return mute.rule == rule && (action.empty() || mute.action == action) && (entity.empty() || mute.entity == entity);
    }));
  }
  Result<std::map<std::string, WallTime>> looked() override { return std::map<std::string, WallTime>{}; }
  Result<void> set_looked(std::string_view, WallTime) override { return {}; }
  Result<void> trim(WallTime) override { return {}; }

  Result<void> transact(const std::function<Result<void>()>& body) override { return body(); }
  Result<bool> is_decided(const RuleKey& key) override {
    return std::ranges::any_of(decided, [&key](const RuleDecision& each) { return each.key == key; });
  }
  Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) override {
    const auto found = std::ranges::find_if(muted, [&mute](const RuleMute& each) { return is_of(each, mute); });
    return found == muted.end() ? std::optional<RuleMute>{} : std::optional{*found};
  }
  Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) override {
    return static_cast<std::uint64_t>(std::ranges::count_if(decided, [&](const RuleDecision& each) {
      return each.key.rule == key.rule && each.key.action == key.action && each.key.tenant == key.tenant && each.at > after &&
             each.outcome == RuleOutcome::fired;
    }));
  }
  Result<void> decide(const RuleDecision& decision) override {
    decided.push_back(decision);
    return {};
  }
  Result<bool> has_room(std::size_t) override { return true; }
  Result<void> put_mute(const RuleMute& mute) override {
    std::erase_if(muted, [&mute](const RuleMute& each) { return is_of(each, mute); });
    muted.push_back(mute);
    return {};
  }
  Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) override {
    too_old[std::string{rule}] += counts.too_old;
    return {};
  }

 private:
  static bool is_of(const RuleMute& one, const RuleMute& other) {
    return one.rule == other.rule && one.action == other.action && one.tenant == other.tenant && one.entity == other.entity;
  }
  static void add_to(RuleTotals& totals, const RuleDecision& decision) {
    switch (decision.outcome) {
      case RuleOutcome::fired:
        ++totals.fired;
        totals.refused += decision.state == FiringState::refused ? 1 : 0;
        totals.queued += decision.state == FiringState::queued ? 1 : 0;
        totals.last_fired = std::max(totals.last_fired.value_or(decision.at), decision.at);
        break;
      case RuleOutcome::muted: ++totals.muted; break;
      case RuleOutcome::capped: ++totals.capped; break;
    }
  }
};

// Searches records in the order of their times, the newest first.
class MemoryArchive final : public Archive {
 public:
  explicit MemoryArchive(std::vector<Bytes> documents) : documents_(std::move(documents)) {}

  Result<std::optional<SearchRange>> extent() override { return std::optional<SearchRange>{}; }
  Result<SearchFields> fields(const SearchRange&) override { return SearchFields{}; }
  Result<SearchEnd> search(const Search& search, const std::function<bool(ByteView)>& hit) override {
    const Result<Matcher> matcher = Matcher::make(search.query);
    if (!matcher) return matcher.error();
    SearchEnd end;
    bool wanted = true;
    for (auto each = documents_.rbegin(); each != documents_.rend(); ++each) {
      const Result<RecordView> record = read_record(*each);
      TG_ASSERT(record.has_value(), "a test's record is a record");
      const WallTime time{std::chrono::milliseconds{record->timestamp_ms}};
      const bool within = time >= search.range.from && time < search.range.to;
      if (!within || (!search.tenant.empty() && record->tenantid != search.tenant) || !matcher->matches(*each)) continue;
      ++end.total;
      wanted = wanted && hit(*each);
    }
    return end;
  }

 private:
  std::vector<Bytes> documents_;
};

// An alert about one host, `before` noon.
inline Bytes host_alert(std::uint64_t number, std::chrono::minutes before, const std::string& guid = ws7_guid,
                        const std::string& tenant = "acme") {
  Sample sample;
  sample.number = number;
  sample.timestamp_ms = noon_ms - std::chrono::milliseconds{before}.count();
  sample.tenant = tenant;
  sample.payload = [&guid](Bytes& out) {
    put_map(out, 2);
    put_pair(out, "severity", "critical");
    put_pair(out, "agentGuid", guid);
  };
  return record(sample);
}

inline constexpr const char* isolate_rule_yaml = R"(rules:
  - name: isolate-hosts
    tenants: [acme]
    query: 'trendmicro_visionone.severity: critical'
    entity: trendmicro_visionone.agentGuid
    mute: 4h
    actions:
      - name: isolate
        responder: acme-v1
        action: isolate_endpoint
        body: '[{"agentGuid": "{{trendmicro_visionone.agentGuid}}"}]'
)";

inline constexpr const char* tell_rule_yaml = R"(rules:
  - name: tell-soc
    tenants: [acme]
    query: 'trendmicro_visionone.severity: critical'
    on: schedule
    every: 5min
    look_back: 15min
    at_least: 2
    entity: trendmicro_visionone.agentGuid
    mute: 1h
    dry_run: true
    actions: [{name: tell, notify: soc}]
)";

// Responder acme-v1, and a channel soc, which is told of acme.
class RuleRig : public DeskRig {
 public:
  RuleRig() { keep(visionone_responder()); }

  // Also what another thread has a part in.
  template <class T>
  T wait_long(asio::awaitable<T> asked_for) {
    std::optional<T> answer;
    const auto into = [](asio::awaitable<T> what, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(what));
    };
    asio::co_spawn(loop, into(std::move(asked_for), answer), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    const bool answered = run_until(loop, [&answer] { return answer.has_value(); });
    TG_ASSERT(answered, "what is asked is answered");
    return *std::move(answer);
  }

  MemoryRuleStore rule_store;
  std::vector<Bytes> indexed;  // the oldest first
  RuleJudge judge{rule_store, clock, log, metrics, [] {}};
  RuleDesk rules{{rule_store,
                  judge,
                  desk,
                  {{"soc", EventSeverity::warning, {"acme"}}},
                  [this]() -> Result<std::unique_ptr<Archive>> {
                    std::unique_ptr<Archive> archive = std::make_unique<MemoryArchive>(indexed);
                    return archive;
                  }},
                 clock,
                 log};
};

}  // namespace tidegate::test
