#include "processor/fleet/enrolment.h"

#include <algorithm>
#include <optional>

#include "config/texts.h"
#include "processor/digest.h"
#include "processor/fleet/token_text.h"

namespace tidegate {
namespace {

constexpr std::size_t salt_bytes = 16;

Error denied(std::string who, std::string_view why) { return Error{Code::denied, std::move(who.append(": ").append(why))}; }

// Why a name that is taken cannot be taken again.
struct Conflict {
  std::string_view why;
  bool replaceable = false;  // by a token that says so
};

// Absent when the sensor is the same one. A name never goes from tenants to others: with it go the connectors, and their
// credentials, that were pushed to it.
std::optional<Conflict> conflict(const SensorRecord& sensor, const IssuedCertificate& certificate) {
  const std::vector<std::string>& before = sensor.identity.tenants;
  const std::vector<std::string>& now = certificate.identity.tenants;
  if (!std::includes(now.begin(), now.end(), before.begin(), before.end()))
    return Conflict{"the name belongs to a sensor of tenants that the token is not for", false};
  if (sensor.revoked) return Conflict{"the sensor was revoked", true};
  if (sensor.key_hash != certificate.key_hash) return Conflict{"the name belongs to another key", true};
  if (before != now) return Conflict{"the sensor has fewer tenants", true};
  return std::nullopt;
}

}  // namespace

TokenState state_of(const EnrolmentToken& token, WallTime now) {
  if (token.revoked) return TokenState::revoked;
  if (now >= token.expires) return TokenState::expired;
  return token.uses_left == 0 ? TokenState::used_up : TokenState::open;
}

std::string_view name(TokenState state) {
  switch (state) {
    case TokenState::open: return "open";
    case TokenState::used_up: return "used up";
    case TokenState::expired: return "expired";
    case TokenState::revoked: return "revoked";
  }
  return "unknown";
}

WallTime renewable_from(const SensorIdentity& identity) {
  return identity.not_before + (identity.not_after - identity.not_before) / 2;
}

std::string_view refusal_text(const Error& error) {
  switch (error.code()) {
    case Code::denied: return "refused: the token is unknown, used up, expired or revoked, or the name is another sensor's";
    case Code::invalid: return "refused: the request, its key or the sensor's name is not valid";
    case Code::throttled: return "refused: too early";
    case Code::absent: return "refused: the sensor is not known";
    default: return "not possible at the moment: try again later";
  }
}

Enrolment::Enrolment(FleetStore& store, CertificateIssuer& issuer, RevocationList& revocations, const Clock& clock, Entropy entropy,
                     EnrolmentLimits limits)
    : store_(store), issuer_(issuer), revocations_(revocations), clock_(clock), entropy_(std::move(entropy)), limits_(limits) {}

Result<NewToken> Enrolment::create_token(const TokenOrder& order) {
  NewToken made;
  EnrolmentToken& token = made.token;
  token.tenants = order.tenants;
  if (Result<void> good = check_tenants(token.tenants); !good) return std::move(good).error();
  if (order.uses == 0 || order.uses > limits_.uses_most)
    return Error{Code::invalid, "uses of a token: must be from 1 to " + std::to_string(limits_.uses_most)};
  if (order.life < limits_.token_life_least || order.life > limits_.token_life_most)
    return Error{Code::invalid, "life of a token: must be from " + std::to_string(limits_.token_life_least.count()) + " s to " +
                                    std::to_string(limits_.token_life_most.count()) + " s"};
  if (order.note.size() > limits_.note_bytes_max || (!order.note.empty() && !is_one_line(order.note)))
    return Error{Code::invalid,
                 "note of a token: must be one line of at most " + std::to_string(limits_.note_bytes_max) + " bytes"};
  Result<TokenText> drawn = draw_token(entropy_);
  if (!drawn) return std::move(drawn).error();
  token.id = drawn->id;
  token.salt.resize(salt_bytes);
  if (Result<void> salted = entropy_(std::span<char>{token.salt}); !salted) return std::move(salted).error();
  token.secret_hash = token_hash(*drawn, token.salt);
  token.uses = order.uses;
  token.uses_left = order.uses;
  token.replace = order.replace;
  token.note = order.note;
  token.created = clock_.wall();
  token.expires = token.created + order.life;
  if (Result<void> put = store_.put_token(token); !put) return std::move(put).error();
  made.text = text_of(*drawn);
  return made;
}

Result<void> Enrolment::revoke_token(std::string_view id) { return store_.revoke_token(id, clock_.wall()); }

// A token that may be used, or was used up: which of the two, the caller looks at. Who does not know the secret learns nothing
// more.
Result<EnrolmentToken> Enrolment::admitted_token(const EnrolRequest& request, WallTime now) {
  const std::string who = "sensor " + request.sensor;
  const std::optional<TokenText> text = parse_token(request.token.reveal());
  if (!text) return denied(who, "what it shows is no token");
  const std::string whose = who + " with token " + text->id;
  Result<EnrolmentToken> token = store_.token(text->id);
  if (!token && token.error().code() == Code::absent) return denied(whose, "the token is not known");
  if (!token) return token;
  if (!same_secret(token_hash(*text, token->salt), token->secret_hash)) return denied(whose, "the token's secret is wrong");
  const TokenState state = state_of(*token, now);
  if (state == TokenState::revoked || state == TokenState::expired)
    return denied(whose, std::string{"the token is "}.append(name(state)));
  return token;
}

Result<Admission> Enrolment::enrol(const EnrolRequest& request) {
  if (Result<void> good = check_sensor_name(request.sensor); !good) return std::move(good).error();
  const WallTime now = clock_.wall();
  const Result<EnrolmentToken> token = admitted_token(request, now);
  if (!token) return token.error();
  const std::string whose = "sensor " + request.sensor + " with token " + token->id;
  const Result<SensorRecord> known = store_.sensor(request.sensor);
  if (!known && known.error().code() != Code::absent) return known.error();
  const bool has_used = known && known->token_id == token->id;
  if (token->uses_left == 0 && !has_used) return denied(whose, "the token is used up");

  EnrolmentWrite write;
  Result<IssuedCertificate> issued =
      issuer_.issue({request.request_pem, request.sensor, token->tenants, limits_.certificate_life}, now);
  if (!issued) return std::move(issued).error().in(whose);
  write.certificate = *std::move(issued);
  const std::optional<Conflict> taken = known ? conflict(*known, write.certificate) : std::nullopt;
  if (taken && !(taken->replaceable && token->replace)) return denied(whose, taken->why);
  write.uses_token = !has_used || taken;
  if (token->uses_left == 0 && write.uses_token) return denied(whose, "the token is used up");
  write.token_id = token->id;
  write.peer = request.peer;
  write.at = now;
  write.replaces = taken.has_value();
  const Result<Revoked> revoked = store_.enrol(write);
  if (!revoked) return Error{revoked.error()}.in(whose);
  revocations_.revoke(*revoked);
  if (write.replaces) revocations_.readmit(request.sensor);
  return Admission{write.certificate.certificate_pem, issuer_.certificate_pem(), write.certificate.identity, !write.uses_token,
                   write.replaces};
}

Result<Admission> Enrolment::renew(const SensorIdentity& who, std::string_view request_pem) {
  const std::string whose = "sensor " + who.sensor + " with certificate " + who.serial;
  const WallTime now = clock_.wall();
  if (revocations_.revoked(who)) return denied(whose, "it was revoked");
  if (now >= who.not_after) return denied(whose, "the certificate expired on " + to_iso8601(who.not_after));
  if (now < renewable_from(who))
    return Error{Code::throttled, whose + ": it can be renewed from " + to_iso8601(renewable_from(who))};
  const Result<SensorRecord> known = store_.sensor(who.sensor);
  if (!known) return Error{known.error()}.in(whose);
  if (known->revoked) return denied(whose, "the sensor was revoked");
  const Result<IssuedCertificate> issued =
      issuer_.issue({request_pem, who.sensor, known->identity.tenants, limits_.certificate_life}, now);
  if (!issued) return Error{issued.error()}.in(whose);
  if (Result<void> written = store_.renew(*issued, now); !written) return std::move(written).error().in(whose);
  return Admission{issued->certificate_pem, issuer_.certificate_pem(), issued->identity};
}

Result<void> Enrolment::revoke_sensor(std::string_view name) {
  const Result<Revoked> revoked = store_.revoke_sensor(name, clock_.wall());
  if (!revoked) return revoked.error();
  revocations_.revoke(*revoked);
  return {};
}

Result<void> Enrolment::load_revocations() {
  const Result<Revoked> revoked = store_.revoked(clock_.wall());
  if (!revoked) return revoked.error();
  revocations_.replace_all(*revoked);
  return {};
}

}  // namespace tidegate
