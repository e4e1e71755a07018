// The store of actions: runs, as the ledger writes them and as the history is asked for them.
#include <algorithm>

#include "config/ascii.h"
#include "processor/edges/sqlite_actions.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "respond/run_store_form.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

using fleet_columns::of;

constexpr std::size_t run_id_bytes_max = 64;
constexpr std::size_t searched_text_bytes_max = 256u << 10;  // all objects of a run that may be
constexpr std::int64_t no_action = -1;

// What a search looks into, one a line.
std::string searched_text(const ActionRun& run) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (!part.empty()) text.append(part).append("\n");
  };
  add(run.requested_by);
  for (const TargetRun& target : run.targets) {
    add(target.target.value);
    add(target.target.mail_box);
    add(target.task_id);
    add(target.reason);
  }
  if (run.webhook) {
    add(run.webhook->path_and_query);
    add(run.webhook->reason);
  }
  return lower_case(utf8_within(text, searched_text_bytes_max));
}

Error no_run(std::string_view id) { return Error{Code::absent, "there is no run '" + utf8_within(id, run_id_bytes_max) + "'"}; }

struct StoredRun {
  std::int64_t number;
  std::string id;
};

Result<ActionRun> run_in(std::string_view value, std::string_view id) {
  Result<ActionRun> run = run_from_stored(value);
  if (!run) return std::move(run).error().in("run " + utf8_within(id, run_id_bytes_max));
  return run;
}

// Reads the values of runs, one after the other.
class RunValues {
 public:
  static Result<RunValues> of_all(SqliteDatabase& database) {
    Result<SqliteStatement> statement = database.prepare("SELECT value FROM run_values WHERE number = ?1");
    if (!statement) return std::move(statement).error();
    return RunValues{*std::move(statement)};
  }

  Result<ActionRun> read(const StoredRun& row) {
    bind_all(statement_, {row.number});
    const Result<bool> stepped = statement_.step();
    if (!stepped) return Error{stepped.error()}.in("run " + row.id);
    if (!*stepped) return Error{Code::corrupt, "run " + row.id + " has lost its value"};
    bytes_ += statement_.blob(0).size();
    return run_in(statement_.blob(0), row.id);
  }
  // Of all that were read.
  std::size_t bytes() const { return bytes_; }

 private:
  explicit RunValues(SqliteStatement statement) : statement_(std::move(statement)) {}

  SqliteStatement statement_;
  std::size_t bytes_ = 0;
};

// The conditions of the parts that are given, with the parameters that with_history_values() has.
std::string conditions_of(const ActionQuery& query) {
  std::string sql = " WHERE 1";
  if (!query.tenant.empty()) sql += " AND tenant = ?1";
  if (!query.responder.empty()) sql += " AND responder = ?2";
  if (!query.record_id.empty()) sql += " AND record_id = ?3 AND record_id <> ''";
  if (query.action) sql += " AND action = ?4";
  if (query.state) sql += " AND state = ?5";
  if (!query.text.empty()) sql += " AND instr(text, ?6) > 0";
  if (query.since) sql += " AND created >= ?7";
  if (query.until) sql += " AND created < ?8";
  return sql;
}

// Calls `use` with the values of ?1 to ?11 of a query. The statement has all eleven: its LIMIT is the last of them.
template <class Use>
auto with_history_values(const ActionQuery& query, std::int64_t before_created, std::int64_t most, Use use) {
  const std::string text = lower_case(query.text);
  const std::int64_t action = query.action ? static_cast<std::int64_t>(*query.action) : no_action;
  const std::int64_t state = query.state ? static_cast<std::int64_t>(*query.state) : 0;
  const SqliteValues values{query.tenant,    query.responder, query.record_id, action,       state, text,
                            of(query.since), of(query.until), before_created,  query.before, most};
  return use(values);
}

}  // namespace

asio::awaitable<Result<void>> SqliteActions::put(std::vector<ActionRun> runs) { co_return put_runs(runs); }

asio::awaitable<Result<ActionRun>> SqliteActions::read(std::string id) { co_return run(id); }

asio::awaitable<Result<UnsettledRuns>> SqliteActions::unsettled() {
  std::vector<StoredRun> rows;
  Result<void> listed =
      each_row(database_, "SELECT number, id FROM runs WHERE settled = 0 ORDER BY created, id", {},
               [&rows](const SqliteStatement& row) { rows.push_back({row.integer(0), std::string{row.text(1)}}); });
  if (!listed) co_return std::move(listed).error();
  Result<RunValues> values = RunValues::of_all(database_);
  if (!values) co_return std::move(values).error();
  UnsettledRuns found;
  for (const StoredRun& row : rows) {
    Result<ActionRun> run = values->read(row);
    if (run) found.runs.push_back(*std::move(run));
    // One that is damaged, or of a newer version, holds up no other.
    else if (run.error().code() == Code::corrupt || run.error().code() == Code::invalid)
      found.unreadable.push_back(run.error().text());
    else co_return std::move(run).error();
  }
  co_return found;
}

Result<void> SqliteActions::put_runs(const std::vector<ActionRun>& runs) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const ActionRun& each : runs)
      if (Result<void> put = put_run(each); !put) return put;
    return {};
  });
}

//   requires: in a transaction
Result<void> SqliteActions::put_run(const ActionRun& run) {
  if (run.id.empty() || run.id.size() > run_id_bytes_max) return Error{Code::invalid, "a run has no id of 1 to 64 bytes"};
  const Result<std::int64_t> known = number(database_, "SELECT number FROM runs WHERE id = ?1", {run.id});
  if (!known) return known.error();
  const bool is_new = *known == 0;
  const bool is_settled = settled(run);
  const std::string value = stored_run(run);
  if (value.size() > (is_new ? limits_.run_bytes_max : 2 * limits_.run_bytes_max))
    return Error{Code::invalid, "run " + run.id + " has " + std::to_string(value.size()) +
                                    " bytes, more than are kept of one; act upon fewer objects, or send a shorter body"};
  if (is_new && !is_settled)
    if (Result<void> room = make_room_for_unsettled(); !room) return room;
  const std::string text = searched_text(run);
  const std::int64_t action = run.action ? static_cast<std::int64_t>(*run.action) : no_action;
  Result<void> written =
      tidegate::run(database_,
                    "INSERT INTO runs (id, created, tenant, responder, action, record_id, dry_run, state, settled, text) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET created = ?2, tenant = ?3, "
                    "responder = ?4, action = ?5, record_id = ?6, dry_run = ?7, state = ?8, settled = ?9, text = ?10",
                    {run.id, of(run.created), run.tenant, run.responder, action, run.record_id, std::int64_t{run.dry_run},
                     static_cast<std::int64_t>(state_of(run)), std::int64_t{is_settled}, text});
  if (!written) return written;
  const std::int64_t number = is_new ? database_.last_rowid() : *known;
  return tidegate::run(database_, "INSERT OR REPLACE INTO run_values VALUES (?1, ?2)", {number, SqliteBlob{value}});
}

//   requires: in a transaction
Result<void> SqliteActions::make_room_for_unsettled() {
  const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM runs WHERE settled = 0", {});
  if (!count) return count.error();
  if (static_cast<std::size_t>(*count) < limits_.unsettled_max) return {};
  return Error{Code::full,
               std::to_string(*count) +
                   " runs are not settled, which is as many as can be; wait, or decide on those that wait for approval: "
                   "`tidegate-processor action list --state awaiting_approval`"};
}

Result<std::optional<WallTime>> SqliteActions::created_of(std::string_view id) {
  std::optional<WallTime> created;
  Result<void> read = each_row(database_, "SELECT created FROM runs WHERE id = ?1", {id},
                               [&created](const SqliteStatement& row) { created = fleet_columns::time_in(row.integer(0)); });
  if (!read) return std::move(read).error();
  return created;
}

Result<RunsFound> SqliteActions::runs(const ActionQuery& query) {
  std::string sql = "SELECT number, id FROM runs" + conditions_of(query);
  std::int64_t before_created = 0;
  if (!query.before.empty()) {
    const Result<std::optional<WallTime>> before = created_of(query.before);
    if (!before) return before.error();
    if (!*before) return no_run(query.before);
    before_created = of(**before);
    sql += " AND (created, id) < (?9, ?10)";
  }
  sql += " ORDER BY created DESC, id DESC LIMIT ?11";
  std::vector<StoredRun> rows;
  const std::size_t most = std::min(query.limit, limits_.rows_shown_max);
  Result<void> listed = with_history_values(query, before_created, static_cast<std::int64_t>(most) + 1, [&](SqliteValues values) {
    return each_row(database_, sql, values,
                    [&rows](const SqliteStatement& row) { rows.push_back({row.integer(0), std::string{row.text(1)}}); });
  });
  if (!listed) return std::move(listed).error();
  Result<RunValues> values = RunValues::of_all(database_);
  if (!values) return std::move(values).error();
  RunsFound found;
  while (found.runs.size() < std::min(most, rows.size())) {
    Result<ActionRun> run = values->read(rows[found.runs.size()]);
    if (!run) return std::move(run).error();
    if (!found.runs.empty() && values->bytes() > limits_.shown_bytes_max) break;
    found.runs.push_back(*std::move(run));
  }
  found.more = found.runs.size() < rows.size();
  return found;
}

Result<std::uint64_t> SqliteActions::count(const ActionQuery& query) {
  const std::string sql = "SELECT count(*) FROM runs" + conditions_of(query) + " LIMIT ?11";
  const Result<std::int64_t> counted =
      with_history_values(query, 0, 1, [&](SqliteValues values) { return number(database_, sql, values); });
  if (!counted) return counted.error();
  return static_cast<std::uint64_t>(*counted);
}

Result<ActionRun> SqliteActions::run(std::string_view id) {
  Result<ActionRun> found = no_run(id);
  Result<void> read = each_row(database_, "SELECT v.value FROM runs r JOIN run_values v ON v.number = r.number WHERE r.id = ?1",
                               {id}, [&found, id](const SqliteStatement& row) { found = run_in(row.blob(0), id); });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::optional<std::string>> SqliteActions::unsettled_run_of(std::string_view responder) {
  std::optional<std::string> id;
  Result<void> read = each_row(database_, "SELECT id FROM runs WHERE settled = 0 AND responder = ?1 LIMIT 1", {responder},
                               [&id](const SqliteStatement& row) { id = std::string{row.text(0)}; });
  if (!read) return std::move(read).error();
  return id;
}

Result<void> SqliteActions::trim(WallTime now) {
  return in_transaction(database_, [&]() -> Result<void> {
    Result<void> old = tidegate::run(database_, "DELETE FROM runs WHERE settled = 1 AND created < ?1", {of(now - limits_.kept)});
    if (!old) return old;
    const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM runs", {});
    if (!count) return count.error();
    const std::int64_t surplus = *count - static_cast<std::int64_t>(limits_.runs_max);
    if (surplus <= 0) return {};
    return tidegate::run(
        database_, "DELETE FROM runs WHERE number IN (SELECT number FROM runs WHERE settled = 1 ORDER BY created, id LIMIT ?1)",
        {surplus});
  });
}

}  // namespace tidegate
