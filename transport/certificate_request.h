// A key of one's own and the request for its certificate, and what a certificate says of itself: what a client needs to be given
// an identity by somebody else's authority. EC P-256; keys are PKCS#8 in PEM without a passphrase, requests PKCS#10 in PEM.
//
// What comes from outside is bounded before it is decoded, and an encrypted key never asks a terminal for its passphrase. No key
// is in any error. Reading says nothing about trust. Thread: any; pure, but for the entropy of a new key. OpenSSL stays behind
// this header. Source: RFC 2986 (requests), RFC 5208 (keys), RFC 5280 (certificates).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace tidegate {

inline constexpr std::size_t identity_pem_bytes_max = 64u << 10;  // of a text that holds certificates, a request or a key
inline constexpr std::size_t identity_certificates_max = 16;      // in one text

// `unavailable`: no entropy.
Result<Secret> make_private_key();

// With the subject CN = `common_name` and nothing else: an authority of ours takes no more than the key from it. `invalid`: no
// key, or no name that a subject may have.
Result<std::string> make_certificate_request(const Secret& key_pem, const std::string& common_name);

struct CertificateFacts {
  std::string common_name;  // printable, bounded; empty: none
  std::string serial;       // hexadecimal, lower case
  std::string fingerprint;  // SHA-256 of the DER, hexadecimal, lower case
  WallTime not_before{};
  WallTime not_after{};
  bool signs_itself = false;  // subject and issuer are one: a root, or a server that vouches for itself
};

// Of the first certificate in the text. `invalid`: none, or too large.
Result<CertificateFacts> certificate_facts(std::string_view pem);

// All certificates of a text, each as PEM of its own, in their order; what else stands in it is passed over. `invalid`: none, one
// that is damaged, too many, too large.
Result<std::vector<std::string>> split_certificates(std::string_view pem);

// `invalid`: the key is not that of the text's first certificate, or one of them cannot be read.
Result<void> key_belongs_to(const Secret& key_pem, std::string_view certificate_pem);

// `invalid`: no authority of `ca_pem` has signed the first certificate of `certificate_pem`. Times are not looked at.
Result<void> signed_by(std::string_view certificate_pem, std::string_view ca_pem);

// 64 lower-case digits. `text` may have colons or spaces between its digits, and either case, as tools print fingerprints.
// `invalid`: no SHA-256.
Result<std::string> parse_fingerprint(std::string_view text);

}  // namespace tidegate
