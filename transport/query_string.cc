#include "transport/query_string.h"

#include <boost/url/encode.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace tidegate {

Result<QueryPairs> parse_query_string(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return Error{Code::invalid, "the query is longer than " + std::to_string(bytes_max >> 10) + " KiB"};
  QueryPairs pairs;
  if (text.empty()) return pairs;
  // Boost.URL 1.81 reads on to a zero byte.
  const std::string ended{text};
  const auto parsed = boost::urls::parse_query({ended.data(), ended.size()});
  if (!parsed)
    return Error{Code::invalid, "the query holds what must be percent-encoded, or a % without two hexadecimal digits (write %25)"};
  for (const auto& pair : *parsed) {
    if (!pair.has_value || pair.key.empty()) return Error{Code::invalid, "the query is no list of name=value&name=value"};
    if (pairs.size() == query_string_pairs_max) return Error{Code::invalid, "the query has more than 16 parameters"};
    const std::string name = pair.key.decode();
    if (!pairs.emplace(name, pair.value.decode()).second) return Error{Code::invalid, "the query has " + name + " twice"};
  }
  return pairs;
}

std::string percent_encoded(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!encoded) return std::nullopt;
  return encoded->decode();
}

}  // namespace tidegate
