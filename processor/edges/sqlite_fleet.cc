#include "processor/edges/sqlite_fleet.h"

#include "processor/edges/sqlite_rows.h"

namespace tidegate {
namespace {

// What each version added. The version is set last, in the same transaction: a file is made whole or not at all.
constexpr const char* fleet_schema_1 = R"(
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, salt BLOB NOT NULL, secret_hash BLOB NOT NULL, tenants TEXT NOT NULL, uses INTEGER NOT NULL,
    uses_left INTEGER NOT NULL CHECK (uses_left >= 0), replace INTEGER NOT NULL, note TEXT NOT NULL, created INTEGER NOT NULL,
    expires INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE uses (
    token_id TEXT NOT NULL, sensor TEXT NOT NULL, serial TEXT NOT NULL, peer TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE INDEX uses_of_token ON uses (token_id);
  CREATE TABLE sensors (
    name TEXT PRIMARY KEY, tenants TEXT NOT NULL, serial TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
    key_hash BLOB NOT NULL, token_id TEXT NOT NULL, enrolled INTEGER NOT NULL, revoked INTEGER NOT NULL, instance_uid BLOB NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, status BLOB NOT NULL, config_hash BLOB NOT NULL,
    config_state INTEGER NOT NULL) STRICT;
  CREATE TABLE certificates (
    serial TEXT PRIMARY KEY, sensor TEXT NOT NULL, not_after INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX certificates_of_sensor ON certificates (sensor);
  CREATE INDEX certificates_by_end ON certificates (not_after);
  CREATE TABLE documents (
    sensor TEXT NOT NULL, revision INTEGER NOT NULL, hash BLOB NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL,
    at INTEGER NOT NULL, state INTEGER NOT NULL, reasons TEXT NOT NULL, reported INTEGER NOT NULL,
    UNIQUE (sensor, revision)) STRICT;
  CREATE TABLE credentials (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed INTEGER NOT NULL) STRICT;
)";
constexpr const char* fleet_schema_2 = R"(
  CREATE TABLE rollouts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, author TEXT NOT NULL,
    file_name TEXT NOT NULL, stages TEXT NOT NULL, failures_allowed INTEGER NOT NULL, settle INTEGER NOT NULL,
    state INTEGER NOT NULL, stage INTEGER NOT NULL, failures_excused INTEGER NOT NULL, why TEXT NOT NULL, ended INTEGER NOT NULL) STRICT;
  CREATE TABLE rollout_targets (
    rollout TEXT NOT NULL, place INTEGER NOT NULL, sensor TEXT NOT NULL, stage INTEGER NOT NULL, state INTEGER NOT NULL,
    revision INTEGER NOT NULL, before INTEGER NOT NULL, reverted_by INTEGER NOT NULL, healthy_before INTEGER NOT NULL,
    reasons TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (rollout, place)) STRICT;
  PRAGMA user_version = 2;
)";

}  // namespace

namespace fleet_columns {

WallTime time_in(std::int64_t column) { return WallTime{std::chrono::nanoseconds{column}}; }

std::optional<WallTime> moment_in(std::int64_t column) {
  if (column == 0) return std::nullopt;
  return time_in(column);
}

std::string of(const std::vector<std::string>& tenants) {
  std::string column;
  for (const std::string& tenant : tenants) column.append(tenant).append("\n");
  return column;
}

std::vector<std::string> tenants_in(std::string_view column) {
  std::vector<std::string> tenants;
  for (std::size_t end = column.find('\n'); end != std::string_view::npos; end = column.find('\n')) {
    tenants.emplace_back(column.substr(0, end));
    column.remove_prefix(end + 1);
  }
  return tenants;
}

ConfigState state_in(std::int64_t column) {
  const bool known = column >= 0 && column <= static_cast<std::int64_t>(ConfigState::failed);
  return known ? static_cast<ConfigState>(column) : ConfigState::unset;
}

}  // namespace fleet_columns

SqliteFleet::SqliteFleet(SqliteDatabase database, SealingKey key, Entropy entropy, FleetLimits limits,
                         RolloutStoreLimits rollout_limits)
    : database_(std::move(database)),
      key_(std::move(key)),
      entropy_(std::move(entropy)),
      limits_(limits),
      rollout_limits_(rollout_limits) {}

Result<std::unique_ptr<SqliteFleet>> SqliteFleet::open(const std::filesystem::path& file, SealingKey key, Entropy entropy,
                                                       FleetLimits limits, RolloutStoreLimits rollout_limits) {
  make_private(file);
  Result<SqliteDatabase> database = SqliteDatabase::open(file, SqliteDatabase::Mode::write);
  if (!database) return std::move(database).error();
  std::unique_ptr<SqliteFleet> fleet{
      new SqliteFleet{*std::move(database), std::move(key), std::move(entropy), limits, rollout_limits}};
  if (Result<void> prepared = fleet->prepare(); !prepared) return std::move(prepared).error().in(file.string());
  return fleet;
}

Result<void> SqliteFleet::prepare() {
  if (Result<void> set = database_.execute(lasting_settings); !set) return set;
  // In a transaction: another process may be making the same file.
  return in_transaction(database_, [this]() -> Result<void> {
    const Result<std::int64_t> format = number(database_, "PRAGMA user_version", {});
    if (!format) return format.error();
    if (*format > fleet_format) return Error{Code::invalid, "written by a newer version of the processor"};
    if (*format < 1)
      if (Result<void> made = database_.execute(fleet_schema_1); !made) return made;
    if (*format < 2) return database_.execute(fleet_schema_2);
    return {};
  });
}

}  // namespace tidegate
