#include "agent/edges/next_link.h"

#include <algorithm>
#include <utility>

#include "agent/edges/json_split.h"

namespace tidegate {
namespace {

constexpr std::size_t edge_bytes = 8u << 10;  // of the body, at either end, where the link is looked for
constexpr ByteView key = "\"nextLink\"";

// The string behind the key, and what comes behind it; both empty when it is no string, or not plain.
std::pair<ByteView, ByteView> value_behind(ByteView text) {
  std::size_t at = text.find_first_not_of(json_space);
  if (at == ByteView::npos || text[at] != ':') return {};
  at = text.find_first_not_of(json_space, at + 1);
  if (at == ByteView::npos || text[at] != '"') return {};
  const std::size_t end = text.find_first_of("\"\\", at + 1);
  if (end == ByteView::npos || text[end] == '\\') return {};
  return {text.substr(at + 1, end - at - 1), text.substr(end + 1)};
}

}  // namespace

ByteView guess_next_link(ByteView body) {
  const ByteView head = body.substr(0, std::min(edge_bytes, body.size()));
  if (const std::size_t at = head.find(key); at < head.find('[')) return value_behind(head.substr(at + key.size())).first;
  const ByteView tail = body.substr(body.size() - head.size());
  const std::size_t at = tail.rfind(key);
  if (at == ByteView::npos) return {};
  const auto [link, rest] = value_behind(tail.substr(at + key.size()));
  // A member of a record is followed by the end of the list.
  return rest.find(']') == ByteView::npos ? link : ByteView{};
}

}  // namespace tidegate
