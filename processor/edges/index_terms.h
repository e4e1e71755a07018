// What of a record goes into the index beside its columns: the words of its values, and the paths of its fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace tidegate {

// A word is indexed by its first bytes; a search for it is narrowed by the same.
inline constexpr std::size_t indexed_word_bytes_max = 64;

// The words of one document's values outside of its envelope, folded, each once, separated by spaces. Reused from one
// document to the next, so that nothing is allocated for most.
class TermCollector {
 public:
  TermCollector();

  // The view is valid until the next call. The same document always gives the same text: a contentless index needs it
  // again to take a document out.
  //   requires: as DocumentWalk
  std::string_view terms_of(ByteView document);

 private:
  void add_words(std::string_view text);
  bool first_time(std::string_view word);
  void grow();

  struct Slot {
    std::uint32_t generation = 0;  // of the document that it was last used for
    std::uint32_t begin = 0;       // of the word in text_
    std::uint32_t bytes = 0;
  };
  std::vector<Slot> slots_;  // open addressing, a power of two
  std::size_t used_ = 0;
  std::uint32_t generation_ = 0;
  std::string text_;
};

// The field paths of a day file, as far as they are known: a bounded set that says which ones are new.
class FieldSet {
 public:
  static constexpr std::size_t fields_max = 10'000;
  static constexpr std::size_t path_bytes_max = 512;

  // The paths of the document that are not yet in the set; they are added. Longer paths, and those beyond fields_max,
  // are left out, and then complete() is false.
  std::vector<std::string> new_fields(ByteView document);
  void add(std::string_view path);
  bool complete() const { return complete_; }

 private:
  std::unordered_set<std::uint64_t> hashes_;
  bool complete_ = true;
};

}  // namespace tidegate
