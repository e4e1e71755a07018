#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;

unsigned status_of(VisionOneSim& sim, std::string_view target, WallTime now = origin + 1h) { return get(sim, target, now).status; }

std::string error_of(const SimResponse& response, std::string_view key) {
  simdjson::dom::parser parser;
  std::string_view text;
  const auto error = parser.parse(response.body)["error"][key].get_string().get(text);
  return error == simdjson::SUCCESS ? std::string{text} : std::string{};
}

TEST(VisionOneLists, AlertsComeTenAPageWithCountsWhateverTopSays) {
  VisionOneSim sim{options_of(25, 0, 0), Seed{1}};
  const std::string target = "/v3.0/workbench/alerts?startDateTime=2026-11-23T00:00:00Z&top=200";
  const ProbedPage first = page_of(get(sim, target, origin + 1h));
  EXPECT_EQ(first.items.size(), 10u);
  EXPECT_EQ(first.total, 25);
  EXPECT_EQ(first.count, 10);
  EXPECT_EQ(walk(sim, target, origin + 1h).size(), 25u);
}

TEST(VisionOneLists, AlertsOfTheLastDayAreListedNewestFirstByDefault) {
  SimOptions options = options_of(200, 0, 0);
  options.data.backlog_period = 48h;
  VisionOneSim sim{options, Seed{1}};
  const std::vector<Item> items = walk(sim, "/v3.0/workbench/alerts", origin);
  EXPECT_GT(items.size(), 80u);
  EXPECT_LT(items.size(), 120u);
  simdjson::ondemand::parser parser;
  std::string before = "9999";
  for (const Item& item : items) {
    const std::string created = text_of(parser, item.raw, "createdDateTime");
    EXPECT_LE(created, before);
    EXPECT_GE(created, "2026-11-23T12:00:00Z");
    before = created;
  }
}

TEST(VisionOneLists, AlertsAreOrderedByEachFieldBothWays) {
  VisionOneSim sim{options_of(60, 0, 0), Seed{3}};
  simdjson::ondemand::parser parser;
  for (const std::string field : {"createdDateTime", "updatedDateTime", "id"}) {
    for (const std::string direction : {"asc", "desc"}) {
      const std::string target =
          "/v3.0/workbench/alerts?startDateTime=2026-11-01T00:00:00Z&dateTimeTarget=updatedDateTime&orderBy=" + field + "%20" +
          direction;
      const std::vector<Item> items = walk(sim, target, origin + 1h);
      ASSERT_EQ(items.size(), 60u);
      for (std::size_t i = 1; i < items.size(); ++i) {
        const std::string before = text_of(parser, items[i - 1].raw, field);
        const std::string after = text_of(parser, items[i].raw, field);
        EXPECT_TRUE(direction == "asc" ? before <= after : before >= after) << field << " " << direction;
      }
    }
  }
}

TEST(VisionOneLists, TheStartIsInclusiveAndTheEndExclusive) {
  VisionOneSim sim{options_of(0, 50, 50), Seed{4}};
  simdjson::ondemand::parser parser;
  const Item item = walk(sim, std::string{all_audit_logs}, origin + 1h)[20];
  const std::string time = text_of(parser, item.raw, "ingestedDateTime");
  const std::string next = to_iso8601(*parse_time(time) + 1s);
  const auto holds = [&sim, &item](const std::string& from, const std::string& to) {
    const std::string target =
        "/v3.0/audit/logs?dateTimeTarget=ingestedDateTime&orderBy=ingestedDateTime%20asc&startDateTime=" + from +
        "&endDateTime=" + to;
    return keys_of(walk(sim, target, origin + 1h)).contains(item.key());
  };
  EXPECT_TRUE(holds(time, next));
  EXPECT_FALSE(holds(next, "2026-11-30T00:00:00Z"));
  EXPECT_FALSE(holds("2026-11-01T00:00:00Z", time));
}

TEST(VisionOneLists, TimesAreWholeSecondsInUtcAndNothingElse) {
  VisionOneSim sim{options_of(1, 1, 1), Seed{1}};
  for (const std::string list : {"/v3.0/workbench/alerts?startDateTime=", "/v3.0/audit/logs?startDateTime=",
                                 "/v3.0/oat/detections?detectedStartDateTime="}) {
    EXPECT_EQ(status_of(sim, list + "2026-11-24T00:00:00Z"), 200u);
    for (const std::string bad : {"2026-11-24T00:00:00.000Z", "2026-11-24T00:00:00", "2026-11-24%2000:00:00Z",
                                  "2026-13-24T00:00:00Z", "1764000000", "", "2026-11-24T00:00:00+00:00"})
      EXPECT_EQ(status_of(sim, list + bad), 400u) << list << bad;
  }
}

TEST(VisionOneLists, BadParametersAnswer400WithTheApisErrorBody) {
  VisionOneSim sim{options_of(1, 1, 1), Seed{1}};
  for (const std::string target :
       {"/v3.0/workbench/alerts?dateTimeTarget=loggedDateTime", "/v3.0/workbench/alerts?orderBy=nothing",
        "/v3.0/workbench/alerts?orderBy=id%20sideways", "/v3.0/workbench/alerts?skipToken=%21%21",
        "/v3.0/workbench/alerts?startDateTime=2026-11-24T10:00:00Z&endDateTime=2026-11-24T09:00:00Z", "/v3.0/audit/logs?top=10",
        "/v3.0/audit/logs?labels=some", "/v3.0/audit/logs?dateTimeTarget=createdDateTime", "/v3.0/audit/logs?orderBy=result",
        "/v3.0/audit/logs?startDateTime=2026-05-01T00:00:00Z", "/v3.0/oat/detections?top=1000",
        "/v3.0/oat/detections?top=", "/v3.0/oat/detections?detectedEndDateTime=2026-11-24T13:00:01Z",
        "/v3.0/oat/detections?ingestedEndDateTime=2026-11-24T13:00:01Z",
        "/v3.0/oat/detections?detectedStartDateTime=2025-11-01T00:00:00Z", "/v3.0/audit/logs?top=%zz"}) {
    const SimResponse response = get(sim, target, origin + 1h);
    EXPECT_EQ(response.status, 400u) << target;
    EXPECT_EQ(error_of(response, "code"), "BadRequest") << target;
    EXPECT_FALSE(error_of(response, "message").empty()) << target;
  }
}

TEST(VisionOneLists, TopsOf50And100And200AreTaken) {
  VisionOneSim sim{options_of(0, 300, 300), Seed{1}};
  for (const std::size_t top : {50u, 100u, 200u}) {
    const std::string suffix = "&top=" + std::to_string(top);
    EXPECT_EQ(page_of(get(sim, "/v3.0/audit/logs?startDateTime=2026-11-23T00:00:00Z" + suffix, origin)).items.size(), top);
    EXPECT_EQ(page_of(get(sim, "/v3.0/oat/detections?detectedStartDateTime=2026-11-23T00:00:00Z" + suffix, origin)).items.size(),
              top);
  }
  EXPECT_EQ(page_of(get(sim, "/v3.0/audit/logs", origin)).items.size(), 50u);
}

TEST(VisionOneLists, AuditLogsHaveNoCountsAndTechniquesHaveBoth) {
  VisionOneSim sim{options_of(0, 60, 60), Seed{1}};
  const ProbedPage audit = page_of(get(sim, all_audit_logs, origin));
  EXPECT_EQ(audit.total, -1);
  EXPECT_EQ(audit.count, -1);
  const ProbedPage techniques = page_of(get(sim, techniques_until(origin), origin));
  EXPECT_EQ(techniques.total, 60);
  EXPECT_EQ(techniques.count, 60);
}

TEST(VisionOneLists, TechniquesOfTheLastHourComeNewestFirst) {
  SimOptions options = options_of(0, 0, 240);
  VisionOneSim sim{options, Seed{1}};
  simdjson::ondemand::parser parser;
  const std::vector<Item> items = walk(sim, "/v3.0/oat/detections", origin);
  EXPECT_GT(items.size(), 4u);
  EXPECT_LT(items.size(), 16u);
  std::string before = "9999";
  for (const Item& item : items) {
    const std::string detected = text_of(parser, item.raw, "detectedDateTime");
    EXPECT_LE(detected, before);
    EXPECT_GE(detected, "2026-11-24T11:00:00Z");
    before = detected;
  }
}

TEST(VisionOneLists, TheDefaultDetectedHourAppliesBesideAnIngestedInterval) {
  VisionOneSim sim{options_of(0, 0, 240), Seed{1}};
  const std::vector<Item> narrow = walk(sim, "/v3.0/oat/detections?ingestedStartDateTime=2026-11-23T00:00:00Z", origin);
  EXPECT_LT(narrow.size(), 20u);
  EXPECT_EQ(walk(sim, techniques_until(origin), origin).size(), 240u);
}

TEST(VisionOneLists, ATenantWithoutIngestedTimesRefusesThem) {
  SimOptions options = options_of(0, 5, 0);
  options.data.audit_ingested = false;
  VisionOneSim sim{options, Seed{1}};
  EXPECT_EQ(status_of(sim, "/v3.0/audit/logs?dateTimeTarget=ingestedDateTime"), 400u);
  EXPECT_EQ(status_of(sim, "/v3.0/audit/logs?orderBy=ingestedDateTime"), 400u);
  const std::vector<Item> items = walk(sim, "/v3.0/audit/logs?orderBy=loggedDateTime", origin + 1h);
  ASSERT_EQ(items.size(), 5u);
  for (const Item& item : items) EXPECT_EQ(item.raw.find("ingestedDateTime"), std::string::npos);
}

TEST(VisionOneLists, LinksAreAbsoluteAndExpire) {
  SimOptions options = options_of(25, 0, 0);
  options.serve.link_lifetime = 60s;
  VisionOneSim sim{options, Seed{1}};
  const ProbedPage first = page_of(get(sim, all_alerts, origin + 1h));
  EXPECT_TRUE(first.next.starts_with("https://api.example.net/v3.0/workbench/alerts?")) << first.next;
  EXPECT_NE(first.next.find("orderBy=updatedDateTime asc"), std::string::npos) << "raw spaces, as the API echoes them";
  EXPECT_EQ(status_of(sim, target_of(first.next), origin + 1h + 60s), 200u);
  const SimResponse expired = get(sim, target_of(first.next), origin + 1h + 61s);
  EXPECT_EQ(expired.status, 400u);
  EXPECT_EQ(error_of(expired, "code"), "BadRequest");
  EXPECT_EQ(error_of(expired, "message"), "Request token expired. (Error code: 1010550)");
}

TEST(VisionOneLists, LinksUnderTheOtherPrefixLeadToTheSamePages) {
  SimOptions options = options_of(0, 120, 0);
  options.serve.beta_links = true;
  options.serve.base_url = "https://other.example.net:4443";
  VisionOneSim sim{options, Seed{1}};
  const ProbedPage first = page_of(get(sim, "/v3.0/audit/logs", origin));
  EXPECT_TRUE(first.next.starts_with("https://other.example.net:4443/beta/xdr/audit/logs?")) << first.next;
  EXPECT_EQ(keys_of(walk(sim, "/v3.0/audit/logs", origin)).size(), 120u);
}

TEST(VisionOneLists, AnUnknownPathAnswers404) {
  VisionOneSim sim{options_of(1, 0, 0), Seed{1}};
  EXPECT_EQ(status_of(sim, "/v3.0/nothing"), 404u);
  EXPECT_EQ(status_of(sim, "/v3.0/workbench/alerts/WB-9002-20261124-00099"), 404u);
  const Item alert = walk(sim, std::string{all_alerts}, origin)[0];
  const SimResponse one = get(sim, "/v3.0/workbench/alerts/" + alert.id, origin);
  EXPECT_EQ(one.body, alert.raw);
  EXPECT_FALSE(header(one.headers, "etag").empty());
}

TEST(VisionOneLists, AFilterIsRefusedRatherThanIgnored) {
  VisionOneSim sim{options_of(1, 0, 0), Seed{1}};
  EXPECT_EQ(get(sim, all_alerts, origin, {{"TMV1-Filter", "severity eq 'high'"}}).status, 400u);
}

}  // namespace
}  // namespace tidegate
