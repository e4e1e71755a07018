// Cuts the one JSON document of `search --json` into its hits while it streams in, so that an index of any size is judged
// in the memory of one hit. It looks at brackets and quotes only: what is in a hit is the caller's to parse.
//
// Thread: the owner's.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace tidegate {

class HitSplitter {
 public:
  // Gets each element of the top-level array "hits" that is an object, as its text. An error ends the feeding.
  using Sink = std::function<Result<void>(std::string& hit)>;

  static constexpr std::size_t hit_bytes_max = 64u << 20;

  explicit HitSplitter(Sink sink) : sink_(std::move(sink)) {}

  // `corrupt`: no JSON document, or a hit beyond its bound; else what the sink answered.
  Result<void> feed(ByteView bytes);
  // `corrupt`: the document has not ended, or it had no "hits".
  Result<void> finish() const;

 private:
  Result<void> open(char bracket);
  Result<void> close();

  Sink sink_;
  std::string hit_;
  std::string key_;  // the last string at depth 1
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_hits_ = false;
  bool seen_hits_ = false;
  bool ended_ = false;
};

}  // namespace tidegate
