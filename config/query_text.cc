// The other direction of query.cc: patterns matched, and a tree written in its canonical form.
#include <algorithm>

#include "config/query.h"
#include "config/utf8.h"

namespace tidegate {
namespace {

// What a word, a field or a range's end could not hold as it is.
constexpr std::string_view escaped = "\\\"()[]{}~^*?:+-!&|<> \t\n\r";

std::string word_text(std::string_view text) {
  std::string word;
  for (char c : text) {
    if (escaped.find(c) != std::string_view::npos) word.push_back('\\');
    word.push_back(c);
  }
  if (text == "AND" || text == "OR" || text == "NOT") word.insert(0, "\\");  // a word, no keyword
  return word;
}

std::string quoted_text(std::string_view text) {
  std::string quoted{"\""};
  for (char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string field_text(const std::string& field) { return field.empty() ? "" : word_text(field) + ":"; }

std::string pattern_text(const Pattern& pattern) {
  std::string text;
  for (const Pattern::Piece& piece : pattern.pieces) {
    if (piece.kind == Pattern::Kind::literal) text.append(word_text(piece.text));
    else text.push_back(piece.kind == Pattern::Kind::any_run ? '*' : '?');
  }
  return text;
}

struct Writer {
  std::string operator()(const QueryEverything&) const { return "*"; }
  std::string operator()(const QueryAll& all) const {
    return list(all.parts, " AND ", [](const Query& part) { return is<QueryAll>(part) || is<QueryAny>(part); });
  }
  std::string operator()(const QueryAny& any) const {
    return list(any.parts, " OR ", [](const Query& part) { return is<QueryAny>(part); });
  }
  std::string operator()(const QueryNot& negated) const {
    const Query& part = negated.part.front();
    return "NOT " + part_text(part, is<QueryAll>(part) || is<QueryAny>(part));
  }
  std::string operator()(const QueryTerm& term) const { return field_text(term.field) + pattern_text(term.value); }
  std::string operator()(const QueryPhrase& phrase) const { return field_text(phrase.field) + quoted_text(phrase.text); }
  std::string operator()(const QueryExists& exists) const { return "_exists_:" + word_text(exists.field); }
  std::string operator()(const QueryRange& range) const {
    const auto end = [](const std::optional<QueryBound>& bound) { return bound ? quoted_text(bound->value) : std::string{"*"}; };
    const bool open = range.least && !range.least->inclusive;
    const bool shut = range.most && !range.most->inclusive;
    return field_text(range.field) + (open ? "{" : "[") + end(range.least) + " TO " + end(range.most) + (shut ? "}" : "]");
  }

  template <class Node>
  static bool is(const Query& query) {
    return std::holds_alternative<Node>(query.node);
  }

  // Parentheses only where precedence asks for them: no deeper than what was parsed.
  std::string part_text(const Query& part, bool grouped) const {
    const std::string text = std::visit(*this, part.node);
    return grouped ? "(" + text + ")" : text;
  }

  template <class Grouped>
  std::string list(const std::vector<Query>& parts, std::string_view between, Grouped grouped) const {
    std::string text;
    for (const Query& part : parts) text.append(text.empty() ? "" : between).append(part_text(part, grouped(part)));
    return text;
  }
};

}  // namespace

bool Pattern::has_wildcards() const {
  return std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.kind != Kind::literal; });
}

std::string Pattern::literal() const {
  TG_ASSERT(!has_wildcards(), "only a pattern without wildcards is one text");
  return pieces.empty() ? std::string{} : pieces.front().text;
}

// The last run seen takes one character more whenever what follows it does not fit: earlier runs need no second try.
bool matches(const Pattern& pattern, std::string_view text) {
  const std::vector<Pattern::Piece>& pieces = pattern.pieces;
  std::size_t piece = 0;
  std::size_t at = 0;
  std::size_t after_run = pieces.size() + 1;  // the piece after the last run; beyond the end: none was seen
  std::size_t run_end = 0;
  while (piece < pieces.size() || at < text.size()) {
    if (piece < pieces.size() && pieces[piece].kind == Pattern::Kind::any_run) {
      after_run = ++piece;
      run_end = at;
      continue;
    }
    if (piece < pieces.size() && pieces[piece].kind == Pattern::Kind::any_one && at < text.size()) {
      at = std::min(text.size(), at + utf8_sequence_bytes(text[at]));
      ++piece;
      continue;
    }
    if (piece < pieces.size() && pieces[piece].kind == Pattern::Kind::literal && text.substr(at).starts_with(pieces[piece].text)) {
      at += pieces[piece].text.size();
      ++piece;
      continue;
    }
    if (after_run > pieces.size() || run_end >= text.size()) return false;
    run_end = std::min(text.size(), run_end + utf8_sequence_bytes(text[run_end]));
    at = run_end;
    piece = after_run;
  }
  return true;
}

std::string to_text(const Query& query) { return std::visit(Writer{}, query.node); }

}  // namespace tidegate
