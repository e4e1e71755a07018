#include "match/leaves.h"

#include <span>

#include "config/ascii.h"

namespace tidegate {
namespace {

std::size_t length_class(std::string_view path) { return path.size() % 256; }

}  // namespace

std::size_t Leaves::add_value(const std::string& path, ValueTest test) {
  values_[path].push_back({count_, std::move(test)});
  lengths_.set(length_class(path));
  return count_++;
}

std::size_t Leaves::add_existence(const std::string& path) {
  existences_.push_back({count_, path});
  return count_++;
}

std::size_t Leaves::add_words(std::vector<WordPattern> patterns) {
  if (const std::string_view beginning = patterns.front().beginning(); !beginning.empty()) {
    words_by_byte_[static_cast<unsigned char>(beginning.front())].push_back(words_.size());
  } else {  // a wildcard comes first: any word may match
    for (std::vector<std::size_t>& words : words_by_byte_) words.push_back(words_.size());
  }
  words_.push_back({count_, std::move(patterns)});
  return count_++;
}

// One walk; a leaf that holds is not asked again, and the walk ends when all do.
class Leaves::Walker {
 public:
  explicit Walker(const Leaves& leaves) : leaves_(leaves), held_(leaves.count_), open_(leaves.count_) {}

  HeldLeaves walk(ByteView document) {
    if (open_ == 0) return std::move(held_);
    for (DocumentWalk walk{document}; open_ > 0 && walk.next();) {
      at(walk.path(), walk.value());
      if (leaves_.kind_ == DocumentKind::api_record || !walk.in_envelope()) words_in(walk.value());
    }
    return std::move(held_);
  }

 private:
  void at(std::string_view path, const Scalar& value) {
    if (leaves_.lengths_.test(length_class(path))) {
      if (const auto found = leaves_.values_.find(path); found != leaves_.values_.end()) {
        for (const Value& leaf : found->second)
          if (!held_[leaf.leaf] && leaf.test(value)) hold(leaf.leaf);
      }
    }
    for (const Existence& leaf : leaves_.existences_)
      if (!held_[leaf.leaf] && !value.is_nil() && at_or_below(path, leaf.path)) hold(leaf.leaf);
  }

  void words_in(const Scalar& value) {
    if (leaves_.words_.empty()) return;
    split_words(text_of(value, room_), value_words_);
    for (std::span<const std::string_view> words{value_words_}; !words.empty(); words = words.subspan(1))
      for (const std::size_t which : leaves_.words_by_byte_[static_cast<unsigned char>(fold(words.front().front()))]) {
        const Words& leaf = leaves_.words_[which];
        if (!held_[leaf.leaf] && begin_with(words, leaf.patterns)) hold(leaf.leaf);
      }
  }

  void hold(std::size_t leaf) {
    held_[leaf] = true;
    --open_;
  }

  const Leaves& leaves_;
  HeldLeaves held_;
  std::size_t open_;  // leaves that do not hold so far
  std::string room_;
  std::vector<std::string_view> value_words_;
};

HeldLeaves Leaves::held(ByteView document) const { return Walker{*this}.walk(document); }

}  // namespace tidegate
