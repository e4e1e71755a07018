// Certificates, keys and requests as OpenSSL has them: owners, PEM and times, for the authority and for whoever reads an identity.
// What comes from outside is bounded before it is decoded, and an encrypted key never asks a terminal for its passphrase.
//
// Thread: any, one object at a time. OpenSSL stays behind this header: `x509_st` is its X509, `evp_pkey_st` its EVP_PKEY,
// `X509_req_st` its X509_REQ.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

struct x509_st;
struct X509_req_st;
struct evp_pkey_st;
struct asn1_string_st;

namespace tidegate {

inline constexpr std::size_t pem_bytes_max = 16u << 10;  // of a certificate, a request or a key

struct FreeX509 {
  void operator()(x509_st* certificate) const;
  void operator()(X509_req_st* request) const;
  void operator()(evp_pkey_st* key) const;  // wipes it
};
using CertificatePtr = std::unique_ptr<x509_st, FreeX509>;
using RequestPtr = std::unique_ptr<X509_req_st, FreeX509>;
using KeyPtr = std::unique_ptr<evp_pkey_st, FreeX509>;

// The one function that turns OpenSSL's errors into ours: "what: the library's reason". Forgets the library's older ones.
Error openssl_error(Code code, std::string_view what);

// The first PEM block of its kind. `invalid`: too large, or none; `what` names it in the error.
Result<CertificatePtr> certificate_of_pem(std::string_view what, std::string_view pem);
Result<RequestPtr> request_of_pem(std::string_view pem);
Result<KeyPtr> key_of_pem(const Secret& pem);

Result<std::string> pem_of(const x509_st* certificate);
Result<Secret> pem_of(const evp_pkey_st* key);

// SHA-256 of the certificate, and of the public key with its algorithm (SubjectPublicKeyInfo): 32 bytes.
Result<Bytes> hash_of(const x509_st* certificate);
Result<Bytes> hash_of_public_key(evp_pkey_st* key);

// A new key on P-256.
Result<KeyPtr> make_key();

// `invalid`: no moment that we can name.
Result<WallTime> time_of(const asn1_string_st* time);
// 32 lower-case hexadecimal digits, or more for a serial number of more than 128 bits. `invalid`: negative or zero.
Result<std::string> serial_of(const x509_st* certificate);

}  // namespace tidegate
