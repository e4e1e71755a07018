// RuleJudge: decides which rules' actions are done about which records, and writes it down before anything is done.
//
// In this order, for each action of a rule that a record matches:
//   too old    on the stream, where it arrived later than max_age after its own time: counted, and nothing is kept of it
//   decided    for this rule, action and record there is a decision: nothing, whatever it was (P9)
//   muted      the action was done within the mute for each of the record's entities
//   capped     it was done per_hour times for the tenant within the hour, or as much is queued as may be
//   fires      queued, with the record; each of its entities is muted from then on
//
// Of what was muted or capped on the stream the first rule_unfired_kept of a batch are kept as decisions, the others counted alone:
// a rule that matches most records must not write as much as the index does. Of a rule that looks on schedule, too, all are kept.
//
// Times are those of the deciding, whenever a record came: a backlog that is decided in a minute does not have the caps of its
// hours, and no record that came late cuts a mute short. A mute or an hour that lies in the future, because a clock was set back,
// holds nothing up.
//   tidegate_rule_decisions_total{outcome}   fired, muted, capped, too_old
//
// Threads: any. They wait for one another while something is written.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "match/match.h"
#include "processor/ports.h"
#include "processor/rule_ports.h"

namespace tidegate {

inline constexpr std::size_t rule_unfired_kept = 20;
inline constexpr std::size_t rule_entities_max = 16;           // of one record; further ones do not tell apart
inline constexpr std::size_t rule_entity_bytes_max = 256;      // a longer value is cut
inline constexpr std::size_t rule_entities_shown_bytes = 256;  // of a decision

// A record, or several of one entity on schedule, that a rule is to decide of. The views must outlive it.
struct RuleCase {
  Id128 record;
  std::string_view tenant;
  ByteView document;
  WallTime at{};
  std::uint64_t count = 1;
  std::vector<std::string> entities{};  // each once; empty: the tenant as a whole
  bool keeps_unfired = true;            // false: what does not fire is counted alone
};

struct RuleTally {
  std::uint64_t fired = 0;
  std::uint64_t muted = 0;
  std::uint64_t capped = 0;
  std::uint64_t too_old = 0;

  RuleTally& operator+=(const RuleTally& other);
};

// The values at the path, each once, in their order.   requires: `document` as DocumentWalk
std::vector<std::string> entities_in(ByteView document, std::string_view path);

// The id of the run of a decision: the same whenever it is decided, so that a run that is in the history is never made again (P9).
std::string run_id_of(const RuleKey& key);

// What is decided for each action of the rule.   requires: within transact() of the ledger
Result<RuleTally> decide_case(RuleLedger& ledger, const Rule& rule, const RuleCase& one);

class RuleJudge {
 public:
  //   fired: something was queued; called on the thread that decided, outside of any lock.   requires: all of them outlive it
  RuleJudge(RuleLedger& ledger, const Clock& clock, Log& log, Metrics& metrics, std::function<void()> fired);
  ~RuleJudge();
  RuleJudge(const RuleJudge&) = delete;
  RuleJudge& operator=(const RuleJudge&) = delete;

  // In force from the next record on. `invalid`: a query that cannot be asked.
  Result<void> set_rules(const std::vector<Rule>& rules);

  // Whether any rule looks at the stream.
  bool looks_at_stream();
  // What came, each batch in the order of its coming. After an error it is to be told of again.
  Result<void> seen(std::span<const IndexRecord> records);
  // On schedule, the oldest first.
  Result<RuleTally> decide(const Rule& rule, std::span<const RuleCase> cases);

 private:
  struct Book;
  struct CaseOfRule {
    const Rule* rule;
    RuleCase one;
  };

  std::shared_ptr<const Book> book();
  using TooOld = std::map<const Rule*, std::uint64_t>;
  Result<RuleTally> decide_some(std::vector<CaseOfRule>& cases, const TooOld& too_old, WallTime now, std::uint64_t unfired);
  void tell_capped(const std::string& rule, WallTime now);

  RuleLedger& ledger_;
  const Clock& clock_;
  Log& log_;
  Metric& fired_total_;
  Metric& muted_total_;
  Metric& capped_total_;
  Metric& too_old_total_;
  std::function<void()> fired_;
  std::mutex book_mutex_;
  std::shared_ptr<const Book> book_;
  std::mutex ledger_mutex_;                      // also of what follows
  std::map<std::string, WallTime> capped_told_;  // by rule: when it was logged
};

}  // namespace tidegate
