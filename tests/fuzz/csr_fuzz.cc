// What comes to the enrolment from outside: a certificate request as PEM or DER, a certificate whose names are read, and the text
// of a token. The first byte says which. What is let through names whom it was ordered for, and nobody else.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "processor/fleet/authority.h"
#include "processor/fleet/enrol_form.h"
#include "processor/fleet/token_text.h"
#include "processor/identity.h"
#include "transport/base64.h"

namespace {

using namespace tidegate;

constexpr WallTime now{std::chrono::seconds{1'795'521'600}};
constexpr std::chrono::seconds life{std::chrono::hours{24}};

Authority& authority() {
  static const std::unique_ptr<Authority> made = [] {
    Result<std::unique_ptr<Authority>> authority = Authority::make(system_entropy(), now);
    TG_ASSERT(authority.has_value(), "an authority can be made");
    return *std::move(authority);
  }();
  return *made;
}

std::string pem_of_der(std::string_view kind, ByteView der) {
  const std::string text = to_base64(der);
  std::string pem = "-----BEGIN " + std::string{kind} + "-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) pem.append(text, at, 64).append("\n");
  return pem.append("-----END ").append(kind).append("-----\n");
}

void check_request(std::string_view pem) {
  const Result<IssuedCertificate> issued = authority().issue({pem, "zurich-01", {"acme"}, life}, now);
  if (!issued) return;
  const Result<SensorIdentity> identity = read_identity(issued->certificate_pem);
  TG_ASSERT(identity.has_value() && *identity == issued->identity, "what was issued can be read");
  TG_ASSERT(identity->sensor == "zurich-01" && identity->tenants.size() == 1 && identity->tenants.front() == "acme",
            "a certificate names whom it was issued for (P10)");
}

void check_certificate(std::string_view pem) {
  const Result<SensorIdentity> identity = read_identity(pem);
  if (!identity) return;
  TG_ASSERT(check_sensor_name(identity->sensor).has_value(), "a sensor's name is a name");
  TG_ASSERT(!identity->tenants.empty() && identity->tenants.size() <= tenants_of_sensor_max, "a sensor has tenants, within bounds");
  TG_ASSERT(identity->speaks_for(identity->tenants.back()), "a sensor speaks for its tenants");
}

void check_token(std::string_view text) {
  const std::optional<TokenText> token = parse_token(text);
  if (!token) return;
  const std::optional<TokenText> again = parse_token(text_of(*token).reveal());
  TG_ASSERT(again && again->id == token->id && again->secret == token->secret, "a token has one form");
}

void check_form(ByteView body) {
  const Result<EnrolForm> form = read_enrol_form(body);
  TG_ASSERT(!form || body.size() <= enrol_form_bytes_max, "a form is bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 5) {
    case 0: check_request(rest); break;
    case 1: check_request(pem_of_der("CERTIFICATE REQUEST", rest)); break;
    case 2: check_certificate(rest); break;
    case 3: check_certificate(pem_of_der("CERTIFICATE", rest)); break;
    default:
      check_token(rest);
      check_form(rest);
      break;
  }
  return 0;
}
