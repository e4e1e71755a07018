// RecordFilter: the log filters of a connector that are for one content type. A record is kept if some include matches, or there
// are no includes, and no exclude matches. All of them are looked at in one walk over the record.
//
// A query's fields are paths in the API's record. A leading `trendmicro_visionone.` means the same, so that a query can be
// copied from search. The fields that search knows beside it (msg_class, tenantid and their like, config/record_fields.h) are
// not in the API's record, and a query that names one is refused: an include would drop everything without a word.
// Records that were not understood are no maps: they are not to be filtered at all.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "config/model.h"
#include "match/match.h"

namespace tidegate {

class RecordFilter {
 public:
  // No filters: everything is kept. `invalid`: a query that cannot be used, by the filter's name; none that
  // parse_agent() let through.
  static Result<RecordFilter> make(std::span<const LogFilterConfig> filters, ContentType type);

  // The filter that drops the record, by its place in the list that it was made from: an exclude that matches, or, where no
  // include does, the first include. Absent: the record is kept.
  //   requires: `payload` is one sound msgpack value (Page::payload of a record that was understood)
  std::optional<std::size_t> dropped_by(ByteView payload) const;

  // True when no filter is for the content type: dropped_by() drops nothing.
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    std::size_t filter = 0;
    bool excludes = true;
  };

  RecordFilter(std::vector<Rule> rules, Matchers matchers) : rules_(std::move(rules)), matchers_(std::move(matchers)) {}

  std::vector<Rule> rules_;
  Matchers matchers_;  // one for each rule
};

}  // namespace tidegate
