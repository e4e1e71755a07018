// The store of rules: the file, the rules themselves, their totals, and to where those on schedule have looked.
#include "processor/edges/sqlite_rules.h"

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "respond/rules_document.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::time_in;

constexpr std::size_t rule_changed_by_bytes_max = 256;
constexpr std::size_t rule_name_shown_bytes = 64;

// The judge writes many rows at random places of the decisions' keys: a cache that holds most of those pages, and a log in which
// they may change often before they are written to the file, but that does not stay large.
constexpr const char* rules_settings = R"(
  PRAGMA cache_size = -16384;
  PRAGMA wal_autocheckpoint = 4096;
  PRAGMA journal_size_limit = 33554432;
)";

// The version is set last, in the same transaction: a file is made whole or not at all. Decisions are appended, to the table and to
// most of its indices; only their keys and the mutes are written at random places. Whatever is asked of many decisions, or
// forgotten of them, is found by an index, so that neither the judge nor the loop waits for a scan.
constexpr const char* rules_schema = R"(
  CREATE TABLE rules (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL) STRICT;
  CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, key BLOB NOT NULL, rule TEXT NOT NULL, action TEXT NOT NULL, record BLOB NOT NULL,
    outcome INTEGER NOT NULL, at INTEGER NOT NULL, tenant TEXT NOT NULL, entities TEXT NOT NULL, run_id TEXT NOT NULL,
    count INTEGER NOT NULL, dry_run INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX decisions_key ON decisions (key);
  CREATE INDEX decisions_of_rule ON decisions (rule, outcome, at);
  CREATE INDEX decisions_fired ON decisions (number) WHERE outcome = 0;
  CREATE INDEX decisions_unfired ON decisions (number) WHERE outcome <> 0;
  CREATE INDEX decisions_fired_at ON decisions (at) WHERE outcome = 0;
  CREATE INDEX decisions_unfired_at ON decisions (outcome, at) WHERE outcome <> 0;
  CREATE INDEX decisions_of_hour ON decisions (rule, action, tenant, at) WHERE outcome = 0;
  CREATE INDEX decisions_queued ON decisions (number, rule) WHERE state = 0;
  CREATE TABLE queued_documents (number INTEGER PRIMARY KEY, size INTEGER NOT NULL, document BLOB NOT NULL) STRICT;
  CREATE INDEX queued_sizes ON queued_documents (size);
  CREATE TABLE mutes (
    rule TEXT NOT NULL, action TEXT NOT NULL, tenant TEXT NOT NULL, entity TEXT NOT NULL, begins INTEGER NOT NULL,
    ends INTEGER NOT NULL, muted INTEGER NOT NULL, PRIMARY KEY (rule, action, tenant, entity)) STRICT, WITHOUT ROWID;
  CREATE TABLE totals (
    rule TEXT PRIMARY KEY, fired INTEGER NOT NULL, muted INTEGER NOT NULL, capped INTEGER NOT NULL, too_old INTEGER NOT NULL,
    refused INTEGER NOT NULL, last_fired INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE looked (rule TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 2;
)";

// A file that cannot be read stays where it is, until a person has decided.
Error with_rules_remedy(Error error) {
  if (error.code() != Code::corrupt) return error;
  return Error{Code::corrupt, error.text() +
                                  "; it holds the rules, and which records they have acted upon: put a copy of it back, or move it "
                                  "away with what begins with its name and apply the rules again; what they have told may then "
                                  "be told once more"};
}

Error no_rule(std::string_view name) {
  return Error{Code::absent, "there is no rule '" + utf8_within(name, rule_name_shown_bytes) + "'"};
}

// One that cannot be read, of another version perhaps, keeps no other from being in force.
KeptRule kept_rule_in(const SqliteStatement& row) {
  KeptRule kept;
  kept.rule.name = row.text(0);
  kept.changed = time_in(row.integer(2));
  kept.changed_by = row.text(3);
  ParsedRules parsed = parse_rules(row.text(1));
  if (!parsed.errors.empty()) kept.unreadable = to_text(parsed.errors.front());
  else if (!parsed.rules || parsed.rules->size() != 1 || parsed.rules->front().name != kept.rule.name)
    kept.unreadable = "what is kept under its name is not that rule";
  else kept.rule = std::move(parsed.rules->front());
  if (!kept.unreadable.empty())
    kept.unreadable.append("; apply it again, or delete it with `tidegate-processor rule delete ")
        .append(kept.rule.name)
        .append("`");
  return kept;
}

}  // namespace

SqliteRules::SqliteRules(SqliteDatabase database, RuleLimits limits) : database_(std::move(database)), limits_(limits) {}

Result<std::unique_ptr<SqliteRules>> SqliteRules::open(const std::filesystem::path& file, RuleLimits limits) {
  make_private(file);
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::write);
  if (!database) return with_rules_remedy(std::move(database).error());
  std::unique_ptr<SqliteRules> rules{new SqliteRules{*std::move(database), limits}};
  if (Result<void> prepared = rules->prepare(); !prepared) return with_rules_remedy(std::move(prepared).error().in(file.string()));
  return rules;
}

Result<void> SqliteRules::prepare() {
  if (Result<void> set = database_.execute(lasting_settings); !set) return set;
  if (Result<void> set = database_.execute(rules_settings); !set) return set;
  // In a transaction: another process may be making the same file.
  Result<void> made = in_transaction(database_, [this]() -> Result<void> {
    const Result<std::int64_t> format = number(database_, "PRAGMA user_version", {});
    if (!format) return format.error();
    if (*format > rules_format)
      return Error{Code::invalid, "written by a newer version of the processor; install that version again"};
    if (*format != 0 && *format < rules_format)
      return Error{Code::invalid, "written by a version before the first release (format " + std::to_string(*format) +
                                      "), whose decisions do not tell tenants apart; note its rules with that version, move the "
                                      "file away with what begins with its name, and apply the rules again; what they did or told "
                                      "may then be done or told once more for records that come again"};
    return *format == 0 ? database_.execute(rules_schema) : Result<void>{};
  });
  return made ? prepare_statements() : std::move(made);
}

Result<void> SqliteRules::put_rules(const std::vector<KeptRule>& all) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const KeptRule& kept : all)
      if (Result<void> put = put_rule(kept); !put) return put;
    const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM rules", {});
    if (!count) return count.error();
    if (static_cast<std::size_t>(*count) > rules_max)
      return Error{Code::full, "there would be " + std::to_string(*count) + " rules, and " + std::to_string(rules_max) +
                                   " are as many as can be; delete those that are not needed with `tidegate-processor rule delete "
                                   "NAME`"};
    return {};
  });
}

//   requires: in a transaction
Result<void> SqliteRules::put_rule(const KeptRule& kept) {
  const std::string yaml = to_yaml(kept.rule);
  const std::string by = utf8_within(kept.changed_by, rule_changed_by_bytes_max);
  Result<void> put =
      run(database_, "INSERT OR REPLACE INTO rules VALUES (?1, ?2, ?3, ?4)", {kept.rule.name, yaml, of(kept.changed), by});
  // Switched on again it must not act for all the time that it was off.
  if (!put || (kept.rule.enabled && kept.rule.on_schedule())) return put;
  return run(database_, "DELETE FROM looked WHERE rule = ?1", {kept.rule.name});
}

Result<std::vector<KeptRule>> SqliteRules::rules() {
  std::vector<KeptRule> found;
  constexpr std::string_view in_order = "SELECT name, value, changed, changed_by FROM rules ORDER BY name";
  Result<void> read =
      each_row(database_, in_order, {}, [&found](const SqliteStatement& row) { found.push_back(kept_rule_in(row)); });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteRules::delete_rule(std::string_view name) {
  return in_transaction(database_, [&]() -> Result<void> {
    if (Result<void> deleted = run(database_, "DELETE FROM rules WHERE name = ?1", {name}); !deleted) return deleted;
    if (database_.changes() == 0) return no_rule(name);
    for (const std::string_view sql :
         {"DELETE FROM mutes WHERE rule = ?1", "DELETE FROM looked WHERE rule = ?1",
          "DELETE FROM queued_documents WHERE number IN (SELECT number FROM decisions WHERE state = 0 AND rule = ?1)"})
      if (Result<void> done = run(database_, sql, {name}); !done) return done;
    Result<void> refused =
        run(database_, "UPDATE decisions SET state = ?2, reason = 'the rule was deleted' WHERE state = 0 AND rule = ?1",
            {name, static_cast<std::int64_t>(FiringState::refused)});
    if (!refused) return refused;
    Counts counts;
    counts.refused = database_.changes();
    return counts.refused == 0 ? Result<void>{} : add(name, counts);
  });
}

Result<std::map<std::string, RuleTotals>> SqliteRules::totals() {
  std::map<std::string, RuleTotals> found;
  // One statement reads one state: what is queued fits to what has fired.
  constexpr std::string_view all =
      "SELECT t.rule, fired, muted, capped, too_old, refused, last_fired, coalesce(q.count, 0) FROM totals t LEFT JOIN "
      "(SELECT rule, count(*) AS count FROM decisions INDEXED BY decisions_queued WHERE state = 0 GROUP BY rule) q "
      "ON q.rule = t.rule";
  Result<void> read = each_row(database_, all, {}, [&found](const SqliteStatement& row) {
    const auto count = [&row](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
    RuleTotals& totals = found[std::string{row.text(0)}];
    totals.fired = count(1);
    totals.muted = count(2);
    totals.capped = count(3);
    totals.too_old = count(4);
    totals.refused = count(5);
    totals.last_fired = moment_in(row.integer(6));
    totals.queued = count(7);
  });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::map<std::string, WallTime>> SqliteRules::looked() {
  std::map<std::string, WallTime> found;
  Result<void> read = each_row(database_, "SELECT rule, until FROM looked", {},
                               [&found](const SqliteStatement& row) { found.emplace(row.text(0), time_in(row.integer(1))); });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteRules::set_looked(std::string_view rule, WallTime to) {
  return run(database_, "INSERT OR REPLACE INTO looked VALUES (?1, ?2)", {rule, of(to)});
}

}  // namespace tidegate
