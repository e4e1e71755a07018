// What responding asks of the world beside respond/ports.h: where responders are kept, and the history of runs, which is the same
// store as the ledger. edges/sqlite_actions answers.
//
// Promises of a store: each call that writes is one transaction, on stable storage when it returns; after an error nothing of it is
// in, but for `unavailable`, where it may be. Secrets lie sealed in it (P10). Times are the caller's. Everything has a bound.
//
// Thread: the loop.   Source: design, sections 6.1 and 9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "respond/ports.h"
#include "respond/responder.h"
#include "respond/run.h"

namespace tidegate {

struct ActionLimits {
  std::size_t runs_max = 1'000'000;   // kept; beyond it the oldest that are settled go
  std::chrono::hours kept{24 * 400};  // since they were made
  std::size_t unsettled_max = 10'000;
  std::size_t rows_shown_max = 10'000;     // of one query
  std::size_t run_bytes_max = 2u << 20;    // of one, as it is stored
  std::size_t shown_bytes_max = 8u << 20;  // of one query, as they are stored
};

struct KeptResponder {
  Responder responder;  // its secret too
  WallTime changed{};
  std::string changed_by;
};

// Absent parts do not narrow.
struct ActionQuery {
  std::string tenant;
  std::string responder;
  std::string record_id;
  std::optional<ResponseAction> action;
  std::optional<RunState> state;
  std::string text;  // in an object, a task id, a reason or who asked; without case within ASCII
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  std::string before;  // a run's id: those that were made before it (the next page); empty: from the newest on
  std::size_t limit = 100;
};

struct RunsFound {
  std::vector<ActionRun> runs;
  bool more = false;  // that match, and were made before the last of these
};

class ResponderStore {
 public:
  virtual ~ResponderStore() = default;

  // All of them, or none; each replaces the one of its name.   `full`
  virtual Result<void> put_responders(const std::vector<KeptResponder>& all) = 0;
  virtual Result<std::vector<KeptResponder>> responders() = 0;       // by name
  virtual Result<void> delete_responder(std::string_view name) = 0;  // `absent`
  // The kill switch; it outlives restarts.
  virtual Result<void> set_may_send(bool may, std::string_view by, WallTime at) = 0;
  virtual Result<bool> may_send() = 0;
};

class ActionHistory {
 public:
  virtual ~ActionHistory() = default;

  // Newest first; fewer than the limit where they are large, but at least one.   `absent`: `before`
  virtual Result<RunsFound> runs(const ActionQuery& query) = 0;
  virtual Result<std::uint64_t> count(const ActionQuery& query) = 0;  // of all that match, whatever limit and before say
  virtual Result<ActionRun> run(std::string_view id) = 0;             // `absent`
  // The id of a run of that responder that is not settled, whether it can be read or not.
  virtual Result<std::optional<std::string>> unsettled_run_of(std::string_view responder) = 0;
  // Forgets what is beyond the limits. What is not settled stays.
  virtual Result<void> trim(WallTime now) = 0;
};

}  // namespace tidegate
