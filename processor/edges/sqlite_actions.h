// Responders, runs of actions and the kill switch in one SQLite file, actions.db.
//
//   responders   name, value (sealed), changed, changed_by
//   kill_switch  one row: may_send, changed, changed_by
//   runs         number, id, created, tenant, responder, action (-1: a custom responder's), record_id, dry_run, state, settled,
//                text (what is searched, in lower case)
//   run_values   number, value: the run whole (respond/run_store_form.h)
//
// Times are nanoseconds since the epoch; actions and states are the numbers of their enumerators. A responder is sealed whole for
// "responder", "<name>": neither its secret nor where that is sent can be read or changed in the file. Values stand apart, so that
// a search over runs does not read them; they go with their runs.
//
// Promises: those of ResponderStore, ActionHistory and ActionLedger; awaitables do not suspend. What was committed survives a power
// cut (WAL, synchronous FULL). The file is made whole or not at all, and one that a newer version wrote, or that is damaged, is
// refused and left as it is: it alone says what was done in the world. Thread: the owner's, one at a time.
#pragma once

#include <filesystem>
#include <memory>

#include "config/sealed.h"
#include "processor/edges/sqlite.h"
#include "processor/respond_ports.h"

namespace tidegate {

inline constexpr int actions_format = 1;  // PRAGMA user_version; 0 is a file that was not finished

class SqliteActions final : public ResponderStore, public ActionHistory, public ActionLedger {
 public:
  // Opens the file, or makes it. `corrupt`: damaged; the text says what to do. `invalid`: a newer version wrote it.
  static Result<std::unique_ptr<SqliteActions>> open(const std::filesystem::path& file, SealingKey key, Entropy entropy,
                                                     ActionLimits limits = {});

  Result<void> put_responders(const std::vector<KeptResponder>& all) override;
  Result<std::vector<KeptResponder>> responders() override;
  Result<void> delete_responder(std::string_view name) override;
  Result<void> set_may_send(bool may, std::string_view by, WallTime at) override;
  Result<bool> may_send() override;

  Result<RunsFound> runs(const ActionQuery& query) override;
  Result<std::uint64_t> count(const ActionQuery& query) override;
  Result<ActionRun> run(std::string_view id) override;
  Result<std::optional<std::string>> unsettled_run_of(std::string_view responder) override;
  Result<void> trim(WallTime now) override;

  // `invalid`: a run is beyond run_bytes_max; one that is there may grow to twice of that, so that what became of it is kept.
  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override;
  asio::awaitable<Result<ActionRun>> read(std::string id) override;
  asio::awaitable<Result<UnsettledRuns>> unsettled() override;

 private:
  SqliteActions(SqliteDatabase database, SealingKey key, Entropy entropy, ActionLimits limits);

  Result<void> prepare();
  Result<void> put_responder(const KeptResponder& kept);
  Result<KeptResponder> responder_in(const SqliteStatement& row) const;
  Result<void> put_runs(const std::vector<ActionRun>& runs);
  Result<void> put_run(const ActionRun& run);
  Result<void> make_room_for_unsettled();
  Result<std::optional<WallTime>> created_of(std::string_view id);

  SqliteDatabase database_;
  SealingKey key_;
  Entropy entropy_;
  ActionLimits limits_;
};

}  // namespace tidegate
