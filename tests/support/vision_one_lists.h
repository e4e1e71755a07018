// The three lists of the API: which records a request asks for, in what order, and the page of them that it gets.
//
// Pages are cut by offset from the list as it is at the moment of each request: records that arrive and alerts that are
// updated in between shift them, as they do at the API.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/vision_one_archive.h"
#include "tests/support/vision_one_query.h"

namespace tidegate {

// What a request selects, before it is cut into pages. Valid until the archive advances.
struct Selection {
  Feed feed = Feed::alerts;
  std::vector<HeldRecord> picked;       // where `records` is no slice of the holdings
  std::span<const HeldRecord> records;  // ascending, or as `picked` says
  bool descending = false;              // read from the back
  std::size_t page_records = 10;
  Target resolved;  // path and parameters, those included that were given by default: what a link repeats
};

// The error's text is the message of a 400.
Result<Selection> select_alerts(const SimArchive& archive, const Target& target);
Result<Selection> select_audit_logs(const SimArchive& archive, const Target& target);
Result<Selection> select_techniques(const SimArchive& archive, const Target& target);

// How a page's link is made, and spoiled.
struct LinkRules {
  std::string base_url;
  std::chrono::seconds lifetime{300};
  bool raw_spaces = false;
  bool beta = false;
  bool endless = false;
  bool foreign = false;
};

struct ServedPage {
  SimResponse response;
  std::size_t records = 0;
  bool whole = false;  // false: an error was answered
};
// The page that the target's token asks for; the first without one. `name` is the token's parameter.
ServedPage serve_page(const SimArchive& archive, const Selection& selection, const Target& target, const LinkRules& rules);

// A page's place in its list.
struct PagePlace {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
  std::uint64_t total = 0;
};
// The token of the page behind that one, which `token` asked for; absent where it is the last. An endless chain repeats its last.
std::optional<PageToken> next_token(const PageToken& token, const PagePlace& page, const LinkRules& rules, WallTime now);

// A link to the page that the token names, of the same selection.
std::string page_link(const Target& resolved, std::string_view token_name, const PageToken& token, const LinkRules& rules);

// The token that the target carries under that name: absent where there is none; an error answer where it cannot be used.
struct TokenCheck {
  std::optional<PageToken> token;
  std::optional<SimResponse> refusal;
};
TokenCheck check_token(const Target& target, std::string_view token_name, const LinkRules& rules, WallTime now);

}  // namespace tidegate
