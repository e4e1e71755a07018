#include "agent/edges/json_text.h"

#include <algorithm>
#include <cstring>

namespace tidegate {

simdjson::error_code JsonText::index(ByteView text) {
  next_ = end_ = nullptr;
  if (parser_.capacity() < text.size() || !parser_.implementation) {
    if (const auto error = parser_.allocate(std::max<std::size_t>(text.size(), 64))) return error;
  }
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (const auto error = parser_.implementation->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) return error;
  text_ = text.data();
  bytes_ = text.size();
  next_ = parser_.implementation->structural_indexes.get();
  end_ = next_ + parser_.implementation->n_structural_indexes;
  unescaped_used_ = 0;
  return simdjson::SUCCESS;
}

simdjson::error_code JsonText::take_string(std::string_view& text) {
  if (!quoted(text)) return simdjson::STRING_ERROR;
  pass();
  if (std::memchr(text.data(), '\\', text.size()) == nullptr) return simdjson::SUCCESS;

  // All strings of the text, unescaped, are no longer than the text is.
  if (unescaped_.size() < bytes_ + simdjson::SIMDJSON_PADDING) unescaped_.resize(bytes_ + simdjson::SIMDJSON_PADDING);
  auto* const out = reinterpret_cast<std::uint8_t*>(unescaped_.data() + unescaped_used_);
  const auto* const in = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::uint8_t* const end = parser_.implementation->parse_string(in, out);
  if (end == nullptr) return simdjson::STRING_ERROR;
  text = {reinterpret_cast<const char*>(out), static_cast<std::size_t>(end - out)};
  unescaped_used_ += text.size();
  return simdjson::SUCCESS;
}

std::string_view JsonText::take_scalar() {
  if (at_end()) return {};
  const std::string_view text = token();
  ++next_;
  return text;
}

bool JsonText::skip() {
  std::size_t open = 0;
  do {
    const char first = next();
    if (at_end() || (open == 0 && (first == ',' || first == ':' || first == '}' || first == ']'))) return false;
    if (first == '{' || first == '[') ++open;
    if (first == '}' || first == ']') --open;
    ++next_;
  } while (open > 0);
  return true;
}

}  // namespace tidegate
