#include "processor/edges/sqlite_day.h"

namespace tidegate {
namespace {

// The write-ahead log is synced with each transaction (FULL), the file itself with each checkpoint, so a transaction that
// was committed survives a power cut. The larger log lets pages that change often be written to the file once.
constexpr const char* day_settings = R"(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 8192;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -32768;
  PRAGMA temp_store = MEMORY;
  PRAGMA cell_size_check = ON;
)";

constexpr std::string_view records_table = R"(
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    record_id BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    received INTEGER NOT NULL,
    tenantid TEXT NOT NULL,
    tenant_name TEXT NOT NULL,
    msg_class TEXT NOT NULL,
    connector TEXT NOT NULL,
    sensor TEXT NOT NULL,
    UNIQUE (record_id, tenantid));
  CREATE INDEX records_by_time ON records (timestamp);
  CREATE INDEX records_by_class ON records (msg_class, timestamp);
)";

// The version is set last, in the same transaction: a file is made whole or not at all.
constexpr std::string_view rest_of_day = R"(
  CREATE TABLE documents (id INTEGER PRIMARY KEY, document BLOB NOT NULL);
  CREATE VIRTUAL TABLE terms USING fts5 (words, content = '', detail = 'none', columnsize = 0, tokenize = 'ascii');
  INSERT INTO terms (terms, rank) VALUES ('hashsize', 16777216);
  CREATE TABLE fields (path TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('fields_complete', 1);
  PRAGMA user_version = 2;
  COMMIT;
)";

// From format 1: documents, terms and fields stay as they are.
constexpr std::string_view before_records = R"(
  DROP INDEX records_by_time;
  DROP INDEX records_by_class;
  ALTER TABLE records RENAME TO records_before;
)";
constexpr std::string_view after_records = R"(
  INSERT INTO records SELECT id, record_id, timestamp, received, tenantid, tenant_name, msg_class, connector, sensor FROM records_before;
  DROP TABLE records_before;
  PRAGMA user_version = 2;
  COMMIT;
)";

std::string joined_sql(std::initializer_list<std::string_view> parts) {
  std::string sql = "BEGIN IMMEDIATE;";
  for (const std::string_view part : parts) sql.append(part);
  return sql;
}

std::int64_t in_ms(WallTime time) { return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

}  // namespace

Result<std::unique_ptr<SqliteDay>> SqliteDay::open(const std::filesystem::path& file) {
  std::unique_ptr<SqliteDay> day{new SqliteDay};
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::write);
  if (!database) return std::move(database).error();
  day->database_ = *std::move(database);
  if (Result<void> set = day->database_.execute(day_settings); !set) return std::move(set).error().in(file.string());

  Result<SqliteStatement> version = day->database_.prepare("PRAGMA user_version");
  if (!version) return std::move(version).error().in(file.string());
  const Result<bool> read = version->step();
  if (!read) return Error{read.error()}.in(file.string());
  const std::int64_t format = version->integer(0);
  version->reset();
  if (format > day_format) return Error{Code::invalid, file.string() + ": written by a newer version of the processor"};
  if (format < day_format) {
    const std::string sql =
        format == 0 ? joined_sql({records_table, rest_of_day}) : joined_sql({before_records, records_table, after_records});
    if (Result<void> made = day->database_.execute(sql); !made) return std::move(made).error().in(file.string());
  }
  if (Result<void> prepared = day->prepare(); !prepared) return std::move(prepared).error().in(file.string());
  if (Result<void> loaded = day->load_fields(); !loaded) return std::move(loaded).error().in(file.string());
  return day;
}

Result<void> SqliteDay::prepare() {
  const auto prepare_into = [this](SqliteStatement& statement, std::string_view sql) -> Result<void> {
    Result<SqliteStatement> prepared = database_.prepare(sql);
    if (!prepared) return std::move(prepared).error();
    statement = *std::move(prepared);
    return {};
  };
  const std::pair<SqliteStatement*, std::string_view> statements[] = {
      {&insert_record_,
       "INSERT INTO records (record_id, timestamp, received, tenantid, tenant_name, msg_class, connector, sensor) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (record_id, tenantid) DO NOTHING"},
      {&insert_document_, "INSERT INTO documents (id, document) VALUES (?1, ?2)"},
      {&insert_terms_, "INSERT INTO terms (rowid, words) VALUES (?1, ?2)"},
      {&delete_terms_, "INSERT INTO terms (terms, rowid, words) VALUES ('delete', ?1, ?2)"},
      {&find_, "SELECT r.id, d.document FROM records r JOIN documents d ON d.id = r.id WHERE r.record_id = ?1 AND r.tenantid = ?2"},
      {&update_record_,
       "UPDATE records SET timestamp = ?2, received = ?3, tenant_name = ?5, msg_class = ?6, connector = ?7, sensor = ?8 "
       "WHERE record_id = ?1 AND tenantid = ?4"},
      {&update_document_, "UPDATE documents SET document = ?2 WHERE id = ?1"},
      {&insert_field_, "INSERT OR IGNORE INTO fields (path) VALUES (?1)"},
  };
  for (const auto& [statement, sql] : statements)
    if (Result<void> prepared = prepare_into(*statement, sql); !prepared) return prepared;
  return {};
}

Result<void> SqliteDay::load_fields() {
  Result<SqliteStatement> paths = database_.prepare("SELECT path FROM fields");
  if (!paths) return std::move(paths).error();
  while (true) {
    const Result<bool> row = paths->step();
    if (!row) return row.error();
    if (!*row) return {};
    fields_.add(paths->text(0));
  }
}

Result<std::vector<Upserted>> SqliteDay::upsert(std::span<const IndexRecord* const> records) {
  if (Result<void> begun = database_.execute("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
  Result<std::vector<Upserted>> upserted = upsert_all(records);
  if (upserted) {
    Result<void> committed = database_.execute("COMMIT");
    if (committed) return upserted;
    upserted = std::move(committed).error();
  }
  (void)database_.execute("ROLLBACK");  // some errors have rolled back already, then there is nothing to do
  fields_ = {};                         // it may name fields that were rolled back
  (void)load_fields();
  return upserted;
}

Result<std::vector<Upserted>> SqliteDay::upsert_all(std::span<const IndexRecord* const> records) {
  std::vector<Upserted> upserted;
  upserted.reserve(records.size());
  for (const IndexRecord* record : records) {
    const Result<Upserted> one = upsert_one(*record);
    if (!one) return one.error();
    upserted.push_back(*one);
  }
  return upserted;
}

Result<Upserted> SqliteDay::upsert_one(const IndexRecord& record) {
  Bytes record_id;
  put_id(record_id, record.record.record_id);
  const auto bind_all = [&](SqliteStatement& statement) {
    statement.bind_blob(1, record_id);
    statement.bind(2, record.record.timestamp_ms);
    statement.bind(3, in_ms(record.received));
    statement.bind_text(4, record.record.tenantid);
    statement.bind_text(5, record.record.tenant_name);
    statement.bind_text(6, record.record.msg_class);
    statement.bind_text(7, record.record.connector);
    statement.bind_text(8, record.sensor);
  };
  bind_all(insert_record_);
  if (Result<void> run = insert_record_.run(); !run) return std::move(run).error();
  if (database_.changes() == 0) {
    bind_all(update_record_);
    if (Result<void> replaced = replace(record, record_id); !replaced) return std::move(replaced).error();
    return Upserted::again;
  }
  const std::int64_t id = database_.last_rowid();
  insert_document_.bind(1, id);
  insert_document_.bind_blob(2, record.record.document);
  if (Result<void> run = insert_document_.run(); !run) return std::move(run).error();
  if (Result<void> put = put_terms(insert_terms_, id, record.record.document); !put) return std::move(put).error();
  if (Result<void> noted = note_fields(record.record.document); !noted) return std::move(noted).error();
  return Upserted::fresh;
}

//   requires: update_record_ is bound
Result<void> SqliteDay::replace(const IndexRecord& record, ByteView record_id) {
  find_.bind_blob(1, record_id);
  find_.bind_text(2, record.record.tenantid);
  const Result<bool> found = find_.step();
  if (!found) return found.error();
  TG_ASSERT(*found, "a record that is in the index can be found in it (P2: no twin)");
  const std::int64_t id = find_.integer(0);
  const Bytes old{find_.blob(1)};
  find_.reset();
  if (old == record.record.document) {
    update_record_.reset();
    return {};  // the same record once more: what was indexed first stays
  }
  if (Result<void> put = put_terms(delete_terms_, id, old); !put) return put;
  if (Result<void> put = put_terms(insert_terms_, id, record.record.document); !put) return put;
  update_document_.bind(1, id);
  update_document_.bind_blob(2, record.record.document);
  if (Result<void> run = update_document_.run(); !run) return run;
  if (Result<void> run = update_record_.run(); !run) return run;
  return note_fields(record.record.document);
}

Result<void> SqliteDay::put_terms(SqliteStatement& statement, std::int64_t id, ByteView document) {
  statement.bind(1, id);
  statement.bind_text(2, terms_.terms_of(document));
  return statement.run();
}

Result<void> SqliteDay::note_fields(ByteView document) {
  const bool was_complete = fields_.complete();
  for (const std::string& path : fields_.new_fields(document)) {
    insert_field_.bind_text(1, path);
    if (Result<void> run = insert_field_.run(); !run) return run;
  }
  if (was_complete && !fields_.complete()) return database_.execute("UPDATE meta SET value = 0 WHERE key = 'fields_complete'");
  return {};
}

}  // namespace tidegate
