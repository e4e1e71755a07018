// A document: one record's msgpack map, walked for its values. A value's path is the keys that lead to it, joined by
// dots; lists have no place in a path, so that a list matches if any of its elements does.
//
// The words of a text are its runs of ASCII letters and digits and of bytes beyond ASCII; letters are folded to lower
// case within ASCII. This is what SQLite's `ascii` tokenizer does: index and search must cut alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "config/query.h"
#include "config/record_fields.h"
#include "transport/msgpack_scan.h"

namespace tidegate {

// record: as it is on the wire and in the index, with its envelope. api_record: the API's record alone.
enum class DocumentKind : unsigned char { record, api_record };

// A value that is neither map nor list.
struct Scalar {
  MsgpackHead head;
  ByteView body;  // of str, bin and ext

  bool is_nil() const { return head.kind == MsgpackKind::nil; }
  bool is_number() const;  // integers, reals, and numbers kept as text (ext_decimal)
};

// As a query would write it: text as it is, numbers in their shortest form, true, false. Empty: no text stands for it
// (nil, other extensions). The view is into `value` or into `room`.
std::string_view text_of(const Scalar& value, std::string& room);

// Walks the values of a document in order.
//   for (DocumentWalk walk{document}; walk.next();) use(walk.path(), walk.value());
class DocumentWalk {
 public:
  //   requires: `document` is one sound msgpack value (MsgpackView::open), no deeper than msgpack_depth_max
  explicit DocumentWalk(ByteView document);

  bool next();
  std::string_view path() const { return path_; }
  const Scalar& value() const { return value_; }
  // The value lies in the record's envelope: what is the same in every record of a lane, and what has
  // a column of its own. Words are looked for outside of it.
  bool in_envelope() const { return in_envelope_; }

 private:
  struct Level {
    std::uint64_t left = 0;      // values still to come, for a map keys and values
    std::size_t path_bytes = 0;  // of the path that leads to the container
    bool map = false;
  };

  void enter_key(std::string_view key);

  ByteView rest_;
  std::string path_;
  std::vector<Level> levels_;
  Scalar value_;
  bool in_envelope_ = false;
};

// The value's path is `path`, or lies below it.
inline bool at_or_below(std::string_view value_path, std::string_view path) {
  return value_path.starts_with(path) && (value_path.size() == path.size() || value_path[path.size()] == '.');
}

// True when every key of every map in the value is a str.
//   requires: as DocumentWalk
bool keys_are_text(ByteView value);

// A run of bytes that is a word; absent at the end. Removes it, and what stands before it, from `text`.
std::optional<std::string_view> next_word(std::string_view& text);

}  // namespace tidegate
