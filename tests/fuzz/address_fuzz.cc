// Any text as the address of a page, and as the query of a request to the control socket: what is taken is taken again from the
// form that is written.
#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/edges/next_link.h"
#include "base/check.h"
#include "transport/query_string.h"
#include "transport/url.h"

namespace {

using namespace tidegate;

void check_url(std::string_view text) {
  const Result<Url> url = parse_url(text);
  if (!url) return;
  TG_ASSERT(url->scheme == "http" || url->scheme == "https", "a scheme that the agent speaks");
  TG_ASSERT(url->target.starts_with('/'), "a target is a path at least");
  TG_ASSERT(url->target.find_first_of(" \r\n") == std::string::npos, "a target is one word of a request");
  const Result<Url> again = parse_url(url->scheme + "://" + url->authority() + url->target);
  TG_ASSERT(again && again->target == url->target && again->host == url->host && again->port == url->port,
            "a URL that was taken is taken again, and is the same");
}

void check_query(std::string_view text) {
  const Result<QueryPairs> pairs = parse_query_string(text);
  if (!pairs) return;
  TG_ASSERT(pairs->size() <= query_string_pairs_max, "the pairs of a query are bounded");
  std::string written;
  for (const auto& [name, value] : *pairs) {
    written.append(written.empty() ? "" : "&").append(percent_encoded(name)).append("=").append(percent_encoded(value));
  }
  if (written.size() > query_string_bytes_max) return;
  const Result<QueryPairs> again = parse_query_string(written);
  TG_ASSERT(again && *again == *pairs, "a query that was taken is taken again, and is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_url(text);
  check_query(text);
  const ByteView link = guess_next_link(text);
  TG_ASSERT(link.empty() || (link.data() >= text.data() && link.data() + link.size() <= text.data() + text.size()),
            "a link is a part of its page");
  return 0;
}
