// The headers of a custom responder's request: those that its responder adds, and the one that carries its secret. One check of
// them, for the document that gives them and for the request that has them.
//
// Inside respond/. Pure; any thread.   Source: RFC 9110, section 5; RFC 7617, section 2; domain, section 1.2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respond/responder.h"

namespace tidegate {

inline constexpr std::size_t webhook_headers_max = 32;
inline constexpr std::size_t webhook_header_bytes_max = 4096;  // of a name, of a value, and of a secret

struct WebhookFlaw {
  std::string header;  // its name; empty: of none
  std::string problem;
  std::string remedy;
};

// Of the headers that the responder adds, in their order: one that the request sets itself, one that would keep a secret in the
// open, one that comes twice, and what is no header.
std::vector<WebhookFlaw> flaws_in_headers(const WebhookSpec& webhook);
// Of header_name, as auth: header uses it.
std::optional<WebhookFlaw> flaw_in_secret_header(const WebhookSpec& webhook);
// Of the secret, as auth sends it. The words hold nothing of it.
std::optional<WebhookFlaw> flaw_in_webhook_secret(WebhookAuth auth, std::string_view secret);

}  // namespace tidegate
