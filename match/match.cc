#include "match/match.h"

#include <algorithm>
#include <map>
#include <string>

#include "match/leaves.h"

namespace tidegate {

// AND, OR and NOT over leaves.
struct Matchers::Node {
  enum class Kind : unsigned char { everything, all, any, none, leaf } kind = Kind::everything;
  std::vector<Node> parts{};
  std::size_t leaf = 0;

  bool holds(const HeldLeaves& held) const {
    const auto part_holds = [&held](const Node& part) { return part.holds(held); };
    switch (kind) {
      case Kind::everything: return true;
      case Kind::all: return std::all_of(parts.begin(), parts.end(), part_holds);
      case Kind::any: return std::any_of(parts.begin(), parts.end(), part_holds);
      case Kind::none: return std::none_of(parts.begin(), parts.end(), part_holds);
      case Kind::leaf: return held[leaf];
    }
    return false;
  }

  static Node of(std::size_t leaf) { return {.kind = Kind::leaf, .leaf = leaf}; }
};

// Makes a query's tree, and adds its leaves to those of the others.
class Matchers::Builder {
 public:
  explicit Builder(Leaves& leaves) : leaves_(leaves) {}

  Result<Node> make(const Query& query) {
    return std::visit([this](const auto& node) { return node_of(node); }, query.node);
  }

 private:
  Result<Node> node_of(const QueryEverything&) { return Node{}; }
  Result<Node> node_of(const QueryAll& all) { return group(Node::Kind::all, all.parts); }
  Result<Node> node_of(const QueryAny& any) { return group(Node::Kind::any, any.parts); }
  Result<Node> node_of(const QueryNot& none) { return group(Node::Kind::none, none.part); }
  Result<Node> node_of(const QueryExists& exists) {
    return once(exists, [&] { return leaves_.add_existence(exists.field); });
  }

  Result<Node> node_of(const QueryTerm& term) {
    if (term.field.empty()) return words(term, words_of(term.value));
    return once(term, [&] { return leaves_.add_value(term.field, value_is(term.value)); });
  }

  Result<Node> node_of(const QueryPhrase& phrase) {
    if (phrase.field.empty()) return words(phrase, words_of(std::string_view{phrase.text}));
    Pattern whole;
    if (!phrase.text.empty()) whole.pieces.push_back({Pattern::Kind::literal, phrase.text});
    return once(phrase, [&] { return leaves_.add_value(phrase.field, value_is(whole)); });
  }

  Result<Node> node_of(const QueryRange& range) {
    const bool is_timestamp = leaves_.kind() == DocumentKind::record && range.field == "timestamp";
    const NumbersAre numbers = is_timestamp ? NumbersAre::milliseconds : NumbersAre::plain;
    return once(range, [&] { return leaves_.add_value(range.field, value_lies_between(range, numbers)); });
  }

  template <class Leaf>
  Result<Node> words(const Leaf& leaf, std::vector<WordPattern> words) {
    if (words.empty()) return Error{Code::invalid, "query: a term without a field holds no letter or digit to look for"};
    return once(leaf, [&] { return leaves_.add_words(std::move(words)); });
  }

  // Many rules ask the same of a record, which is answered once.
  template <class Leaf, class Add>
  Node once(const Leaf& leaf, Add add) {
    const auto [known, is_new] = known_.try_emplace(to_text(Query{leaf}), 0);
    if (is_new) known->second = add();
    return Node::of(known->second);
  }

  Result<Node> group(Node::Kind kind, const std::vector<Query>& parts) {
    Node node{.kind = kind};
    for (const Query& part : parts) {
      Result<Node> made = make(part);
      if (!made) return made;
      node.parts.push_back(*std::move(made));
    }
    return node;
  }

  Leaves& leaves_;
  std::map<std::string, std::size_t> known_;  // leaves, by how they are written
};

Matchers::Matchers(Leaves leaves, std::vector<Node> roots)
    : leaves_(std::make_unique<Leaves>(std::move(leaves))), roots_(std::move(roots)) {}
Matchers::Matchers(Matchers&&) noexcept = default;
Matchers& Matchers::operator=(Matchers&&) noexcept = default;
Matchers::~Matchers() = default;

Result<Matchers> Matchers::make(std::span<const Query> queries, DocumentKind kind) {
  Leaves leaves{kind};
  std::vector<Node> roots;
  Builder builder{leaves};
  for (const Query& query : queries) {
    Result<Node> root = builder.make(query);
    if (!root) return std::move(root).error();
    roots.push_back(*std::move(root));
  }
  return Matchers{std::move(leaves), std::move(roots)};
}

std::vector<bool> Matchers::matching(ByteView document) const {
  const HeldLeaves held = leaves_->held(document);
  std::vector<bool> matching(roots_.size());
  for (std::size_t i = 0; i < roots_.size(); ++i) matching[i] = roots_[i].holds(held);
  return matching;
}

Result<Matcher> Matcher::make(const Query& query, DocumentKind kind) {
  Result<Matchers> one = Matchers::make({&query, 1}, kind);
  if (!one) return std::move(one).error();
  return Matcher{*std::move(one)};
}

}  // namespace tidegate
