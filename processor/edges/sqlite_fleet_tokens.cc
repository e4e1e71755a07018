// The fleet's store: enrolment tokens, and the certificates that come of them.
#include <algorithm>

#include "processor/edges/sqlite_fleet.h"
#include "processor/edges/sqlite_rows.h"

namespace tidegate {
namespace {

using fleet_columns::moment_in;
using fleet_columns::of;
using fleet_columns::tenants_in;
using fleet_columns::time_in;

constexpr std::string_view token_columns =
    "SELECT id, salt, secret_hash, tenants, uses, uses_left, replace, note, created, expires, revoked FROM tokens ";

EnrolmentToken token_in(const SqliteStatement& row) {
  EnrolmentToken token;
  token.id = row.text(0);
  token.salt = row.blob(1);
  token.secret_hash = row.blob(2);
  token.tenants = tenants_in(row.text(3));
  token.uses = static_cast<std::uint32_t>(row.integer(4));
  token.uses_left = static_cast<std::uint32_t>(row.integer(5));
  token.replace = row.integer(6) != 0;
  token.note = row.text(7);
  token.created = time_in(row.integer(8));
  token.expires = time_in(row.integer(9));
  token.revoked = moment_in(row.integer(10));
  return token;
}

Error one_too_many(std::string_view what) { return Error{Code::full, "the fleet has as many " + std::string{what} + " as it can"}; }

}  // namespace

Result<void> SqliteFleet::put_token(const EnrolmentToken& token) {
  const std::size_t longest = std::max({token.id.size(), token.salt.size(), token.secret_hash.size(), token.note.size()});
  if (token.id.empty() || longest > limits_.text_bytes_max || token.tenants.size() > tenants_of_sensor_max)
    return Error{Code::invalid, "an enrolment token is beyond its bounds"};
  return in_transaction(database_, [&]() -> Result<void> {
    const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM tokens", {});
    if (!count) return count.error();
    if (static_cast<std::size_t>(*count) >= limits_.tokens_max) {
      // Those that nobody can use any more, with the list of who used them, make room.
      const SqliteValue now = of(token.created);
      Result<void> freed = run(database_, "DELETE FROM uses WHERE token_id IN (SELECT id FROM tokens WHERE expires < ?1)", {now});
      if (freed) freed = run(database_, "DELETE FROM tokens WHERE expires < ?1", {now});
      if (!freed) return freed;
      if (database_.changes() == 0) return one_too_many("enrolment tokens");
    }
    const std::string tenants = of(token.tenants);
    Result<void> put =
        run(database_, "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
            {token.id, SqliteBlob{token.salt}, SqliteBlob{token.secret_hash}, tenants, std::int64_t{token.uses},
             std::int64_t{token.uses_left}, std::int64_t{token.replace}, token.note, of(token.created), of(token.expires),
             of(token.revoked)});
    if (put && database_.changes() == 0) return Error{Code::invalid, "there is an enrolment token of that id"};
    return put;
  });
}

Result<EnrolmentToken> SqliteFleet::token(std::string_view id) {
  std::optional<EnrolmentToken> found;
  Result<void> read = each_row(database_, std::string{token_columns} + "WHERE id = ?1", {id},
                               [&](const SqliteStatement& row) { found = token_in(row); });
  if (!read) return std::move(read).error();
  if (!found) return Error{Code::absent, "there is no enrolment token of that id"};
  return *std::move(found);
}

Result<std::vector<EnrolmentToken>> SqliteFleet::tokens() {
  std::vector<EnrolmentToken> found;
  Result<void> read = each_row(database_, std::string{token_columns} + "ORDER BY created, id", {},
                               [&](const SqliteStatement& row) { found.push_back(token_in(row)); });
  if (!read) return std::move(read).error();
  return found;
}

Result<std::vector<TokenUse>> SqliteFleet::token_uses(std::string_view id) {
  std::vector<TokenUse> found;
  Result<void> read = each_row(database_, "SELECT token_id, sensor, serial, peer, at FROM uses WHERE token_id = ?1 ORDER BY rowid",
                               {id}, [&](const SqliteStatement& row) {
                                 found.push_back({std::string{row.text(0)}, std::string{row.text(1)}, std::string{row.text(2)},
                                                  std::string{row.text(3)}, time_in(row.integer(4))});
                               });
  if (!read) return std::move(read).error();
  return found;
}

Result<void> SqliteFleet::revoke_token(std::string_view id, WallTime at) {
  return in_transaction(database_, [&]() -> Result<void> {
    Result<void> revoked =
        run(database_, "UPDATE tokens SET revoked = CASE revoked WHEN 0 THEN ?2 ELSE revoked END WHERE id = ?1", {id, of(at)});
    if (revoked && database_.changes() == 0) return Error{Code::absent, "there is no enrolment token of that id"};
    return revoked;
  });
}

Result<Revoked> SqliteFleet::enrol(const EnrolmentWrite& write) {
  if (write.peer.size() > limits_.text_bytes_max || write.certificate.key_hash.size() > limits_.text_bytes_max)
    return Error{Code::invalid, "an enrolment is beyond its bounds"};
  return in_transaction(database_, [&]() -> Result<Revoked> {
    const std::string& sensor = write.certificate.identity.sensor;
    if (Result<void> used = use_token(write); !used) return std::move(used).error();
    const Result<std::int64_t> barred =
        number(database_, "SELECT count(*) FROM sensors WHERE name = ?1 AND revoked <> 0", {sensor});
    if (!barred) return barred.error();
    if (*barred != 0 && !write.replaces) return Error{Code::denied, "the sensor was revoked"};
    Revoked revoked;
    if (write.replaces) {
      Result<Revoked> all = revoke_certificates(sensor, write.at);
      if (!all) return all;
      revoked = *std::move(all);
    }
    if (Result<void> put = put_certificate(write.certificate, write.at); !put) return std::move(put).error();
    if (Result<void> put = put_sensor(write); !put) return std::move(put).error();
    return revoked;
  });
}

//   requires: in a transaction
Result<void> SqliteFleet::use_token(const EnrolmentWrite& write) {
  constexpr std::string_view take =
      "UPDATE tokens SET uses_left = uses_left - ?2 WHERE id = ?1 AND revoked = 0 AND expires > ?3 AND uses_left >= ?2";
  Result<void> taken = run(database_, take, {write.token_id, std::int64_t{write.uses_token}, of(write.at)});
  if (!taken) return taken;
  if (database_.changes() == 0) return Error{Code::denied, "the token is used up, expired or revoked"};
  if (!write.uses_token) return {};
  const SensorIdentity& identity = write.certificate.identity;
  return run(database_, "INSERT INTO uses VALUES (?1, ?2, ?3, ?4, ?5)",
             {write.token_id, identity.sensor, identity.serial, write.peer, of(write.at)});
}

//   requires: in a transaction
Result<Revoked> SqliteFleet::revoke_certificates(std::string_view sensor, WallTime at) {
  Revoked revoked;
  Result<void> read = each_row(database_, "SELECT serial FROM certificates WHERE sensor = ?1 ORDER BY serial", {sensor},
                               [&](const SqliteStatement& row) { revoked.serials.emplace_back(row.text(0)); });
  if (!read) return std::move(read).error();
  Result<void> written = run(database_, "UPDATE certificates SET revoked = ?2 WHERE sensor = ?1 AND revoked = 0", {sensor, of(at)});
  if (!written) return std::move(written).error();
  return revoked;
}

//   requires: in a transaction
Result<void> SqliteFleet::put_certificate(const IssuedCertificate& certificate, WallTime at) {
  if (Result<void> freed = run(database_, "DELETE FROM certificates WHERE not_after < ?1", {of(at)}); !freed) return freed;
  const Result<std::int64_t> count = number(database_, "SELECT count(*) FROM certificates", {});
  if (!count) return count.error();
  if (static_cast<std::size_t>(*count) >= limits_.certificates_max) return one_too_many("certificates");
  const SensorIdentity& identity = certificate.identity;
  return run(database_, "INSERT INTO certificates VALUES (?1, ?2, ?3, 0)",
             {identity.serial, identity.sensor, of(identity.not_after)});
}

Result<void> SqliteFleet::renew(const IssuedCertificate& certificate, WallTime at) {
  const SensorIdentity& identity = certificate.identity;
  const std::string tenants = of(identity.tenants);
  return in_transaction(database_, [&]() -> Result<void> {
    const Result<std::int64_t> known = number(database_, "SELECT count(*) FROM sensors WHERE name = ?1", {identity.sensor});
    if (!known) return known.error();
    if (*known == 0) return Error{Code::absent, "there is no sensor of that name"};
    if (Result<void> put = put_certificate(certificate, at); !put) return put;
    Result<void> put = run(database_,
                           "UPDATE sensors SET tenants = ?2, serial = ?3, not_before = ?4, not_after = ?5, key_hash = ?6 "
                           "WHERE name = ?1 AND revoked = 0",
                           {identity.sensor, tenants, identity.serial, of(identity.not_before), of(identity.not_after),
                            SqliteBlob{certificate.key_hash}});
    if (put && database_.changes() == 0) return Error{Code::denied, "the sensor was revoked"};
    return put;
  });
}

Result<Revoked> SqliteFleet::revoke_sensor(std::string_view name, WallTime at) {
  return in_transaction(database_, [&]() -> Result<Revoked> {
    Result<void> written =
        run(database_, "UPDATE sensors SET revoked = CASE revoked WHEN 0 THEN ?2 ELSE revoked END WHERE name = ?1", {name, of(at)});
    if (!written) return std::move(written).error();
    if (database_.changes() == 0) return Error{Code::absent, "there is no sensor of that name"};
    Result<Revoked> revoked = revoke_certificates(name, at);
    if (revoked) revoked->sensors.emplace_back(name);
    return revoked;
  });
}

Result<Revoked> SqliteFleet::revoked(WallTime now) {
  Revoked revoked;
  Result<void> read = each_row(database_, "SELECT serial FROM certificates WHERE revoked <> 0 AND not_after >= ?1 ORDER BY serial",
                               {of(now)}, [&](const SqliteStatement& row) { revoked.serials.emplace_back(row.text(0)); });
  if (read)
    read = each_row(database_, "SELECT name FROM sensors WHERE revoked <> 0 ORDER BY name", {},
                    [&](const SqliteStatement& row) { revoked.sensors.emplace_back(row.text(0)); });
  if (!read) return std::move(read).error();
  return revoked;
}

}  // namespace tidegate
