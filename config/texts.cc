#include "config/texts.h"

#include <algorithm>

#include "config/ascii.h"
#include "config/filter_query.h"
#include "config/units.h"
#include "config/url.h"
#include "config/utf8.h"

namespace tidegate {
namespace {

using Fault = std::optional<TextFault>;

constexpr std::size_t element_bytes_max = 256;  // of a list

bool is_name_character(char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; }
bool is_printable_ascii(char c) { return c >= ' ' && c <= '~'; }

Fault check_name(std::string_view text) {
  const bool good = is_letter_or_digit(text.front()) && std::all_of(text.begin(), text.end(), is_name_character);
  if (good) return std::nullopt;
  return TextFault{"is not a name", "use letters a-z, digits, dots, dashes and underscores, beginning with a letter or digit"};
}

Fault check_label(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_printable_ascii)) {
    return TextFault{"holds other than single-byte characters", "use printable ASCII characters only"};
  }
  if (text.front() == ' ' || text.back() == ' ') return TextFault{"has a space at its end", "take the space away"};
  return std::nullopt;
}

Fault check_path(std::string_view text) {
  if (!is_one_line(text)) return TextFault{"holds control characters", "write the path on one line"};
  if (text.front() != '/') return TextFault{"is not an absolute path", "begin it with /"};
  return std::nullopt;
}

std::string rebuilt(const UrlParts& parts) {
  std::string_view path = parts.path;
  while (path.ends_with('/')) path.remove_suffix(1);
  const bool ipv6 = parts.host.find(':') != std::string::npos;
  std::string text = parts.scheme + "://" + (parts.user_info.empty() ? "" : parts.user_info + "@");
  text.append(ipv6 ? "[" + parts.host + "]" : parts.host);
  if (parts.port) text.append(":" + std::to_string(*parts.port));
  return text.append(path);
}

Fault check_api_url(std::string& text) {
  const std::optional<UrlParts> parts = split_url(text);
  if (!parts || (parts->scheme != "https" && parts->scheme != "http")) {
    return TextFault{"is not an https URL", "write for example https://api.eu.xdr.trendmicro.com"};
  }
  if (parts->scheme == "http" && !is_loopback(parts->host)) {
    return TextFault{"would send the token in the clear", "write https:// (http is for this machine alone)"};
  }
  if (!parts->user_info.empty() || !parts->rest.empty()) {
    return TextFault{"holds more than scheme, host, port and path", "take user, query and fragment away"};
  }
  text = rebuilt(*parts);
  return std::nullopt;
}

Fault check_wss_url(std::string_view text) {
  const std::optional<UrlParts> parts = split_url(text);
  const bool good = parts && parts->scheme == "wss" && parts->user_info.empty() && parts->rest.empty();
  if (good) return std::nullopt;
  return TextFault{"is not a wss URL", "write for example wss://dp1.example.net:4320/v1/opamp"};
}

Fault check_proxy(std::string& text) {
  const std::optional<UrlParts> parts = split_url(text);
  const bool good =
      parts && parts->scheme == "http" && parts->port && parts->rest.empty() && (parts->path.empty() || parts->path == "/");
  if (!good) return TextFault{"is not a proxy's URL", "write for example http://proxy.example.net:3128"};
  text = rebuilt(*parts);
  return std::nullopt;
}

// name@host, without quoted names and without comments (RFC 5321, section 4.1.2).
Fault check_mailbox(std::string_view text) {
  constexpr std::string_view signs = ".!#$%&'*+/=?^_`{|}~-";
  constexpr std::size_t name_bytes_max = 64;
  const std::size_t at = text.rfind('@');
  const std::string_view name = text.substr(0, at);
  const auto of_name = [&](char c) { return is_letter_or_digit(c) || signs.find(c) != std::string_view::npos; };
  const bool good = at != std::string_view::npos && !name.empty() && name.size() <= name_bytes_max &&
                    std::all_of(name.begin(), name.end(), of_name) && is_host(text.substr(at + 1));
  if (good) return std::nullopt;
  return TextFault{"is not a mail address", "write for example soc@example.net"};
}

Fault check_query(std::string_view text) {
  const Result<Query> query = parse_filter_query(text);
  if (query) return std::nullopt;
  constexpr std::string_view subject = "query: ";
  std::string_view why = query.error().text();
  if (why.starts_with(subject)) why.remove_prefix(subject.size());
  return TextFault{"is not a filter's query: " + std::string{why}, "write for example filters.riskLevel: info"};
}

Fault check_form(const Field& field, std::string& text) {
  switch (field.kind) {
    case FieldKind::name: return check_name(text);
    case FieldKind::label: return check_label(text);
    case FieldKind::path: return check_path(text);
    case FieldKind::url: return check_api_url(text);
    case FieldKind::wss_url: return check_wss_url(text);
    case FieldKind::proxy: return check_proxy(text);
    case FieldKind::query: return check_query(text);
    case FieldKind::mailbox: return check_mailbox(text);
    case FieldKind::token:
      if (is_token(text)) return std::nullopt;
      return TextFault{"is not a token", "copy it again: one line, no spaces"};
    case FieldKind::choice: {
      const std::vector<std::string_view> allowed = allowed_of(field);
      if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return std::nullopt;
      return TextFault{"is not known here", {}};
    }
    default:
      if (is_one_line(text)) return std::nullopt;
      return TextFault{"holds control characters", "write it on one line"};
  }
}

}  // namespace

std::optional<TextFault> check_text(const Field& field, std::string& text) {
  if (text.empty()) return TextFault{"is empty", "write a value, or leave the key out"};
  if (const auto most = parse_count(field.most); most && text.size() > *most) {
    return TextFault{"is too long", "write at most " + std::to_string(*most) + " bytes"};
  }
  return check_form(field, text);
}

std::optional<TextFault> check_element(FieldKind list, const std::string& text) {
  if (list == FieldKind::hosts) {
    if (is_host(text)) return std::nullopt;
    return TextFault{"is not a host name or an address", {}};
  }
  if (text.empty() || text.size() > element_bytes_max) return TextFault{"is empty or too long", {}};
  return list == FieldKind::mailboxes ? check_mailbox(text) : check_label(text);
}

bool is_one_line(std::string_view text) { return !not_text_at(text) && text.find_first_of("\t\n\r") == std::string_view::npos; }

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace tidegate
