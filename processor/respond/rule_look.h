// One look of a rule into the index: which cases it has to decide of. Blocks while it searches.
//
// Thread: that of the archive.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "processor/ports.h"
#include "processor/respond/rule_judge.h"

namespace tidegate {

struct RuleLookLimits {
  std::size_t cases_max = 10'000;
  std::size_t bytes_max = 64u << 20;  // of the records of all cases
};

struct RuleLook {
  std::vector<Bytes> documents;  // what the cases point into
  std::vector<RuleCase> cases;   // the oldest record first
  std::uint64_t matched = 0;     // records, of the rule's tenants; where it was cut, at least so many
  bool cut = false;              // there were more than the limits take: the older records, or further entities, are left out
  std::vector<std::string> unreadable;  // parts of the index, each with the reason
};

// Where at_least is 1 each record is a case; else each entity of a tenant that has so many, with the newest record of it: entities
// with the same newest record are one case, of which the count is the greatest of theirs. `at` is the case's time: `at` for all,
// or, where absent, each record's own.   `invalid`: the query cannot be asked. `cancelled`: as Search::stop says; it may be null
Result<RuleLook> look_into(Archive& archive, const Rule& rule, const SearchRange& range, const std::optional<WallTime>& at,
                           const std::atomic<bool>* stop, RuleLookLimits limits = {});

}  // namespace tidegate
