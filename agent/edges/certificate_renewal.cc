#include "agent/edges/certificate_renewal.h"

#include "transport/certificate_request.h"

namespace tidegate {

Result<WallTime> CertificateRenewal::due(Random& random) const {
  Result<IdentityPems> pems = files_.load();
  if (!pems) return std::move(pems).error();
  const Result<CertificateFacts> facts = certificate_facts(pems->certificate);
  if (!facts) return facts.error();
  const auto life = facts->not_after - facts->not_before;
  if (life.count() <= 0) return Error{Code::invalid, "the sensor's certificate is valid at no time"};
  const auto chance = std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(life.count()) / 10 * random.unit())};
  return facts->not_before + life / 2 + chance;
}

Result<std::string> CertificateRenewal::make_request() {
  Result<Secret> key = make_private_key();
  if (!key) return std::move(key).error();
  Result<std::string> request = make_certificate_request(*key, sensor_);
  if (request) key_ = *std::move(key);
  return request;
}

Result<void> CertificateRenewal::take(const std::string& certificate_pem) {
  if (key_.empty()) return Error{Code::invalid, "no certificate was asked for"};
  Result<IdentityPems> in_force = files_.load();
  if (!in_force) return std::move(in_force).error();
  const Result<CertificateFacts> facts = certificate_facts(certificate_pem);
  if (!facts) return facts.error();
  if (facts->common_name != sensor_) return Error{Code::denied, "the certificate that was issued is for another sensor"};
  if (Result<void> trusted = signed_by(certificate_pem, in_force->ca); !trusted)
    return Error{Code::denied, "the certificate that was issued is not signed by an authority in force"};
  const IdentityPems candidate{.private_key = key_, .certificate = certificate_pem, .ca = {}};
  if (Result<void> stored = files_.put_candidate(candidate); !stored) return stored;
  key_ = Secret{};
  trying_ = true;
  return {};
}

Result<void> CertificateRenewal::keep() {
  trying_ = false;
  return files_.keep_candidate();
}

// What cannot be removed is replaced by the next candidate, and never used before.
void CertificateRenewal::drop() {
  trying_ = false;
  static_cast<void>(files_.drop_candidate().has_value());
}

Result<TlsContextPtr> CertificateRenewal::tls() const {
  if (!trying_)
    return make_client_tls(
        TlsClientFiles{files_.ca_file().string(), files_.certificate_file().string(), files_.private_key_file().string()});
  return make_client_tls(TlsClientFiles{files_.ca_file().string(), files_.candidate_certificate_file().string(),
                                        files_.candidate_private_key_file().string()});
}

}  // namespace tidegate
