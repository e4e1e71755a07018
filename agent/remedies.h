// Causes and remedies: what can be wrong between a connector and its API, each with what it means for Vision One, what usually
// lies behind it, and what to do. The one table of its kind: the command line, the API and the console show these words.
// (verdict.h has the remedies of states, which are shorter, because a state has many causes.)
//
// Pure; any thread. Sources: Trend Vision One guides "Authentication", "API request limits", "Troubleshooting".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/model.h"

namespace tidegate {

enum class Cause : unsigned char {
  // On the way to the API.
  name_unknown,
  refused,
  no_answer,
  connection_broken,
  proxy_credentials,
  proxy_forbids,
  proxy_fails,
  // TLS.
  no_tls,
  authority_unknown,
  certificate_expired,
  certificate_expires_soon,
  certificate_not_yet,
  other_host,
  certificate_refused,
  ca_file_unusable,
  // The API's answers.
  http_400,
  http_401,
  http_403,
  http_404,
  http_413,
  http_429,
  http_500,
  http_502,
  http_503,
  http_504,
  http_other,
  not_json,
  link_expired,
  clock_off,
  // The token.
  token_unreadable,
  token_odd,
  token_expired,
  token_expires_soon,
};

struct CauseText {
  Cause cause;
  std::string_view name;     // for programs: "http_403"
  std::string_view meaning;  // one sentence without a full stop, lower case
  std::string_view likely;   // what usually lies behind it
  std::string_view remedy;   // what to do
};

// All of them, in the order of the enumerators.
std::span<const CauseText> causes();
const CauseText& text_of(Cause cause);

// "<meaning>; likely: <likely>".
std::string cause_sentence(Cause cause);
// The remedy; for a refused permission with the permission that the content type needs.
std::string remedy_sentence(Cause cause, std::optional<ContentType> content = {});

// The cause in an answer of that status; absent below 300.
std::optional<Cause> cause_of_status(unsigned status);

// The permission that a role must have, as the console calls it: "Workbench: View, filter, and search".
std::string_view permission_of(ContentType content);

}  // namespace tidegate
