// The file of the sealing key.
#include <optional>

#include "config/private_file.h"
#include "config/sealed.h"

namespace tidegate {
namespace {

constexpr std::string_view what = "sealing key";
constexpr std::size_t file_bytes_max = 2 * sealing_key_bytes + 2;  // hexadecimal, and an end of line of any system

std::optional<int> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return std::nullopt;
}

// Absent when the content is no key.
std::optional<Secret> key_in(std::string_view content) {
  if (content.size() == sealing_key_bytes) return Secret{std::string{content}};
  while (content.ends_with('\n') || content.ends_with('\r')) content.remove_suffix(1);
  if (content.size() != 2 * sealing_key_bytes) return std::nullopt;
  std::string key(sealing_key_bytes, '\0');
  bool good = true;
  for (std::size_t at = 0; at < key.size(); ++at) {
    const std::optional<int> high = hex_value(content[2 * at]);
    const std::optional<int> low = hex_value(content[2 * at + 1]);
    good = good && high && low;
    key[at] = static_cast<char>(high.value_or(0) * 16 + low.value_or(0));
  }
  Secret secret{std::move(key)};  // wiped when it is no key
  if (!good) return std::nullopt;
  return secret;
}

// A line; never copied while it grows, so that nothing of it is left behind.
std::string hex_line(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size() + 1);
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  text += '\n';
  return text;
}

}  // namespace

Result<SealingKey> read_sealing_key(const std::filesystem::path& file, PrivateFileKind kind) {
  const Result<Secret> content = read_private_file(what, file, file_bytes_max, kind);
  if (!content) return content.error();
  std::optional<Secret> key = key_in(content->reveal());
  if (!key)
    return Error{Code::invalid, std::string{what} + " " + file.string() + ": not a key: 32 bytes, or 64 hexadecimal digits"};
  return SealingKey{*std::move(key)};
}

Result<SealingKey> make_sealing_key(const std::filesystem::path& file, const Entropy& entropy) {
  std::string bytes(sealing_key_bytes, '\0');
  Result<void> drawn = entropy(std::span<char>{bytes});
  Secret key{std::move(bytes)};
  if (!drawn) return std::move(drawn).error();
  if (Result<void> made = make_private_file(what, file, Secret{hex_line(key.reveal())}); !made) return std::move(made).error();
  return SealingKey{std::move(key)};
}

}  // namespace tidegate
