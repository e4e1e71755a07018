// Any query and any record: a line of query, then msgpack. What does not match a query matches its negation, as a record and as the
// API's alone; the words and fields for the index are the same each time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "config/filter_query.h"
#include "match/match.h"
#include "processor/edges/index_terms.h"
#include "transport/msgpack_view.h"

namespace {

using namespace tidegate;

void check(Query query, DocumentKind kind, ByteView document) {
  Query negated;
  negated.node = QueryNot{{query}};
  const Result<Matchers> both = Matchers::make(std::vector<Query>{std::move(query), std::move(negated)}, kind);
  if (!both) return;
  const std::vector<bool> found = both->matching(document);
  TG_ASSERT(found.size() == 2 && found[0] != found[1], "a record matches a query or its negation");
}

void check_index(ByteView document) {
  static TermCollector terms;
  const std::string once{terms.terms_of(document)};
  TG_ASSERT(terms.terms_of(document) == once, "a document always has the same words");
  FieldSet fields;
  const std::size_t known = fields.new_fields(document).size();
  TG_ASSERT(known <= FieldSet::fields_max && fields.new_fields(document).empty(), "a field is new once");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{reinterpret_cast<const char*>(data), size};
  const std::size_t line = std::min(bytes.find('\n'), size);
  const ByteView document = bytes.substr(std::min(line + 1, size));
  if (!MsgpackView::open(document)) return 0;
  if (const Result<Query> query = parse_query(bytes.substr(0, line))) check(*query, DocumentKind::record, document);
  if (const Result<Query> filter = parse_filter_query(bytes.substr(0, line))) {
    check(*filter, DocumentKind::api_record, document);
    TG_ASSERT(fields_of(*filter).size() <= QueryLimits{}.clauses_max, "a query names no more fields than it has clauses");
  }
  check_index(document);
  return 0;
}
