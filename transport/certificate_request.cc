#include "transport/certificate_request.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>

namespace tidegate {
namespace {

constexpr std::size_t common_name_bytes_max = 64;  // RFC 5280, appendix A.1: ub-common-name
constexpr std::size_t fingerprint_digits = 64;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(ASN1_TIME* time) const { ASN1_TIME_free(time); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

// Without this the library asks the terminal for the passphrase of what is encrypted.
int no_passphrase(char*, int, int, void*) { return -1; }

// The one function that turns OpenSSL's errors into ours.
Error openssl_error(Code code, std::string_view what) {
  const unsigned long reason = ERR_peek_last_error();
  const char* words = reason != 0 ? ERR_reason_error_string(reason) : nullptr;
  ERR_clear_error();
  return Error{code, std::string{what}.append(": ").append(words != nullptr ? words : "no reason given")};
}

Result<Bio> reader_of(std::string_view what, std::string_view pem) {
  if (pem.size() > identity_pem_bytes_max) return Error{Code::invalid, std::string{what} + ": too large"};
  Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!bio) return openssl_error(Code::unavailable, what);
  return bio;
}

std::string content_of(BIO* bio) {
  char* at = nullptr;
  const long length = BIO_get_mem_data(bio, &at);
  return length > 0 ? std::string{at, static_cast<std::size_t>(length)} : std::string{};
}

Result<Key> key_of(const Secret& pem) {
  Result<Bio> bio = reader_of("private key", pem.reveal());
  if (!bio) return std::move(bio).error();
  Key key{PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr)};
  if (!key) return openssl_error(Code::invalid, "private key: not in PEM, or with a passphrase");
  return key;
}

Result<std::vector<Certificate>> certificates_of(std::string_view pem) {
  Result<Bio> bio = reader_of("certificates", pem);
  if (!bio) return std::move(bio).error();
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (Certificate next{PEM_read_bio_X509(bio->get(), nullptr, no_passphrase, nullptr)}) {
    if (certificates.size() == identity_certificates_max) return Error{Code::invalid, "certificates: too many"};
    certificates.push_back(std::move(next));
  }
  // The end of the text is told as an error as well.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return openssl_error(Code::invalid, "certificates: one is damaged");
  ERR_clear_error();
  if (certificates.empty()) return Error{Code::invalid, "certificates: there is none in PEM"};
  return certificates;
}

Result<std::string> pem_of(X509* certificate) {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return openssl_error(Code::unavailable, "certificate");
  return content_of(bio.get());
}

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text.push_back(digits[bytes[i] >> 4]);
    text.push_back(digits[bytes[i] & 0xf]);
  }
  return text;
}

std::string serial_of(const X509* certificate) {
  const std::unique_ptr<BIGNUM, Free> number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  if (!number) return {};
  Bytes bytes(static_cast<std::size_t>(std::max(BN_num_bytes(number.get()), 1)), '\0');
  auto* raw = reinterpret_cast<unsigned char*>(bytes.data());
  BN_bn2binpad(number.get(), raw, static_cast<int>(bytes.size()));
  return hex_of(raw, bytes.size());
}

std::string common_name_of(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  unsigned char* utf8 = nullptr;
  const int length = at < 0 ? -1 : ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return {};
  std::string name{reinterpret_cast<const char*>(utf8), std::min(static_cast<std::size_t>(length), common_name_bytes_max)};
  OPENSSL_free(utf8);
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return name;
}

Result<WallTime> time_of(const ASN1_TIME* time) {
  constexpr int days_max = 365 * 200;  // beyond it nanoseconds do not fit
  const std::unique_ptr<ASN1_TIME, Free> epoch{ASN1_TIME_set(nullptr, 0)};
  int days = 0;
  int seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1)
    return openssl_error(Code::invalid, "time in a certificate");
  // "No expiry" is written as the year 9999.
  return WallTime{std::chrono::hours{24} * std::clamp(days, -days_max, days_max) + std::chrono::seconds{seconds}};
}

Result<CertificateFacts> facts_of(const X509* certificate) {
  CertificateFacts facts;
  facts.common_name = common_name_of(certificate);
  facts.serial = serial_of(certificate);
  facts.signs_itself = X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return openssl_error(Code::unavailable, "fingerprint");
  facts.fingerprint = hex_of(digest, length);
  const Result<WallTime> begin = time_of(X509_get0_notBefore(certificate));
  const Result<WallTime> end = time_of(X509_get0_notAfter(certificate));
  if (!begin || !end) return begin ? end.error() : begin.error();
  facts.not_before = *begin;
  facts.not_after = *end;
  return facts;
}

}  // namespace

Result<Secret> make_private_key() {
  const Key key{EVP_EC_gen("P-256")};
  const Bio bio{BIO_new(BIO_s_secmem())};  // wiped when it is freed
  if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_error(Code::unavailable, "new private key");
  return Secret{content_of(bio.get())};
}

Result<std::string> make_certificate_request(const Secret& key_pem, const std::string& common_name) {
  const Result<Key> key = key_of(key_pem);
  if (!key) return key.error();
  if (common_name.empty() || common_name.size() > common_name_bytes_max)
    return Error{Code::invalid, "certificate request: its name must have 1 to 64 bytes"};
  const std::unique_ptr<X509_REQ, Free> request{X509_REQ_new()};
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!request || !bio) return openssl_error(Code::unavailable, "certificate request");
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  const int length = static_cast<int>(common_name.size());
  X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  const bool made = X509_REQ_set_version(request.get(), 0) == 1 &&
                    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, length, -1, 0) == 1 &&
                    X509_REQ_set_pubkey(request.get(), key->get()) == 1 &&
                    X509_REQ_sign(request.get(), key->get(), EVP_sha256()) != 0 &&
                    PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1;
  if (!made) return openssl_error(Code::invalid, "certificate request");
  return content_of(bio.get());
}

Result<CertificateFacts> certificate_facts(std::string_view pem) {
  const Result<std::vector<Certificate>> certificates = certificates_of(pem);
  if (!certificates) return certificates.error();
  return facts_of(certificates->front().get());
}

Result<std::vector<std::string>> split_certificates(std::string_view pem) {
  const Result<std::vector<Certificate>> certificates = certificates_of(pem);
  if (!certificates) return certificates.error();
  std::vector<std::string> texts;
  for (const Certificate& certificate : *certificates) {
    Result<std::string> text = pem_of(certificate.get());
    if (!text) return std::move(text).error();
    texts.push_back(*std::move(text));
  }
  return texts;
}

Result<void> key_belongs_to(const Secret& key_pem, std::string_view certificate_pem) {
  const Result<Key> key = key_of(key_pem);
  if (!key) return key.error();
  const Result<std::vector<Certificate>> certificates = certificates_of(certificate_pem);
  if (!certificates) return certificates.error();
  const bool matches = X509_check_private_key(certificates->front().get(), key->get()) == 1;
  ERR_clear_error();
  if (!matches) return Error{Code::invalid, "the certificate is for another key"};
  return {};
}

Result<void> signed_by(std::string_view certificate_pem, std::string_view ca_pem) {
  const Result<std::vector<Certificate>> leaf = certificates_of(certificate_pem);
  if (!leaf) return leaf.error();
  const Result<std::vector<Certificate>> authorities = certificates_of(ca_pem);
  if (!authorities) return authorities.error();
  const std::unique_ptr<X509_STORE, Free> store{X509_STORE_new()};
  const std::unique_ptr<X509_STORE_CTX, Free> context{X509_STORE_CTX_new()};
  if (!store || !context) return openssl_error(Code::unavailable, "check of a signature");
  for (const Certificate& authority : *authorities) X509_STORE_add_cert(store.get(), authority.get());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf->front().get(), nullptr) != 1)
    return openssl_error(Code::unavailable, "check of a signature");
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  const bool good = X509_verify_cert(context.get()) == 1;
  const std::string why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  ERR_clear_error();
  if (!good) return Error{Code::invalid, "the certificate is not signed by any of the authorities: " + why};
  return {};
}

Result<std::string> parse_fingerprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':' || c == ' ') continue;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex || digits.size() == fingerprint_digits) return Error{Code::invalid, "not a SHA-256: 64 hexadecimal digits"};
    digits.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (digits.size() != fingerprint_digits) return Error{Code::invalid, "not a SHA-256: 64 hexadecimal digits"};
  return digits;
}

}  // namespace tidegate
