// Secrets sealed at rest (P10): AES-256-GCM under a key that lies in a file of its own. What is sealed is bound to its place: a
// value that is moved to another purpose or name does not open there, nor does one of which a bit was changed.
//
//   text              base64 of:  version u8 (1) | key id (4 bytes) | nonce (12 bytes) | ciphertext | tag (16 bytes)
//   associated data   version | key id | u32 length, purpose | u32 length, name          (integers big-endian)
//
// The key id is the beginning of a hash of the key: it tells a wrong key from a changed value, to whoever reads the error. Nonces
// are random: one key may seal 2^32 values (NIST SP 800-38D, 8.3), which no fleet comes near.
//
// Promises: no plain text, key or nonce is in any error. Everything has a bound. A key file is made whole or not at all, and
// never in place of another one.
// Thread: any; a key does not change once it is read. Files are small and local: calls may block for the time of a sync.
// Source: design, section 5 (config) and P10.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/private_file.h"

namespace tidegate {

inline constexpr std::size_t sealing_key_bytes = 32;
inline constexpr std::size_t sealed_plain_bytes_max = 2u << 20;  // a whole document of connectors is at most half of it
inline constexpr std::size_t sealed_label_bytes_max = 512;       // of a purpose, and of a name
inline constexpr std::size_t sealed_text_bytes_max = (sealed_plain_bytes_max + 64) / 3 * 4 + 4;

// Fills all of it with bytes that nobody can guess and that do not repeat: keys, nonces, serial numbers and tokens are made of
// them. `unavailable`: there are none at the moment; nothing may be made then.
using Entropy = std::function<Result<void>(std::span<char>)>;

// The generator of OpenSSL, for everything but tests.
Entropy system_entropy();

class SealingKey {
 public:
  //   requires: bytes.size() == sealing_key_bytes
  explicit SealingKey(Secret bytes);

  const Secret& bytes() const { return bytes_; }
  // Tells keys apart and says nothing about them: fit for logs.
  ByteView id() const { return {id_.data(), id_.size()}; }

 private:
  Secret bytes_;
  std::array<char, 4> id_{};
};

// The key from a file: 32 bytes, or 64 hexadecimal digits and an end of line. `absent`: no such file. `denied`: others may read
// it, or we may not. `invalid`: no file, or not a key. The text names the file.
Result<SealingKey> read_sealing_key(const std::filesystem::path& file, PrivateFileKind kind = PrivateFileKind::own);

// Makes a key and its file, mode 0600, on stable storage when it returns. `invalid`: there is a file already, which stays as it
// is. `full`, `unavailable`: the disk.   requires: called because somebody asked for it; a key that went missing is not made anew
Result<SealingKey> make_sealing_key(const std::filesystem::path& file, const Entropy& entropy);

// Where a value belongs: what it is for ("credential"), and which one.
struct SealedPlace {
  std::string_view purpose;
  std::string_view name;
};

// `invalid`: beyond a bound. `unavailable`: no entropy.
Result<std::string> seal(const SealingKey& key, const SealedPlace& place, ByteView plain, const Entropy& entropy);

// `denied`: another key, another place, or changed bytes; nothing of the value is returned. `corrupt`: no sealed text at all.
// `invalid`: a newer version sealed it, or it is beyond a bound.
Result<Secret> unseal(const SealingKey& key, const SealedPlace& place, std::string_view sealed);

}  // namespace tidegate
