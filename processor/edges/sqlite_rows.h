// Short ways to run one statement with its values, row by row, and to run several as one transaction: for stores that are small and
// written seldom, where a statement need not be kept prepared.
//
// Thread: that of the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <variant>

#include "processor/edges/sqlite.h"

namespace tidegate {

struct SqliteBlob {
  ByteView bytes;
};
// Must outlive the call that it is given to.
using SqliteValue = std::variant<std::int64_t, std::string_view, SqliteBlob>;
using SqliteValues = std::initializer_list<SqliteValue>;

// Resets the statement and gives it its values.
void bind_all(SqliteStatement& statement, SqliteValues values);

Result<void> run(SqliteDatabase& database, std::string_view sql, SqliteValues values);
// Calls `row` for each. It may not end early: bound the statement.
Result<void> each_row(SqliteDatabase& database, std::string_view sql, SqliteValues values,
                      const std::function<void(const SqliteStatement& row)>& row);
// The first column of the first row; 0 when there is none.
Result<std::int64_t> number(SqliteDatabase& database, std::string_view sql, SqliteValues values);

// All that `body` writes, or nothing of it: after any error of its own it is rolled back.
template <class Body>
auto in_transaction(SqliteDatabase& database, Body&& body) -> decltype(body()) {
  if (Result<void> begun = database.execute("BEGIN IMMEDIATE"); !begun) return std::move(begun).error();
  auto result = body();
  if (result) {
    Result<void> committed = database.execute("COMMIT");
    if (committed) return result;
    result = std::move(committed).error();
  }
  (void)database.execute("ROLLBACK");  // some errors have rolled back already, then there is nothing to do
  return result;
}

}  // namespace tidegate
