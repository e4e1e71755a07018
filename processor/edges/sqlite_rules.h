// The automation in one SQLite file, rules.db: rules, what they decided about which records, and what is still to be done.
//
//   rules      name, value (a document with that rule alone: respond/rules_document.h), changed, changed_by
//   decisions  number (in the order of deciding), key (the hash of rule, action, tenant and record; unique), rule, action, record
//              (16 bytes), outcome, at, tenant, entities, run_id, count, dry_run, state, reason
//   queued_documents
//              number, size, document: the record of a decision that is queued, and its bytes; it goes when that is settled
//   mutes      rule, action, tenant, entity, begins, ends, muted
//   totals     rule, fired, muted, capped, too_old, refused, last_fired: counted in the transactions of what they count
//   looked     rule, until
//
// Times are nanoseconds since the epoch, 0 where there is none; outcomes and states are the numbers of their enumerators.
//
// Promises: those of RuleStore and RuleLedger. What was committed survives a power cut (WAL, synchronous FULL). The file is made
// whole or not at all, and one of another format, or that is damaged, is refused and left as it is: it alone says which records
// were acted upon (P9). Format 1 was never released: its decisions did not tell tenants apart (P10).
//
// Thread: the owner's, one at a time. The loop and the judge open the file once each: what one of them has committed the other
// sees, and whoever wants to write waits a few seconds for the other, then fails with `timeout`; who reads waits for nobody.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "processor/edges/sqlite.h"
#include "processor/rule_ports.h"

namespace tidegate {

inline constexpr int rules_format = 2;  // PRAGMA user_version; 0 is a file that was not finished

class SqliteRules final : public RuleStore, public RuleLedger {
 public:
  // Opens the file, or makes it. `corrupt`: damaged. `invalid`: it is of another format. The text says what to do.
  static Result<std::unique_ptr<SqliteRules>> open(const std::filesystem::path& file, RuleLimits limits = {});

  Result<void> put_rules(const std::vector<KeptRule>& all) override;
  Result<std::vector<KeptRule>> rules() override;
  Result<void> delete_rule(std::string_view name) override;
  // Fewer than there are where their records are large, but at least one.
  Result<std::vector<RuleDecision>> queued(std::size_t most) override;
  // One that is settled may be settled otherwise: what became of it counts. `absent`: no such decision fired.
  Result<void> settle(const RuleKey& key, FiringState state, std::string_view reason) override;
  Result<std::vector<RuleDecision>> decisions(const DecisionQuery& query) override;
  Result<std::map<std::string, RuleTotals>> totals() override;
  Result<std::vector<RuleMute>> mutes(std::string_view rule) override;
  Result<std::uint64_t> lift_mutes(std::string_view rule, std::string_view action, std::string_view entity) override;
  Result<std::map<std::string, WallTime>> looked() override;
  Result<void> set_looked(std::string_view rule, WallTime to) override;
  // In parts, between which the judge may write; after an error some of them may be done. Of very many decisions those that are
  // left go with the next calls: nobody is held up for longer than a second or so.
  Result<void> trim(WallTime now) override;

  Result<void> transact(const std::function<Result<void>()>& body) override;
  Result<bool> is_decided(const RuleKey& key) override;
  Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) override;
  Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) override;
  Result<bool> has_room(std::size_t document_bytes) override;
  Result<void> decide(const RuleDecision& decision) override;
  Result<void> put_mute(const RuleMute& mute) override;
  Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) override;

 private:
  // What is added to a rule's totals. A decision that was refused may be done after all, so it may be less than nothing.
  struct Counts {
    std::int64_t fired = 0;
    std::int64_t muted = 0;
    std::int64_t capped = 0;
    std::int64_t too_old = 0;
    std::int64_t refused = 0;
    std::int64_t last_fired = 0;
  };
  struct ByPlace {
    bool operator()(const RuleMute& left, const RuleMute& right) const {
      return std::tie(left.rule, left.action, left.tenant, left.entity) <
             std::tie(right.rule, right.action, right.tenant, right.entity);
    }
  };
  // When an action of a rule has fired for a tenant, in order, as far back as was asked.
  struct Firings {
    WallTime after{};
    std::vector<WallTime> times;
  };
  // What waits to be done.
  struct Queued {
    std::size_t decisions = 0;
    std::size_t bytes = 0;  // of their records
  };
  // What the transaction that is under way knows, since no other connection writes before it ends, and what it writes at its end.
  struct Writing {
    std::optional<Queued> queued;                                                // absent: not counted yet
    std::map<std::tuple<std::string, std::string, std::string>, Firings> fired;  // by rule, action and tenant
    std::set<RuleMute, ByPlace> mutes;                                           // that were put
    std::map<std::string, Counts, std::less<>> counts;                           // by rule
  };

  SqliteRules(SqliteDatabase database, RuleLimits limits);

  static Bytes column_of(const RuleKey& key);
  Result<void> prepare();
  Result<void> prepare_statements();
  Result<void> put_rule(const KeptRule& kept);
  Result<void> queue(const RuleDecision& decision);
  Result<Firings> firings(const RuleKey& key, WallTime after);
  Counts& counts_of(std::string_view rule);
  void count(const RuleDecision& decision);
  Result<void> finish();
  Result<void> write(const RuleMute& mute);
  Result<void> add(std::string_view rule, const Counts& counts);
  // `which` says of which decisions, by an index; what is queued is none of them. At most `room` are deleted, and taken from it.
  Result<void> trim_surplus(std::string_view which, std::size_t most, std::int64_t& room);
  Result<void> delete_decisions(std::string_view which, std::int64_t bound, std::int64_t& room);
  Result<void> trim_mutes(std::int64_t kept_from);

  SqliteDatabase database_;
  RuleLimits limits_;
  std::optional<Writing> writing_;  // within transact()
  // The judge's are kept prepared: they run for each record that a rule matches.
  SqliteStatement find_decision_;
  SqliteStatement find_mute_;
  SqliteStatement list_fired_;
  SqliteStatement count_queued_;
  SqliteStatement insert_decision_;
  SqliteStatement insert_document_;
  SqliteStatement put_mute_;
  SqliteStatement add_counts_;
};

}  // namespace tidegate
