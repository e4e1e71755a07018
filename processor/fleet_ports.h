// What the fleet asks of the world: a store that keeps who may enrol, who is a sensor and what each should run, and an authority
// that signs. edges/sqlite_fleet answers the first, fleet/authority the second.
//
// Promises of a store: each call that writes is one transaction, on stable storage when it returns; after an error nothing of it is
// in, but for `unavailable`, where it may be. Secrets lie sealed in it (P10): it is given them in the clear and never keeps them
// so. A token's secret is not in it at all. Times are the caller's. Everything has a bound; what is beyond is `invalid`, what would
// be one too many `full`.
//
// Thread: the owner's, one at a time. The same store may be open twice: what the other one wrote is seen at the next call.
// Source: design, sections 8 and 9; domain, 5.2.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "processor/identity.h"
#include "processor/revocations.h"

namespace tidegate {

struct FleetLimits {
  std::size_t tokens_max = 10'000;
  std::size_t sensors_max = 100'000;
  std::size_t certificates_max = 1'000'000;  // that have not expired
  std::size_t credentials_max = 10'000;
  std::size_t revisions_kept_max = 64;        // of one sensor; the oldest go first, never the newest
  std::size_t document_bytes_max = 1u << 20;  // as the parser's
  std::size_t credential_bytes_max = 64u << 10;
  std::size_t status_bytes_max = 64u << 10;
  std::size_t reasons_bytes_max = 16u << 10;
  std::size_t text_bytes_max = 512;  // peers, authors, notes, names, hashes
};

// A right to enrol. Its id is the beginning of the token's text; of the rest only a salted hash is kept.
struct EnrolmentToken {
  std::string id;
  Bytes salt;
  Bytes secret_hash;
  std::vector<std::string> tenants;
  std::uint32_t uses = 0;  // as it was made
  std::uint32_t uses_left = 0;
  bool replace = false;  // may take the name of another key, or of a revoked sensor, of its tenants
  std::string note;      // the operator's
  WallTime created{};
  WallTime expires{};
  std::optional<WallTime> revoked;
};

struct TokenUse {
  std::string token_id;
  std::string sensor;
  std::string serial;
  std::string peer;  // where it came from
  WallTime at{};
};

// As in the control protocol.
enum class ConfigState : std::uint8_t { unset, applied, applying, failed };
std::string_view name(ConfigState state);

struct SensorRecord {
  SensorIdentity identity;  // of the certificate issued last
  Bytes key_hash;           // of that certificate's public key
  std::string token_id;     // that it was enrolled with last
  WallTime enrolled{};
  std::optional<WallTime> revoked;
  Bytes instance_uid;  // 16 bytes; empty: it never connected
  std::optional<WallTime> first_seen;
  std::optional<WallTime> last_seen;
  Bytes status;       // what it said of itself last, opaque here
  Bytes config_hash;  // that it reported last
  ConfigState config_state = ConfigState::unset;
};

struct SensorSight {
  std::string sensor;
  Bytes instance_uid;
  WallTime at{};
  std::optional<Bytes> status;  // absent: as before
};

struct ConfigReport {
  std::string sensor;
  Bytes hash;
  ConfigState state = ConfigState::unset;
  std::string reasons;
  WallTime at{};
};

// A certificate that was signed and not yet given to anybody.
struct IssuedCertificate {
  std::string certificate_pem;
  SensorIdentity identity;
  Bytes key_hash;
};

struct EnrolmentWrite {
  std::string token_id;
  bool uses_token = true;  // false: the same key comes again with the token that it has used
  IssuedCertificate certificate;
  std::string peer;
  WallTime at{};
  bool replaces = false;  // the sensor's older certificates are revoked with it
};

// A document of a sensor as it was pushed.
struct DocumentDraft {
  std::string sensor;
  Secret text;
  Bytes hash;
  std::string author;
  WallTime at{};
};

struct RevisionRecord {
  std::uint64_t revision = 0;  // of this sensor, from 1, without holes but for those that were dropped as too old
  Bytes hash;
  std::string author;
  WallTime at{};
  ConfigState state = ConfigState::unset;  // unset: not reported yet
  std::string reasons;
  std::optional<WallTime> reported;
};

struct StoredDocument {
  RevisionRecord record;
  Secret text;
};

struct CredentialRecord {
  std::string name;
  WallTime changed{};
};

class FleetStore {
 public:
  virtual ~FleetStore() = default;

  // `invalid`: the id is taken.
  virtual Result<void> put_token(const EnrolmentToken& token) = 0;
  virtual Result<EnrolmentToken> token(std::string_view id) = 0;  // `absent`
  virtual Result<std::vector<EnrolmentToken>> tokens() = 0;       // by time of creation
  virtual Result<std::vector<TokenUse>> token_uses(std::string_view id) = 0;
  virtual Result<void> revoke_token(std::string_view id, WallTime at) = 0;  // `absent`; revoking again changes nothing

  // Takes a use of the token, writes sensor, certificate and use, and forgets certificates that have expired. `denied`: the token
  // has no use left, or it or the sensor was revoked, since they were read. Returns what is revoked by it.
  virtual Result<Revoked> enrol(const EnrolmentWrite& write) = 0;
  // The sensor's next certificate. `denied`: the sensor was revoked. `absent`: it is not there.
  virtual Result<void> renew(const IssuedCertificate& certificate, WallTime at) = 0;
  // The sensor and all its certificates, which are returned. `absent`.
  virtual Result<Revoked> revoke_sensor(std::string_view name, WallTime at) = 0;
  // All that is revoked; certificates that have expired are left out.
  virtual Result<Revoked> revoked(WallTime now) = 0;

  virtual Result<SensorRecord> sensor(std::string_view name) = 0;  // `absent`
  virtual Result<std::vector<SensorRecord>> sensors() = 0;         // by name, without their status

  // Many at once, because many sensors come at once. Passed over is what is beyond a bound, so that no sensor spoils the others'
  // sight, and whom the store does not know. Returns how many were written.
  virtual Result<std::size_t> saw(std::span<const SensorSight> sights) = 0;
  // Also into the newest revision that has the hash.
  virtual Result<std::size_t> report(std::span<const ConfigReport> reports) = 0;

  // The revision's number. The newest of the sensor is what it should run.
  virtual Result<std::uint64_t> put_document(const DocumentDraft& draft) = 0;
  virtual Result<StoredDocument> document(std::string_view sensor, std::uint64_t revision) = 0;  // `absent`
  virtual Result<std::optional<StoredDocument>> newest_document(std::string_view sensor) = 0;
  virtual Result<std::vector<RevisionRecord>> history(std::string_view sensor) = 0;  // newest first

  virtual Result<void> put_credential(std::string_view name, const Secret& value, WallTime at) = 0;  // replaces
  virtual Result<Secret> credential(std::string_view name) = 0;                                      // `absent`
  virtual Result<std::vector<CredentialRecord>> credentials() = 0;                                   // by name
  virtual Result<void> delete_credential(std::string_view name) = 0;                                 // `absent`
};

struct CertificateOrder {
  std::string_view request_pem;  // PKCS#10; its subject and its extensions are not looked at
  std::string sensor;
  std::vector<std::string> tenants;
  std::chrono::seconds lifetime{};
};

class CertificateIssuer {
 public:
  virtual ~CertificateIssuer() = default;
  // `denied`: the request is not signed with its own key. `invalid`: not a request, a key that is not fit, or a name that is none.
  virtual Result<IssuedCertificate> issue(const CertificateOrder& order, WallTime now) = 0;
  virtual const std::string& certificate_pem() const = 0;  // the authority's own, to be trusted by the sensor
};

}  // namespace tidegate
