// The fleet's store: sensors, and how they fare.
#include <algorithm>

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::state_in;
using fleet_columns::tenants_in;
using fleet_columns::time_in;

constexpr std::size_t instance_uid_bytes = 16;

constexpr std::string_view sensor_columns =
    "SELECT name, tenants, serial, not_before, not_after, key_hash, token_id, enrolled, revoked, instance_uid, first_seen, "
    "last_seen, "
    "config_hash, config_state, ";

SensorRecord sensor_in(const SqliteStatement& row) {
  SensorRecord sensor;
  sensor.identity.sensor = row.text(0);
  sensor.identity.tenants = tenants_in(row.text(1));
  sensor.identity.serial = row.text(2);
  sensor.identity.not_before = time_in(row.integer(3));
  sensor.identity.not_after = time_in(row.integer(4));
  sensor.key_hash = row.blob(5);
  sensor.token_id = row.text(6);
  sensor.enrolled = time_in(row.integer(7));
  sensor.revoked = moment_in(row.integer(8));
  sensor.instance_uid = row.blob(9);
  sensor.first_seen = moment_in(row.integer(10));
  sensor.last_seen = moment_in(row.integer(11));
  sensor.config_hash = row.blob(12);
  sensor.config_state = state_in(row.integer(13));
  sensor.status = row.blob(14);
  return sensor;
}

}  // namespace

//   requires: in a transaction
Result<void> SqliteFleet::put_sensor(const EnrolmentWrite& write) {
  const SensorIdentity& identity = write.certificate.identity;
  const Result<std::int64_t> others = number(database_, "SELECT count(*) FROM sensors WHERE name <> ?1", {identity.sensor});
  if (!others) return others.error();
  if (static_cast<std::size_t>(*others) >= limits_.sensors_max) return Error{Code::full, "the fleet has as many sensors as it can"};
  constexpr std::string_view put =
      "INSERT INTO sensors VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, x'', 0, 0, x'', x'', 0) "
      "ON CONFLICT (name) DO UPDATE SET tenants = ?2, serial = ?3, not_before = ?4, not_after = ?5, key_hash = ?6, token_id = ?7, "
      "enrolled = ?8, revoked = 0";
  const std::string tenants = of(identity.tenants);
  return run(database_, put,
             {identity.sensor, tenants, identity.serial, of(identity.not_before), of(identity.not_after),
              SqliteBlob{write.certificate.key_hash}, write.token_id, of(write.at)});
}

Result<SensorRecord> SqliteFleet::sensor(std::string_view name) {
  std::optional<SensorRecord> found;
  Result<void> read = each_row(database_, std::string{sensor_columns} + "status FROM sensors WHERE name = ?1", {name},
                               [&](const SqliteStatement& row) { found = sensor_in(row); });
  if (!read) return std::move(read).error();
  if (!found) return Error{Code::absent, "there is no sensor of that name"};
  return *std::move(found);
}

Result<std::vector<SensorRecord>> SqliteFleet::sensors() {
  std::vector<SensorRecord> found;
  Result<void> read = each_row(database_, std::string{sensor_columns} + "x'' FROM sensors ORDER BY name", {},
                               [&](const SqliteStatement& row) { found.push_back(sensor_in(row)); });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::size_t> SqliteFleet::saw(std::span<const SensorSight> sights) {
  return in_transaction(database_, [&]() -> Result<std::size_t> {
    Result<SqliteStatement> statement = database_.prepare(
        "UPDATE sensors SET instance_uid = ?2, first_seen = CASE first_seen WHEN 0 THEN ?3 ELSE first_seen END, "
        "last_seen = max(last_seen, ?3), status = CASE ?4 WHEN 0 THEN status ELSE ?5 END WHERE name = ?1");
    if (!statement) return std::move(statement).error();
    std::size_t written = 0;
    for (const SensorSight& sight : sights) {
      if (sight.instance_uid.size() != instance_uid_bytes || sight.sensor.size() > limits_.text_bytes_max) continue;
      const ByteView status = sight.status ? ByteView{*sight.status} : ByteView{};
      if (status.size() > limits_.status_bytes_max) continue;
      bind_all(*statement, {sight.sensor, SqliteBlob{sight.instance_uid}, of(sight.at), std::int64_t{sight.status.has_value()},
                            SqliteBlob{status}});
      if (Result<void> run = statement->run(); !run) return std::move(run).error();
      written += static_cast<std::size_t>(database_.changes());
    }
    return written;
  });
}

Result<std::size_t> SqliteFleet::report(std::span<const ConfigReport> reports) {
  return in_transaction(database_, [&]() -> Result<std::size_t> {
    Result<SqliteStatement> of_sensor = database_.prepare("UPDATE sensors SET config_hash = ?2, config_state = ?3 WHERE name = ?1");
    if (!of_sensor) return std::move(of_sensor).error();
    Result<SqliteStatement> of_revision = database_.prepare(
        "UPDATE documents SET state = ?3, reasons = ?4, reported = ?5 WHERE sensor = ?1 AND revision = "
        "(SELECT max(revision) FROM documents WHERE sensor = ?1 AND hash = ?2)");
    if (!of_revision) return std::move(of_revision).error();
    std::size_t written = 0;
    for (const ConfigReport& report : reports) {
      const bool bounded = report.sensor.size() <= limits_.text_bytes_max && report.hash.size() <= limits_.text_bytes_max &&
                           report.reasons.size() <= limits_.reasons_bytes_max;
      if (!bounded) continue;
      const auto state = static_cast<std::int64_t>(report.state);
      bind_all(*of_sensor, {report.sensor, SqliteBlob{report.hash}, state});
      if (Result<void> run = of_sensor->run(); !run) return std::move(run).error();
      if (database_.changes() == 0) continue;
      ++written;
      bind_all(*of_revision, {report.sensor, SqliteBlob{report.hash}, state, report.reasons, of(report.at)});
      if (Result<void> run = of_revision->run(); !run) return std::move(run).error();
    }
    return written;
  });
}

}  // namespace tidegate
