#include "config/filter_query.h"

#include <algorithm>

#include "config/record_fields.h"

namespace tidegate {
namespace {

// Calls visit(leaf) for every term, phrase, range and existence, in their order, until one is an error.
template <class Tree, class Visit>
Result<void> visit_leaves(Tree& query, Visit& visit) {
  return std::visit(
      [&visit](auto& node) -> Result<void> {
        using Node = std::remove_cvref_t<decltype(node)>;
        const auto each = [&visit](auto& parts) -> Result<void> {
          for (auto& part : parts)
            if (Result<void> done = visit_leaves(part, visit); !done) return done;
          return {};
        };
        if constexpr (std::is_same_v<Node, QueryEverything>) return {};
        else if constexpr (std::is_same_v<Node, QueryNot>) return each(node.part);
        else if constexpr (std::is_same_v<Node, QueryAll> || std::is_same_v<Node, QueryAny>) return each(node.parts);
        else return visit(node);
      },
      query.node);
}

bool has_word(std::string_view text) { return std::any_of(text.begin(), text.end(), is_word_byte); }

bool has_word(const QueryTerm& term) {
  return std::any_of(term.value.pieces.begin(), term.value.pieces.end(),
                     [](const Pattern::Piece& piece) { return has_word(piece.text); });
}
bool has_word(const QueryPhrase& phrase) { return has_word(phrase.text); }

// A field as a path in the API's record.
Result<void> bring_home(std::string& field) {
  if (is_envelope(field)) {
    return Error{Code::invalid, "query: '" + field + "' is not in the API's record, which is all that a filter looks at"};
  }
  if (field == api_record_field) {
    return Error{Code::invalid, "query: '" + field + "' is the API's record itself: name a field in it"};
  }
  if (field.starts_with(api_record_field) && field.size() > api_record_field.size() + 1 && field[api_record_field.size()] == '.') {
    field.erase(0, api_record_field.size() + 1);
  }
  return {};
}

}  // namespace

Result<Query> parse_filter_query(std::string_view text) {
  Result<Query> query = parse_query(text);
  if (!query) return query;
  auto home = [](auto& leaf) -> Result<void> {
    if (leaf.field.empty()) return {};
    return bring_home(leaf.field);
  };
  if (Result<void> checked = visit_leaves(*query, home); !checked) return std::move(checked).error();
  if (Result<void> checked = check_words(*query); !checked) return std::move(checked).error();
  return query;
}

Result<void> check_words(const Query& query) {
  auto check = [](const auto& leaf) -> Result<void> {
    using Leaf = std::remove_cvref_t<decltype(leaf)>;
    if constexpr (std::is_same_v<Leaf, QueryTerm> || std::is_same_v<Leaf, QueryPhrase>) {
      if (leaf.field.empty() && !has_word(leaf))
        return Error{Code::invalid, "query: " + to_text(Query{leaf}) + " holds no letter or digit to look for"};
    }
    return {};
  };
  return visit_leaves(query, check);
}

std::vector<std::string> fields_of(const Query& query) {
  std::vector<std::string> fields;
  auto collect = [&fields](const auto& leaf) -> Result<void> {
    const bool known = std::find(fields.begin(), fields.end(), leaf.field) != fields.end();
    if (!leaf.field.empty() && !known) fields.push_back(leaf.field);
    return {};
  };
  (void)visit_leaves(query, collect);
  return fields;
}

}  // namespace tidegate
