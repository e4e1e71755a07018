// The processor's certificate authority: signs the certificates that sensors and the processor itself show (P10). One root, EC
// P-256, ten years; nothing hangs below what it signs.
//
//   a sensor's       clientAuth; names as in processor/identity.h; not a word of the request but its key
//   the processor's  serverAuth; host names and addresses
//
// Serial numbers have 128 bits, of which 127 are random. A certificate begins a little before now, because clocks differ, and never
// outlives its authority.
//
// On disk the authority is one file of mode 0600, made whole or not at all: its certificate in PEM, and its key sealed, in a block
// of its own that readers of PEM pass over, so the file can be named as one of trusted certificates. The key is bound to that
// certificate: beside another one it does not open.
//
//   -----BEGIN CERTIFICATE-----  …
//   -----BEGIN TIDEGATE SEALED KEY-----  base64 of config/sealed.h, in lines of 64  -----END TIDEGATE SEALED KEY-----
//
// Promises: the key is in memory, in that file, and nowhere else. Requests are bounded before they are decoded. Time is an
// argument. Thread: the owner's. Signing takes well under a millisecond, checking a request of 8192 bits RSA a few. Source: design,
// section 8 (enrolment); RFC 5280; opamp, 4.3.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/sealed.h"
#include "processor/fleet_ports.h"
#include "processor/x509.h"

namespace tidegate {

struct AuthorityLimits {
  std::chrono::seconds authority_life{std::chrono::hours{24} * 3650};
  std::chrono::seconds life_least{std::chrono::minutes{5}};
  std::chrono::seconds life_most{std::chrono::hours{24} * 398};  // what clients accept of a server at most
  std::chrono::seconds backdated{std::chrono::minutes{5}};
  std::size_t host_names_max = 64;
};

struct ServerOrder {
  std::vector<std::string> hosts;  // names and addresses, at least one; the first is the subject
  std::chrono::seconds lifetime{};
};

struct ServerCertificate {
  std::string certificate_pem;
  Secret private_key_pem;
  WallTime not_after{};
};

class Authority final : public CertificateIssuer {
 public:
  // A new one, in memory. `unavailable`: no entropy or memory.
  static Result<std::unique_ptr<Authority>> make(const Entropy& entropy, WallTime now, AuthorityLimits limits = {});
  // `absent`: no such file. `denied`: others may read it, or another key sealed it. `corrupt`: it is none of ours, or damaged.
  static Result<std::unique_ptr<Authority>> load(const std::filesystem::path& file, const SealingKey& key, const Entropy& entropy,
                                                 AuthorityLimits limits = {});
  // `invalid`: there is a file already, which stays as it is.
  Result<void> store(const std::filesystem::path& file, const SealingKey& key) const;

  Result<IssuedCertificate> issue(const CertificateOrder& order, WallTime now) override;
  const std::string& certificate_pem() const override { return certificate_pem_; }

  // With a new key. `invalid`: a host that is neither a name nor an address, or a lifetime out of bounds.
  Result<ServerCertificate> issue_server(const ServerOrder& order, WallTime now);

  // SHA-256 of the authority's certificate, in hexadecimal: what a sensor is told to expect (enroll --ca-sha256).
  const std::string& fingerprint() const { return fingerprint_; }
  WallTime not_after() const { return not_after_; }

 private:
  struct Draft;  // a certificate before it is signed

  Authority(const Entropy& entropy, AuthorityLimits limits) : entropy_(entropy), limits_(limits) {}

  Result<void> take(CertificatePtr certificate, KeyPtr key);
  Result<CertificatePtr> drafted(const Draft& draft) const;
  // What is no authority itself.
  Result<CertificatePtr> signed_leaf(const Draft& draft) const;
  // `invalid`: out of bounds, or the authority has expired.
  Result<WallTime> end_of_life(std::chrono::seconds lifetime, WallTime now) const;

  Entropy entropy_;
  AuthorityLimits limits_;
  CertificatePtr certificate_;
  KeyPtr key_;
  std::string certificate_pem_;
  std::string fingerprint_;
  WallTime not_after_{};
};

}  // namespace tidegate
