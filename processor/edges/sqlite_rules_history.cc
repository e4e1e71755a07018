// The store of rules, the owner's side of decisions: what is queued, what was decided, what is muted, and what is forgotten.
#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/check.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "processor/edges/sqlite_rules.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::of;
using fleet_columns::time_in;

constexpr std::size_t settled_reason_bytes_max = 1024;
constexpr std::size_t queued_bytes_shown_max = 16u << 20;  // of the records of one call
constexpr std::int64_t trimmed_at_once = 5'000;            // decisions of one transaction: for so long the judge waits
constexpr std::int64_t trimmed_max = 20'000;               // of one call: for so long the loop does
constexpr std::size_t record_bytes = 16;

constexpr std::string_view decision_columns =
    "SELECT d.number, d.rule, d.action, d.record, d.outcome, d.at, d.tenant, d.entities, d.run_id, d.count, d.dry_run, d.state, "
    "d.reason";
constexpr int decision_column_count = 13;

RuleOutcome outcome_in(std::int64_t column) {
  const bool known = column >= 0 && column <= static_cast<std::int64_t>(RuleOutcome::capped);
  return known ? static_cast<RuleOutcome>(column) : RuleOutcome::fired;
}

FiringState firing_state_in(std::int64_t column) {
  const bool known = column >= 0 && column <= static_cast<std::int64_t>(FiringState::refused);
  return known ? static_cast<FiringState>(column) : FiringState::done;
}

RuleDecision decision_in(const SqliteStatement& row) {
  RuleDecision decision;
  decision.key.rule = row.text(1);
  decision.key.action = row.text(2);
  if (row.blob(3).size() == record_bytes) decision.key.record = get_id(row.blob(3));
  decision.outcome = outcome_in(row.integer(4));
  decision.at = time_in(row.integer(5));
  decision.key.tenant = row.text(6);
  decision.entities = row.text(7);
  decision.run_id = row.text(8);
  decision.count = static_cast<std::uint64_t>(row.integer(9));
  decision.dry_run = row.integer(10) != 0;
  decision.state = firing_state_in(row.integer(11));
  decision.reason = row.text(12);
  return decision;
}

struct NumberedDecision {
  std::int64_t number;
  RuleDecision decision;
};

// Those of one outcome, newest first. The outcome stands in the text, where the partial indices are found by it.
std::string decisions_sql(RuleOutcome outcome, bool of_rule) {
  std::string sql{decision_columns};
  sql += " FROM decisions d INDEXED BY ";
  sql += of_rule ? "decisions_of_rule" : outcome == RuleOutcome::fired ? "decisions_fired_at" : "decisions_unfired_at";
  sql += " WHERE d.outcome = " + std::to_string(static_cast<int>(outcome));
  if (outcome != RuleOutcome::fired) sql += " AND d.outcome <> 0";
  if (of_rule) sql += " AND d.rule = ?3";
  return sql + " AND d.at >= ?1 ORDER BY d.at DESC, d.number DESC LIMIT ?2";
}

}  // namespace

Result<std::vector<RuleDecision>> SqliteRules::queued(std::size_t most) {
  Result<SqliteStatement> statement = database_.prepare(std::string{decision_columns} +
                                                        ", q.document FROM decisions d INDEXED BY decisions_queued "
                                                        "LEFT JOIN queued_documents q ON q.number = d.number "
                                                        "WHERE d.state = 0 ORDER BY d.number LIMIT ?1");
  if (!statement) return std::move(statement).error();
  bind_all(*statement, {static_cast<std::int64_t>(std::min(most, limits_.rows_shown_max))});
  std::vector<RuleDecision> found;
  for (std::size_t bytes = 0; bytes <= queued_bytes_shown_max;) {
    const Result<bool> stepped = statement->step();
    if (!stepped) return stepped.error();
    if (!*stepped) break;
    RuleDecision& decision = found.emplace_back(decision_in(*statement));
    decision.document = statement->blob(decision_column_count);
    bytes += decision.document.size();
  }
  return found;
}

Result<void> SqliteRules::settle(const RuleKey& key, FiringState state, std::string_view reason) {
  TG_ASSERT(state != FiringState::queued, "what is settled is not queued any more");
  const Bytes column = column_of(key);
  const std::string why = utf8_within(reason, settled_reason_bytes_max);
  return in_transaction(database_, [&]() -> Result<void> {
    std::int64_t row_number = 0;
    FiringState before{};
    Result<void> read = each_row(database_, "SELECT number, state FROM decisions WHERE key = ?1 AND outcome = 0",
                                 {SqliteBlob{column}}, [&](const SqliteStatement& row) {
                                   row_number = row.integer(0);
                                   before = firing_state_in(row.integer(1));
                                 });
    if (!read) return read;
    if (row_number == 0) return Error{Code::absent, "rule '" + key.rule + "' has not acted for record " + to_hex(key.record)};
    Result<void> settled = run(database_, "UPDATE decisions SET state = ?2, reason = ?3 WHERE number = ?1",
                               {row_number, static_cast<std::int64_t>(state), why});
    if (!settled) return settled;
    Result<void> forgotten = run(database_, "DELETE FROM queued_documents WHERE number = ?1", {row_number});
    if (!forgotten || before == state) return forgotten;
    Counts counts;
    counts.refused = (state == FiringState::refused ? 1 : 0) - (before == FiringState::refused ? 1 : 0);
    return counts.refused == 0 ? Result<void>{} : add(key.rule, counts);
  });
}

Result<std::vector<RuleDecision>> SqliteRules::decisions(const DecisionQuery& query) {
  const std::size_t most = std::min(query.limit, limits_.rows_shown_max);
  const std::int64_t since = query.since ? of(*query.since) : std::numeric_limits<std::int64_t>::min();
  std::vector<NumberedDecision> rows;
  for (const RuleOutcome outcome : {RuleOutcome::fired, RuleOutcome::muted, RuleOutcome::capped}) {
    if (query.outcome && *query.outcome != outcome) continue;
    const auto take = [&rows](const SqliteStatement& row) { rows.push_back({row.integer(0), decision_in(row)}); };
    const auto limit = static_cast<std::int64_t>(most);
    Result<void> read = query.rule.empty() ? each_row(database_, decisions_sql(outcome, false), {since, limit}, take)
                                           : each_row(database_, decisions_sql(outcome, true), {since, limit, query.rule}, take);
    if (!read) return std::move(read).error();
  }
  std::ranges::sort(rows, std::ranges::greater{},
                    [](const NumberedDecision& row) { return std::pair{row.decision.at, row.number}; });
  std::vector<RuleDecision> found;
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) found.push_back(std::move(rows[i].decision));
  return found;
}

Result<std::vector<RuleMute>> SqliteRules::mutes(std::string_view rule) {
  std::vector<RuleMute> found;
  Result<void> read = each_row(database_,
                               "SELECT rule, action, tenant, entity, begins, ends, muted FROM mutes WHERE rule = ?1 "
                               "ORDER BY ends DESC, action, tenant, entity LIMIT ?2",
                               {rule, static_cast<std::int64_t>(limits_.rows_shown_max)}, [&found](const SqliteStatement& row) {
                                 RuleMute& mute = found.emplace_back();
                                 mute.rule = row.text(0);
                                 mute.action = row.text(1);
                                 mute.tenant = row.text(2);
                                 mute.entity = row.text(3);
                                 mute.from = time_in(row.integer(4));
                                 mute.until = time_in(row.integer(5));
                                 mute.muted = static_cast<std::uint64_t>(row.integer(6));
                               });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::uint64_t> SqliteRules::lift_mutes(std::string_view rule, std::string_view action, std::string_view entity) {
  Result<void> lifted =
      run(database_, "DELETE FROM mutes WHERE rule = ?1 AND (?2 = '' OR action = ?2) AND (?3 = '' OR entity = ?3)",
          {rule, action, entity});
  if (!lifted) return std::move(lifted).error();
  return static_cast<std::uint64_t>(database_.changes());
}

Result<void> SqliteRules::trim(WallTime now) {
  const std::int64_t kept_from = of(now - limits_.kept);
  std::int64_t room = trimmed_max;
  for (const std::string_view old : {"INDEXED BY decisions_fired_at WHERE outcome = 0 AND at < ?1",
                                     "INDEXED BY decisions_unfired_at WHERE outcome IN (1, 2) AND outcome <> 0 AND at < ?1"})
    if (Result<void> done = delete_decisions(old, kept_from, room); !done) return done;
  if (Result<void> done = trim_surplus("INDEXED BY decisions_fired WHERE outcome = 0", limits_.fired_max, room); !done) return done;
  if (Result<void> done = trim_surplus("INDEXED BY decisions_unfired WHERE outcome <> 0", limits_.unfired_max, room); !done)
    return done;
  if (Result<void> done = trim_mutes(kept_from); !done) return done;
  // Of rules that are not there any more; totals stay with what they count.
  return database_.execute(
      "DELETE FROM totals WHERE rule NOT IN (SELECT name FROM rules) AND NOT EXISTS "
      "(SELECT 1 FROM decisions WHERE decisions.rule = totals.rule)");
}

// What is newest is so by the order of deciding: a clock that was set back must not make the newest decisions the first to go, for
// what is forgotten can be done again (P9).
Result<void> SqliteRules::trim_surplus(std::string_view which, std::size_t most, std::int64_t& room) {
  const std::string sql = "SELECT number FROM decisions " + std::string{which} + " ORDER BY number DESC LIMIT 1 OFFSET ?1";
  const Result<std::int64_t> last = number(database_, sql, {static_cast<std::int64_t>(most)});
  if (!last) return last.error();
  return *last == 0 ? Result<void>{} : delete_decisions(std::string{which} + " AND number <= ?1", *last, room);
}

Result<void> SqliteRules::delete_decisions(std::string_view which, std::int64_t bound, std::int64_t& room) {
  const std::string sql =
      "DELETE FROM decisions WHERE number IN (SELECT number FROM decisions " + std::string{which} + " AND state <> 0 LIMIT ?2)";
  while (room > 0) {
    const std::int64_t most = std::min(room, trimmed_at_once);
    if (Result<void> deleted = run(database_, sql, {bound, most}); !deleted) return deleted;
    room -= database_.changes();
    if (database_.changes() < most) return {};
  }
  return {};
}

Result<void> SqliteRules::trim_mutes(std::int64_t kept_from) {
  return in_transaction(database_, [&]() -> Result<void> {
    if (Result<void> ended = run(database_, "DELETE FROM mutes WHERE ends < ?1", {kept_from}); !ended) return ended;
    const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM mutes", {});
    if (!count) return count.error();
    const std::int64_t surplus = *count - static_cast<std::int64_t>(limits_.mutes_max);
    if (surplus <= 0) return {};
    return run(database_,
               "DELETE FROM mutes WHERE (rule, action, tenant, entity) IN "
               "(SELECT rule, action, tenant, entity FROM mutes ORDER BY ends, rule, action, tenant, entity LIMIT ?1)",
               {surplus});
  });
}

}  // namespace tidegate
