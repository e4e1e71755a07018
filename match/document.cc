#include "match/document.h"

#include <array>
#include <bit>
#include <charconv>

#include "base/check.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

double real_of(const MsgpackHead& head) {
  if (head.single) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.bits)));
  return std::bit_cast<double>(head.bits);
}

template <class Number>
std::string_view written(Number number, std::string& room) {
  char digits[40];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number);
  room.assign(digits, end.ptr);
  return room;
}

}  // namespace

bool Scalar::is_number() const {
  return head.kind == MsgpackKind::integer || head.kind == MsgpackKind::negative || head.kind == MsgpackKind::real ||
         (head.kind == MsgpackKind::ext && head.ext_type == ext_decimal);
}

std::string_view text_of(const Scalar& value, std::string& room) {
  switch (value.head.kind) {
    case MsgpackKind::str:
    case MsgpackKind::bin: return value.body;
    case MsgpackKind::boolean: return value.head.bits != 0 ? "true" : "false";
    case MsgpackKind::integer: return written(value.head.bits, room);
    case MsgpackKind::negative: return written(static_cast<std::int64_t>(value.head.bits), room);
    case MsgpackKind::real: {
      written(real_of(value.head), room);
      if (room.find_first_not_of("-0123456789") == std::string::npos) room.append(".0");
      return room;
    }
    case MsgpackKind::ext: return value.head.ext_type == ext_decimal ? std::string_view{value.body} : std::string_view{};
    default: return {};
  }
}

DocumentWalk::DocumentWalk(ByteView document) : rest_(document) {
  const MsgpackHead head = read_head(rest_);
  if (!head.container()) return;  // nothing to walk
  rest_.remove_prefix(head.head_bytes);
  constexpr std::size_t usual_depth = 16;
  constexpr std::size_t usual_path_bytes = 128;
  levels_.reserve(usual_depth);
  path_.reserve(usual_path_bytes);
  levels_.push_back({head.children(), 0, head.kind == MsgpackKind::map});
}

void DocumentWalk::enter_key(std::string_view key) {
  const bool outermost = levels_.size() == 1;
  path_.resize(levels_.back().path_bytes);
  if (!outermost && !path_.empty()) path_.push_back('.');
  path_.append(key);
  if (outermost) in_envelope_ = is_envelope(key);
}

bool DocumentWalk::next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.left == 0) {
      levels_.pop_back();
      continue;
    }
    // In a map keys and values take turns: an even number left means that a key comes next.
    const bool key = level.map && level.left % 2 == 0;
    --level.left;
    const MsgpackHead head = read_head(rest_);
    TG_ASSERT(head.kind != MsgpackKind::partial && head.kind != MsgpackKind::broken, "a document is sound before it is walked");
    rest_.remove_prefix(head.head_bytes);
    if (head.container() && !key) {
      if (!level.map) path_.resize(level.path_bytes);
      levels_.push_back({head.children(), path_.size(), head.kind == MsgpackKind::map});
      continue;
    }
    ByteView body;
    if (head.has_body()) {
      body = rest_.substr(0, head.length);
      rest_.remove_prefix(head.length);
    }
    if (key) {
      enter_key(body);
      continue;
    }
    if (!level.map) path_.resize(level.path_bytes);
    value_ = {head, body};
    return true;
  }
  return false;
}

bool keys_are_text(ByteView value) {
  struct Level {
    std::uint64_t left = 0;
    bool map = false;
  };
  std::array<Level, msgpack_depth_max + 2> levels{};
  std::size_t depth = 1;
  levels[1] = {1, false};
  while (depth > 0) {
    if (levels[depth].left == 0) {
      --depth;
      continue;
    }
    const bool key = levels[depth].map && levels[depth].left % 2 == 0;
    --levels[depth].left;
    const MsgpackHead head = read_head(value);
    TG_ASSERT(head.kind != MsgpackKind::partial && head.kind != MsgpackKind::broken, "a document is sound before it is walked");
    if (key && head.kind != MsgpackKind::str) return false;
    value.remove_prefix(head.head_bytes + (head.has_body() ? head.length : 0));
    if (head.container()) {
      TG_ASSERT(depth + 1 < levels.size(), "a document is no deeper than msgpack_depth_max");
      levels[++depth] = {head.children(), head.kind == MsgpackKind::map};
    }
  }
  return true;
}

std::optional<std::string_view> next_word(std::string_view& text) {
  std::size_t begin = 0;
  while (begin < text.size() && !is_word_byte(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  if (begin == end) return std::nullopt;
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

}  // namespace tidegate
