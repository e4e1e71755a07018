// A query, as far as SQL can narrow it: a condition on the columns of `records`, and an FTS5 expression on the words. Both
// let through at least every record that matches; Matcher decides, unless the condition is exact.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "config/query.h"
#include "processor/edges/sqlite.h"

namespace tidegate {

struct Narrowing {
  struct Blob {
    Bytes bytes;
  };
  using Value = std::variant<std::string, Blob>;

  std::string condition{};  // with one `?` for each value, in order; empty: none
  std::vector<Value> values{};
  std::string words{};  // an FTS5 expression; empty: none
  bool exact = false;   // the condition alone is the query; then there are no words

  // Binds the values from `parameter` on; returns the next one.
  int bind(SqliteStatement& statement, int parameter) const;
};

Narrowing narrow(const Query& query);

}  // namespace tidegate
