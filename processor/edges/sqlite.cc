#include "processor/edges/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace tidegate {
namespace {

constexpr int busy_ms_max = 5000;
constexpr int steps_between_looks = 10'000;  // of the virtual machine: a millisecond or less

Error error_of(sqlite3* database, int status) {
  Code code = Code::invalid;
  switch (status & 0xff) {
    case SQLITE_FULL: code = Code::full; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: code = Code::corrupt; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = Code::timeout; break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM: code = Code::unavailable; break;
    case SQLITE_INTERRUPT: code = Code::cancelled; break;
    default: break;
  }
  return Error{code, std::string{"sqlite: "} + (database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(status))};
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void SqliteStatement::bind(int parameter, std::int64_t value) {
  const int status = sqlite3_bind_int64(statement_.get(), parameter, value);
  TG_ASSERT(status == SQLITE_OK, "a statement is given the parameters that it has");
}

void SqliteStatement::bind_text(int parameter, std::string_view value) {
  // A null pointer would bind NULL, an empty view may hold one.
  const char* at = value.empty() ? "" : value.data();
  const int status = sqlite3_bind_text64(statement_.get(), parameter, at, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  TG_ASSERT(status == SQLITE_OK, "a statement is given the parameters that it has");
}

void SqliteStatement::bind_blob(int parameter, ByteView value) {
  const int status =
      sqlite3_bind_blob64(statement_.get(), parameter, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
  TG_ASSERT(status == SQLITE_OK, "a statement is given the parameters that it has");
}

Result<bool> SqliteStatement::step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return error_of(sqlite3_db_handle(statement_.get()), status);
}

void SqliteStatement::reset() { sqlite3_reset(statement_.get()); }

Result<void> SqliteStatement::run() {
  Result<bool> stepped = step();
  reset();
  if (!stepped) return std::move(stepped).error();
  return {};
}

std::int64_t SqliteStatement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view SqliteStatement::text(int column) const {
  const auto* at = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return at == nullptr ? std::string_view{}
                       : std::string_view{at, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView SqliteStatement::blob(int column) const {
  const auto* at = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return at == nullptr ? ByteView{} : ByteView{at, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file, Mode mode) {
  const int flags = mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database;
  database.database_.reset(opened);
  if (status != SQLITE_OK) return error_of(opened, status).in(file.string());
  sqlite3_busy_timeout(opened, busy_ms_max);
  return database;
}

void SqliteDatabase::stop_when(const std::atomic<bool>* stop) {
  const auto is_time = [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; };
  // The library hands back what it is given: nobody writes to the flag.
  sqlite3_progress_handler(database_.get(), steps_between_looks, stop == nullptr ? nullptr : +is_time,
                           const_cast<std::atomic<bool>*>(stop));
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  const int status = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error_of(database_.get(), status);
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int status =
      sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (status != SQLITE_OK) return error_of(database_.get(), status);
  SqliteStatement statement;
  statement.statement_.reset(prepared);
  return statement;
}

std::int64_t SqliteDatabase::last_rowid() const { return sqlite3_last_insert_rowid(database_.get()); }
std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(database_.get()); }

void make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);  // what is wrong with it SQLite finds too, and says better
}

std::string sqlite_version() { return std::string{"sqlite "} + sqlite3_libversion(); }

}  // namespace tidegate
