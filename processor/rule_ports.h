// What the automation asks of the world: where rules are kept, what was decided by them, and what is still to be done.
// edges/sqlite_rules answers.
//
// A decision is one row for each rule, action, tenant and record: what comes twice is decided once (P9), and no sensor can decide
// about another tenant's record (P10). One that fired is queued in the same transaction, with the id that its run will have, and a
// copy of the record; so it is neither forgotten nor done twice, whatever dies when: a run of that id in the history is it.
//
// Promises of a store: each call that writes is one transaction, on stable storage when it returns; after an error nothing of it is
// in, but for `unavailable`, where it may be. Times are the caller's. Everything has a bound.
//
// Source: design, P9 and section 9.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "respond/rule.h"

namespace tidegate {

enum class RuleOutcome : std::uint8_t {
  fired,   // the action is done, or was tried
  muted,   // it was done for that entity lately
  capped,  // it was done per_hour times for that tenant within the hour
};
std::string_view name(RuleOutcome outcome);
std::optional<RuleOutcome> rule_outcome_of(std::string_view name);

// Of one that fired.
enum class FiringState : std::uint8_t {
  queued,   // to be done
  done,     // the run was accepted, or the message is on its way
  refused,  // the responder may not, a value is missing, or the rule is not there any more: see the reason
};
std::string_view name(FiringState state);

struct RuleKey {
  std::string rule;
  std::string action;
  std::string tenant;  // the record's, for which its sensor may speak; its id alone anybody can make up (P10)
  Id128 record;

  auto operator<=>(const RuleKey&) const = default;
};

struct RuleDecision {
  RuleKey key;
  RuleOutcome outcome = RuleOutcome::fired;
  WallTime at{};            // of the deciding
  std::string entities;     // its values, for people; may be empty
  std::string run_id;       // of one that fired: what its run has as its id
  std::uint64_t count = 1;  // records that it was decided for: the key has the newest
  bool dry_run = false;     // of the rule when it decided: it is never done in earnest
  FiringState state = FiringState::done;
  std::string reason;  // of one that was refused, or for which there was no room
  Bytes document;      // of one that is queued: the record as msgpack

  bool operator==(const RuleDecision&) const = default;
};

// For so long an action of a rule is not done again for an entity. No tenant's records mute those of another.
struct RuleMute {
  std::string rule;
  std::string action;
  std::string tenant;
  std::string entity;  // a value of the rule's entity; empty: the tenant as a whole
  WallTime from{};
  WallTime until{};
  std::uint64_t muted = 0;  // times that it held up something

  bool operator==(const RuleMute&) const = default;
};

struct RuleLimits {
  std::size_t fired_max = 1'000'000;  // decisions kept, the newest; what is queued stays
  std::size_t unfired_max = 200'000;  // the same, of those that did not fire
  std::chrono::hours kept{24 * 30};   // longer than any record is looked at: rule_age_max
  std::size_t queued_max = 10'000;
  std::size_t queued_bytes_max = 256u << 20;  // of their records
  std::size_t mutes_max = 200'000;
  std::size_t rows_shown_max = 10'000;  // of one query
};

// What is counted for a rule and not kept: what did not fire on the stream may be as much as there are records.
struct UnkeptDecisions {
  std::uint64_t muted = 0;
  std::uint64_t capped = 0;
  std::uint64_t too_old = 0;  // when it came
};

// The judge's side.   Thread: one at a time; a connection of its own.
class RuleLedger {
 public:
  virtual ~RuleLedger() = default;

  // All that `body` writes, or, after an error of its own, nothing of it. The calls below are for `body`.
  virtual Result<void> transact(const std::function<Result<void>()>& body) = 0;

  virtual Result<bool> is_decided(const RuleKey& key) = 0;
  // By the rule, action, tenant and entity of `mute`.
  virtual Result<std::optional<RuleMute>> find_mute(const RuleMute& mute) = 0;
  // How often the key's action has fired for its tenant after that time.
  virtual Result<std::uint64_t> fired_after(const RuleKey& key, WallTime after) = 0;
  // Whether one more may be queued, whose record is so large.
  virtual Result<bool> has_room(std::size_t document_bytes) = 0;
  //   requires: it is not decided; where it is queued, there is room
  virtual Result<void> decide(const RuleDecision& decision) = 0;
  virtual Result<void> put_mute(const RuleMute& mute) = 0;  // in place of the one that find_mute() finds
  virtual Result<void> add_unkept(std::string_view rule, const UnkeptDecisions& counts) = 0;
};

struct KeptRule {
  Rule rule;
  WallTime changed{};
  std::string changed_by;
  std::string unreadable{};  // why it cannot be read any more, then of the rule the name alone counts; empty: it can
};

struct RuleTotals {
  std::uint64_t fired = 0;
  std::uint64_t muted = 0;
  std::uint64_t capped = 0;
  std::uint64_t too_old = 0;
  std::uint64_t refused = 0;  // of those that fired
  std::uint64_t queued = 0;   // of those that fired
  std::optional<WallTime> last_fired;
};

// Absent parts do not narrow.
struct DecisionQuery {
  std::string rule;
  std::optional<RuleOutcome> outcome;
  std::optional<WallTime> since;
  std::size_t limit = 100;
};

// The owner's side.   Thread: the loop.
class RuleStore {
 public:
  virtual ~RuleStore() = default;

  // All of them, or none; each replaces the one of its name. One that is off, or not on schedule, has looked nowhere from then on.
  // `full`: rules_max
  virtual Result<void> put_rules(const std::vector<KeptRule>& all) = 0;
  virtual Result<std::vector<KeptRule>> rules() = 0;  // by name
  // With its mutes; what was decided stays. What is queued of it is refused.   `absent`
  virtual Result<void> delete_rule(std::string_view name) = 0;

  // What fired and is not done, the oldest first, with its record.
  virtual Result<std::vector<RuleDecision>> queued(std::size_t most) = 0;
  // Its record is forgotten.   requires: state is not queued
  virtual Result<void> settle(const RuleKey& key, FiringState state, std::string_view reason) = 0;

  virtual Result<std::vector<RuleDecision>> decisions(const DecisionQuery& query) = 0;  // newest first, without records
  virtual Result<std::map<std::string, RuleTotals>> totals() = 0;                       // by rule, since it was first applied
  virtual Result<std::vector<RuleMute>> mutes(std::string_view rule) = 0;               // those that last longest first
  // An empty action or entity does not narrow. How many were lifted.
  virtual Result<std::uint64_t> lift_mutes(std::string_view rule, std::string_view action, std::string_view entity) = 0;

  // To where a rule on schedule has looked.
  virtual Result<std::map<std::string, WallTime>> looked() = 0;
  virtual Result<void> set_looked(std::string_view rule, WallTime to) = 0;

  // Forgets what is beyond the limits, and mutes that ended more than `kept` ago.
  virtual Result<void> trim(WallTime now) = 0;
};

}  // namespace tidegate
