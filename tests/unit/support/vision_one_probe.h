// What the simulator's tests have in common: a simulator at a fixed time, one request, and the page that it answers.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/id128.h"
#include "tests/support/vision_one_sim.h"

namespace tidegate::probe {

using namespace std::chrono_literals;

inline const WallTime origin = *parse_time("2026-11-24T12:00:00Z");

inline SimOptions options_of(std::uint32_t alerts, std::uint32_t audit_logs, std::uint32_t techniques) {
  SimOptions options;
  options.data.origin = origin;
  options.data.live = 0s;
  options.data.alerts.backlog = alerts;
  options.data.audit_logs.backlog = audit_logs;
  options.data.techniques.backlog = techniques;
  options.serve.tokens = {"token"};
  return options;
}

inline SimResponse get(VisionOneSim& sim, std::string_view target, WallTime now, SimHeaders more = {}) {
  SimRequest request;
  request.target = target;
  request.headers = {{"Authorization", "Bearer token"}, {"Host", "api.example.net"}};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return sim.handle(request, now);
}

inline SimResponse post(VisionOneSim& sim, std::string_view target, std::string_view body, WallTime now) {
  SimRequest request;
  request.method = "POST";
  request.target = target;
  request.headers = {{"Authorization", "Bearer token"}, {"Host", "api.example.net"}};
  request.body = body;
  return sim.handle(request, now);
}

struct Item {
  std::string id;       // id or uuid
  std::string version;  // updatedDateTime of alerts
  std::string raw;

  std::pair<std::string, std::string> key() const { return {id, version}; }
};

struct ProbedPage {
  unsigned status = 0;
  std::vector<Item> items;
  std::int64_t total = -1;
  std::int64_t count = -1;
  std::string next;  // as it came, spaces and all
};

inline std::string text_of(simdjson::ondemand::parser& parser, const std::string& json, std::string_view key) {
  const simdjson::padded_string padded{json};
  simdjson::ondemand::document document;
  std::string_view text;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return {};
  return document.find_field_unordered(key).get_string().get(text) == simdjson::SUCCESS ? std::string{text} : std::string{};
}

inline ProbedPage page_of(const SimResponse& response) {
  ProbedPage page;
  page.status = response.status;
  if (response.status != 200) return page;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::parser inner;
  const simdjson::padded_string padded{response.body};
  simdjson::ondemand::document document;
  EXPECT_EQ(parser.iterate(padded).get(document), simdjson::SUCCESS);
  std::int64_t number = 0;
  if (document.find_field_unordered("totalCount").get_int64().get(number) == simdjson::SUCCESS) page.total = number;
  if (document.find_field_unordered("count").get_int64().get(number) == simdjson::SUCCESS) page.count = number;
  std::string_view text;
  if (document.find_field_unordered("nextLink").get_string().get(text) == simdjson::SUCCESS) page.next = text;
  simdjson::ondemand::array items;
  EXPECT_EQ(document.find_field_unordered("items").get_array().get(items), simdjson::SUCCESS);
  for (auto element : items) {
    std::string_view raw;
    EXPECT_EQ(simdjson::to_json_string(element).get(raw), simdjson::SUCCESS);
    Item item;
    item.raw = raw;
    item.id = text_of(inner, item.raw, "id");
    if (item.id.empty()) item.id = text_of(inner, item.raw, "uuid");
    item.version = text_of(inner, item.raw, "updatedDateTime");
    page.items.push_back(std::move(item));
  }
  return page;
}

// The target of a link: what a client asks for after it has checked scheme and host, spaces encoded.
inline std::string target_of(std::string_view link) {
  link.remove_prefix(std::min(link.size(), link.find('/', link.find("//") + 2)));
  std::string target;
  for (char c : link) c == ' ' ? void(target.append("%20")) : target.push_back(c);
  return target;
}

// All pages from the target on, each `pause` after the one before.
inline std::vector<Item> walk(VisionOneSim& sim, std::string target, WallTime now, std::chrono::nanoseconds pause = 0s) {
  constexpr std::size_t pages_max = 10'000;
  std::vector<Item> items;
  for (std::size_t pages = 0; !target.empty() && pages < pages_max; ++pages, now += pause) {
    ProbedPage page = page_of(get(sim, target, now));
    EXPECT_EQ(page.status, 200u) << target;
    items.insert(items.end(), page.items.begin(), page.items.end());
    target = page.next.empty() ? "" : target_of(page.next);
  }
  return items;
}

using KeySet = std::multiset<std::pair<std::string, std::string>>;

inline KeySet keys_of(const std::vector<Item>& items) {
  KeySet keys;
  for (const Item& item : items) keys.insert(item.key());
  return keys;
}

// What a receiver must have in the end, by the ledger.
inline KeySet current_keys(const std::vector<LedgerEntry>& ledger, Feed feed) {
  KeySet keys;
  for (const LedgerEntry& entry : ledger)
    if (entry.feed == feed && !entry.superseded) keys.insert({entry.id, entry.version});
  return keys;
}

inline constexpr std::string_view all_alerts =
    "/v3.0/workbench/alerts?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
    "&dateTimeTarget=updatedDateTime&orderBy=updatedDateTime%20asc";
inline constexpr std::string_view all_audit_logs =
    "/v3.0/audit/logs?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
    "&dateTimeTarget=ingestedDateTime&orderBy=ingestedDateTime%20asc&top=200";

inline std::string techniques_until(WallTime now) {
  return "/v3.0/oat/detections?detectedStartDateTime=2026-11-01T00:00:00Z&ingestedStartDateTime=2026-11-01T00:00:00Z&top=200"
         "&detectedEndDateTime=" +
         to_iso8601(now) + "&ingestedEndDateTime=" + to_iso8601(now);
}

}  // namespace tidegate::probe
