// The store of rules, the judge's side: what is decided, within one transaction. Rows are counted in memory until it ends: no other
// connection writes before that.
#include <algorithm>

#include "base/check.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "processor/edges/sqlite_rules.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::of;
using fleet_columns::time_in;

constexpr std::size_t decision_text_bytes_max = 1024;

Bytes bytes_of(const Id128& id) {
  Bytes bytes;
  put_id(bytes, id);
  return bytes;
}

}  // namespace

// A hash is a third of the texts that it stands for, and as unique as the record's id, which is one.
Bytes SqliteRules::column_of(const RuleKey& key) {
  return bytes_of(hash128({key.rule, key.action, key.tenant, bytes_of(key.record)}));
}

Result<void> SqliteRules::prepare_statements() {
  const std::pair<SqliteStatement*, std::string_view> statements[] = {
      {&find_decision_, "SELECT 1 FROM decisions INDEXED BY decisions_key WHERE key = ?1"},
      {&find_mute_, "SELECT begins, ends, muted FROM mutes WHERE rule = ?1 AND action = ?2 AND tenant = ?3 AND entity = ?4"},
      {&list_fired_,
       "SELECT at FROM decisions INDEXED BY decisions_of_hour WHERE outcome = 0 AND rule = ?1 AND action = ?2 AND tenant = ?3 "
       "AND at > ?4 ORDER BY at"},
      {&count_queued_, "SELECT count(*), coalesce(sum(size), 0) FROM queued_documents INDEXED BY queued_sizes"},
      {&insert_decision_,
       "INSERT INTO decisions VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (key) DO NOTHING"},
      {&insert_document_, "INSERT INTO queued_documents VALUES (?1, ?2, ?3)"},
      {&put_mute_, "INSERT OR REPLACE INTO mutes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
      {&add_counts_,
       "INSERT INTO totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (rule) DO UPDATE SET fired = fired + excluded.fired, "
       "muted = muted + excluded.muted, capped = capped + excluded.capped, too_old = too_old + excluded.too_old, "
       "refused = refused + excluded.refused, last_fired = max(last_fired, excluded.last_fired)"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<SqliteStatement> prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    *statement = *std::move(prepared);
  }
  return {};
}

Result<void> SqliteRules::transact(const std::function<Result<void>()>& body) {
  TG_ASSERT(!writing_, "one transaction of rules does not begin within another");
  Result<void> written = in_transaction(database_, [&]() -> Result<void> {
    writing_.emplace();
    if (Result<void> done = body(); !done) return done;
    return finish();
  });
  writing_.reset();
  return written;
}

Result<bool> SqliteRules::is_decided(const RuleKey& key) {
  const Bytes column = column_of(key);
  bind_all(find_decision_, {SqliteBlob{column}});
  Result<bool> found = find_decision_.step();
  find_decision_.reset();
  return found;
}

Result<std::optional<RuleMute>> SqliteRules::find_mute(const RuleMute& mute) {
  if (writing_)
    if (const auto put = writing_->mutes.find(mute); put != writing_->mutes.end()) return std::optional{*put};
  bind_all(find_mute_, {mute.rule, mute.action, mute.tenant, mute.entity});
  const Result<bool> found = find_mute_.step();
  std::optional<RuleMute> kept;
  if (found && *found)
    kept = RuleMute{mute.rule,
                    mute.action,
                    mute.tenant,
                    mute.entity,
                    time_in(find_mute_.integer(0)),
                    time_in(find_mute_.integer(1)),
                    static_cast<std::uint64_t>(find_mute_.integer(2))};
  find_mute_.reset();
  if (!found) return found.error();
  return kept;
}

Result<std::uint64_t> SqliteRules::fired_after(const RuleKey& key, WallTime after) {
  if (!writing_) {
    const Result<Firings> found = firings(key, after);
    if (!found) return found.error();
    return found->times.size();
  }
  const auto [place, is_new] = writing_->fired.try_emplace({key.rule, key.action, key.tenant});
  Firings& known = place->second;
  if (is_new || after < known.after) {
    Result<Firings> found = firings(key, after);
    if (!found) return std::move(found).error();
    known = *std::move(found);
  }
  return static_cast<std::uint64_t>(known.times.end() - std::ranges::upper_bound(known.times, after));
}

Result<SqliteRules::Firings> SqliteRules::firings(const RuleKey& key, WallTime after) {
  Firings found{after, {}};
  bind_all(list_fired_, {key.rule, key.action, key.tenant, of(after)});
  while (true) {
    const Result<bool> stepped = list_fired_.step();
    if (stepped && *stepped) {
      found.times.push_back(time_in(list_fired_.integer(0)));
      continue;
    }
    list_fired_.reset();
    if (!stepped) return stepped.error();
    return found;
  }
}

Result<void> SqliteRules::decide(const RuleDecision& decision) {
  TG_ASSERT(writing_, "what a rule decides is written within a transaction");
  TG_ASSERT(decision.state != FiringState::queued || decision.outcome == RuleOutcome::fired, "only what fired is queued");
  const bool is_queued = decision.state == FiringState::queued;
  const Bytes column = column_of(decision.key);
  const Bytes record = bytes_of(decision.key.record);
  const std::string entities = utf8_within(decision.entities, decision_text_bytes_max);
  const std::string reason = utf8_within(decision.reason, decision_text_bytes_max);
  bind_all(insert_decision_, {SqliteBlob{column}, decision.key.rule, decision.key.action, SqliteBlob{record},
                              static_cast<std::int64_t>(decision.outcome), of(decision.at), decision.key.tenant, entities,
                              decision.run_id, static_cast<std::int64_t>(decision.count), std::int64_t{decision.dry_run},
                              static_cast<std::int64_t>(decision.state), reason});
  if (Result<void> inserted = insert_decision_.run(); !inserted) return inserted;
  TG_ASSERT(database_.changes() == 1, "a rule decides once about each action for a record (P9)");
  if (is_queued)
    if (Result<void> queued = queue(decision); !queued) return queued;
  count(decision);
  return {};
}

//   requires: within transact()
void SqliteRules::count(const RuleDecision& decision) {
  Counts& counts = counts_of(decision.key.rule);
  if (decision.state == FiringState::refused) ++counts.refused;
  switch (decision.outcome) {
    case RuleOutcome::muted: ++counts.muted; return;
    case RuleOutcome::capped: ++counts.capped; return;
    case RuleOutcome::fired: break;
  }
  ++counts.fired;
  counts.last_fired = std::max(counts.last_fired, of(decision.at));
  const auto known = writing_->fired.find({decision.key.rule, decision.key.action, decision.key.tenant});
  if (known == writing_->fired.end() || decision.at <= known->second.after) return;
  std::vector<WallTime>& times = known->second.times;
  times.insert(std::ranges::upper_bound(times, decision.at), decision.at);
}

Result<bool> SqliteRules::has_room(std::size_t document_bytes) {
  TG_ASSERT(writing_, "what a rule decides is written within a transaction");
  if (!writing_->queued) {
    const Result<bool> counted = count_queued_.step();
    if (counted)
      writing_->queued =
          Queued{static_cast<std::size_t>(count_queued_.integer(0)), static_cast<std::size_t>(count_queued_.integer(1))};
    count_queued_.reset();
    if (!counted) return counted.error();
  }
  const Queued& queued = *writing_->queued;
  return queued.decisions < limits_.queued_max && queued.bytes + document_bytes <= limits_.queued_bytes_max;
}

//   requires: its row is the last that was inserted
Result<void> SqliteRules::queue(const RuleDecision& decision) {
  const std::size_t bytes = decision.document.size();
  bind_all(insert_document_, {database_.last_rowid(), static_cast<std::int64_t>(bytes), SqliteBlob{decision.document}});
  if (Result<void> inserted = insert_document_.run(); !inserted) return inserted;
  if (!writing_->queued) return {};
  ++writing_->queued->decisions;
  writing_->queued->bytes += bytes;
  return {};
}

Result<void> SqliteRules::put_mute(const RuleMute& mute) {
  TG_ASSERT(writing_, "what a rule decides is written within a transaction");
  writing_->mutes.erase(mute);
  writing_->mutes.insert(mute);
  return {};
}

Result<void> SqliteRules::add_unkept(std::string_view rule, const UnkeptDecisions& counts) {
  TG_ASSERT(writing_, "what a rule decides is written within a transaction");
  Counts& of_rule = counts_of(rule);
  of_rule.muted += static_cast<std::int64_t>(counts.muted);
  of_rule.capped += static_cast<std::int64_t>(counts.capped);
  of_rule.too_old += static_cast<std::int64_t>(counts.too_old);
  return {};
}

SqliteRules::Counts& SqliteRules::counts_of(std::string_view rule) {
  const auto found = writing_->counts.find(rule);
  return found != writing_->counts.end() ? found->second : writing_->counts[std::string{rule}];
}

// A mute that holds up many records, and the totals, are written once.
Result<void> SqliteRules::finish() {
  for (const RuleMute& mute : writing_->mutes)
    if (Result<void> written = write(mute); !written) return written;
  for (const auto& [rule, counts] : writing_->counts)
    if (Result<void> added = add(rule, counts); !added) return added;
  return {};
}

Result<void> SqliteRules::write(const RuleMute& mute) {
  bind_all(put_mute_, {mute.rule, mute.action, mute.tenant, mute.entity, of(mute.from), of(mute.until),
                       static_cast<std::int64_t>(mute.muted)});
  return put_mute_.run();
}

//   requires: in a transaction
Result<void> SqliteRules::add(std::string_view rule, const Counts& counts) {
  bind_all(add_counts_, {rule, counts.fired, counts.muted, counts.capped, counts.too_old, counts.refused, counts.last_fired});
  return add_counts_.run();
}

}  // namespace tidegate
