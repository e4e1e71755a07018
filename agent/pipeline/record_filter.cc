#include "agent/pipeline/record_filter.h"

#include "config/filter_query.h"

namespace tidegate {

Result<RecordFilter> RecordFilter::make(std::span<const LogFilterConfig> filters, ContentType type) {
  std::vector<Rule> rules;
  std::vector<Query> queries;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const LogFilterConfig& filter = filters[i];
    if (!filter.content_types.contains(type)) continue;
    const bool excludes = filter.include.empty();
    Result<Query> query = parse_filter_query(excludes ? filter.exclude : filter.include);
    if (!query) return std::move(query).error().in("log filter " + filter.name);
    rules.push_back({i, excludes});
    queries.push_back(*std::move(query));
  }
  Result<Matchers> matchers = Matchers::make(queries, DocumentKind::api_record);
  if (!matchers) return std::move(matchers).error().in("log filters");
  return RecordFilter{std::move(rules), *std::move(matchers)};
}

std::optional<std::size_t> RecordFilter::dropped_by(ByteView payload) const {
  if (rules_.empty()) return std::nullopt;
  const std::vector<bool> matching = matchers_.matching(payload);
  std::optional<std::size_t> first_include;
  bool included = false;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].excludes) {
      if (matching[i]) return rules_[i].filter;
      continue;
    }
    if (!first_include) first_include = rules_[i].filter;
    included = included || matching[i];
  }
  return included ? std::nullopt : first_include;
}

}  // namespace tidegate
