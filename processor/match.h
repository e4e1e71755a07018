// Matcher: does a record match a query? The one meaning of the query language for search; the index only narrows.
//
//   field: value     some value at that path is the value: text by its bytes, wildcards cover the whole of it; a number
//                    by how it is written, or by its size when the query's has a point or exponent; true and false
//   field: "text"    the same, without wildcards
//   field: [a TO b]  against a bound that is a number: numbers, and texts that are numbers, by size; against one that is a
//                    time: times as times (the text forms that base/clock.h reads; `timestamp` too); else text by its
//                    bytes. A value that cannot be compared does not match
//   _exists_: field  some value at that path or below is not nil
//   word             some value outside of the record's envelope (document.h) has the word, whatever the case of its
//                    ASCII letters; several words in one term, and phrases, must stand side by side
//
// Thread: any; a matcher does not change.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "config/query.h"

namespace tidegate {

class Matcher {
 public:
  // `invalid`: a term without a field holds no word.
  static Result<Matcher> make(const Query& query);

  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

  //   requires: `document` as DocumentWalk
  bool matches(ByteView document) const;

 private:
  struct Node;

  explicit Matcher(std::unique_ptr<Node> root);

  std::unique_ptr<Node> root_;
};

}  // namespace tidegate
