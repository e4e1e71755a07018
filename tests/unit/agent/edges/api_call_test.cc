#include "agent/edges/api_call.h"

#include <gtest/gtest.h>

#include <regex>

#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

SimOptions quiet() {
  SimOptions options;
  options.data.origin = noon;
  options.data.live = 0s;
  return options;
}

HttpRequest connectivity() {
  HttpRequest request;
  request.url = "https://api.test/v3.0/healthcheck/connectivity";
  request.headers = {{"Accept", "application/json"}};
  return request;
}

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers)
    if (header.name == name) return header.value;
  return {};
}

class ApiCallTest : public ::testing::Test {
 protected:
  Result<ApiAnswer> ask() { return api_.run(call_.send(connectivity())); }

  SimApi api_{quiet()};
  ApiCall call_{api_.options(Lane::alerts), api_.send(), api_.budget, api_.around(), api_.metrics};
};

TEST_F(ApiCallTest, CarriesTheTokenAndATraceOfItsOwn) {
  const auto first = ask();
  const auto second = ask();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->response.status, 200u);
  const HttpRequest& sent = api_.requests.at(0);
  EXPECT_EQ(header_of(sent, "Authorization"), "Bearer token");
  EXPECT_EQ(header_of(sent, "Accept"), "application/json");
  EXPECT_TRUE(header_of(sent, "User-Agent").starts_with("Tidegate/"));
  EXPECT_EQ(header_of(sent, "x-trace-id"), first->trace_id);
  EXPECT_NE(first->trace_id, second->trace_id);
  EXPECT_TRUE(std::regex_match(first->trace_id, std::regex{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"}));
  EXPECT_NE(api_.metrics.text().find(R"(tidegate_api_requests_total{connector="c",content_type="alerts",code="200"} 2)"),
            std::string::npos)
      << api_.metrics.text();
}

TEST_F(ApiCallTest, AnyStatusIsAnAnswerAndItsErrorNamesTheTrace) {
  api_.sim.serve().tokens = {"other"};
  const auto answer = ask();
  ASSERT_TRUE(answer);
  const Error error = answer->error(PageKind::first);
  EXPECT_EQ(error.code(), Code::denied);
  EXPECT_NE(error.text().find(answer->trace_id), std::string::npos);
}

TEST_F(ApiCallTest, NoAnswerIsCountedAsNone) {
  api_.instead = [](const HttpRequest&) { return std::optional<Result<HttpResponse>>{Error{Code::unavailable, "refused"}}; };
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), (Error{Code::unavailable, "refused"}));
  EXPECT_NE(api_.metrics.text().find(R"(code="0"} 1)"), std::string::npos);
  EXPECT_FALSE(call_.api_time().has_value());
}

TEST_F(ApiCallTest, A429SlowsTheBudgetDown) {
  api_.sim.serve().rate_limit = 1;
  ASSERT_TRUE(ask());
  const double before = api_.budget.per_minute();
  const auto refused = ask();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->response.status, 429u);
  EXPECT_LT(api_.budget.per_minute(), before);
}

TEST_F(ApiCallTest, LearnsTheTimeOfTheApiWhateverOurClockSays) {
  EXPECT_FALSE(call_.api_time().has_value());
  api_.clock_ahead = -40min;
  api_.answer_time = 3s;
  ASSERT_TRUE(ask());
  ASSERT_TRUE(call_.api_time().has_value());
  EXPECT_EQ(call_.api_time()->time, noon + 3s - 40min);
  EXPECT_EQ(call_.api_time()->at, api_.clock.steady());
}

TEST_F(ApiCallTest, ADateThatCannotBeReadChangesNothing) {
  ASSERT_TRUE(ask());
  const ApiTime known = *call_.api_time();
  for (const char* date : {"", "yesterday", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    api_.instead = [date](const HttpRequest&) {
      HttpResponse response;
      response.status = 200;
      response.headers = {{"Date", date}};
      return std::optional<Result<HttpResponse>>{std::move(response)};
    };
    api_.clock.advance(1min);
    ASSERT_TRUE(ask());
    EXPECT_EQ(call_.api_time()->at, known.at) << date;
  }
}

TEST_F(ApiCallTest, AnAnswerThatSomethingInBetweenGaveTellsNoTime) {
  ASSERT_TRUE(ask());
  const ApiTime known = *call_.api_time();
  std::string type;
  api_.instead = [&type](const HttpRequest&) {
    HttpResponse response;
    response.status = 503;
    response.headers = {{"Date", "Tue, 24 Nov 2026 12:01:07 GMT"}};
    if (!type.empty()) response.headers.push_back({"content-type", type});
    return std::optional<Result<HttpResponse>>{std::move(response)};
  };
  api_.clock.advance(1min);
  for (const char* foreign : {"", "text/html", "text/plain; charset=utf-8"}) {
    type = foreign;
    ASSERT_TRUE(ask());
    EXPECT_EQ(call_.api_time()->at, known.at) << type;
  }
  type = "application/Problem+JSON; charset=utf-8";
  ASSERT_TRUE(ask());
  EXPECT_EQ(call_.api_time()->time, noon + 67s);
}

TEST_F(ApiCallTest, AJumpOfTheTimeIsBelievedWhenTwoAnswersInARowAgree) {
  std::string told;  // day and time
  api_.instead = [&told](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = {{"Date", "Tue, " + told + " GMT"}};
    return std::optional<Result<HttpResponse>>{std::move(response)};
  };
  const auto hear = [&](std::string date) {
    told = std::move(date);
    EXPECT_TRUE(ask());
    return to_iso8601(*call_.api_now());
  };
  EXPECT_EQ(hear("24 Nov 2026 12:00:00"), "2026-11-24T12:00:00Z") << "the first of all";
  for (const char* day : {"25", "23"}) {
    const std::string jumped = day + std::string{" Nov 2026 12:00:00"};
    EXPECT_EQ(hear(jumped), "2026-11-24T12:00:00Z") << "one wrong Date alone";
    EXPECT_EQ(hear("24 Nov 2026 12:00:00"), "2026-11-24T12:00:00Z");
    EXPECT_EQ(hear(jumped), "2026-11-24T12:00:00Z") << "two that are not in a row";
    EXPECT_EQ(hear("22 Nov 2026 09:00:00"), "2026-11-24T12:00:00Z") << "two that do not agree";
    EXPECT_EQ(hear("24 Nov 2026 12:01:59"), "2026-11-24T12:01:59Z") << "what clocks do is no jump";
    EXPECT_EQ(hear("24 Nov 2026 12:00:00"), "2026-11-24T12:00:00Z");
  }
  EXPECT_EQ(hear("25 Nov 2026 12:00:00"), "2026-11-24T12:00:00Z");
  api_.clock.advance(10min);
  EXPECT_EQ(hear("25 Nov 2026 12:10:00"), "2026-11-25T12:10:00Z");
  EXPECT_EQ(call_.clock_offset(), 24h);
}

TEST_F(ApiCallTest, AForeignHostIsNamedWithWhatToDo) {
  const auto link = call_.own_link("https://user:secret@api.eu.test/x?skipToken=MTA=");
  ASSERT_FALSE(link);
  EXPECT_NE(link.error().text().find("https://api.eu.test:443"), std::string::npos) << link.error().text();
  EXPECT_NE(link.error().text().find("write that host in api_base_url"), std::string::npos);
  EXPECT_EQ(link.error().text().find("secret"), std::string::npos);
  EXPECT_EQ(link.error().text().find("MTA"), std::string::npos);
}

TEST_F(ApiCallTest, ALinkIsFollowedToItsOwnHostAlone) {
  EXPECT_EQ(*call_.own_link("https://api.test/beta/xdr/x?orderBy=a b"), "https://api.test:443/beta/xdr/x?orderBy=a%20b");
  for (const char* foreign :
       {"https://api.foreign.example/x", "http://api.test/x", "https://api.test:444/x", "https://user@api.test/x", "/v3.0/x", ""}) {
    const auto link = call_.own_link(foreign);
    ASSERT_FALSE(link) << foreign;
    EXPECT_EQ(link.error().code(), Code::corrupt);
  }
}

TEST(HttpDate, IsReadInItsOneFormAndNoOther) {
  EXPECT_EQ(parse_http_date("Tue, 24 Nov 2026 12:00:00 GMT"), noon);
  EXPECT_EQ(to_iso8601(*parse_http_date("Wed, 01 Jan 2020 00:00:00 GMT")), "2020-01-01T00:00:00Z");
  for (const char* text : {"", "Tue, 24 Nov 2026 12:00:00 UTC", "Tue, 24 nov 2026 12:00:00 GMT", "Tue, 31 Feb 2026 12:00:00 GMT",
                           "Tue, 24 Nov 2026 25:00:00 GMT", "Tue 24 Nov 2026  12:00:00 GMT", "Tue, 24 Nov 2026 12:00:00 GMT ",
                           "Tuesday, 24-Nov-26 12:00:00 GMT", "Tue Nov 24 12:00:00 2026", "Tue, 31 Dec 2019 23:59:59 GMT",
                           "Thu, 01 Jan 1970 00:00:00 GMT"})
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
}

}  // namespace
}  // namespace tidegate
