#include "base/log.h"
#include "tests/support/vision_one_answers.h"
#include "tests/support/vision_one_lists.h"

namespace tidegate {
namespace {

constexpr std::string_view foreign_base = "https://api.foreign.example";
constexpr std::size_t record_bytes_guess = 4096;

std::string_view token_name(Feed feed) { return feed == Feed::techniques ? "nextBatchToken" : "skipToken"; }

// The record at a place of the list as it is read.
std::uint32_t record_at(const Selection& selection, std::size_t place) {
  return selection.records[selection.descending ? selection.records.size() - 1 - place : place].record;
}

}  // namespace

std::optional<PageToken> next_token(const PageToken& token, const PagePlace& page, const LinkRules& rules, WallTime now) {
  const bool endless = rules.endless || token.endless;
  const bool more = page.offset + page.count < page.total;
  if (!more && !endless) return std::nullopt;
  return PageToken{.offset = more ? page.offset + page.count : page.offset, .issued = now, .endless = endless};
}

std::string page_link(const Target& resolved, std::string_view token_name, const PageToken& token, const LinkRules& rules) {
  static constexpr std::string_view prefix = "/v3.0/";
  std::string link = rules.foreign ? std::string{foreign_base} : rules.base_url;
  if (rules.beta && resolved.path.starts_with(prefix)) link.append("/beta/xdr/").append(resolved.path, prefix.size());
  else link.append(resolved.path);
  char separator = '?';
  for (const auto& [name, value] : resolved.parameters) {
    link.append(1, separator).append(name).append("=").append(encode(value, rules.raw_spaces ? Spaces::raw : Spaces::encoded));
    separator = '&';
  }
  return link.append(1, separator).append(token_name).append("=").append(encode_token(token));
}

TokenCheck check_token(const Target& target, std::string_view token_name, const LinkRules& rules, WallTime now) {
  const auto text = target.find(token_name);
  if (!text) return {};
  const auto token = decode_token(*text);
  if (!token) return {.token = {}, .refusal = bad_request("Invalid parameter: " + std::string{token_name})};
  if (now - token->issued > rules.lifetime)
    return {.token = {}, .refusal = error_answer({.message = "Request token expired. (Error code: 1010550)", .number = 1010550})};
  return {.token = token, .refusal = {}};
}

ServedPage serve_page(const SimArchive& archive, const Selection& selection, const Target& target, const LinkRules& rules) {
  const std::string_view parameter = token_name(selection.feed);
  const WallTime now = archive.holdings().now();
  TokenCheck check = check_token(target, parameter, rules, now);
  if (check.refusal) return {.response = std::move(*check.refusal)};
  const PageToken token = check.token.value_or(PageToken{});
  const std::size_t total = selection.records.size();
  const std::size_t offset = std::min<std::uint64_t>(token.offset, total);
  const std::size_t count = std::min(selection.page_records, total - offset);
  const bool audit = selection.feed == Feed::audit_logs;

  Bytes body;
  body.reserve(count * record_bytes_guess + 1024);
  body.push_back('{');
  if (!audit)
    body.append(R"("totalCount":)").append(std::to_string(total)).append(R"(,"count":)").append(std::to_string(count)).append(",");
  body.append(R"("items":[)");
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) body.push_back(',');
    archive.append(body, selection.feed, record_at(selection, offset + i));
  }
  body.push_back(']');
  if (audit) body.append(R"(,"labels":{})");
  if (const auto next = next_token(token, {offset, count, total}, rules, now)) {
    body.append(R"(,"nextLink":)");
    append_json_string(body, page_link(selection.resolved, parameter, *next, rules));
  } else if (audit) {
    body.append(R"(,"nextLink":null)");  // the API is known to end a chain both ways
  }
  body.push_back('}');
  return {.response = json_answer(std::move(body)), .records = count, .whole = true};
}

}  // namespace tidegate
