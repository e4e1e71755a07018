// Enrolment: how a machine becomes a sensor, stays one, and ceases to be one (P10).
//
//   a token is made by an operator, for tenants, a number of uses and a time; it is shown once
//   enrol     token + request ─▶ certificate that names sensor and tenants; the use is counted in the same write
//   renew     a sensor's own good certificate + request ─▶ its next one, once half of its life is over
//   revoke    at once: the list that the ports ask changes before the call returns
//
// A name belongs to the key that it was enrolled with. Another key, more tenants, or a sensor that was revoked get it only with a
// token that says `replace` and is for all tenants that the sensor had; then all that was issued for it before is revoked. A name
// never goes over to other tenants, because what was pushed to it, credentials included, goes with it. The same key that comes
// again with the token it has used costs no further use: its answer was lost on the way. A renewal keeps the tenants of the store,
// and leaves the older certificate to expire, because the sensor may die before it has kept the new one.
//
// Errors are for the log: `denied` says who (token id, sensor) and why, never a secret. Whoever is told over the network gets
// refusal_text() alone. `throttled`: too early. `invalid`: the request or a name is wrong. Else the store's.
//
// Pure logic over ports. Callers bound how often a peer may try. Thread: the owner's.
// Source: design, section 8; domain, 5.2 and 9.4.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/sealed.h"
#include "processor/fleet_ports.h"
#include "processor/revocations.h"

namespace tidegate {

struct EnrolmentLimits {
  std::chrono::seconds certificate_life{std::chrono::hours{24} * 90};
  std::chrono::seconds token_life_least{std::chrono::minutes{1}};
  std::chrono::seconds token_life_most{std::chrono::hours{24} * 365};
  std::uint32_t uses_most = 10'000;
  std::size_t note_bytes_max = 256;
};

struct TokenOrder {
  std::vector<std::string> tenants;
  std::uint32_t uses = 1;
  std::chrono::seconds life{std::chrono::hours{24} * 14};
  bool replace = false;
  std::string note{};
};

struct NewToken {
  EnrolmentToken token;
  Secret text;  // the only time that it is seen
};

enum class TokenState : std::uint8_t { open, used_up, expired, revoked };
TokenState state_of(const EnrolmentToken& token, WallTime now);
std::string_view name(TokenState state);

struct EnrolRequest {
  Secret token;
  std::string_view request_pem;
  std::string sensor;
  std::string peer;  // for the list of who used a token
};

struct Admission {
  std::string certificate_pem;
  std::string authority_pem;
  SensorIdentity identity;
  bool again = false;     // the same key with the same token: no use was counted
  bool replaced = false;  // an older sensor of that name has lost its access
};

class Enrolment {
 public:
  Enrolment(FleetStore& store, CertificateIssuer& issuer, RevocationList& revocations, const Clock& clock, Entropy entropy,
            EnrolmentLimits limits = {});

  Result<NewToken> create_token(const TokenOrder& order);
  Result<void> revoke_token(std::string_view id);

  Result<Admission> enrol(const EnrolRequest& request);
  // `who` is what the peer's verified certificate says.
  Result<Admission> renew(const SensorIdentity& who, std::string_view request_pem);
  Result<void> revoke_sensor(std::string_view name);

  // Brings the list up to the store: at start.
  Result<void> load_revocations();

 private:
  Result<EnrolmentToken> admitted_token(const EnrolRequest& request, WallTime now);

  FleetStore& store_;
  CertificateIssuer& issuer_;
  RevocationList& revocations_;
  const Clock& clock_;
  Entropy entropy_;
  EnrolmentLimits limits_;
};

// When a certificate may be renewed: half of its life. A sensor does so before two thirds.
WallTime renewable_from(const SensorIdentity& identity);

// What a peer is told of a refusal: enough for its operator, nothing about tokens and sensors of others.
std::string_view refusal_text(const Error& error);

}  // namespace tidegate
