// Matcher: does a record match a query? The one meaning of the query language, for search (where the index only narrows) and for
// log filters.
//
//   field: value     some value at that path is the value: text by its bytes, wildcards cover the whole of it; a number
//                    by how it is written, or by its size when the query's has a point or exponent; true and false
//   field: "text"    the same, without wildcards
//   field: [a TO b]  against a bound that is a number: numbers, and texts that are numbers, by size; against one that is a
//                    time: times as times (the text forms that base/clock.h reads; `timestamp` too); else text by its
//                    bytes. A value that cannot be compared does not match
//   _exists_: field  some value at that path or below is not nil
//   word             some value outside of the record's envelope (config/record_fields.h) has the word, whatever the case of its
//                    ASCII letters; several words in one term, and phrases, must stand side by side
//
// Thread: any; a matcher does not change.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "config/query.h"
#include "match/document.h"

namespace tidegate {

class Leaves;

// Several queries, for which a record is walked once.
class Matchers {
 public:
  // `invalid`: a term without a field holds no word.
  static Result<Matchers> make(std::span<const Query> queries, DocumentKind kind);

  Matchers(Matchers&&) noexcept;
  Matchers& operator=(Matchers&&) noexcept;
  ~Matchers();

  // Which of the queries match, in their order.
  //   requires: `document` as DocumentWalk
  std::vector<bool> matching(ByteView document) const;

 private:
  struct Node;
  class Builder;

  Matchers(Leaves leaves, std::vector<Node> roots);

  std::unique_ptr<const Leaves> leaves_;
  std::vector<Node> roots_;
};

class Matcher {
 public:
  // As Matchers::make().
  static Result<Matcher> make(const Query& query, DocumentKind kind = DocumentKind::record);

  //   requires: `document` as DocumentWalk
  bool matches(ByteView document) const { return one_.matching(document).front(); }

 private:
  explicit Matcher(Matchers one) : one_(std::move(one)) {}

  Matchers one_;
};

}  // namespace tidegate
