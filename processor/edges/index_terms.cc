#include "processor/edges/index_terms.h"

#include <algorithm>

#include "base/id128.h"
#include "config/ascii.h"
#include "match/document.h"

namespace tidegate {
namespace {

constexpr std::size_t slots_at_first = 1024;

// FNV-1a: words are short.
std::uint64_t hash_of(std::string_view word) {
  std::uint64_t hash = 14695981039346656037u;
  for (char c : word) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

TermCollector::TermCollector() : slots_(slots_at_first) {}

std::string_view TermCollector::terms_of(ByteView document) {
  text_.clear();
  used_ = 0;
  if (++generation_ == 0) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    generation_ = 1;
  }
  std::string room;
  for (DocumentWalk walk{document}; walk.next();)
    if (!walk.in_envelope()) add_words(text_of(walk.value(), room));
  return text_;
}

// The word is laid down first and taken back when it was there already: it is folded only once so.
void TermCollector::add_words(std::string_view text) {
  while (const std::optional<std::string_view> word = next_word(text)) {
    const std::size_t begin = text_.size();
    const std::size_t bytes = std::min(word->size(), indexed_word_bytes_max);
    text_.resize(begin + bytes + 1);
    std::transform(word->begin(), word->begin() + static_cast<std::ptrdiff_t>(bytes),
                   text_.begin() + static_cast<std::ptrdiff_t>(begin), fold);
    text_.back() = ' ';
    if (!first_time(std::string_view{text_}.substr(begin, bytes))) text_.resize(begin);
  }
}

bool TermCollector::first_time(std::string_view word) {
  if (used_ * 2 > slots_.size()) grow();
  std::size_t at = hash_of(word) & (slots_.size() - 1);
  for (; slots_[at].generation == generation_; at = (at + 1) & (slots_.size() - 1))
    if (std::string_view{text_}.substr(slots_[at].begin, slots_[at].bytes) == word) return false;
  slots_[at] = {generation_, static_cast<std::uint32_t>(word.data() - text_.data()), static_cast<std::uint32_t>(word.size())};
  ++used_;
  return true;
}

void TermCollector::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (const Slot& slot : slots_) {
    if (slot.generation != generation_) continue;
    std::size_t at = hash_of(std::string_view{text_}.substr(slot.begin, slot.bytes)) & (larger.size() - 1);
    while (larger[at].generation == generation_) at = (at + 1) & (larger.size() - 1);
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

void FieldSet::add(std::string_view path) { hashes_.insert(hash128(path).low); }

std::vector<std::string> FieldSet::new_fields(ByteView document) {
  std::vector<std::string> fresh;
  for (DocumentWalk walk{document}; walk.next();) {
    if (hashes_.contains(hash128(walk.path()).low)) continue;
    if (hashes_.size() >= fields_max || walk.path().size() > path_bytes_max) {
      complete_ = false;
      continue;
    }
    add(walk.path());
    fresh.emplace_back(walk.path());
  }
  return fresh;
}

}  // namespace tidegate
