#include "processor/fleet/token_text.h"

#include <algorithm>
#include <array>

#include "config/ascii.h"
#include "processor/digest.h"

namespace tidegate {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view white = " \t\r\n";

static_assert(token_random_bytes * 8 == token_digits * 5, "base32 without padding");

}  // namespace

Result<TokenText> draw_token(const Entropy& entropy) {
  std::string drawn(token_random_bytes, '\0');
  Result<void> filled = entropy(std::span<char>{drawn});
  const Secret random{std::move(drawn)};
  if (!filled) return std::move(filled).error();
  std::string digits;
  digits.reserve(token_digits);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char byte : random.reveal()) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 5; held -= 5) digits += alphabet[(bits >> (held - 5)) & 31];
    bits &= 31;
  }
  const Secret all{std::move(digits)};
  return TokenText{std::string{all.reveal().substr(0, token_id_digits)}, Secret{std::string{all.reveal().substr(token_id_digits)}}};
}

Secret text_of(const TokenText& token) {
  std::string text;
  text.reserve(token_prefix.size() + token_digits);
  text.append(token_prefix).append(token.id).append(token.secret.reveal());
  return Secret{std::move(text)};
}

std::optional<TokenText> parse_token(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(white) - first + 1);
  if (text.size() != token_prefix.size() + token_digits) return std::nullopt;
  const Secret all{lower_case(text)};
  if (!all.reveal().starts_with(token_prefix)) return std::nullopt;
  const std::string_view digits = all.reveal().substr(token_prefix.size());
  if (digits.find_first_not_of(alphabet) != std::string_view::npos) return std::nullopt;
  return TokenText{std::string{digits.substr(0, token_id_digits)}, Secret{std::string{digits.substr(token_id_digits)}}};
}

Bytes token_hash(const TokenText& token, ByteView salt) {
  std::string all;
  all.reserve(salt.size() + token_digits);
  all.append(salt).append(token.id).append(token.secret.reveal());
  const Secret hashed{std::move(all)};
  return sha256(hashed.reveal());
}

}  // namespace tidegate
