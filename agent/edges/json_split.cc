#include "agent/edges/json_split.h"

namespace tidegate {
namespace {

std::size_t skip_space(ByteView text, std::size_t at) {
  const std::size_t next = text.find_first_not_of(json_space, at);
  return next == ByteView::npos ? text.size() : next;
}

// The end of the string that begins at `at`; npos when it breaks off.
std::size_t string_end(ByteView text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == '"') return i + 1;
  }
  return ByteView::npos;
}

// The end of the value that begins at `at`: at the comma or bracket that follows it on its own level.
std::size_t value_end(ByteView text, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      i = string_end(text, i);
      if (i == ByteView::npos) return i;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return i;
      --depth;
    }
    if (c == ',' && depth == 0) return i;
    ++i;
  }
  return ByteView::npos;
}

ByteView trimmed(ByteView text) {
  const std::size_t begin = text.find_first_not_of(json_space);
  if (begin == ByteView::npos) return {};
  return text.substr(begin, text.find_last_not_of(json_space) - begin + 1);
}

// The items of the list that begins at `at`, and its end behind the bracket.
std::optional<std::size_t> split_list(ByteView body, std::size_t at, std::vector<ByteView>& items) {
  at = skip_space(body, at + 1);
  if (at < body.size() && body[at] == ']') return at + 1;
  for (;;) {
    const std::size_t end = value_end(body, at);
    if (end == ByteView::npos || body[end] == '}') return std::nullopt;
    items.push_back(trimmed(body.substr(at, end - at)));
    if (body[end] == ']') return end + 1;
    at = end + 1;
  }
}

}  // namespace

std::optional<SplitPage> split_page(ByteView body, ByteView key) {
  std::size_t at = skip_space(body, 0);
  if (at >= body.size() || body[at] != '{') return std::nullopt;
  at = skip_space(body, at + 1);
  while (at < body.size() && body[at] == '"') {
    const std::size_t key_end = string_end(body, at);
    if (key_end == ByteView::npos) return std::nullopt;
    const ByteView found = body.substr(at + 1, key_end - at - 2);
    at = skip_space(body, key_end);
    if (at >= body.size() || body[at] != ':') return std::nullopt;
    at = skip_space(body, at + 1);
    if (found == key && at < body.size() && body[at] == '[') {
      SplitPage page;
      const std::optional<std::size_t> end = split_list(body, at, page.items);
      if (!end) return std::nullopt;
      page.rest.append(body.substr(0, at)).append("[]").append(body.substr(*end));
      return page;
    }
    at = value_end(body, at);
    if (at == ByteView::npos || body[at] != ',') return std::nullopt;
    at = skip_space(body, at + 1);
  }
  return std::nullopt;
}

}  // namespace tidegate
