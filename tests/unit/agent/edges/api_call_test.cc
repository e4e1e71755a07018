#include "agent/edges/api_call.h"

#include <gtest/gtest.h>

#include <regex>

#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

const WallTime noon = *parse_time("2026-11-24T12:00:00Z");

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
  EXPECT_EQ(parse_http_date("Tue, 24 Nov 2026 12:00:00 GMT"), std::chrono::floor<std::chrono::seconds>(noon));
  EXPECT_EQ(to_iso8601(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")), "1994-11-06T08:49:37Z");
  for (const char* text : {"", "Tue, 24 Nov 2026 12:00:00 UTC", "Tue, 24 nov 2026 12:00:00 GMT", "Tue, 31 Feb 2026 12:00:00 GMT",
                           "Tue, 24 Nov 2026 25:00:00 GMT", "Tue 24 Nov 2026  12:00:00 GMT", "Tue, 24 Nov 2026 12:00:00 GMT ",
                           "Tuesday, 24-Nov-26 12:00:00 GMT", "Tue Nov 24 12:00:00 2026"})
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
}

}  // namespace
}  // namespace tidegate
