#include "config/sealed.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <climits>
#include <memory>
#include <optional>

namespace tidegate {
namespace {

constexpr char version = 1;
constexpr std::size_t id_bytes = 4;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t head_bytes = 1 + id_bytes;
constexpr std::size_t overhead_bytes = head_bytes + nonce_bytes + tag_bytes;

static_assert(sealed_text_bytes_max <= INT_MAX, "OpenSSL counts in int");
static_assert(sealed_text_bytes_max >= (sealed_plain_bytes_max + overhead_bytes + 2) / 3 * 4, "what is sealed can be unsealed");

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // wipes the key that it holds
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

unsigned char* raw(char* at) { return reinterpret_cast<unsigned char*>(at); }
const unsigned char* raw(ByteView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

bool within_bounds(const SealedPlace& place) {
  return place.purpose.size() <= sealed_label_bytes_max && place.name.size() <= sealed_label_bytes_max;
}

Bytes associated_data(ByteView head, const SealedPlace& place) {
  Bytes data{head};
  for (const std::string_view label : {place.purpose, place.name}) {
    put_u32_be(data, static_cast<std::uint32_t>(label.size()));
    data.append(label);
  }
  return data;
}

enum class Direction : int { open = 0, seal = 1 };

// Null when the library has no memory.
Cipher cipher_of(const SealingKey& key, ByteView nonce, ByteView associated, Direction direction) {
  Cipher cipher{EVP_CIPHER_CTX_new()};
  int ignored = 0;
  const bool ready = cipher != nullptr &&
                     EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key.bytes().reveal()), raw(nonce),
                                       static_cast<int>(direction)) == 1 &&
                     EVP_CipherUpdate(cipher.get(), nullptr, &ignored, raw(associated), static_cast<int>(associated.size())) == 1;
  return ready ? std::move(cipher) : nullptr;
}

// Both ways: `from` into `to`, which is as long. The tag is checked, or made, by the caller.
bool run(EVP_CIPHER_CTX* cipher, ByteView from, char* to) {
  int bytes = 0;
  // A null pointer would be taken for associated data.
  if (!from.empty() && EVP_CipherUpdate(cipher, raw(to), &bytes, raw(from), static_cast<int>(from.size())) != 1) return false;
  unsigned char none[EVP_MAX_BLOCK_LENGTH];
  int more = 0;
  return EVP_CipherFinal_ex(cipher, none, &more) == 1 && more == 0 && static_cast<std::size_t>(bytes) == from.size();
}

std::string in_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1,
                   '\0');  // the library ends it with a zero
  const int length = EVP_EncodeBlock(raw(text.data()), raw(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Absent when the text is not exactly what in_base64() makes of some bytes; the library alone is not that strict.
std::optional<Bytes> out_of_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(raw(bytes.data()), raw(text), static_cast<int>(text.size())) < 0) return std::nullopt;
  const std::size_t padding = (text.ends_with('=') ? 1u : 0u) + (text.ends_with("==") ? 1u : 0u);
  bytes.resize(bytes.size() - padding);
  if (in_base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace

Entropy system_entropy() {
  return [](std::span<char> bytes) -> Result<void> {
    if (bytes.size() <= INT_MAX && RAND_bytes(raw(bytes.data()), static_cast<int>(bytes.size())) == 1) return {};
    return Error{Code::unavailable, "the system gives no random bytes"};
  };
}

SealingKey::SealingKey(Secret bytes) : bytes_(std::move(bytes)) {
  TG_ASSERT(bytes_.size() == sealing_key_bytes, "a sealing key has 256 bits");
  const std::string_view purpose = "tidegate key id";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  const bool hashed = hash != nullptr && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(hash.get(), purpose.data(), purpose.size()) == 1 &&
                      EVP_DigestUpdate(hash.get(), bytes_.reveal().data(), bytes_.size()) == 1 &&
                      EVP_DigestFinal_ex(hash.get(), digest, &length) == 1 && length >= id_.size();
  TG_ASSERT(hashed, "SHA-256 is always there");
  for (std::size_t at = 0; at < id_.size(); ++at) id_[at] = static_cast<char>(digest[at]);
}

Result<std::string> seal(const SealingKey& key, const SealedPlace& place, ByteView plain, const Entropy& entropy) {
  if (!within_bounds(place) || plain.size() > sealed_plain_bytes_max)
    return Error{Code::invalid, std::string{place.purpose.substr(0, sealed_label_bytes_max)} + ": too large to be sealed"};
  Bytes out(overhead_bytes + plain.size(), '\0');
  out[0] = version;
  out.replace(1, id_bytes, key.id());
  const std::span<char> nonce{out.data() + head_bytes, nonce_bytes};
  if (Result<void> drawn = entropy(nonce); !drawn) return std::move(drawn).error();
  char* const sealed = nonce.data() + nonce_bytes;
  const Bytes associated = associated_data({out.data(), head_bytes}, place);
  const Cipher cipher = cipher_of(key, {nonce.data(), nonce.size()}, associated, Direction::seal);
  if (!cipher || !run(cipher.get(), plain, sealed) ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, sealed + plain.size()) != 1)
    return Error{Code::unavailable, "sealing failed: the library has no memory"};
  return in_base64(out);
}

Result<Secret> unseal(const SealingKey& key, const SealedPlace& place, std::string_view sealed) {
  if (!within_bounds(place) || sealed.size() > sealed_text_bytes_max) return Error{Code::invalid, "a sealed value is too large"};
  std::optional<Bytes> bytes = out_of_base64(sealed);
  if (!bytes) return Error{Code::corrupt, "a sealed value is not in base64"};
  if ((*bytes)[0] != version) return Error{Code::invalid, "a value is sealed in a form that is not known here"};
  if (bytes->size() < overhead_bytes) return Error{Code::corrupt, "a sealed value is cut short"};
  const ByteView all{*bytes};
  if (all.substr(1, id_bytes) != key.id()) return Error{Code::denied, "a value is sealed with another key"};
  const ByteView nonce = all.substr(head_bytes, nonce_bytes);
  const ByteView ciphertext = all.substr(head_bytes + nonce_bytes, all.size() - overhead_bytes);
  char* const tag = bytes->data() + (bytes->size() - tag_bytes);
  const Bytes associated = associated_data(all.substr(0, head_bytes), place);
  const Cipher cipher = cipher_of(key, nonce, associated, Direction::open);
  if (!cipher || EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag) != 1)
    return Error{Code::unavailable, "unsealing failed: the library has no memory"};
  std::string plain(ciphertext.size(), '\0');
  const bool genuine = run(cipher.get(), ciphertext, plain.data());
  Secret opened{std::move(plain)};  // wiped, whatever comes of it
  if (!genuine) return Error{Code::denied, "a sealed value was changed, or belongs to another place"};
  return opened;
}

}  // namespace tidegate
