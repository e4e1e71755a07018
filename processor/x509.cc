#include "processor/x509.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

#include "processor/digest.h"

namespace tidegate {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

// Without this the library asks the terminal for the passphrase of what is encrypted.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<Bio> reader_of(std::string_view what, std::string_view pem) {
  if (pem.size() > pem_bytes_max) return Error{Code::invalid, std::string{what} + ": too large"};
  Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!bio) return openssl_error(Code::unavailable, what);
  return bio;
}

std::string content_of(BIO* bio) {
  char* at = nullptr;
  const long length = BIO_get_mem_data(bio, &at);
  return {at, static_cast<std::size_t>(length)};
}

// What the library's encoder makes, freed whatever happens.
template <class Encode>
Result<Bytes> hash_of_der(Encode encode) {
  unsigned char* der = nullptr;
  const int length = encode(&der);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned{der, [](unsigned char* memory) { OPENSSL_free(memory); }};
  if (length <= 0) return openssl_error(Code::invalid, "hash of a key or certificate");
  return sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
}

}  // namespace

void FreeX509::operator()(x509_st* certificate) const { X509_free(certificate); }
void FreeX509::operator()(X509_req_st* request) const { X509_REQ_free(request); }
void FreeX509::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Error openssl_error(Code code, std::string_view what) {
  std::string text{what};
  const unsigned long reason = ERR_peek_last_error();
  const char* words = reason != 0 ? ERR_reason_error_string(reason) : nullptr;
  text.append(": ").append(words != nullptr ? words : "no reason given");
  ERR_clear_error();
  return Error{code, std::move(text)};
}

Result<CertificatePtr> certificate_of_pem(std::string_view what, std::string_view pem) {
  Result<Bio> bio = reader_of(what, pem);
  if (!bio) return std::move(bio).error();
  CertificatePtr certificate{PEM_read_bio_X509(bio->get(), nullptr, no_passphrase, nullptr)};
  if (!certificate) return openssl_error(Code::invalid, std::string{what} + ": not a certificate in PEM");
  return certificate;
}

Result<RequestPtr> request_of_pem(std::string_view pem) {
  Result<Bio> bio = reader_of("certificate request", pem);
  if (!bio) return std::move(bio).error();
  RequestPtr request{PEM_read_bio_X509_REQ(bio->get(), nullptr, no_passphrase, nullptr)};
  if (!request) return openssl_error(Code::invalid, "certificate request: not a PKCS#10 request in PEM");
  return request;
}

Result<KeyPtr> key_of_pem(const Secret& pem) {
  Result<Bio> bio = reader_of("private key", pem.reveal());
  if (!bio) return std::move(bio).error();
  KeyPtr key{PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr)};
  if (!key) return openssl_error(Code::invalid, "private key: not in PEM");
  return key;
}

Result<std::string> pem_of(const x509_st* certificate) {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return openssl_error(Code::unavailable, "certificate");
  return content_of(bio.get());
}

Result<Secret> pem_of(const evp_pkey_st* key) {
  const Bio bio{BIO_new(BIO_s_secmem())};  // wiped when it is freed
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_error(Code::unavailable, "private key");
  return Secret{content_of(bio.get())};
}

Result<Bytes> hash_of(const x509_st* certificate) {
  return hash_of_der([certificate](unsigned char** der) { return i2d_X509(certificate, der); });
}

Result<Bytes> hash_of_public_key(evp_pkey_st* key) {
  return hash_of_der([key](unsigned char** der) { return i2d_PUBKEY(key, der); });
}

Result<KeyPtr> make_key() {
  KeyPtr key{EVP_EC_gen("P-256")};
  if (!key) return openssl_error(Code::unavailable, "new key");
  return key;
}

Result<WallTime> time_of(const asn1_string_st* time) {
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch{ASN1_TIME_set(nullptr, 0), &ASN1_TIME_free};
  constexpr int days_max = 365 * 200;  // beyond it nanoseconds do not fit
  int days = 0;
  int seconds = 0;
  if (!epoch || time == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1)
    return openssl_error(Code::invalid, "time in a certificate");
  if (days > days_max || days < -days_max) return Error{Code::invalid, "time in a certificate: out of all bounds"};
  return WallTime{std::chrono::hours{24} * days + std::chrono::seconds{seconds}};
}

Result<std::string> serial_of(const x509_st* certificate) {
  constexpr int bytes_least = 16;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr),
                                                           &BN_free};
  if (!number || BN_is_negative(number.get()) || BN_is_zero(number.get()))
    return Error{Code::invalid, "serial number of a certificate: not a number above zero"};
  Bytes bytes(static_cast<std::size_t>(std::max(BN_num_bytes(number.get()), bytes_least)), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return hex_of(bytes);
}

}  // namespace tidegate
