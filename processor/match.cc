#include "processor/match.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "processor/document.h"
#include "processor/words.h"
#include "transport/msgpack_view.h"

namespace tidegate {
namespace {

// Wide enough for every 64-bit integer.
std::optional<long double> number_in(std::string_view text) {
  long double value = 0;
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long double> number_of(const Scalar& value) {
  const MsgpackHead& head = value.head;
  switch (head.kind) {
    case MsgpackKind::integer: return static_cast<long double>(head.bits);
    case MsgpackKind::negative: return static_cast<long double>(static_cast<std::int64_t>(head.bits));
    case MsgpackKind::real:
      if (head.single) return static_cast<long double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.bits)));
      return static_cast<long double>(std::bit_cast<double>(head.bits));
    case MsgpackKind::ext: return head.ext_type == ext_decimal ? number_in(value.body) : std::nullopt;
    default: return std::nullopt;
  }
}

bool written_with_fraction(std::string_view number) { return number.find_first_of(".eE") != std::string_view::npos; }

// What a range's bound may be read as, found once.
struct Bound {
  std::string text;
  std::optional<long double> number;
  std::optional<WallTime> time;
  bool inclusive = true;
};

std::optional<Bound> bound_of(const std::optional<QueryBound>& bound) {
  if (!bound) return std::nullopt;
  return Bound{bound->value, number_in(bound->value), parse_time(bound->value), bound->inclusive};
}

// Below zero, zero or above zero as the value lies to the bound; absent when they are not alike.
std::optional<int> compare(const Scalar& value, const Bound& bound, bool is_timestamp) {
  const auto sign = [](const auto& left, const auto& right) { return left < right ? -1 : (right < left ? 1 : 0); };
  if (const std::optional<long double> number = number_of(value)) {
    if (bound.number) return sign(*number, *bound.number);
    if (is_timestamp && bound.time)
      return sign(*number * 1'000'000, static_cast<long double>(bound.time->time_since_epoch().count()));
    return std::nullopt;
  }
  if (value.head.kind != MsgpackKind::str) return std::nullopt;
  if (bound.number) {  // some sources write their numbers as text
    const std::optional<long double> number = number_in(value.body);
    return number ? std::optional{sign(*number, *bound.number)} : std::nullopt;
  }
  if (bound.time)
    if (const std::optional<WallTime> time = parse_time(value.body)) return sign(*time, *bound.time);
  return sign(std::string_view{value.body}, std::string_view{bound.text});
}

using Leaf = std::function<bool(ByteView document)>;

Leaf any_value(std::string field, std::function<bool(const Scalar&)> holds) {
  return [field = std::move(field), holds = std::move(holds)](ByteView document) {
    for (DocumentWalk walk{document}; walk.next();)
      if (walk.path() == field && holds(walk.value())) return true;
    return false;
  };
}

Leaf field_is(const std::string& field, const Pattern& pattern) {
  std::optional<long double> number;
  if (!pattern.has_wildcards() && written_with_fraction(pattern.literal())) number = number_in(pattern.literal());
  return any_value(field, [pattern, number](const Scalar& value) {
    if (value.is_nil()) return false;
    std::string room;
    if (number && value.is_number()) return number_of(value) == number;
    if (matches(pattern, text_of(value, room))) return true;
    // 5 is also 5.0, which a source may write for it.
    constexpr std::string_view whole = ".0";
    const std::string_view text = text_of(value, room);
    return value.head.kind == MsgpackKind::real && text.ends_with(whole) &&
           matches(pattern, text.substr(0, text.size() - whole.size()));
  });
}

Leaf any_field_has(std::vector<WordPattern> words) {
  return [words = std::move(words)](ByteView document) {
    std::string room;
    for (DocumentWalk walk{document}; walk.next();)
      if (!walk.in_envelope() && has_words(text_of(walk.value(), room), words)) return true;
    return false;
  };
}

Leaf lies_between(const QueryRange& range) {
  const bool is_timestamp = range.field == "timestamp";
  return any_value(range.field, [least = bound_of(range.least), most = bound_of(range.most), is_timestamp](const Scalar& value) {
    if (least) {
      const std::optional<int> order = compare(value, *least, is_timestamp);
      if (!order || *order < 0 || (*order == 0 && !least->inclusive)) return false;
    }
    if (most) {
      const std::optional<int> order = compare(value, *most, is_timestamp);
      if (!order || *order > 0 || (*order == 0 && !most->inclusive)) return false;
    }
    return true;
  });
}

Leaf is_there(const std::string& field) {
  return [field, below = field + "."](ByteView document) {
    for (DocumentWalk walk{document}; walk.next();)
      if (!walk.value().is_nil() && (walk.path() == field || walk.path().starts_with(below))) return true;
    return false;
  };
}

}  // namespace

struct Matcher::Node {
  enum class Kind : unsigned char { all, any, none, leaf } kind = Kind::leaf;
  std::vector<std::unique_ptr<Node>> parts;
  Leaf leaf;

  bool matches(ByteView document) const {
    const auto holds = [document](const std::unique_ptr<Node>& part) { return part->matches(document); };
    switch (kind) {
      case Kind::all: return std::all_of(parts.begin(), parts.end(), holds);
      case Kind::any: return std::any_of(parts.begin(), parts.end(), holds);
      case Kind::none: return std::none_of(parts.begin(), parts.end(), holds);
      case Kind::leaf: return leaf(document);
    }
    return false;
  }

  static Result<std::unique_ptr<Node>> make(const Query& query);
  static Result<std::unique_ptr<Node>> group(Kind kind, const std::vector<Query>& parts);
  static std::unique_ptr<Node> of(Leaf leaf) {
    auto node = std::make_unique<Node>();
    node->leaf = std::move(leaf);
    return node;
  }
  static Result<std::unique_ptr<Node>> of_words(std::vector<WordPattern> words) {
    if (words.empty()) return Error{Code::invalid, "query: a term without a field holds no letter or digit to look for"};
    return of(any_field_has(std::move(words)));
  }
};

Result<std::unique_ptr<Matcher::Node>> Matcher::Node::group(Kind kind, const std::vector<Query>& parts) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  for (const Query& part : parts) {
    Result<std::unique_ptr<Node>> made = make(part);
    if (!made) return std::move(made).error();
    node->parts.push_back(*std::move(made));
  }
  return node;
}

Result<std::unique_ptr<Matcher::Node>> Matcher::Node::make(const Query& query) {
  if (const auto* all = std::get_if<QueryAll>(&query.node)) return group(Kind::all, all->parts);
  if (const auto* any = std::get_if<QueryAny>(&query.node)) return group(Kind::any, any->parts);
  if (const auto* none = std::get_if<QueryNot>(&query.node)) return group(Kind::none, none->part);
  if (const auto* range = std::get_if<QueryRange>(&query.node)) return of(lies_between(*range));
  if (const auto* exists = std::get_if<QueryExists>(&query.node)) return of(is_there(exists->field));
  if (const auto* term = std::get_if<QueryTerm>(&query.node))
    return term->field.empty() ? of_words(words_of(term->value)) : of(field_is(term->field, term->value));
  if (const auto* phrase = std::get_if<QueryPhrase>(&query.node)) {
    if (phrase->field.empty()) return of_words(words_of(std::string_view{phrase->text}));
    Pattern whole;
    if (!phrase->text.empty()) whole.pieces.push_back({Pattern::Kind::literal, phrase->text});
    return of(field_is(phrase->field, whole));
  }
  return of([](ByteView) { return true; });
}

Matcher::Matcher(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

Result<Matcher> Matcher::make(const Query& query) {
  Result<std::unique_ptr<Node>> root = Node::make(query);
  if (!root) return std::move(root).error();
  return Matcher{*std::move(root)};
}

bool Matcher::matches(ByteView document) const { return root_->matches(document); }

}  // namespace tidegate
