#include "config/url.h"

#include <algorithm>

#include "config/ascii.h"
#include "config/units.h"

namespace tidegate {
namespace {

constexpr std::string_view scheme_end = "://";

bool is_url_character(char c) { return c > ' ' && c < 127 && std::string_view{"\"<>\\^`{|}"}.find(c) == std::string_view::npos; }

// host, host:port, [ipv6], [ipv6]:port
bool read_authority(std::string_view text, UrlParts& parts) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::optional<std::uint64_t> port = parse_count(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return false;
    parts.port = static_cast<std::uint16_t>(*port);
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool ipv6 = host.find(':') != std::string_view::npos;
  parts.host = host;
  return is_host(host) && bracketed == ipv6;
}

}  // namespace

std::optional<UrlParts> split_url(std::string_view text) {
  if (text.size() > split_url_bytes_max || !std::all_of(text.begin(), text.end(), is_url_character)) return std::nullopt;
  const std::size_t scheme_bytes = text.find(scheme_end);
  if (scheme_bytes == std::string_view::npos || scheme_bytes == 0) return std::nullopt;
  UrlParts parts;
  for (char c : text.substr(0, scheme_bytes)) {
    if (!is_letter(c)) return std::nullopt;
    parts.scheme.push_back(fold(c));
  }
  text.remove_prefix(scheme_bytes + scheme_end.size());

  const std::size_t rest = std::min(text.find_first_of("?#"), text.size());
  parts.rest = text.substr(rest);
  text = text.substr(0, rest);
  const std::size_t slash = std::min(text.find('/'), text.size());
  parts.path = text.substr(slash);
  text = text.substr(0, slash);
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    parts.user_info = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (!read_authority(text, parts)) return std::nullopt;
  return parts;
}

}  // namespace tidegate
