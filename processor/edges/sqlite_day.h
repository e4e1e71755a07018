// One day of the index, one SQLite file: the records whose own time lies on that day (UTC).
//
//   records    id, record_id (unique with tenantid), timestamp (ms), received (ms), tenantid, tenant_name, msg_class, connector,
//   sensor documents  id, document: the whole record, msgpack terms      FTS5, contentless, without positions: the words of a
//   document's values outside of its envelope fields     the paths that occur; meta says whether all of them are there
//
// Promises P2: record_id is unique within its tenant, a record that comes again replaces itself. P10: it replaces none of another
// tenant, whose record's id any sensor can make up. In a file of format 1 it could; such a file is brought to this form at its
// opening. Thread: the index thread. Readers in other processes see whole transactions (WAL).
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "processor/edges/index_terms.h"
#include "processor/edges/sqlite.h"
#include "processor/ports.h"

namespace tidegate {

inline constexpr int day_format = 2;  // PRAGMA user_version; 0 is a file that was not finished

class SqliteDay {
 public:
  // Opens the file, or makes it. `corrupt`: damaged. `invalid`: a newer version wrote it.
  static Result<std::unique_ptr<SqliteDay>> open(const std::filesystem::path& file);

  // All of them in one transaction, on stable storage when it returns; one answer for each. After an error nothing of it
  // is in.
  Result<std::vector<Upserted>> upsert(std::span<const IndexRecord* const> records);

 private:
  SqliteDay() = default;

  Result<void> prepare();
  Result<void> load_fields();
  Result<std::vector<Upserted>> upsert_all(std::span<const IndexRecord* const> records);
  Result<Upserted> upsert_one(const IndexRecord& record);
  Result<void> replace(const IndexRecord& record, ByteView record_id);
  Result<void> note_fields(ByteView document);
  Result<void> put_terms(SqliteStatement& statement, std::int64_t id, ByteView document);

  SqliteDatabase database_;
  SqliteStatement insert_record_;
  SqliteStatement insert_document_;
  SqliteStatement insert_terms_;
  SqliteStatement delete_terms_;
  SqliteStatement find_;
  SqliteStatement update_record_;
  SqliteStatement update_document_;
  SqliteStatement insert_field_;
  TermCollector terms_;
  FieldSet fields_;
};

}  // namespace tidegate
