#include "processor/edges/query_sql.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/id128.h"
#include "match/document.h"
#include "match/words.h"
#include "processor/edges/index_terms.h"

namespace tidegate {
namespace {

// Columns that hold the text at the path of their own name.
constexpr std::array<std::string_view, 4> text_columns{"msg_class", "tenantid", "tenant_name", "connector"};

// Exactly the records whose column is this text. Nothing when the field has no column, or the text is empty: a column is
// also empty where the record has no such field.
Narrowing on_column(std::string_view field, const std::string& text) {
  if (field == "record_id") {
    const std::optional<Id128> id = id_from_hex(text);
    if (!id) return {.condition = "0", .exact = true};
    Narrowing::Blob blob;
    put_id(blob.bytes, *id);
    return {.condition = "r.record_id = ?", .values = {blob}, .exact = true};
  }
  if (text.empty() || std::find(text_columns.begin(), text_columns.end(), field) == text_columns.end()) return {};
  return {.condition = "r." + std::string{field} + " = ?", .values = {text}, .exact = true};
}

// 5.0 may be written 5 in a record, and 5e0: such a number is not looked for by its words.
bool is_written_freely(const Pattern& pattern) {
  if (pattern.has_wildcards()) return false;
  const std::string text = pattern.literal();
  double value = 0;
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec != std::errc::invalid_argument && end.ptr == text.data() + text.size() &&
         text.find_first_not_of("-0123456789") != std::string::npos;
}

std::string fts_of(const std::vector<WordPattern>& words) {
  std::string expression;
  for (const WordPattern& word : words) {
    const std::string_view beginning = word.beginning();
    if (beginning.empty()) continue;
    if (!expression.empty()) expression.append(" AND ");
    expression.append("\"").append(beginning.substr(0, indexed_word_bytes_max)).append("\"");
    // A word that was cut is whole in the index: only one that was not cut can go on.
    if (!word.exact() && beginning.size() < indexed_word_bytes_max) expression.append(" *");
  }
  return expression;
}

Narrowing by_words(const Pattern& pattern) { return {.words = fts_of(needed_words(pattern))}; }

Narrowing on_term(const std::string& field, const Pattern& pattern) {
  if (field.empty()) return by_words(pattern);
  if (is_envelope(field)) return pattern.has_wildcards() ? Narrowing{} : on_column(field, pattern.literal());
  return is_written_freely(pattern) ? Narrowing{} : by_words(pattern);
}

Pattern whole(const std::string& text) {
  Pattern pattern;
  if (!text.empty()) pattern.pieces.push_back({Pattern::Kind::literal, text});
  return pattern;
}

// All parts must hold: each that narrows may narrow.
Narrowing all_of(const std::vector<Query>& parts) {
  Narrowing sum{.exact = true};
  for (const Query& part : parts) {
    const Narrowing one = narrow(part);
    sum.exact = sum.exact && one.exact;
    if (!one.condition.empty()) {
      sum.condition.append(sum.condition.empty() ? "(" : " AND (").append(one.condition).append(")");
      sum.values.insert(sum.values.end(), one.values.begin(), one.values.end());
    }
    if (!one.words.empty()) sum.words.append(sum.words.empty() ? "(" : " AND (").append(one.words).append(")");
  }
  return sum;
}

// One part is enough: a side narrows only where every part does.
Narrowing any_of(const std::vector<Query>& parts) {
  Narrowing sum{.exact = true};
  bool conditions = true;
  bool words = true;
  for (const Query& part : parts) {
    const Narrowing one = narrow(part);
    sum.exact = sum.exact && one.exact;
    conditions = conditions && !one.condition.empty();
    words = words && !one.words.empty();
    sum.condition.append(sum.condition.empty() ? "(" : " OR (").append(one.condition).append(")");
    sum.values.insert(sum.values.end(), one.values.begin(), one.values.end());
    sum.words.append(sum.words.empty() ? "(" : " OR (").append(one.words).append(")");
  }
  if (!conditions) {
    // Without conditions, it is exact only as `everything` is: it is not worth finding out.
    sum.condition.clear();
    sum.values.clear();
    sum.exact = false;
  }
  if (!words) sum.words.clear();
  return sum;
}

Narrowing none_of(const Query& part) {
  const Narrowing one = narrow(part);
  if (!one.exact || one.condition.empty()) return {};
  return {.condition = "NOT (" + one.condition + ")", .values = one.values, .exact = true};
}

}  // namespace

int Narrowing::bind(SqliteStatement& statement, int parameter) const {
  for (const Value& value : values) {
    if (const auto* text = std::get_if<std::string>(&value)) statement.bind_text(parameter, *text);
    else statement.bind_blob(parameter, std::get<Blob>(value).bytes);
    ++parameter;
  }
  return parameter;
}

Narrowing narrow(const Query& query) {
  if (std::holds_alternative<QueryEverything>(query.node)) return {.exact = true};
  if (const auto* all = std::get_if<QueryAll>(&query.node)) return all_of(all->parts);
  if (const auto* any = std::get_if<QueryAny>(&query.node)) return any_of(any->parts);
  if (const auto* none = std::get_if<QueryNot>(&query.node)) return none_of(none->part.front());
  if (const auto* term = std::get_if<QueryTerm>(&query.node)) return on_term(term->field, term->value);
  if (const auto* phrase = std::get_if<QueryPhrase>(&query.node)) return on_term(phrase->field, whole(phrase->text));
  return {};  // ranges and existence are left to the matcher
}

}  // namespace tidegate
