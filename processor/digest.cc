#include "processor/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.h"

namespace tidegate {

Bytes sha256(ByteView bytes) {
  Bytes digest(sha256_bytes, '\0');
  unsigned int length = 0;
  const bool made =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(), nullptr) == 1;
  TG_ASSERT(made && length == sha256_bytes, "SHA-256 is always there");
  return digest;
}

std::string hex_of(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

bool same_secret(ByteView one, ByteView other) {
  return one.size() == other.size() && (one.empty() || CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0);
}

}  // namespace tidegate
