// The TLS of both ports where there is a control plane: what the processor shows, and whom it trusts.
//
//   shows    the certificate of tls.*, or one of the authority's own, made anew at each start and in time before it ends
//   trusts   data port: tls.ca_file, where it is given, and the authority; a certificate is required
//            control port: the authority alone; a certificate is optional, because who enrols has none yet
//
// Thread: the loop; files are small and local.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/model.h"
#include "processor/fleet/authority.h"
#include "transport/tls_context.h"

namespace tidegate {

struct PortTls {
  TlsContextPtr data;
  TlsContextPtr control;
  std::string trusted_pem;           // what an enrolled sensor should trust: the authority, then those of tls.ca_file
  std::optional<WallTime> renew_at;  // absent: the certificate is the operator's
};

// `invalid`: which file or name cannot be used, and why. `unavailable`: no entropy.
Result<PortTls> make_port_tls(const ProcessorConfig& config, Authority& authority, WallTime now);

}  // namespace tidegate
