// Leaves: what queries ask of single values, all of it answered in one walk over a document. What is made of the answers by
// AND, OR and NOT is match.cc's.
//
// Thread: any, once nothing is added any more.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "match/document.h"
#include "match/value_match.h"
#include "match/words.h"

namespace tidegate {

// Which leaves hold, by the numbers that add_…() gave.
using HeldLeaves = std::vector<bool>;

class Leaves {
 public:
  explicit Leaves(DocumentKind kind) : kind_(kind) {}

  // Some value at the path passes the test.
  std::size_t add_value(const std::string& path, ValueTest test);
  // Some value at the path or below is not nil.
  std::size_t add_existence(const std::string& path);
  // Some value outside of the envelope has the words side by side.   requires: !patterns.empty()
  std::size_t add_words(std::vector<WordPattern> patterns);

  DocumentKind kind() const { return kind_; }

  //   requires: `document` as DocumentWalk
  HeldLeaves held(ByteView document) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Value {
    std::size_t leaf = 0;
    ValueTest test;
  };
  struct Existence {
    std::size_t leaf = 0;
    std::string path;
  };
  struct Words {
    std::size_t leaf = 0;
    std::vector<WordPattern> patterns;
  };
  class Walker;

  DocumentKind kind_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::vector<Value>, TextHash, std::equal_to<>> values_;  // by path
  std::bitset<256> lengths_;  // of the paths in values_, longer ones by their low 8 bits: most paths need no look-up
  std::vector<Existence> existences_;
  std::vector<Words> words_;
  // By the first byte, folded, of the words that their first pattern may match: the words of a document are many, and each is
  // begun by few of them.
  std::array<std::vector<std::size_t>, 256> words_by_byte_;
};

}  // namespace tidegate
