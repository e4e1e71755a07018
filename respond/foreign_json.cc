#include "respond/foreign_json.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cstdint>
#include <optional>

#include "transport/utf8.h"

namespace tidegate {

namespace json = boost::json;

namespace {

constexpr std::string_view secret_is_masked = "***";

std::optional<unsigned> hexadecimal_at(std::string_view text, std::size_t at, std::size_t digits) {
  unsigned number = 0;
  const std::string_view written = text.substr(std::min(at, text.size()), digits);
  const auto [end, failed] = std::from_chars(written.data(), written.data() + written.size(), number, 16);
  if (written.size() != digits || failed != std::errc{} || end != written.data() + digits) return std::nullopt;
  return number;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  const unsigned shift = code < 0x800 ? 6 : code < 0x10000 ? 12 : 18;
  put((shift == 6 ? 0xc0u : shift == 12 ? 0xe0u : 0xf0u) | (code >> shift));
  for (unsigned left = shift; left > 0; left -= 6) put(0x80u | ((code >> (left - 6)) & 0x3fu));
}

// One character of a secret, as it is written somewhere.
struct WrittenCharacter {
  std::size_t bytes = 0;  // that it takes there
  std::string means;
};

//   requires: `text` begins with a backslash
WrittenCharacter json_escape(std::string_view text) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
  if (const std::size_t which = text.size() < 2 ? std::string_view::npos : letters.find(text[1]); which != std::string_view::npos)
    return {2, std::string{meant[which]}};
  const std::optional<unsigned> unit = text.substr(0, 2) == "\\u" ? hexadecimal_at(text, 2, 4) : std::nullopt;
  if (!unit) return {1, "\\"};
  WrittenCharacter read{6, {}};
  unsigned code = *unit;
  if (code >= 0xd800 && code < 0xdc00 && text.substr(6, 2) == "\\u") {
    const std::optional<unsigned> low = hexadecimal_at(text, 8, 4);
    if (low && *low >= 0xdc00 && *low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (*low - 0xdc00);
      read.bytes = 12;
    }
  }
  append_utf8(read.means, code);
  return read;
}

//   requires: `text` begins with a percent sign
WrittenCharacter percent_escape(std::string_view text) {
  if (const std::optional<unsigned> byte = hexadecimal_at(text, 1, 2)) return {3, std::string{static_cast<char>(*byte)}};
  return {1, "%"};
}

// How the characters of a secret may be written.
struct Writing {
  char mark;                      // what each escape begins with
  std::size_t escape_bytes_most;  // the longest
  WrittenCharacter (*escape)(std::string_view text);
};
constexpr Writing in_json{'\\', 12, json_escape};
constexpr Writing in_percents{'%', 3, percent_escape};

enum class TextEnd : std::uint8_t { whole, cut };

// How many bytes at the beginning of `text` say the secret; 0: it is not there. Of a text that was cut, all that there is of it.
std::size_t bytes_that_say(std::string_view secret, std::string_view text, const Writing& writing, TextEnd end) {
  std::size_t at = 0;
  while (!secret.empty()) {
    if (at == text.size()) return end == TextEnd::cut ? at : 0;
    if (text[at] == writing.mark) {
      // What a cut has left of an escape says nothing of what it was.
      if (end == TextEnd::cut && text.size() - at < writing.escape_bytes_most) return text.size();
      const WrittenCharacter character = writing.escape(text.substr(at));
      if (!secret.starts_with(character.means)) return 0;
      secret.remove_prefix(character.means.size());
      at += character.bytes;
    } else {
      const bool blank_of_a_form = writing.mark == '%' && text[at] == '+' && secret.front() == ' ';
      if (text[at] != secret.front() && !blank_of_a_form) return 0;
      secret.remove_prefix(1);
      ++at;
    }
  }
  return at;
}

void mask_as_it_is(std::string& text, std::string_view secret) {
  std::string masked;
  std::size_t kept = 0;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, kept)) {
    masked.append(text, kept, at - kept).append(secret_is_masked);
    kept = at + secret.size();
  }
  if (kept > 0) text = masked.append(text, kept);
}

void mask_written(std::string& text, std::string_view secret, const Writing& writing) {
  std::string masked;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = bytes_that_say(secret, std::string_view{text}.substr(at), writing, TextEnd::whole);
    if (bytes > 0) {
      masked.append(text, kept, at - kept).append(secret_is_masked);
      kept = at + bytes;
    }
    at += bytes > 0 ? bytes : 1;
  }
  if (kept > 0) text = masked.append(text, kept);
}

}  // namespace

Result<json::value> parse_foreign_json(ByteView body, ForeignJsonLimits limits) {
  if (body.size() > limits.bytes_max)
    return Error{Code::corrupt, "the body is larger than " + std::to_string(limits.bytes_max) + " bytes"};
  json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::system::error_code failed;
  json::value value = json::parse({body.data(), body.size()}, failed, {}, options);
  if (failed) return Error{Code::corrupt, "the body is no JSON: " + failed.message()};
  return value;
}

std::string_view text_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view{text->data(), text->size()};
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  std::string line;
  const std::string whole = utf8_within(text, bytes_max);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    // The second half of the control characters, U+0080 to U+009F, is two bytes each; terminals obey them too.
    const bool second_half = byte(whole[i]) == 0xc2 && i + 1 < whole.size() && byte(whole[i + 1]) < 0xa0;
    if (second_half) ++i;
    line.push_back(second_half || byte(whole[i]) < 0x20 || whole[i] == 0x7f ? ' ' : whole[i]);
  }
  return line;
}

void mask_secret(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  // By itself first: in a secret with a backslash or a percent sign of its own that is no escape.
  mask_as_it_is(text, secret);
  // The other two look at each byte, of up to a whole page of tasks: only where there can be something to find.
  if (text.find(in_json.mark) != std::string::npos) mask_written(text, secret, in_json);
  const bool blanks_of_a_form = secret.find(' ') != std::string_view::npos && text.find('+') != std::string::npos;
  if (blanks_of_a_form || text.find(in_percents.mark) != std::string::npos) mask_written(text, secret, in_percents);
}

std::size_t begun_secret_at(std::string_view text, std::string_view secret) {
  for (std::size_t at = 0; at < text.size() && !secret.empty(); ++at) {
    const std::string_view rest = text.substr(at);
    const auto begun = [&](const Writing& writing) { return bytes_that_say(secret, rest, writing, TextEnd::cut) == rest.size(); };
    if (secret.starts_with(rest) || begun(in_json) || begun(in_percents)) return at;
  }
  return text.size();
}

}  // namespace tidegate
