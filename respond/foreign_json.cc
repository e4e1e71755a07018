#include "respond/foreign_json.h"

#include <boost/json/parse.hpp>

#include "transport/utf8.h"

namespace tidegate {

namespace json = boost::json;

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
  std::size_t found = secret.empty() ? std::string::npos : text.find(secret);
  if (found == std::string::npos) return;
  std::string masked;
  std::size_t from = 0;
  for (; found != std::string::npos; found = text.find(secret, from)) {
    masked.append(text, from, found - from).append("***");
    from = found + secret.size();
  }
  text = masked.append(text, from);
}

}  // namespace tidegate
