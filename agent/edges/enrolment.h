// Enrolment on the sensor: a token and a request for a certificate go to the processor's control port, the sensor's certificate
// and the authorities to trust come back.
//
//   POST https://HOST:PORT/v1/enroll    sensor=NAME&token=tge_…&csr=PEM
//   200 application/x-pem-file          the sensor's certificate, then every authority
//
// Promises: the token leaves the sensor only on a connection that was verified: chain, host name, times (P10). With a
// fingerprint, the certificate that has it is the only root that is trusted. The key never leaves the sensor. What comes back is
// taken only if it is for our key, signed by an authority that came with it, and valid by this sensor's clock. Nothing is written
// here.
//
// Thread: the loop. Bounded: three connections at most, each with a deadline. Errors say what to do next; their code says who
// refused: `denied` the processor or the check of who it is · `invalid` what was given · `unavailable`, `timeout` it was not
// reached. Source: design, sections 6.1 and 8.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/certificate_request.h"

namespace tidegate {

namespace asio = boost::asio;

inline constexpr std::uint16_t control_port = 4320;

struct EnrolmentPlan {
  std::string host;
  std::uint16_t port = control_port;
  std::string sensor;
  Secret token;
  // Whom to trust; at most one of them. Neither: the system's authorities.
  std::string ca_file{};
  std::string ca_sha256{};  // as parse_fingerprint() gives it
};

struct Enrolled {
  std::string certificate_pem;  // the sensor's
  std::string ca_pem;           // all authorities to trust
  CertificateFacts certificate;
};

asio::awaitable<Result<Enrolled>> enrol(EnrolmentPlan plan, Secret key, const Clock& clock);

}  // namespace tidegate
