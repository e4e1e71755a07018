// Certificate requests as sensors make them, and as they should not: for the fleet's tests.
#pragma once

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "processor/fleet_ports.h"
#include "processor/x509.h"

namespace tidegate::test {

inline constexpr WallTime noon{std::chrono::seconds{1'795'521'600}};  // 2026-11-24T12:00:00Z

inline KeyPtr ec_key(const char* curve = "P-256") { return KeyPtr{EVP_EC_gen(curve)}; }
inline KeyPtr rsa_key(unsigned bits) { return KeyPtr{EVP_RSA_gen(bits)}; }
inline KeyPtr ed25519_key() { return KeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}; }

// A request for the key, signed with `signer`.
inline std::string request_signed_by(EVP_PKEY* key, EVP_PKEY* signer, const std::string& subject) {
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request{X509_REQ_new(), &X509_REQ_free};
  X509_NAME* name = X509_REQ_get_subject_name(request.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), signer, EVP_PKEY_is_a(signer, "ED25519") == 1 ? nullptr : EVP_sha256());
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  char* at = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &at);
  return {at, static_cast<std::size_t>(length)};
}

inline std::string request(EVP_PKEY* key, const std::string& subject = "whoever") { return request_signed_by(key, key, subject); }

inline Bytes der_of(const std::string& pem) {
  const Result<CertificatePtr> certificate = certificate_of_pem("test", pem);
  EXPECT_TRUE(certificate);
  unsigned char* at = nullptr;
  const int length = i2d_X509(certificate->get(), &at);
  Bytes der{reinterpret_cast<const char*>(at), static_cast<std::size_t>(length)};
  OPENSSL_free(at);
  return der;
}

}  // namespace tidegate::test
