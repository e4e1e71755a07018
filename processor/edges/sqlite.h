// SQLite behind two small classes: a connection and a prepared statement. Its errors become ours here.
//   full: no space. corrupt: not a database, or damaged. timeout: locked by another. unavailable: the disk failed.
//   cancelled: it was told to stop. invalid: not permitted, or a statement of ours is wrong.
//
// Thread: a connection and its statements belong to one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tidegate {

class SqliteStatement {
 public:
  SqliteStatement() = default;

  // Parameters count from 1. What is bound must outlive the next step that follows; it is not copied.
  void bind(int parameter, std::int64_t value);
  void bind_text(int parameter, std::string_view value);
  void bind_blob(int parameter, ByteView value);

  // True: a row is there to be read. False: done. Reset before the next use.
  Result<bool> step();
  void reset();
  // For a statement without rows: step, then reset.
  Result<void> run();

  // Columns count from 0. Text and blobs are valid until the next step or reset.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteDatabase {
 public:
  enum class Mode : unsigned char { read, write };

  static Result<SqliteDatabase> open(const std::filesystem::path& file, Mode mode);

  // Once `stop` is true, what is under way ends soon, and whatever comes after it at once, with `cancelled`. Null: nothing does.
  //   requires: it outlives the database
  void stop_when(const std::atomic<bool>* stop);
  // One or more statements without parameters, rows ignored.
  Result<void> execute(const std::string& sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  std::int64_t last_rowid() const;
  // Rows changed by the last statement.
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// Makes the file where it is missing, for its owner alone: SQLite would give it, and the log beside it, the mode that the umask
// leaves.
void make_private(const std::filesystem::path& file);

// Of a small file whose committed transactions survive a power cut: the log is synced with each of them.
inline constexpr const char* lasting_settings = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = OFF;
  PRAGMA cell_size_check = ON;
)";

// "sqlite 3.40.1"
std::string sqlite_version();

}  // namespace tidegate
