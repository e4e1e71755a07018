#include "processor/identity.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

#include "config/fields.h"
#include "config/texts.h"
#include "processor/x509.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

constexpr std::string_view sensor_prefix = "tidegate://sensor/";
constexpr std::string_view tenant_prefix = "tidegate://tenant/";
constexpr int names_max = tenants_of_sensor_max + 1;

Result<void> check(std::string_view what, std::string_view path, const std::string& value) {
  const Field* field = find_field(agent_fields(), path);
  TG_ASSERT(field != nullptr, "names have a row in the table of fields");
  std::string text = value;
  if (const std::optional<TextFault> fault = check_text(*field, text))
    return Error{Code::invalid, std::string{what}.append(" ").append(fault->problem).append(": ").append(fault->remedy)};
  return {};
}

// Absent when the text is not what percent_encoded() makes of something.
std::optional<std::string> decoded(std::string_view text) {
  std::optional<std::string> plain = percent_decoded(text);
  if (plain && percent_encoded(*plain) != text) return std::nullopt;
  return plain;
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Error contradiction(std::string_view what) { return Error{Code::invalid, "certificate of a sensor: " + std::string{what}}; }

// The one common name; anything else is none of ours.
Result<std::string> common_name(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
    return contradiction("it does not have one common name");
  unsigned char* text = nullptr;
  const int bytes = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (bytes < 0) return contradiction("its common name is no text");
  std::string name{reinterpret_cast<const char*>(text), static_cast<std::size_t>(bytes)};
  OPENSSL_free(text);
  return name;
}

struct Names {
  std::vector<std::string> sensors;
  std::vector<std::string> tenants;
};

Result<void> take(const GENERAL_NAME& name, Names& names) {
  if (name.type != GEN_URI) return {};
  const std::string_view uri = text_of(name.d.uniformResourceIdentifier);
  for (const auto& [prefix, list] : {std::pair{sensor_prefix, &names.sensors}, {tenant_prefix, &names.tenants}}) {
    if (!uri.starts_with(prefix)) continue;
    std::optional<std::string> value = decoded(uri.substr(prefix.size()));
    if (!value) return contradiction("a URI in it is not in the form that names have");
    list->push_back(*std::move(value));
  }
  return {};
}

Result<Names> names_of(const X509* certificate) {
  Names names;
  int occurrences = 0;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &occurrences, nullptr)), &GENERAL_NAMES_free};
  if (!all) {
    if (occurrences != -1) return contradiction("its alternative names cannot be read");
    return names;
  }
  const int count = sk_GENERAL_NAME_num(all.get());
  for (int at = 0; at < count; ++at) {
    if (Result<void> taken = take(*sk_GENERAL_NAME_value(all.get(), at), names); !taken) return std::move(taken).error();
    if (names.sensors.size() + names.tenants.size() > names_max) return contradiction("it has too many names");
  }
  return names;
}

}  // namespace

bool SensorIdentity::speaks_for(std::string_view tenant) const {
  return std::binary_search(tenants.begin(), tenants.end(), tenant, std::less<>{});
}

Result<void> check_sensor_name(const std::string& name) { return check("the sensor's name", "sensor.name", name); }

Result<void> check_tenants(std::vector<std::string>& tenants) {
  if (tenants.empty()) return Error{Code::invalid, "no tenant is named: name at least one"};
  for (const std::string& tenant : tenants)
    if (Result<void> good = check("a tenant's id", "connectors[].tenant.id", tenant); !good) return good;
  std::sort(tenants.begin(), tenants.end());
  tenants.erase(std::unique(tenants.begin(), tenants.end()), tenants.end());
  if (tenants.size() > tenants_of_sensor_max)
    return Error{Code::invalid, "more than " + std::to_string(tenants_of_sensor_max) + " tenants of one sensor"};
  return {};
}

std::string sensor_uri(std::string_view name) { return std::string{sensor_prefix}.append(percent_encoded(name)); }
std::string tenant_uri(std::string_view id) { return std::string{tenant_prefix}.append(percent_encoded(id)); }

Result<SensorIdentity> read_identity(const x509_st* certificate) {
  Result<Names> names = names_of(certificate);
  if (!names) return std::move(names).error();
  if (names->sensors.empty()) return Error{Code::absent, "the certificate names no sensor"};
  if (names->sensors.size() > 1) return contradiction("it names more than one sensor");
  Result<std::string> subject = common_name(certificate);
  if (!subject) return std::move(subject).error();
  SensorIdentity identity;
  identity.sensor = std::move(names->sensors.front());
  identity.tenants = std::move(names->tenants);
  if (*subject != identity.sensor) return contradiction("its subject is another than the sensor that it names");
  if (Result<void> good = check_sensor_name(identity.sensor); !good) return contradiction(good.error().text());
  if (Result<void> good = check_tenants(identity.tenants); !good) return contradiction(good.error().text());
  Result<std::string> serial = serial_of(certificate);
  const Result<WallTime> not_before = time_of(X509_get0_notBefore(certificate));
  const Result<WallTime> not_after = time_of(X509_get0_notAfter(certificate));
  if (!serial) return std::move(serial).error();
  if (!not_before) return not_before.error();
  if (!not_after) return not_after.error();
  identity.serial = *std::move(serial);
  identity.not_before = *not_before;
  identity.not_after = *not_after;
  return identity;
}

Result<SensorIdentity> read_identity(std::string_view certificate_pem) {
  const Result<CertificatePtr> certificate = certificate_of_pem("certificate of a sensor", certificate_pem);
  if (!certificate) return certificate.error();
  return read_identity(certificate->get());
}

Result<SensorIdentity> read_identity_der(ByteView bytes) {
  if (bytes.size() > pem_bytes_max) return contradiction("it is too large");
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = at + bytes.size();
  const CertificatePtr certificate{d2i_X509(nullptr, &at, static_cast<long>(bytes.size()))};
  if (!certificate) return openssl_error(Code::invalid, "certificate of a sensor");
  if (at != end) return contradiction("something follows it");
  return read_identity(certificate.get());
}

}  // namespace tidegate
