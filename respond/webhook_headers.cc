#include "respond/webhook_headers.h"

#include <algorithm>
#include <array>
#include <set>

#include "config/ascii.h"
#include "transport/header_name.h"

namespace tidegate {
namespace {

constexpr std::array<std::string_view, 6> headers_with_secrets{"authorization", "proxy-authorization", "cookie", "x-api-key",
                                                               "api-key",       "x-auth-token"};

bool is_header_of_request(std::string_view name) {
  return is_own_header(name) || same_name(name, "Content-Type") || same_name(name, "Expect") || same_name(name, "User-Agent");
}

bool is_header_name(std::string_view name) { return is_http_token(name) && name.size() <= webhook_header_bytes_max; }

std::optional<WebhookFlaw> flaw_in_header(const std::string& header, const std::string& value) {
  if (!is_header_name(header)) return WebhookFlaw{header, "is no name of a header", "use letters, digits and dashes"};
  if (is_header_of_request(header)) return WebhookFlaw{header, "is a header that the request itself sets", "take it away"};
  if (std::ranges::find(headers_with_secrets, lower_case(header)) != headers_with_secrets.end())
    return WebhookFlaw{header, "would keep a secret in the open",
                       "write auth: header with header_name: " + header + ", and the secret as a credential"};
  if (value.empty() || value.size() > webhook_header_bytes_max || !is_printable_ascii(value))
    return WebhookFlaw{header, "has a value that no header can have",
                       "write 1 to " + std::to_string(webhook_header_bytes_max) + " printable ASCII characters on one line"};
  if (value.find("{{") != std::string::npos)
    return WebhookFlaw{header, "has a placeholder, which a header does not fill", "put the value into path or json_body"};
  return std::nullopt;
}

}  // namespace

std::vector<WebhookFlaw> flaws_in_headers(const WebhookSpec& webhook) {
  std::vector<WebhookFlaw> flaws;
  std::set<std::string> seen;
  for (const auto& [header, value] : webhook.headers) {
    const bool again = !seen.insert(lower_case(header)).second;
    if (std::optional<WebhookFlaw> flaw = flaw_in_header(header, value)) flaws.push_back(*std::move(flaw));
    else if (again) flaws.push_back({header, "stands here again in another case", "keep one of the two"});
  }
  return flaws;
}

std::optional<WebhookFlaw> flaw_in_secret_header(const WebhookSpec& webhook) {
  const std::string& header = webhook.header_name;
  if (!is_header_name(header)) return WebhookFlaw{header, "is no name of a header", "use letters, digits and dashes"};
  if (is_header_of_request(header))
    return WebhookFlaw{header, "is a header that the request itself sets", "name another, such as Authorization"};
  const bool added = std::ranges::any_of(webhook.headers, [&header](const auto& each) { return same_name(each.first, header); });
  if (added) return WebhookFlaw{header, "stands in headers as well", "take it out of headers"};
  return std::nullopt;
}

std::optional<WebhookFlaw> flaw_in_webhook_secret(WebhookAuth auth, std::string_view secret) {
  if (secret.empty()) return WebhookFlaw{{}, "is empty", "give the secret itself"};
  if (secret.size() > webhook_header_bytes_max)
    return WebhookFlaw{
        {}, "is longer than a header is", "give one of at most " + std::to_string(webhook_header_bytes_max) + " bytes"};
  if (auth == WebhookAuth::header && !is_printable_ascii(secret))
    return WebhookFlaw{{}, "holds characters that no header can carry", "use printable ASCII characters only"};
  if (std::ranges::any_of(secret, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return WebhookFlaw{{}, "has a control character", "give it on one line"};
  return std::nullopt;
}

}  // namespace tidegate
