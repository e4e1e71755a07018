// The query language: one for search, log filters and rule conditions. Lucene's `field: value` as a pure parser; who
// evaluates (SQL, or a record in memory) walks the tree below.
//
//   alert                      some field has the word           "two words"     some field has the phrase
//   severity: high             the field's value                 host: web-*     * any run, ? one character
//   name: "John Doe"           quoted: no wildcards              _exists_: f     the field is there; also f: *
//   score: [10 TO 20]          both ends; { } without the end    score: >=10     also > <= <; [10 TO *] is open
//   a AND b, a b               both; && too                      a OR b          either; || too
//   NOT a, -a, !a              not                               severity: (high OR critical)
//   *                          every record                      \               the next character is itself
//
// NOT binds closest, then AND (adjacency is AND), then OR. Keywords are upper case. An unquoted value may hold colons
// (times, IPv6 addresses); a field may not. A list matches if any of its elements does.
//
// Pure; any thread. Bounded by QueryLimits.
// Source: Apache Lucene, "Query Parser Syntax" (classic); fuzzy (~), boost (^) and + are refused, not ignored.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tidegate {

struct QueryLimits {
  std::size_t bytes_max = 8 * 1024;
  std::size_t depth_max = 32;     // parentheses and NOTs around one clause
  std::size_t clauses_max = 256;  // leaves
};

// A value with wildcards, escapes resolved: literal text and the gaps between.
struct Pattern {
  enum class Kind : unsigned char { literal, any_run, any_one };
  struct Piece {
    Kind kind = Kind::literal;
    std::string text;  // of a literal, never empty there; else empty

    bool operator==(const Piece&) const = default;
  };
  std::vector<Piece> pieces;  // neighbours are never both literal, nor both any_run

  bool has_wildcards() const;
  //   requires: !has_wildcards()
  std::string literal() const;

  bool operator==(const Pattern&) const = default;
};

// What words are made of: ASCII letters and digits, and bytes beyond ASCII.
inline constexpr std::array<bool, 256> word_bytes = [] {
  std::array<bool, 256> known{};
  for (std::size_t byte = 0; byte < known.size(); ++byte) {
    known[byte] = byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  }
  return known;
}();
inline bool is_word_byte(char c) { return word_bytes[static_cast<unsigned char>(c)]; }

// True when the pattern covers the whole text. ? is one UTF-8 character. At most pattern size × text size steps.
bool matches(const Pattern& pattern, std::string_view text);

struct Query;

// Every record: `*`.
struct QueryEverything {};

// At least two parts each.
struct QueryAll {
  std::vector<Query> parts;
};
struct QueryAny {
  std::vector<Query> parts;
};

// Exactly one part.
struct QueryNot {
  std::vector<Query> part;
};

// A value, unquoted. An empty field stands for any field.
struct QueryTerm {
  std::string field;
  Pattern value;
};

// A quoted value, without wildcards. An empty field stands for any field. The text may be empty only with a field.
struct QueryPhrase {
  std::string field;
  std::string text;
};

struct QueryBound {
  std::string value;
  bool inclusive = true;
};

// The field's value lies between. At least one end is there, but for [* TO *], which is QueryExists.
struct QueryRange {
  std::string field;
  std::optional<QueryBound> least;
  std::optional<QueryBound> most;
};

struct QueryExists {
  std::string field;
};

struct Query {
  std::variant<QueryEverything, QueryAll, QueryAny, QueryNot, QueryTerm, QueryPhrase, QueryRange, QueryExists> node;
};

// `invalid` with the position and what was expected: "query: character 14: expected a value after 'severity:'".
Result<Query> parse_query(std::string_view text, const QueryLimits& limits = {});

// In one canonical form, which parses to the same tree: for echoes, stored rules and tests. A long field before a group
// is repeated for each of its clauses, so the form may be longer than QueryLimits::bytes_max.
std::string to_text(const Query& query);

}  // namespace tidegate
