#include "config/utf8.h"

#include <cstdint>

namespace tidegate {
namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

bool is_continuation(char c) { return (byte(c) & 0xC0) == 0x80; }

// True when the sequence is well formed: no overlong form, no surrogate, nothing beyond U+10FFFF.
bool well_formed(std::string_view sequence) {
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    if (!is_continuation(sequence[i])) return false;
  }
  const std::uint8_t lead = byte(sequence[0]);
  if (sequence.size() == 1) return lead < 0x80;
  const std::uint8_t second = byte(sequence[1]);
  if (lead == 0xE0) return second >= 0xA0;
  if (lead == 0xED) return second < 0xA0;
  if (lead == 0xF0) return second >= 0x90;
  if (lead == 0xF4) return second < 0x90;
  return lead >= 0xC2 && lead < 0xF4;
}

}  // namespace

std::size_t utf8_sequence_bytes(char lead) {
  const std::uint8_t value = byte(lead);
  if (value >= 0xF0) return value < 0xF8 ? 4 : 1;
  if (value >= 0xE0) return 3;
  return value >= 0xC0 ? 2 : 1;
}

std::optional<std::size_t> not_text_at(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const char c = bytes[at];
    const bool control = byte(c) < 0x20 ? c != '\t' && c != '\n' && c != '\r' : byte(c) == 0x7F;
    const std::size_t length = utf8_sequence_bytes(c);
    if (control || at + length > bytes.size() || !well_formed(bytes.substr(at, length))) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace tidegate
