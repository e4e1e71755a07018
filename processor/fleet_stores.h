// What the fleet keeps in a state directory, opened: `fleet/` in it, mode 0700, with fleet.db, events.db, actions.db and
// authority.pem, and the key that they are sealed with.
//
// Thread: the loop.
#pragma once

#include <memory>

#include "base/log.h"
#include "base/result.h"
#include "config/model.h"
#include "processor/edges/sqlite_actions.h"
#include "processor/edges/sqlite_events.h"
#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rules.h"
#include "processor/fleet/authority.h"

namespace tidegate {

struct FleetStores {
  std::unique_ptr<Authority> authority;
  std::unique_ptr<SqliteFleet> store;         // the loop's
  std::unique_ptr<SqliteFleet> writer_store;  // the same file, for the thread that writes what sensors say
  std::unique_ptr<SqliteEvents> events;
  std::unique_ptr<SqliteActions> actions;
  std::unique_ptr<SqliteRules> rules;
  std::unique_ptr<SqliteRules> rule_ledger;  // of the judge, on the threads that decide
};

// The first time it makes the key, the authority and the stores. Later neither key nor authority is made anew in place
// of one that is missing: `invalid`, saying which to put back. actions.db and rules.db are, with a warning: an older version had
// none. Else the errors of SealingKey, Authority, SqliteFleet, SqliteActions and SqliteRules.
//   requires: the state directory is there
Result<FleetStores> open_fleet(const CentreConfig& config, WallTime now, Log& log);

}  // namespace tidegate
