// Any text as a query: what parses is written in a form that parses to the same, and its patterns can be matched.
#include <cstdint>

#include "base/check.h"
#include "config/query.h"

namespace {

using namespace tidegate;

// Walks the tree, as an evaluator would.
struct Walker {
  std::string_view text;

  void operator()(const QueryEverything&) const {}
  void operator()(const QueryAll& all) const { each(all.parts, 2); }
  void operator()(const QueryAny& any) const { each(any.parts, 2); }
  void operator()(const QueryNot& negated) const { each(negated.part, 1); }
  void operator()(const QueryTerm& term) const {
    TG_ASSERT(!term.value.pieces.empty(), "a term has a value");
    const bool found = matches(term.value, text);
    TG_ASSERT(term.value.has_wildcards() || found == (term.value.literal() == text), "a pattern without wildcards is its text");
  }
  void operator()(const QueryPhrase& phrase) const {
    TG_ASSERT(!phrase.text.empty() || !phrase.field.empty(), "a phrase without a field has a text");
  }
  void operator()(const QueryRange& range) const { TG_ASSERT(range.least || range.most, "a range has an end"); }
  void operator()(const QueryExists& exists) const { TG_ASSERT(!exists.field.empty(), "existence is a field's"); }

  void each(const std::vector<Query>& parts, std::size_t least) const {
    TG_ASSERT(parts.size() >= least, "a node has the parts it needs");
    for (const Query& part : parts) std::visit(*this, part.node);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<Query> query = parse_query(text);
  if (!query) return 0;
  std::visit(Walker{text.substr(0, 256)}, query->node);
  const std::string canonical = to_text(*query);
  if (canonical.size() > QueryLimits{}.bytes_max) return 0;
  const Result<Query> again = parse_query(canonical);
  TG_ASSERT(again.has_value(), "a canonical form parses");
  TG_ASSERT(to_text(*again) == canonical, "a canonical form parses to itself");
  return 0;
}
