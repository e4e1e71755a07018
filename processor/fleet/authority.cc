#include "processor/fleet/authority.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "processor/digest.h"

namespace tidegate {
namespace {

constexpr std::size_t serial_bytes = 16;
constexpr int rsa_bits_least = 2048;
constexpr int rsa_bits_most = 8192;  // beyond it checking a signature takes long
constexpr std::size_t host_bytes_max = 253;

using GeneralNames = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

GeneralNames no_names() { return {sk_GENERAL_NAME_new_null(), &GENERAL_NAMES_free}; }

// False when the library has no memory.
bool add_name(GENERAL_NAMES* names, int kind, std::string_view value) {
  std::unique_ptr<ASN1_STRING, decltype(&ASN1_STRING_free)> text{
      ASN1_STRING_type_new(kind == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING), &ASN1_STRING_free};
  std::unique_ptr<GENERAL_NAME, decltype(&GENERAL_NAME_free)> name{GENERAL_NAME_new(), &GENERAL_NAME_free};
  if (!text || !name || ASN1_STRING_set(text.get(), value.data(), static_cast<int>(value.size())) != 1) return false;
  GENERAL_NAME_set0_value(name.get(), kind, text.release());
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return false;
  (void)name.release();
  return true;
}

Result<GeneralNames> names_of(const SensorIdentity& identity) {
  GeneralNames names = no_names();
  bool added = names != nullptr && add_name(names.get(), GEN_URI, sensor_uri(identity.sensor));
  for (const std::string& tenant : identity.tenants) added = added && add_name(names.get(), GEN_URI, tenant_uri(tenant));
  if (!added) return openssl_error(Code::unavailable, "names of a certificate");
  return names;
}

bool is_host_name(std::string_view host) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !host.empty() && host.size() <= host_bytes_max && std::all_of(host.begin(), host.end(), plain) && host.front() != '.' &&
         host.front() != '-' && host.back() != '-' && host.find("..") == std::string_view::npos;
}

Result<GeneralNames> names_of(const ServerOrder& order, std::size_t most) {
  if (order.hosts.empty() || order.hosts.size() > most)
    return Error{Code::invalid, "a server's certificate has 1 to " + std::to_string(most) + " host names"};
  GeneralNames names = no_names();
  bool added = names != nullptr;
  for (const std::string& host : order.hosts) {
    const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> address{a2i_IPADDRESS(host.c_str()),
                                                                                        &ASN1_OCTET_STRING_free};
    if (!address && !is_host_name(host)) return Error{Code::invalid, "a host of the server is neither a name nor an address"};
    const std::string_view bytes = address ? std::string_view{reinterpret_cast<const char*>(ASN1_STRING_get0_data(address.get())),
                                                              static_cast<std::size_t>(ASN1_STRING_length(address.get()))}
                                           : std::string_view{host};
    added = added && add_name(names.get(), address ? GEN_IPADD : GEN_DNS, bytes);
  }
  if (!added) return openssl_error(Code::unavailable, "names of a certificate");
  return names;
}

// Extensions that are the same in all certificates of a kind; the key identifiers need the issuer.
Result<void> extend(X509* certificate, X509* issuer, std::initializer_list<std::pair<int, const char*>> extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
        X509V3_EXT_conf_nid(nullptr, &context, nid, value), &X509_EXTENSION_free};
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
      return openssl_error(Code::unavailable, "extension of a certificate");
  }
  return {};
}

bool is_fit(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    return bits >= rsa_bits_least && bits <= rsa_bits_most;
  }
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  // A curve that is spelt out may look like a known one and have another generator (CVE-2020-0601).
  int spelt_out = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelt_out) != 1 || spelt_out != 0) return false;
  std::array<char, 32> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return false;
  const std::string_view curve{group.data(), length};
  return curve == "prime256v1" || curve == "secp384r1";
}

// The key of a request that was signed with it.
Result<EVP_PKEY*> key_of(X509_REQ* request) {
  EVP_PKEY* key = X509_REQ_get0_pubkey(request);
  if (key == nullptr) return openssl_error(Code::invalid, "certificate request: no key that can be read");
  if (!is_fit(key))
    return Error{Code::invalid, "certificate request: the key must be EC P-256 or P-384, or RSA of 2048 to 8192 bits"};
  if (X509_REQ_verify(request, key) != 1) return openssl_error(Code::denied, "certificate request: not signed with its own key");
  return key;
}

std::time_t seconds_of(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

}  // namespace

struct Authority::Draft {
  std::string_view common_name;
  EVP_PKEY* key;
  X509* issuer;  // null: itself
  WallTime not_before;
  WallTime not_after;
  const char* usage = nullptr;     // of a leaf
  GENERAL_NAMES* names = nullptr;  // of a leaf
};

Result<std::unique_ptr<Authority>> Authority::make(const Entropy& entropy, WallTime now, AuthorityLimits limits) {
  std::unique_ptr<Authority> authority{new Authority{entropy, limits}};
  Result<KeyPtr> key = make_key();
  if (!key) return std::move(key).error();
  std::array<char, 4> which{};  // so that two authorities have two names
  if (Result<void> drawn = entropy(which); !drawn) return std::move(drawn).error();
  const std::string name = "Tidegate authority " + hex_of({which.data(), which.size()});
  Result<CertificatePtr> made =
      authority->drafted({name, key->get(), nullptr, now - limits.backdated, now + limits.authority_life});
  if (!made) return std::move(made).error();
  X509* certificate = made->get();
  Result<void> extended = extend(certificate, certificate,
                                 {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                  {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                  {NID_subject_key_identifier, "hash"}});
  if (!extended) return std::move(extended).error();
  if (X509_sign(certificate, key->get(), EVP_sha256()) == 0)
    return openssl_error(Code::unavailable, "certificate of the authority");
  if (Result<void> taken = authority->take(*std::move(made), *std::move(key)); !taken) return std::move(taken).error();
  return authority;
}

// Whatever it is made of: a certificate of an authority and its own key, or nothing.
Result<void> Authority::take(CertificatePtr certificate, KeyPtr key) {
  if (X509_check_ca(certificate.get()) != 1 || X509_check_private_key(certificate.get(), key.get()) != 1 ||
      X509_verify(certificate.get(), key.get()) != 1)
    return openssl_error(Code::corrupt, "certificate authority: certificate and key are not those of one authority");
  Result<std::string> pem = pem_of(certificate.get());
  const Result<Bytes> hash = hash_of(certificate.get());
  const Result<WallTime> not_after = time_of(X509_get0_notAfter(certificate.get()));
  if (!pem) return std::move(pem).error();
  if (!hash) return hash.error();
  if (!not_after) return not_after.error();
  certificate_pem_ = *std::move(pem);
  fingerprint_ = hex_of(*hash);
  not_after_ = *not_after;
  certificate_ = std::move(certificate);
  key_ = std::move(key);
  return {};
}

Result<CertificatePtr> Authority::drafted(const Draft& draft) const {
  std::array<char, serial_bytes> serial{};
  if (Result<void> drawn = entropy_(serial); !drawn) return std::move(drawn).error();
  serial[0] = static_cast<char>(serial[0] | 1 << 6);  // never zero, always of the same length
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{
      BN_bin2bn(raw({serial.data(), serial.size()}), static_cast<int>(serial.size()), nullptr), &BN_free};
  CertificatePtr certificate{X509_new()};
  X509_NAME* subject = certificate ? X509_get_subject_name(certificate.get()) : nullptr;
  const int length = static_cast<int>(draft.common_name.size());
  const bool made =
      subject != nullptr && number && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds_of(draft.not_before)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds_of(draft.not_after)) != nullptr &&
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, raw(draft.common_name), length, -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), draft.issuer != nullptr ? X509_get_subject_name(draft.issuer) : subject) == 1 &&
      X509_set_pubkey(certificate.get(), draft.key) == 1;
  if (!made) return openssl_error(Code::unavailable, "new certificate");
  return certificate;
}

Result<CertificatePtr> Authority::signed_leaf(const Draft& draft) const {
  Result<CertificatePtr> made = drafted(draft);
  if (!made) return made;
  X509* certificate = made->get();
  Result<void> extended = extend(certificate, certificate_.get(),
                                 {{NID_basic_constraints, "critical,CA:FALSE"},
                                  {NID_key_usage, "critical,digitalSignature"},
                                  {NID_ext_key_usage, draft.usage},
                                  {NID_subject_key_identifier, "hash"},
                                  {NID_authority_key_identifier, "keyid:always"}});
  if (!extended) return std::move(extended).error();
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, draft.names, 0, 0) != 1)
    return openssl_error(Code::unavailable, "names of a certificate");
  if (X509_sign(certificate, key_.get(), EVP_sha256()) == 0) return openssl_error(Code::unavailable, "signing a certificate");
  return made;
}

Result<WallTime> Authority::end_of_life(std::chrono::seconds lifetime, WallTime now) const {
  if (lifetime < limits_.life_least || lifetime > limits_.life_most)
    return Error{Code::invalid, "lifetime of a certificate: must be from " + std::to_string(limits_.life_least.count()) + " s to " +
                                    std::to_string(limits_.life_most.count()) + " s"};
  if (now + limits_.life_least > not_after_)
    return Error{Code::invalid, "the certificate authority expires on " + to_iso8601(not_after_) + ": make a new one"};
  return std::min<WallTime>(now + lifetime, not_after_);
}

Result<IssuedCertificate> Authority::issue(const CertificateOrder& order, WallTime now) {
  IssuedCertificate issued;
  issued.identity.sensor = order.sensor;
  issued.identity.tenants = order.tenants;
  if (Result<void> good = check_sensor_name(order.sensor); !good) return std::move(good).error();
  if (Result<void> good = check_tenants(issued.identity.tenants); !good) return std::move(good).error();
  const Result<WallTime> end = end_of_life(order.lifetime, now);
  if (!end) return end.error();
  const Result<RequestPtr> request = request_of_pem(order.request_pem);
  if (!request) return request.error();
  const Result<EVP_PKEY*> key = key_of(request->get());
  if (!key) return key.error();
  Result<Bytes> key_hash = hash_of_public_key(*key);
  if (!key_hash) return std::move(key_hash).error();
  issued.key_hash = *std::move(key_hash);

  const Result<GeneralNames> names = names_of(issued.identity);
  if (!names) return names.error();
  const Result<CertificatePtr> made =
      signed_leaf({order.sensor, *key, certificate_.get(), now - limits_.backdated, *end, "clientAuth", names->get()});
  if (!made) return made.error();
  Result<SensorIdentity> identity = read_identity(made->get());
  if (!identity) return std::move(identity).error();
  TG_ASSERT(identity->sensor == issued.identity.sensor && identity->tenants == issued.identity.tenants,
            "a certificate names whom it was issued for (P10)");
  issued.identity = *std::move(identity);
  Result<std::string> pem = pem_of(made->get());
  if (!pem) return std::move(pem).error();
  issued.certificate_pem = *std::move(pem);
  return issued;
}

Result<ServerCertificate> Authority::issue_server(const ServerOrder& order, WallTime now) {
  const Result<GeneralNames> names = names_of(order, limits_.host_names_max);
  if (!names) return names.error();
  const Result<WallTime> end = end_of_life(order.lifetime, now);
  if (!end) return end.error();
  const Result<KeyPtr> key = make_key();
  if (!key) return key.error();
  constexpr std::size_t common_name_max = 64;  // RFC 5280; the names that count are the alternative ones
  const std::string_view subject = std::string_view{order.hosts.front()}.substr(0, common_name_max);
  const Result<CertificatePtr> made =
      signed_leaf({subject, key->get(), certificate_.get(), now - limits_.backdated, *end, "serverAuth", names->get()});
  if (!made) return made.error();
  Result<std::string> certificate_pem = pem_of(made->get());
  Result<Secret> key_pem = pem_of(key->get());
  const Result<WallTime> not_after = time_of(X509_get0_notAfter(made->get()));
  if (!certificate_pem) return std::move(certificate_pem).error();
  if (!key_pem) return std::move(key_pem).error();
  if (!not_after) return not_after.error();
  return ServerCertificate{*std::move(certificate_pem), *std::move(key_pem), *not_after};
}

}  // namespace tidegate
