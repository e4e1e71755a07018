// Who a sensor is, as its certificate says: what the authority writes into one, and what the ports read out of it (P10).
//
//   subject                    CN = the sensor's name
//   subject alternative names  URI tidegate://sensor/<name>, once; URI tidegate://tenant/<id>, once for each tenant
//
// In a URI every byte but letters, digits and - . _ ~ is written %XX, in upper case, so each name has one form.
//
// Reading says nothing about trust: only a certificate that TLS has verified against our authority is anybody's.
// Thread: any; pure. OpenSSL stays behind this header: `x509_st` is its X509.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

struct x509_st;

namespace tidegate {

inline constexpr std::size_t tenants_of_sensor_max = 64;

struct SensorIdentity {
  std::string sensor;
  std::vector<std::string> tenants;  // sorted, each once, at least one
  std::string serial;                // hexadecimal
  WallTime not_before{};
  WallTime not_after{};

  bool speaks_for(std::string_view tenant) const;
  bool operator==(const SensorIdentity&) const = default;
};

// `invalid`, saying what is wrong: not a name as the configuration has them.
Result<void> check_sensor_name(const std::string& name);
// The same for the tenants of one sensor or token: 1 to 64 labels. Sorts them and takes repeated ones away.
Result<void> check_tenants(std::vector<std::string>& tenants);

std::string sensor_uri(std::string_view name);
std::string tenant_uri(std::string_view id);

// `absent`: a certificate that names no sensor, such as a server's. `invalid`: one whose names contradict each other or are not
// names.
Result<SensorIdentity> read_identity(const x509_st* certificate);
Result<SensorIdentity> read_identity(std::string_view certificate_pem);
// One whole certificate and nothing else.
Result<SensorIdentity> read_identity_der(ByteView certificate);

}  // namespace tidegate
