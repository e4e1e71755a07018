// An enrolment token as text: "tge_" and 20 random bytes in base32 (RFC 4648, lower case, 32 digits). The first eight digits are
// its id, which may be shown; the other 24 are the secret, 120 bits, which is shown once and kept only as a salted hash. A plain
// hash is enough for a secret that nobody has chosen.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "config/sealed.h"

namespace tidegate {

inline constexpr std::string_view token_prefix = "tge_";
inline constexpr std::size_t token_random_bytes = 20;
inline constexpr std::size_t token_id_digits = 8;
inline constexpr std::size_t token_digits = 32;

struct TokenText {
  std::string id;
  Secret secret;  // its digits
};

// `unavailable`: no entropy.
Result<TokenText> draw_token(const Entropy& entropy);
Secret text_of(const TokenText& token);

// Upper case is taken as well, and white space around it. Absent when the text is no token.
std::optional<TokenText> parse_token(std::string_view text);

// What is kept of the secret, 32 bytes.
Bytes token_hash(const TokenText& token, ByteView salt);

}  // namespace tidegate
