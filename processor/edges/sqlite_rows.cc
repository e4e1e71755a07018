#include "processor/edges/sqlite_rows.h"

namespace tidegate {

void bind_all(SqliteStatement& statement, SqliteValues values) {
  statement.reset();
  int parameter = 0;
  for (const SqliteValue& value : values) {
    ++parameter;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) statement.bind(parameter, *integer);
    else if (const auto* text = std::get_if<std::string_view>(&value)) statement.bind_text(parameter, *text);
    else statement.bind_blob(parameter, std::get_if<SqliteBlob>(&value)->bytes);
  }
}

Result<void> run(SqliteDatabase& database, std::string_view sql, SqliteValues values) {
  Result<SqliteStatement> statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  bind_all(*statement, values);
  return statement->run();
}

Result<void> each_row(SqliteDatabase& database, std::string_view sql, SqliteValues values,
                      const std::function<void(const SqliteStatement&)>& row) {
  Result<SqliteStatement> statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  bind_all(*statement, values);
  while (true) {
    const Result<bool> stepped = statement->step();
    if (!stepped) return stepped.error();
    if (!*stepped) return {};
    row(*statement);
  }
}

Result<std::int64_t> number(SqliteDatabase& database, std::string_view sql, SqliteValues values) {
  Result<SqliteStatement> statement = database.prepare(sql);
  if (!statement) return std::move(statement).error();
  bind_all(*statement, values);
  const Result<bool> stepped = statement->step();
  if (!stepped) return stepped.error();
  return *stepped ? statement->integer(0) : std::int64_t{0};
}

}  // namespace tidegate
