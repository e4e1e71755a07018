// A query's term as words: the literal words and the wildcards that they touch. Index and search share it: the matcher
// looks for the words side by side in a value, the index narrows by those that must be there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/query.h"

namespace tidegate {

// One word of a term, folded. `web*` is a word that only begins the words that it matches.
struct WordPattern {
  Pattern pattern;

  // True when `word` (not folded) is matched.
  bool matches(std::string_view word) const;
  // What every matched word begins with; may be empty. It is all of the word when there are no wildcards.
  std::string_view beginning() const;
  bool exact() const { return !pattern.has_wildcards(); }
};

// The words of a term or a phrase, in order. Empty: there is none in it, so it cannot be looked for as words.
std::vector<WordPattern> words_of(const Pattern& pattern);
std::vector<WordPattern> words_of(std::string_view phrase);

// The words of a text, in order; `words` is emptied first, and keeps its memory.
void split_words(std::string_view text, std::vector<std::string_view>& words);

// True when the patterns match the first of these words, side by side.
bool begin_with(std::span<const std::string_view> words, const std::vector<WordPattern>& patterns);

// The words that must stand in a value for the pattern to cover the whole of it, as a field's term asks: those that
// touch no wildcard, and the beginnings of those that a wildcard follows.
std::vector<WordPattern> needed_words(const Pattern& pattern);

}  // namespace tidegate
