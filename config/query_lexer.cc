#include "config/query_lexer.h"

#include <algorithm>
#include <utility>

namespace tidegate {
namespace {

using Kind = QueryToken::Kind;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What ends an unquoted word, besides spaces and, outside values, a colon.
bool ends_word(char c) { return is_space(c) || c == '(' || c == ')'; }

// What Lucene gives a meaning to, and a word can therefore hold only escaped.
bool is_reserved(char c) { return std::string_view{"[]{}\"~^"}.find(c) != std::string_view::npos; }

void append_literal(Pattern& pattern, char c) {
  if (pattern.pieces.empty() || pattern.pieces.back().kind != Pattern::Kind::literal) pattern.pieces.push_back({});
  pattern.pieces.back().text.push_back(c);
}

void append_wildcard(Pattern& pattern, Pattern::Kind kind) {
  const bool again = !pattern.pieces.empty() && pattern.pieces.back().kind == Pattern::Kind::any_run;
  if (kind == Pattern::Kind::any_run && again) return;
  pattern.pieces.push_back({kind, {}});
}

}  // namespace

Error query_error(std::string_view text, std::size_t at, std::string_view what) {
  const std::string_view before = text.substr(0, at);
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto characters = std::count_if(before.begin(), before.end(), starts_character);
  return Error{Code::invalid, "query: character " + std::to_string(characters + 1) + ": " + std::string{what}};
}

void QueryLexer::skip_spaces() {
  while (!done() && is_space(text_[at_])) ++at_;
}

Result<QueryToken> QueryLexer::sign(Kind kind, std::size_t bytes) {
  QueryToken token{.kind = kind, .at = at_};
  at_ += bytes;
  return token;
}

Result<QueryToken> QueryLexer::next() {
  skip_spaces();
  const bool value = std::exchange(after_field_, false);
  if (done()) return sign(Kind::end, 0);
  const char c = text_[at_];
  if (c == '(') return sign(Kind::open, 1);
  if (c == ')') return sign(Kind::close, 1);
  if (c == '"') {
    QueryToken token{.kind = Kind::phrase, .at = at_};
    Result<std::string> phrase = quoted();
    if (!phrase) return std::move(phrase).error();
    token.text = *std::move(phrase);
    return token;
  }
  if (c == '[' || c == '{') return value ? range() : expected(at_, "a range needs a field before it: write field:[a TO b]");
  if (c == '>' || c == '<') return value ? compare() : expected(at_, "a comparison needs a field before it: write field:>=value");
  if (value) return word_token(true);
  if (looking_at("&&")) return sign(Kind::both, 2);
  if (looking_at("||")) return sign(Kind::either, 2);
  if (c == '-' || c == '!') return sign(Kind::negation, 1);
  if (c == '+') return expected(at_, "+ has no meaning, as every clause is required unless OR stands between");
  return word_token(false);
}

Result<QueryToken> QueryLexer::word_token(bool value) {
  QueryToken token{.kind = Kind::word, .at = at_};
  Result<Pattern> pattern = word(value);
  if (!pattern) return std::move(pattern).error();
  token.text = text_.substr(token.at, at_ - token.at);  // as written: an escaped keyword is none
  token.pattern = *std::move(pattern);
  if (!value && !done() && text_[at_] == ':') {
    if (token.pattern.has_wildcards() && token.text != "*") return expected(token.at, "a field's name holds no wildcards");
    token.kind = Kind::field;
    token.text = token.text == "*" ? "*" : token.pattern.literal();
    ++at_;
    after_field_ = true;
    return token;
  }
  if (token.text == "AND") token.kind = Kind::both;
  if (token.text == "OR") token.kind = Kind::either;
  if (token.text == "NOT") token.kind = Kind::negation;
  return token;
}

Result<Pattern> QueryLexer::word(bool value) {
  Pattern read;
  const std::size_t start = at_;
  for (; !done() && !ends_word(text_[at_]); ++at_) {
    const char c = text_[at_];
    if (c == ':' && !value) break;
    if (is_reserved(c)) return expected(at_, std::string{"'"} + c + "' must be quoted or follow a backslash");
    if (c == '*') append_wildcard(read, Pattern::Kind::any_run);
    else if (c == '?') append_wildcard(read, Pattern::Kind::any_one);
    else if (c == '\\') {
      if (++at_ >= text_.size()) return expected(at_, "expected a character after the backslash");
      append_literal(read, text_[at_]);
    } else append_literal(read, c);
  }
  if (at_ == start) return expected(at_, "expected a word before the colon");
  return read;
}

//   requires: at a quote
Result<std::string> QueryLexer::quoted() {
  const std::size_t start = at_++;
  std::string read;
  for (; !done() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\' && ++at_ >= text_.size()) break;
    read.push_back(text_[at_]);
  }
  if (done()) return expected(start, "this quote is never closed");
  ++at_;
  return read;
}

//   requires: at [ or {
Result<QueryToken> QueryLexer::range() {
  QueryToken token{.kind = Kind::range, .at = at_};
  const bool least_inclusive = text_[at_++] == '[';
  Result<std::optional<QueryBound>> least = bound(least_inclusive);
  if (!least) return std::move(least).error();
  skip_spaces();
  if (!looking_at("TO") || at_ + 2 >= text_.size() || !is_space(text_[at_ + 2]))
    return expected(at_, "expected TO between the range's ends");
  at_ += 2;
  Result<std::optional<QueryBound>> most = bound(true);
  if (!most) return std::move(most).error();
  skip_spaces();
  if (done() || (text_[at_] != ']' && text_[at_] != '}')) return expected(at_, "expected ] or } at the range's end");
  if (*most) (*most)->inclusive = text_[at_] == ']';
  ++at_;
  token.least = *std::move(least);
  token.most = *std::move(most);
  return token;
}

// One end of a range; absent for *.
Result<std::optional<QueryBound>> QueryLexer::bound(bool inclusive) {
  skip_spaces();
  if (!done() && text_[at_] == '"') {
    Result<std::string> phrase = quoted();
    if (!phrase) return std::move(phrase).error();
    return std::optional{QueryBound{*std::move(phrase), inclusive}};
  }
  const std::size_t start = at_;
  QueryBound end{{}, inclusive};
  for (; !done() && !ends_word(text_[at_]) && text_[at_] != ']' && text_[at_] != '}'; ++at_) {
    if (text_[at_] == '\\' && ++at_ >= text_.size()) return expected(at_, "expected a character after the backslash");
    end.value.push_back(text_[at_]);
  }
  if (end.value.empty()) return expected(at_, "expected a value or * as the range's end");
  if (text_.substr(start, at_ - start) == "*") return std::optional<QueryBound>{};
  return std::optional{std::move(end)};
}

//   requires: at > or <
Result<QueryToken> QueryLexer::compare() {
  QueryToken token{.kind = Kind::compare, .at = at_};
  token.text.push_back(text_[at_++]);
  if (looking_at("=")) token.text.push_back(text_[at_++]);
  after_field_ = true;  // what is compared with is a value as well
  return token;
}

}  // namespace tidegate
