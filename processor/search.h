// The search command, apart from its arguments: query and range are read and checked, records are found and written out
// one by one. The range that was used is always part of the answer (P12).
//
//   plain   range: FROM to TO
//           TIME TENANT MSG_CLASS {the record as JSON}          one line for each
//           N of TOTAL records
//   JSON    {"query": …, "tenant": …, "from": …, "to": …, "hits": [ … ], "total": N, "unreadable": [ … ]}
//
// Records are written in full, numbers exact (transport/msgpack_json.h), and never gathered: memory does not grow with
// what is found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "processor/ports.h"

namespace tidegate {

inline constexpr std::uint64_t search_limit_default = 50;

struct SearchOptions {
  std::string query{};
  std::string tenant{};                        // empty: all
  std::string from{};                          // as parse_moment reads it; empty: as far back as the index goes
  std::string to{};                            // empty: as far on as the index goes, at least to the present
  std::uint64_t limit = search_limit_default;  // records written; 0: all. The total is always of all
  bool json = false;
};

// How it ended, as an exit code: 0 something was found, 1 nothing was, or not all of the index could be read, 2 the query
// or the range is wrong, 4 the index cannot be used. `message` is for the operator; may be empty.
struct SearchOutcome {
  int exit_code = 0;
  std::string message;
};

// Takes a piece of the output; false when it cannot be written, then the search ends.
using SearchOutput = std::function<bool(std::string_view piece)>;

SearchOutcome run_search(Archive& archive, const SearchOptions& options, WallTime now, const SearchOutput& output);

// An absolute time ("2026-11-24T13:05:07Z", "2026-11-24 13:05:07", "2026-11-24"), `now`, or one that lies back from it
// ("-24h", "-90min", "-7d").
std::optional<WallTime> parse_moment(std::string_view text, WallTime now);

// As to_iso8601(), to the millisecond where it is not a whole second.
std::string moment_text(WallTime time);

// `invalid` when the query names a field that no record has, with the nearest that there is.
Result<void> check_fields(const Query& query, const SearchFields& known);

}  // namespace tidegate
