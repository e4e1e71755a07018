// CertificateRenewal: the sensor's next certificate, from the request to its being in force. It has a trial like that of a
// configuration (P8): what was issued is a candidate until a connection made with it was answered.
//
// Promises: the certificate in force and its key stay until the candidate has proved itself. Taken is only what the authorities in
// force have signed, for this sensor's name and for the key of the request. The key never leaves this process and the disk.
//
// Thread: the loop; calls may block for the time of some syncs of small files, once in half a certificate's life.
// Source: design, 6.2; opamp, 4.3.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/edges/identity_files.h"
#include "base/clock.h"
#include "base/random.h"
#include "transport/tls_context.h"

namespace tidegate {

class CertificateRenewal {
 public:
  CertificateRenewal(IdentityFiles files, std::string sensor) : files_(std::move(files)), sensor_(std::move(sensor)) {}

  // When to ask for the next: after half of its life, and up to a tenth more by chance, so that a fleet that was enrolled at once
  // does not ask at once. `invalid`, `absent`: there is no certificate that could be renewed.
  Result<WallTime> due(Random& random) const;

  // A request with a key of its own, which is remembered until take() or the next request.
  Result<std::string> make_request();
  bool asked() const { return !key_.empty(); }

  // Makes a candidate of what was issued. `denied`: another authority or name. `invalid`: another key, or no certificate.
  Result<void> take(const std::string& certificate_pem);
  // The candidate is in force, or gone.
  Result<void> keep();
  void drop();

  // For a connection now: with the candidate, where there is one.
  Result<TlsContextPtr> tls() const;

 private:
  IdentityFiles files_;
  std::string sensor_;
  Secret key_;           // of the request under way
  bool trying_ = false;  // the candidate
};

}  // namespace tidegate
