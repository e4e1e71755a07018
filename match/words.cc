#include "match/words.h"

#include <algorithm>

#include "config/ascii.h"
#include "match/document.h"

namespace tidegate {
namespace {

// Cuts a pattern at the bytes that are no part of a word; a wildcard is a part of the word that it touches.
class Cutter {
 public:
  void literal(std::string_view text) {
    for (char c : text) {
      if (!is_word_byte(c)) {
        end_word();
        continue;
      }
      std::vector<Pattern::Piece>& pieces = word_.pattern.pieces;
      if (pieces.empty() || pieces.back().kind != Pattern::Kind::literal) pieces.push_back({Pattern::Kind::literal, {}});
      pieces.back().text.push_back(fold(c));
    }
  }

  void wildcard(Pattern::Kind kind) { word_.pattern.pieces.push_back({kind, {}}); }

  std::vector<WordPattern> finish() {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    const auto is_literal = [](const Pattern::Piece& piece) { return piece.kind == Pattern::Kind::literal; };
    if (std::any_of(word_.pattern.pieces.begin(), word_.pattern.pieces.end(), is_literal)) words_.push_back(std::move(word_));
    word_ = {};
  }

  WordPattern word_;
  std::vector<WordPattern> words_;
};

}  // namespace

bool WordPattern::matches(std::string_view word) const {
  const std::string_view begin = beginning();
  if (word.size() < begin.size()) return false;
  if (!std::equal(begin.begin(), begin.end(), word.begin(), [](char wanted, char c) { return fold(c) == wanted; })) return false;
  return exact() ? word.size() == begin.size() : tidegate::matches(pattern, lower_case(word));
}

std::string_view WordPattern::beginning() const {
  if (pattern.pieces.empty() || pattern.pieces.front().kind != Pattern::Kind::literal) return {};
  return pattern.pieces.front().text;
}

std::vector<WordPattern> words_of(const Pattern& pattern) {
  Cutter cutter;
  for (const Pattern::Piece& piece : pattern.pieces) {
    if (piece.kind == Pattern::Kind::literal) cutter.literal(piece.text);
    else cutter.wildcard(piece.kind);
  }
  return cutter.finish();
}

std::vector<WordPattern> words_of(std::string_view phrase) {
  Cutter cutter;
  cutter.literal(phrase);
  return cutter.finish();
}

void split_words(std::string_view text, std::vector<std::string_view>& words) {
  words.clear();
  while (const std::optional<std::string_view> word = next_word(text)) words.push_back(*word);
}

bool begin_with(std::span<const std::string_view> words, const std::vector<WordPattern>& patterns) {
  const auto alike = [](const WordPattern& pattern, std::string_view word) { return pattern.matches(word); };
  return words.size() >= patterns.size() && std::equal(patterns.begin(), patterns.end(), words.begin(), alike);
}

std::vector<WordPattern> needed_words(const Pattern& pattern) {
  std::vector<WordPattern> needed;
  for (WordPattern& word : words_of(pattern)) {
    // A wildcard may stand for bytes that end a word, so only what stands before the first one is sure.
    if (word.exact()) needed.push_back(std::move(word));
    else if (!word.beginning().empty())
      needed.push_back({Pattern{{{Pattern::Kind::literal, std::string{word.beginning()}}, {Pattern::Kind::any_run, {}}}}});
  }
  return needed;
}

}  // namespace tidegate
