// Faults that connectors of other makers had with this API, each by the name of who had it: none of them is ours. What they were
// is public: issues, pull requests and release notes of the projects named.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "tests/promises/expectations.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view alerts_path = "/v3.0/workbench/alerts";
constexpr std::string_view audit_path = "/v3.0/audit/logs";
constexpr std::string_view techniques_path = "/v3.0/oat/detections";

bool is_for(const HttpRequest& request, std::string_view path) { return request.url.find(path) != std::string::npos; }
bool is_first_page(const HttpRequest& request) { return request.url.find("Token=") == std::string::npos; }

void replace_all(Bytes& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != Bytes::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
}

// Once the tenant is quiet and windows have passed over what was late.
void expect_all_once_in_the_end(World& world) {
  world.run_for(40min);
  expect_all_once(world, 3h);
}

Verdict verdict_of(const World& world, std::string_view content_type) {
  const AgentStatus status = world.status();
  for (const ContentStatus& content : status.connectors.front().contents)
    if (content.content_type == content_type) return content.state.verdict;
  return Verdict::starting;
}

TEST(NamedFaults, ElasticAlertsLaterUpdatesOfAnAlertAreSeen) {
  WorldOptions options = small_tenant();
  options.sim.data.updates_share = 1;
  World world{Seed{101}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, ElasticAlerts12382RecordsThatBecomeVisibleLateAreCollected) {
  WorldOptions options = small_tenant();
  options.sim.data.late_share = 0.5;
  options.sim.data.late_max = 119s;  // the overlap is 120 s
  World world{Seed{102}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, ElasticAlerts4701AnEmptyAnswerMakesNoDocument) {
  WorldOptions options = small_tenant();
  options.sim.data.alerts = options.sim.data.audit_logs = options.sim.data.techniques = {};
  World world{Seed{103}, options};
  world.twist = [](const HttpRequest&, HttpResponse& response) { replace_all(response.body, "\"items\":[]", "\"items\":null"); };
  world.start_agent();
  world.run_for(10min);
  EXPECT_TRUE(world.processor->records().empty());
  EXPECT_EQ(verdict_of(world, "alerts"), Verdict::idle);
}

TEST(NamedFaults, ElasticAlerts4767PagingEndsWithTheAbsentOrNullLinkAndNotBefore) {
  World world{Seed{104}, small_tenant()};
  world.twist = [](const HttpRequest&, HttpResponse& response) {
    // Whoever has none says so in words.
    if (response.body.find("\"nextLink\"") == Bytes::npos && response.body.ends_with('}'))
      response.body.replace(response.body.size() - 1, 1, ",\"nextLink\":null}");
  };
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, ElasticDetections12425TheCursorIsNotTheNewestEventsTime) {
  WorldOptions options = small_tenant();
  options.sim.data.technique_burst = 90;
  options.sim.data.late_share = 0.4;  // a record comes after a younger one was collected
  World world{Seed{105}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, Elastic8083NothingIsFilteredAtTheApi) {
  World world{Seed{106}, small_tenant()};
  world.start_agent();
  world.run_for(5min);
  ASSERT_FALSE(world.asked.empty());
  for (const HttpRequest& request : world.asked) {
    EXPECT_EQ(std::ranges::count(request.headers, "TMV1-Filter", &HttpHeader::name), 0);
    EXPECT_EQ(request.url.find("filter="), std::string::npos);
  }
}

TEST(NamedFaults, ElasticAuditIdenticalEntriesAreEachKept) {
  WorldOptions options = small_tenant();
  options.sim.data.audit_uuid = false;
  options.sim.data.audit_copies = 4;
  options.sim.data.audit_logs = {.backlog = 900, .per_second = 0.2};  // copies lie on both sides of pages' edges
  World world{Seed{107}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, CortexXsiam40795AnExpiredLinkDoesNotStickInTheCheckpoint) {
  WorldOptions options = tenant_of(ContentType::observed_attack_techniques);
  options.sim.data.techniques.backlog = 3000;
  options.sim.serve.link_lifetime = 20s;
  World world{Seed{108}, options};
  world.start_agent();
  const std::optional<WindowProgress> window = run_into_a_window(world, Lane::techniques, 5min);
  ASSERT_TRUE(window);
  world.stop_agent();  // with a link in the journal
  world.clock.advance(1min);
  const std::size_t before = world.asked.size();
  world.start_agent();
  expect_all_once_in_the_end(world);
  const std::span<const HttpRequest> asked = std::span{world.asked}.subspan(before);
  ASSERT_GE(asked.size(), 2u);
  const auto is_the_link = [&window](const HttpRequest& each) { return target_of(each.url) == target_of(window->next_link); };
  EXPECT_TRUE(is_the_link(asked[0])) << asked[0].url;
  EXPECT_EQ(std::ranges::count_if(asked, is_the_link), 1);
  const std::string from = "ingestedStartDateTime=" + to_iso8601(window->from);
  EXPECT_TRUE(is_first_page(asked[1]) && is_for(asked[1], from)) << asked[1].url;
}

TEST(NamedFaults, CortexXsiam459OneContentTypesFailureStopsNoOther) {
  WorldOptions options = small_tenant();
  options.sim.serve.forbidden = {Endpoint::audit_logs};
  World world{Seed{109}, options};
  world.start_agent();
  world.run_for(40min);
  EXPECT_EQ(verdict_of(world, "audit_logs"), Verdict::auth_failed);
  const std::vector<std::string> lacking = world.missing();
  ASSERT_FALSE(lacking.empty());
  for (const std::string& missing : lacking) EXPECT_NE(missing.find("audit_logs"), std::string::npos) << missing;
}

TEST(NamedFaults, CortexXsiamServerErrorsAreAskedAgain) {
  WorldOptions options = small_tenant();
  for (const FaultKind kind :
       {FaultKind::internal_error, FaultKind::bad_gateway, FaultKind::unavailable, FaultKind::gateway_timeout})
    options.sim.serve.faults.push_back({.kind = kind, .rate = 0.1, .nth = 0, .endpoint = {}});
  World world{Seed{110}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, CortexXsiam460TheSizeOfAPageIsOneThatTheApiKnows) {
  World world{Seed{111}, small_tenant()};
  world.start_agent();
  world.run_for(5min);
  std::size_t seen = 0;
  for (const HttpRequest& request : world.asked) {
    if (!is_first_page(request)) continue;
    ++seen;
    const bool sized = request.url.find("top=200") != std::string::npos;
    EXPECT_EQ(sized, !is_for(request, alerts_path)) << request.url;  // alerts have pages of ten and no such parameter
  }
  EXPECT_GT(seen, 3u);
}

TEST(NamedFaults, CortexXsiam400PollAfterPollTheLastRecordsDoNotComeTwice) {
  WorldOptions options = small_tenant();
  options.connector.interval = 10s;
  options.connector.audit_logs_interval = 10s;
  World world{Seed{112}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
  EXPECT_GT(metric_sum(world, "tidegate_records_duplicate_total"), 0);  // they were read twice
}

TEST(NamedFaults, SekoiaAllRecordsOfOneSecondAreCollected) {
  WorldOptions options = small_tenant();
  options.sim.data.techniques = {.backlog = 3000, .per_second = 1};
  options.sim.data.technique_burst = 500;  // more than two pages in one second
  World world{Seed{113}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, SekoiaAnOutageOfHoursLeavesNoGap) {
  WorldOptions options = small_tenant();
  options.sim.data.live = 5h;
  options.sim.data.techniques.per_second = 0.05;
  World world{Seed{114}, options};
  world.start_agent();
  world.run_for(2min);
  world.api_away = true;
  world.run_for(4h);
  world.api_away = false;
  world.run_for(1h);
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, SekoiaEveryPageIsAskedForWithTheWindowsOwnParameters) {
  World world{Seed{115}, small_tenant()};
  world.start_agent();
  world.run_for(2min);
  std::size_t followed = 0;
  for (const HttpRequest& request : world.asked) {
    EXPECT_EQ(std::ranges::count(request.headers, "Authorization", &HttpHeader::name), 1);
    EXPECT_EQ(std::ranges::count(request.headers, "x-trace-id", &HttpHeader::name), 1);
    if (is_first_page(request)) continue;
    ++followed;
    EXPECT_TRUE(is_for(request, "tartDateTime=") && is_for(request, "ndDateTime=")) << request.url;
  }
  EXPECT_GT(followed, 5u);
}

TEST(NamedFaults, SekoiaAnEmptyPageThatHasALinkIsNotTheEnd) {
  World world{Seed{116}, small_tenant()};
  std::set<std::string> shown;
  world.twist = [&shown](const HttpRequest& request, HttpResponse& response) {
    // Before each window's first page stands an empty one.
    if (response.status == 200 && is_first_page(request) && shown.insert(request.url).second)
      response.body = "{\"totalCount\":0,\"count\":0,\"items\":[],\"nextLink\":\"" + request.url + "\"}";
  };
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, SekoiaAnErrorsBodyIsNeverTakenForAPage) {
  World world{Seed{117}, small_tenant()};
  std::size_t spoiled = 0;
  world.twist = [&spoiled](const HttpRequest&, HttpResponse& response) {
    if (++spoiled % 3 != 0) return;
    response.status = 500;
    response.body = "{\"totalCount\":0,\"count\":0,\"items\":[]}";
  };
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, Pytmv1ANewValueOrANewFieldBreaksNoPage) {
  World world{Seed{118}, small_tenant()};
  world.twist = [](const HttpRequest&, HttpResponse& response) {
    replace_all(response.body, "\"severity\":\"high\"", "\"severity\":{\"of\":\"tomorrow\"},\"seenInTheFuture\":[null]");
    replace_all(response.body, "\"riskLevel\":\"low\"", "\"riskLevel\":\"unheard of\"");
  };
  world.start_agent();
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, SentinelARefusalIsNotReadAsAnEmptyAnswer) {
  for (const unsigned status : {403u, 404u}) {
    SCOPED_TRACE(status);
    World world{Seed{119}, small_tenant()};
    bool refusing = true;
    world.twist = [&refusing, status](const HttpRequest&, HttpResponse& response) {
      if (!refusing) return;
      response.status = status;
      response.body = "{\"error\":{\"code\":\"Refused\",\"message\":\"\"}}";
    };
    world.start_agent();
    world.run_for(30min);
    EXPECT_TRUE(world.processor->records().empty());
    EXPECT_EQ(verdict_of(world, "alerts"), status == 403 ? Verdict::auth_failed : Verdict::misconfigured);
    refusing = false;
    expect_all_once_in_the_end(world);
  }
}

TEST(NamedFaults, Sentinel9568ARefusedTokenIsNotAskedWithAgainAtOnce) {
  WorldOptions options = small_tenant();
  options.connector.interval = 5min;
  options.connector.audit_logs_interval = 5min;
  World world{Seed{120}, options};
  world.twist = [](const HttpRequest&, HttpResponse& response) { response.status = 401; };
  world.start_agent();
  world.run_for(1h);
  EXPECT_LE(world.requests.size(), 3u * 13);  // three content types, once in five minutes
  EXPECT_GE(world.requests.size(), 3u * 10);
}

TEST(NamedFaults, GoogleSecOpsTooManyRequestsAreWaitedOut) {
  WorldOptions options = small_tenant();
  options.sim.serve.rate_limit = 20;
  World world{Seed{121}, options};
  world.start_agent();
  world.run_for(2h);
  expect_all_once_in_the_end(world);
}

TEST(NamedFaults, SplunkSoarAlertsAreReadByTheTimeOfTheirUpdate) {
  World world{Seed{122}, small_tenant()};
  world.start_agent();
  world.run_for(1min);
  std::size_t alerts = 0;
  for (const HttpRequest& request : world.asked) {
    if (!is_for(request, alerts_path) || !is_first_page(request)) continue;
    ++alerts;
    EXPECT_NE(request.url.find("dateTimeTarget=updatedDateTime"), std::string::npos) << request.url;
  }
  EXPECT_GT(alerts, 0u);
}

TEST(NamedFaults, LinksWithRawSpacesOrAnotherPathPrefixAreFollowed) {
  WorldOptions options = small_tenant();
  options.sim.serve.spaces_in_alert_links = true;
  options.sim.serve.beta_links = true;
  World world{Seed{123}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
  EXPECT_TRUE(std::ranges::any_of(world.asked, [](const HttpRequest& each) { return is_for(each, "/beta/xdr/"); }));
}

TEST(NamedFaults, ATenantThatKnowsNoIngestedDateTimeIsReadByLoggedDateTimeWithoutALoss) {
  WorldOptions options = small_tenant();
  options.sim.data.audit_ingested = false;
  World world{Seed{124}, options};
  world.start_agent();
  expect_all_once_in_the_end(world);
  EXPECT_TRUE(std::ranges::any_of(world.asked, [](const HttpRequest& each) {
    return is_for(each, audit_path) && is_for(each, "dateTimeTarget=loggedDateTime");
  }));
  EXPECT_TRUE(std::ranges::any_of(world.asked, [](const HttpRequest& each) { return is_for(each, techniques_path); }));
}

}  // namespace
}  // namespace tidegate
