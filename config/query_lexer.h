// The query language's words: text to tokens. A part of query.cc of its own, because quoting and escapes are one idea and
// precedence is another.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/query.h"

namespace tidegate {

struct QueryToken {
  enum class Kind : unsigned char { end, open, close, both, either, negation, field, word, phrase, compare, range };
  Kind kind = Kind::end;
  std::size_t at = 0;                 // its first character's offset
  std::string text{};                 // of a field, a phrase, a comparison sign; of a word as written
  Pattern pattern{};                  // of a word
  std::optional<QueryBound> least{};  // of a range
  std::optional<QueryBound> most{};
};

// "query: character 14: expected …", for the byte offset `at`.
Error query_error(std::string_view text, std::size_t at, std::string_view what);

// Thread: the owner's. The text must outlive it.
class QueryLexer {
 public:
  explicit QueryLexer(std::string_view text) : text_(text) {}

  // The next token. After a field token, the next one is read as its value: colons are ordinary there, and ranges and
  // comparisons are known there alone.
  Result<QueryToken> next();

 private:
  bool done() const { return at_ >= text_.size(); }
  bool looking_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void skip_spaces();
  Error expected(std::size_t at, std::string_view what) const { return query_error(text_, at, what); }
  Result<QueryToken> sign(QueryToken::Kind kind, std::size_t bytes);
  Result<QueryToken> word_token(bool value);
  Result<Pattern> word(bool value);
  Result<std::string> quoted();
  Result<QueryToken> range();
  Result<std::optional<QueryBound>> bound(bool inclusive);
  Result<QueryToken> compare();

  std::string_view text_;
  std::size_t at_ = 0;
  bool after_field_ = false;
};

}  // namespace tidegate
