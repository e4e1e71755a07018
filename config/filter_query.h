// A log filter's query: the query language over the API's record alone. A leading `trendmicro_visionone.` of a field is taken
// away, so that a query can be copied from search. What would never match as it was meant is refused: fields of the envelope,
// which the API's record does not have, and words without a letter or digit.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/query.h"

namespace tidegate {

// `invalid`, as parse_query() says it. In the tree, fields are paths in the API's record.
Result<Query> parse_filter_query(std::string_view text);

// `invalid`: a term or a phrase without a field holds no letter or digit to look for.
Result<void> check_words(const Query& query);

// The fields that a query names, each once, in their order.
std::vector<std::string> fields_of(const Query& query);

}  // namespace tidegate
