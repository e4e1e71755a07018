#include "tests/support/verdict_hits.h"

namespace tidegate {
namespace {

constexpr std::size_t depth_of_hits = 2;  // inside the document's object, inside its array
constexpr std::size_t key_bytes_max = 256;

}  // namespace

Result<void> HitSplitter::open(char bracket) {
  if (ended_) return Error{Code::corrupt, "search output: more than one JSON document"};
  if (depth_ == 0 && bracket != '{') return Error{Code::corrupt, "search output: not a JSON object"};
  if (depth_ == 1 && bracket == '[' && key_ == "hits") in_hits_ = seen_hits_ = true;
  if (depth_ == depth_of_hits && in_hits_) hit_.clear();
  ++depth_;
  return {};
}

Result<void> HitSplitter::close() {
  if (depth_ == 0) return Error{Code::corrupt, "search output: a bracket closes that was never opened"};
  --depth_;
  if (depth_ == 1) in_hits_ = false;
  if (depth_ == 0) ended_ = true;
  return {};
}

Result<void> HitSplitter::feed(ByteView bytes) {
  std::size_t copied = 0;  // of `bytes`, into hit_
  const auto in_hit = [this] { return in_hits_ && depth_ > depth_of_hits; };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      } else if (depth_ == 1 && key_.size() < key_bytes_max) {
        key_.push_back(c);
      }
    } else if (c == '"') {
      in_string_ = true;
      if (depth_ == 1) key_.clear();
    } else if (c == '{' || c == '[') {
      if (Result<void> opened = open(c); !opened) return opened;
      if (in_hits_ && depth_ == depth_of_hits + 1) copied = at;
    } else if (c == '}' || c == ']') {
      const bool was_in_hit = in_hit();
      if (Result<void> closed = close(); !closed) return closed;
      if (was_in_hit && !in_hit()) {
        hit_.append(bytes.substr(copied, at + 1 - copied));
        if (Result<void> taken = sink_(hit_); !taken) return taken;
      }
    } else if (depth_ == 0 && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      return Error{Code::corrupt, "search output: not a JSON document"};
    }
  }
  if (in_hit()) hit_.append(bytes.substr(copied));
  if (hit_.size() > hit_bytes_max) return Error{Code::corrupt, "search output: a hit of more than 64 MiB"};
  return {};
}

Result<void> HitSplitter::finish() const {
  if (!ended_) return Error{Code::corrupt, "search output: the document does not end"};
  if (!seen_hits_) return Error{Code::corrupt, "search output: no hits in it"};
  return {};
}

}  // namespace tidegate
