#include "processor/fleet_stores.h"

#include <cstdlib>

namespace tidegate {
namespace {

// What the service manager has decrypted for us lies in its own directory, and is guarded by an access list.
PrivateFileKind kind_of(const std::filesystem::path& file) {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const bool his = credentials != nullptr && *credentials != '\0' && file.parent_path() == std::filesystem::path{credentials};
  return his ? PrivateFileKind::credential : PrivateFileKind::own;
}

Error put_back(const std::filesystem::path& missing, const std::filesystem::path& fleet) {
  return Error{Code::invalid, missing.string() + " is missing, and " + fleet.string() +
                                  " needs it: put it back, or move that directory away and enrol every sensor again"};
}

Result<SealingKey> sealing_key(const std::filesystem::path& file, bool first, const std::filesystem::path& fleet, Log& log) {
  Result<SealingKey> key = read_sealing_key(file, kind_of(file));
  if (key || key.error().code() != Code::absent) return key;
  if (!first) return put_back(file, fleet);
  Result<SealingKey> made = make_sealing_key(file, system_entropy());
  if (made) log.warning("a sealing key was made: keep a copy of it apart from the state directory", {{"file", file.string()}});
  return made;
}

Result<std::unique_ptr<Authority>> authority_of(const std::filesystem::path& fleet, bool first, const SealingKey& key, WallTime now,
                                                Log& log) {
  const std::filesystem::path file = fleet / "authority.pem";
  Result<std::unique_ptr<Authority>> authority = Authority::load(file, key, system_entropy());
  if (authority || authority.error().code() != Code::absent) return authority;
  if (!first) return put_back(file, fleet);
  authority = Authority::make(system_entropy(), now);
  if (!authority) return authority;
  if (Result<void> stored = (*authority)->store(file, key); !stored) return std::move(stored).error();
  log.info("a certificate authority was made", {{"sha256", (*authority)->fingerprint()}});
  return authority;
}

// They can be found again by looking at the fleet, so a file that is damaged keeps nothing from starting.
Result<std::unique_ptr<SqliteEvents>> events_of(const std::filesystem::path& fleet, Log& log) {
  const std::filesystem::path file = fleet / "events.db";
  bool set_aside = false;
  Result<std::unique_ptr<SqliteEvents>> events = open_or_begin_events(file, set_aside);
  if (set_aside)
    log.error("the history of events is damaged: it is set aside as events.db.damaged, and begun anew", {{"file", file.string()}});
  return events;
}

}  // namespace

Result<FleetStores> open_fleet(const CentreConfig& config, WallTime now, Log& log) {
  const std::filesystem::path state = config.state_directory;
  const std::filesystem::path fleet = state / "fleet";
  std::error_code failed;
  std::filesystem::create_directories(fleet, failed);
  if (!failed) std::filesystem::permissions(fleet, std::filesystem::perms::owner_all, failed);
  if (failed) return Error{Code::invalid, "cannot use " + fleet.string() + ": " + failed.message()};
  const bool has_store = std::filesystem::exists(fleet / "fleet.db", failed);
  const bool has_authority = std::filesystem::exists(fleet / "authority.pem", failed);
  const std::filesystem::path key_file =
      config.sealing_key_file.empty() ? state / "sealing.key" : std::filesystem::path{config.sealing_key_file};
  const Result<SealingKey> key = sealing_key(key_file, !has_store && !has_authority, fleet, log);
  if (!key) return key.error();
  FleetStores stores;
  Result<std::unique_ptr<Authority>> authority = authority_of(fleet, !has_store, *key, now, log);
  if (!authority) return std::move(authority).error();
  stores.authority = *std::move(authority);
  for (std::unique_ptr<SqliteFleet>* store : {&stores.store, &stores.writer_store}) {
    Result<std::unique_ptr<SqliteFleet>> opened = SqliteFleet::open(fleet / "fleet.db", *key, system_entropy());
    if (!opened) return std::move(opened).error();
    *store = *std::move(opened);
  }
  Result<std::unique_ptr<SqliteEvents>> events = events_of(fleet, log);
  if (!events) return std::move(events).error();
  stores.events = *std::move(events);
  const std::filesystem::path actions_file = fleet / "actions.db";
  if (has_store && !std::filesystem::exists(actions_file, failed))
    log.warning("no ledger of actions was found, and an empty one is made: if there was one, stop, and put it back",
                {{"file", actions_file.string()}});
  Result<std::unique_ptr<SqliteActions>> actions = SqliteActions::open(actions_file, *key, system_entropy());
  if (!actions) return std::move(actions).error();
  stores.actions = *std::move(actions);
  const std::filesystem::path rules_file = fleet / "rules.db";
  if (has_store && !std::filesystem::exists(rules_file, failed))
    log.warning("no rules were found, and none is in force: if there were some, stop, and put the file back",
                {{"file", rules_file.string()}});
  for (std::unique_ptr<SqliteRules>* rules : {&stores.rules, &stores.rule_ledger}) {
    Result<std::unique_ptr<SqliteRules>> opened = SqliteRules::open(rules_file);
    if (!opened) return std::move(opened).error();
    *rules = *std::move(opened);
  }
  return stores;
}

}  // namespace tidegate
