// The fleet in one SQLite file, fleet.db: tokens, sensors, their certificates, what each should run, and credentials.
//
//   tokens        id, salt, secret_hash, tenants (one a line), uses, uses_left, replace, note, created, expires, revoked
//   uses          token_id, sensor, serial, peer, at
//   sensors       name, tenants, serial, not_before, not_after, key_hash, token_id, enrolled, revoked, instance_uid, first_seen,
//                 last_seen, status, config_hash, config_state
//   certificates  serial, sensor, not_after, revoked: those that have not expired
//   documents     sensor, revision, hash, text (sealed), author, at, state, reasons, reported
//   credentials   name, value (sealed), changed
//   rollouts      number (in the order of their making), id, created, author, file_name, stages (percent, with commas),
//                 failures_allowed, settle (nanoseconds), state, stage, failures_excused, why, ended
//   rollout_targets
//                 rollout, place (in the file, from 0), sensor, stage, state, revision, before, reverted_by, healthy_before,
//                 reasons, document (sealed)
//
// Times are nanoseconds since the epoch, 0 where there is none. A document is sealed for "connectors document",
// "<sensor>/<revision>"; a credential for "credential", "<name>"; a roll-out's for "roll-out document", "<id>/<place>": a value
// that is moved to another row does not open.
//
// Promises: those of FleetStore and RolloutStore. A transaction that was committed survives a power cut (WAL, synchronous FULL).
// The file is made whole or not at all, one of an older version gets what it lacks, and one that a newer version wrote, or that is
// damaged, is refused and left as it is. Thread: the owner's, one at a time. Whoever else has the file open sees whole
// transactions.
#pragma once

#include <filesystem>
#include <memory>

#include "config/sealed.h"
#include "processor/edges/sqlite.h"
#include "processor/fleet_ports.h"
#include "processor/rollout_ports.h"

namespace tidegate {

inline constexpr int fleet_format = 2;  // PRAGMA user_version; 0 is a file that was not finished

class SqliteFleet final : public FleetStore, public RolloutStore {
 public:
  // Opens the file, or makes it. `corrupt`: damaged. `invalid`: a newer version wrote it.
  static Result<std::unique_ptr<SqliteFleet>> open(const std::filesystem::path& file, SealingKey key, Entropy entropy,
                                                   FleetLimits limits = {}, RolloutStoreLimits rollout_limits = {});

  Result<void> put_token(const EnrolmentToken& token) override;
  Result<EnrolmentToken> token(std::string_view id) override;
  Result<std::vector<EnrolmentToken>> tokens() override;
  Result<std::vector<TokenUse>> token_uses(std::string_view id) override;
  Result<void> revoke_token(std::string_view id, WallTime at) override;

  Result<Revoked> enrol(const EnrolmentWrite& write) override;
  Result<void> renew(const IssuedCertificate& certificate, WallTime at) override;
  Result<Revoked> revoke_sensor(std::string_view name, WallTime at) override;
  Result<Revoked> revoked(WallTime now) override;

  Result<SensorRecord> sensor(std::string_view name) override;
  Result<std::vector<SensorRecord>> sensors() override;
  Result<std::size_t> saw(std::span<const SensorSight> sights) override;
  Result<std::size_t> report(std::span<const ConfigReport> reports) override;

  Result<std::uint64_t> put_document(const DocumentDraft& draft) override;
  Result<StoredDocument> document(std::string_view sensor, std::uint64_t revision) override;
  Result<std::optional<StoredDocument>> newest_document(std::string_view sensor) override;
  Result<std::vector<RevisionRecord>> history(std::string_view sensor) override;

  Result<void> put_credential(std::string_view name, const Secret& value, WallTime at) override;
  Result<Secret> credential(std::string_view name) override;
  Result<std::vector<CredentialRecord>> credentials() override;
  Result<void> delete_credential(std::string_view name) override;

  Result<void> put_rollout(const Rollout& rollout, std::span<const Secret> documents) override;
  Result<void> write_rollout(const Rollout& rollout, std::span<const std::size_t> places) override;
  Result<std::vector<RolloutSummary>> rollouts() override;
  Result<Rollout> rollout(std::string_view id) override;
  Result<Secret> rollout_document(std::string_view id, std::size_t place) override;

 private:
  SqliteFleet(SqliteDatabase database, SealingKey key, Entropy entropy, FleetLimits limits, RolloutStoreLimits rollout_limits);

  Result<void> prepare();
  Result<void> use_token(const EnrolmentWrite& write);
  Result<Revoked> revoke_certificates(std::string_view sensor, WallTime at);
  Result<void> put_certificate(const IssuedCertificate& certificate, WallTime at);
  Result<void> put_sensor(const EnrolmentWrite& write);
  Result<std::uint64_t> append_document(const DocumentDraft& draft);
  Result<void> make_room_for_rollout();
  Result<void> put_rollout_targets(const Rollout& rollout, std::span<const Secret> documents);
  Result<void> update_rollout_head(const RolloutHead& head);

  SqliteDatabase database_;
  SealingKey key_;
  Entropy entropy_;
  FleetLimits limits_;
  RolloutStoreLimits rollout_limits_;
};

// How the columns hold what is no number and no text. For the parts of the store.
namespace fleet_columns {

inline std::int64_t of(WallTime time) { return time.time_since_epoch().count(); }
inline std::int64_t of(const std::optional<WallTime>& time) { return time ? of(*time) : 0; }
WallTime time_in(std::int64_t column);
std::optional<WallTime> moment_in(std::int64_t column);

std::string of(const std::vector<std::string>& tenants);
std::vector<std::string> tenants_in(std::string_view column);

ConfigState state_in(std::int64_t column);

}  // namespace fleet_columns

}  // namespace tidegate
