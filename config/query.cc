#include "config/query.h"

#include "config/query_lexer.h"
#include "config/utf8.h"

namespace tidegate {
namespace {

using Kind = QueryToken::Kind;

constexpr std::string_view exists_field = "_exists_";

bool is_only_star(const Pattern& pattern) {
  return pattern.pieces.size() == 1 && pattern.pieces.front().kind == Pattern::Kind::any_run;
}

// Recursive descent over one token of look-ahead. `field` is the one that a group stands under: severity:(a OR b).
class Parser {
 public:
  Parser(std::string_view text, const QueryLimits& limits) : text_(text), lexer_(text), limits_(limits) {}

  Result<Query> parse() {
    if (Result<void> first = advance(); !first) return std::move(first).error();
    Result<Query> query = any_of("");
    if (!query) return query;
    if (token_.kind == Kind::close) return expected(token_.at, "this ) closes nothing");
    return query;
  }

 private:
  Result<void> advance() {
    Result<QueryToken> token = lexer_.next();
    if (!token) return std::move(token).error();
    token_ = *std::move(token);
    return {};
  }

  bool begins_clause() const { return token_.kind != Kind::end && token_.kind != Kind::close && token_.kind != Kind::either; }

  Result<Query> any_of(const std::string& field) {
    QueryAny any;
    while (true) {
      Result<Query> part = all_of(field);
      if (!part) return part;
      any.parts.push_back(*std::move(part));
      if (token_.kind != Kind::either) break;
      if (Result<void> next = advance(); !next) return std::move(next).error();
    }
    return any.parts.size() == 1 ? std::move(any.parts.front()) : Query{std::move(any)};
  }

  Result<Query> all_of(const std::string& field) {
    QueryAll all;
    do {
      if (token_.kind == Kind::both && !all.parts.empty()) {
        if (Result<void> next = advance(); !next) return std::move(next).error();
      }
      Result<Query> part = clause(field);
      if (!part) return part;
      all.parts.push_back(*std::move(part));
    } while (begins_clause());
    return all.parts.size() == 1 ? std::move(all.parts.front()) : Query{std::move(all)};
  }

  Result<Query> clause(const std::string& field) {
    if (token_.kind != Kind::negation && token_.kind != Kind::open) return leaf(field);
    if (++depth_ > limits_.depth_max) return expected(token_.at, "nested deeper than " + std::to_string(limits_.depth_max));
    Result<Query> inner = token_.kind == Kind::negation ? negation(field) : group(field);
    --depth_;
    return inner;
  }

  Result<Query> negation(const std::string& field) {
    if (Result<void> next = advance(); !next) return std::move(next).error();
    Result<Query> part = clause(field);
    if (!part) return part;
    QueryNot negated;
    negated.part.push_back(*std::move(part));
    return Query{std::move(negated)};
  }

  Result<Query> group(const std::string& field) {
    const std::size_t start = token_.at;
    if (Result<void> next = advance(); !next) return std::move(next).error();
    Result<Query> inner = any_of(field);
    if (!inner) return inner;
    if (token_.kind != Kind::close) return expected(start, "this ( is never closed");
    if (Result<void> next = advance(); !next) return std::move(next).error();
    return inner;
  }

  Result<Query> leaf(const std::string& field) {
    if (token_.kind == Kind::field) {
      if (!field.empty()) return expected(token_.at, "'" + field + "' stands before the group already");
      return after_field();
    }
    if (token_.kind != Kind::word && token_.kind != Kind::phrase)
      return expected(token_.at, "expected a word, a quote, a field or (");
    return value(field);
  }

  // What follows `field:`. The lexer knows that a value comes.
  Result<Query> after_field() {
    const std::string field = token_.text;
    const std::size_t start = token_.at;
    if (Result<void> next = advance(); !next) return std::move(next).error();
    if (field == "*" && !(token_.kind == Kind::word && is_only_star(token_.pattern)))
      return expected(start, "after *: only * can stand");
    if (field == exists_field && token_.kind != Kind::word) return expected(token_.at, "expected a field's name after _exists_:");
    switch (token_.kind) {
      case Kind::open: return clause(field);
      case Kind::word:
      case Kind::phrase: return value(field);
      case Kind::range: return range(field);
      case Kind::compare: return comparison(field);
      default: return expected(token_.at, "expected a value after '" + field + ":'");
    }
  }

  Result<Query> value(const std::string& field) {
    QueryToken token = std::move(token_);
    if (field == exists_field && token.pattern.has_wildcards()) return expected(token.at, "a field's name holds no wildcards");
    if (token.kind == Kind::phrase && field.empty() && token.text.empty())
      return expected(token.at, "expected a text between the quotes");
    return admit(token.at, [&] {
      if (token.kind == Kind::phrase) return Query{QueryPhrase{field, std::move(token.text)}};
      if (field == exists_field) return Query{QueryExists{token.pattern.literal()}};
      if (!is_only_star(token.pattern)) return Query{QueryTerm{field, std::move(token.pattern)}};
      return field.empty() || field == "*" ? Query{QueryEverything{}} : Query{QueryExists{field}};
    }());
  }

  Result<Query> range(const std::string& field) {
    const std::size_t at = token_.at;
    if (!token_.least && !token_.most) return admit(at, Query{QueryExists{field}});
    return admit(at, Query{QueryRange{field, std::move(token_.least), std::move(token_.most)}});
  }

  Result<Query> comparison(const std::string& field) {
    const std::string sign = token_.text;
    if (Result<void> next = advance(); !next) return std::move(next).error();
    const bool is_value = token_.kind == Kind::phrase || (token_.kind == Kind::word && !token_.pattern.has_wildcards());
    if (!is_value) return expected(token_.at, "expected a value after '" + field + ":" + sign + "'");
    QueryBound bound{token_.kind == Kind::phrase ? token_.text : token_.pattern.literal(), sign.size() == 2};
    QueryRange range{field, {}, {}};
    (sign.front() == '>' ? range.least : range.most) = std::move(bound);
    return admit(token_.at, Query{std::move(range)});
  }

  // Counts a leaf and goes past it.
  Result<Query> admit(std::size_t at, Query query) {
    if (++clauses_ > limits_.clauses_max) return expected(at, "more than " + std::to_string(limits_.clauses_max) + " clauses");
    if (Result<void> next = advance(); !next) return std::move(next).error();
    return query;
  }

  Error expected(std::size_t at, const std::string& what) const { return query_error(text_, at, what); }

  std::string_view text_;
  QueryLexer lexer_;
  const QueryLimits limits_;
  QueryToken token_;
  std::size_t depth_ = 0;
  std::size_t clauses_ = 0;
};

}  // namespace

Result<Query> parse_query(std::string_view text, const QueryLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return Error{Code::invalid, "query: longer than " + std::to_string(limits.bytes_max) + " bytes"};
  }
  if (const std::optional<std::size_t> at = not_text_at(text)) return query_error(text, *at, "not UTF-8 text");
  return Parser{text, limits}.parse();
}

}  // namespace tidegate
