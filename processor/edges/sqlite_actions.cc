#include "processor/edges/sqlite_actions.h"

#include "processor/edges/sqlite_rows.h"

namespace tidegate {
namespace {

// The version is set last, in the same transaction: a file is made whole or not at all.
constexpr const char* actions_schema = R"(
  CREATE TABLE responders (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL) STRICT;
  CREATE TABLE kill_switch (
    one INTEGER PRIMARY KEY CHECK (one = 1), may_send INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL) STRICT;
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, tenant TEXT NOT NULL, responder TEXT NOT NULL,
    action INTEGER NOT NULL, record_id TEXT NOT NULL, dry_run INTEGER NOT NULL, state INTEGER NOT NULL,
    settled INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE INDEX runs_by_time ON runs (created, id);
  CREATE INDEX runs_of_tenant ON runs (tenant, created, id);
  CREATE INDEX runs_unsettled ON runs (created, id) WHERE settled = 0;
  CREATE INDEX runs_of_record ON runs (record_id) WHERE record_id <> '';
  CREATE TABLE run_values (number INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TRIGGER values_go_with_runs AFTER DELETE ON runs BEGIN DELETE FROM run_values WHERE number = old.number; END;
  PRAGMA user_version = 1;
)";

// A file that cannot be read stays where it is, until a person has decided.
Error with_remedy(Error error) {
  if (error.code() != Code::corrupt) return error;
  return Error{Code::corrupt, error.text() +
                                  "; it holds what was done and what is still to be undone: put a copy of it back, or move it away "
                                  "with what begins with its name, apply the responders again, and look at the console's response "
                                  "tasks for actions that were under way"};
}

}  // namespace

SqliteActions::SqliteActions(SqliteDatabase database, SealingKey key, Entropy entropy, ActionLimits limits)
    : database_(std::move(database)), key_(std::move(key)), entropy_(std::move(entropy)), limits_(limits) {}

Result<std::unique_ptr<SqliteActions>> SqliteActions::open(const std::filesystem::path& file, SealingKey key, Entropy entropy,
                                                           ActionLimits limits) {
  make_private(file);
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::write);
  if (!database) return with_remedy(std::move(database).error());
  std::unique_ptr<SqliteActions> actions{new SqliteActions{*std::move(database), std::move(key), std::move(entropy), limits}};
  if (Result<void> prepared = actions->prepare(); !prepared) return with_remedy(std::move(prepared).error().in(file.string()));
  return actions;
}

Result<void> SqliteActions::prepare() {
  if (Result<void> set = database_.execute(lasting_settings); !set) return set;
  // In a transaction: another process may be making the same file.
  return in_transaction(database_, [this]() -> Result<void> {
    const Result<std::int64_t> format = number(database_, "PRAGMA user_version", {});
    if (!format) return format.error();
    if (*format > actions_format) return Error{Code::invalid, "written by a newer version of the processor"};
    return *format == 0 ? database_.execute(actions_schema) : Result<void>{};
  });
}

}  // namespace tidegate
