// The store of actions: responders, whole and sealed, and the kill switch.
#include "processor/edges/sqlite_actions.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"
#include "respond/responder_store_form.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::string_view responder_purpose = "responder";
constexpr std::size_t changed_by_bytes_max = 256;

Error no_responder(std::string_view name) { return Error{Code::absent, "there is no responder '" + utf8_within(name, 64) + "'"}; }

}  // namespace

Result<void> SqliteActions::put_responders(const std::vector<KeptResponder>& all) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const KeptResponder& kept : all)
      if (Result<void> put = put_responder(kept); !put) return put;
    return {};
  });
}

//   requires: in a transaction
Result<void> SqliteActions::put_responder(const KeptResponder& kept) {
  const std::string& name = kept.responder.name;
  const Result<std::string> sealed = seal(key_, {responder_purpose, name}, stored_responder(kept.responder).reveal(), entropy_);
  if (!sealed) return Error{sealed.error()}.in("responder " + utf8_within(name, 64));
  const std::string by = utf8_within(kept.changed_by, changed_by_bytes_max);
  const Result<std::int64_t> others = number(database_, "SELECT count(*) FROM responders WHERE name <> ?1", {name});
  if (!others) return others.error();
  if (static_cast<std::size_t>(*others) >= responders_max)
    return Error{Code::full, std::to_string(*others) +
                                 " responders are kept, which is as many as can be; delete one with `tidegate-processor responder "
                                 "delete NAME`"};
  return tidegate::run(database_, "INSERT OR REPLACE INTO responders VALUES (?1, ?2, ?3, ?4)",
                       {name, *sealed, fleet_columns::of(kept.changed), by});
}

Result<KeptResponder> SqliteActions::responder_in(const SqliteStatement& row) const {
  const std::string name{row.text(0)};
  Result<Secret> opened = unseal(key_, {responder_purpose, name}, row.text(1));
  if (!opened) return std::move(opened).error().in("responder " + name);
  Result<Responder> responder = responder_from_stored(*opened);
  if (!responder) return std::move(responder).error().in("responder " + name);
  KeptResponder kept;
  kept.responder = *std::move(responder);
  kept.changed = fleet_columns::time_in(row.integer(2));
  kept.changed_by = row.text(3);
  return kept;
}

Result<std::vector<KeptResponder>> SqliteActions::responders() {
  std::vector<KeptResponder> found;
  std::optional<Error> failed;
  constexpr std::string_view in_order = "SELECT name, value, changed, changed_by FROM responders ORDER BY name";
  Result<void> read = each_row(database_, in_order, {}, [&](const SqliteStatement& row) {
    Result<KeptResponder> kept = responder_in(row);
    if (kept) found.push_back(*std::move(kept));
    else failed = std::move(kept).error();
  });
  if (!read) return std::move(read).error();
  if (failed) return *std::move(failed);
  return found;
}

Result<void> SqliteActions::delete_responder(std::string_view name) {
  Result<void> deleted = tidegate::run(database_, "DELETE FROM responders WHERE name = ?1", {name});
  if (deleted && database_.changes() == 0) return no_responder(name);
  return deleted;
}

Result<void> SqliteActions::set_may_send(bool may, std::string_view by, WallTime at) {
  const std::string who = utf8_within(by, changed_by_bytes_max);
  return tidegate::run(database_, "INSERT OR REPLACE INTO kill_switch VALUES (1, ?1, ?2, ?3)",
                       {std::int64_t{may}, fleet_columns::of(at), who});
}

Result<bool> SqliteActions::may_send() {
  const Result<std::int64_t> stopped = number(database_, "SELECT count(*) FROM kill_switch WHERE may_send = 0", {});
  if (!stopped) return stopped.error();
  return *stopped == 0;
}

}  // namespace tidegate
