#include "agent/edges/vision_one_source.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

SimOptions tenant(bool ingested_known) {
  SimOptions options;
  options.data.origin = noon;
  options.data.live = 0s;
  options.data.audit_logs.backlog = 500;
  options.data.techniques.backlog = 500;
  options.data.audit_ingested = ingested_known;
  return options;
}

struct Reader {
  explicit Reader(SimOptions options, Lane lane = Lane::audit_logs)
      : api(options), source(api.options(lane), api.send(), api.budget, api.around(), api.metrics) {}

  Result<Bytes> poll(std::string link = {}) { return poll_window(noon - 24h, noon, std::move(link)); }
  Result<Bytes> poll_window(WallSeconds from, WallSeconds to, std::string link = {}) {
    const PageRequest request{.from = from, .to = to, .link = std::move(link)};
    return api.run(source.poll(request));
  }
  // The link of the first page.
  std::string first_link() {
    auto body = poll();
    const Result<Page> page =
        body ? source.parse({.from = noon - 24h, .to = noon, .link = {}}, *std::move(body)) : Result<Page>{body.error()};
    EXPECT_TRUE(page) << page.error().text();
    return page ? page->next_link : std::string{};
  }
  // By which time each request asked, in order.
  std::string asked_by() const {
    std::string text;
    for (const HttpRequest& request : api.requests) {
      if (request.url.find("dateTimeTarget=ingestedDateTime") != std::string::npos) text.push_back('i');
      if (request.url.find("dateTimeTarget=loggedDateTime") != std::string::npos) text.push_back('l');
    }
    return text;
  }

  SimApi api;
  VisionOneSource source;
};

HttpResponse answer_with(unsigned status, std::string body = {}) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(VisionOneSource, AsksByTheTimeOfIngestionWhereTheTenantKnowsIt) {
  Reader reader{tenant(true)};
  EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max) << "nothing has shown yet that the tenant knows it";
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "i");
  EXPECT_EQ(reader.source.facts().lateness, 0s);
}

TEST(VisionOneSource, FallsBackToTheLoggedTimeAndSaysHowLateThatMayBe) {
  Reader reader{tenant(false)};
  const auto body = reader.poll();
  ASSERT_TRUE(body) << body.error().text();
  EXPECT_EQ(reader.asked_by(), "il");
  EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max);
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "ill");
}

TEST(VisionOneSource, AfterADayTheTimeOfIngestionIsTriedAgain) {
  Reader reader{tenant(false)};
  ASSERT_TRUE(reader.poll());
  reader.api.clock.advance(ingested_asked_again - 1min);
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "ill");
  reader.api.clock.advance(1min);
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "illil");
  EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max);
}

TEST(VisionOneSource, ARequestThatIsRefusedEitherWayIsNoFallback) {
  Reader reader{tenant(true)};
  reader.api.instead = [](const HttpRequest&) {
    return std::optional<Result<HttpResponse>>{answer_with(400, R"({"error":{"code":"BadRequest","message":"no"}})")};
  };
  const auto refused = reader.poll();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_NE(refused.error().text().find("BadRequest: no"), std::string::npos);
  EXPECT_EQ(reader.asked_by(), "il");
  EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max) << "it was not answered yet";
  reader.api.instead = nullptr;
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "ili");
  EXPECT_EQ(reader.source.facts().lateness, 0s);
}

TEST(VisionOneSource, AFallbackThatIsNotAnsweredIsNotKept) {
  for (const unsigned status : {429u, 503u, 504u, 401u}) {
    Reader reader{tenant(false)};
    reader.api.instead = [status](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
      if (request.url.find("dateTimeTarget=loggedDateTime") == std::string::npos) return std::nullopt;
      return answer_with(status);
    };
    const auto failed = reader.poll();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().code(), Code::invalid) << status;
    EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max) << "it was not answered yet";
    reader.api.instead = nullptr;
    ASSERT_TRUE(reader.poll());
    EXPECT_EQ(reader.asked_by(), "ilil");
  }
}

TEST(VisionOneSource, AnExpiredLinkIsNoReasonToFallBack) {
  SimOptions options = tenant(true);
  options.serve.link_lifetime = 10s;
  Reader reader{options};
  auto body = reader.poll();
  ASSERT_TRUE(body);
  const auto page = reader.source.parse({.from = noon - 24h, .to = noon, .link = {}}, *std::move(body));
  ASSERT_TRUE(page);
  ASSERT_FALSE(page->next_link.empty());
  reader.api.clock.advance(1min);
  const auto expired = reader.poll(page->next_link);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code(), Code::absent);
  EXPECT_EQ(reader.source.facts().lateness, 0s);
}

TEST(VisionOneSource, BehindARestartInTheMiddleOfAWindowItIsAsLateAsEver) {
  Reader reader{tenant(false)};
  const std::string link = reader.first_link();
  ASSERT_FALSE(link.empty());
  SimApi& api = reader.api;
  VisionOneSource next_life{api.options(Lane::audit_logs), api.send(), api.budget, api.around(), api.metrics};
  const PageRequest request{.from = noon - 24h, .to = noon, .link = link};
  ASSERT_TRUE(api.run(next_life.poll(request)));
  EXPECT_EQ(next_life.facts().lateness, audit_lateness_max);
}

TEST(VisionOneSource, ADayPassesInTheMiddleOfAWindowWithoutMakingItLessLate) {
  SimOptions options = tenant(false);
  options.serve.link_lifetime = 100h;
  Reader reader{options};
  const std::string link = reader.first_link();
  ASSERT_FALSE(link.empty());
  reader.api.clock.advance(ingested_asked_again + 1min);
  ASSERT_TRUE(reader.poll(link));
  EXPECT_EQ(reader.source.facts().lateness, audit_lateness_max);
}

// Refuses what is asked for in pages of `size`, as the HTTP client does an answer beyond its limit.
std::function<std::optional<Result<HttpResponse>>(const HttpRequest&)> too_large(std::string size) {
  return [size = std::move(size)](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!request.url.ends_with("top=" + size)) return std::nullopt;
    return Error{Code::invalid, "api.test:443: answer larger than 16 MiB"};
  };
}

std::string size_asked(const HttpRequest& request) {
  const std::size_t at = request.url.find("top=");
  return at == std::string::npos ? "" : request.url.substr(at + 4, request.url.find('&', at) - at - 4);
}

TEST(VisionOneSource, AWindowWhosePagesAreTooLargeIsReadInSmallerOnes) {
  for (const Lane lane : {Lane::audit_logs, Lane::techniques}) {
    Reader reader{tenant(true), lane};
    reader.api.instead = too_large("200");
    auto body = reader.poll();
    ASSERT_TRUE(body) << body.error().text();
    ASSERT_EQ(reader.api.requests.size(), 2u);
    EXPECT_EQ(size_asked(reader.api.requests[0]), "200");
    EXPECT_EQ(size_asked(reader.api.requests[1]), "50");
    const auto page = reader.source.parse({.from = noon - 24h, .to = noon, .link = {}}, *std::move(body));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), 50u);
    EXPECT_NE(page->next_link.find("top=50"), std::string::npos) << page->next_link;
    ASSERT_TRUE(reader.poll());
    EXPECT_EQ(size_asked(reader.api.requests.back()), "50") << "the same window, begun again";
    reader.api.instead = nullptr;
    ASSERT_TRUE(reader.poll_window(noon - 12h, noon));
    EXPECT_EQ(size_asked(reader.api.requests.back()), "200") << "the next window";
  }
}

TEST(VisionOneSource, APageTooLargeBehindALinkMakesTheWindowsNextBeginningSmaller) {
  Reader reader{tenant(true), Lane::techniques};
  const std::string link = reader.first_link();
  ASSERT_FALSE(link.empty());
  reader.api.instead = [](const HttpRequest&) { return std::optional<Result<HttpResponse>>{Error{Code::invalid, "too large"}}; };
  ASSERT_FALSE(reader.poll(link));
  reader.api.instead = nullptr;
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(size_asked(reader.api.requests.back()), "50");
}

TEST(VisionOneSource, ARequestThatIsRefusedInAnySizeIsNotTooLarge) {
  Reader reader{tenant(true), Lane::techniques};
  reader.api.instead = [](const HttpRequest&) {
    return std::optional<Result<HttpResponse>>{Error{Code::invalid, "the certificate does not verify"}};
  };
  const auto refused = reader.poll();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Code::invalid, "the certificate does not verify"}));
  reader.api.instead = nullptr;
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(size_asked(reader.api.requests.back()), "200");
}

TEST(VisionOneSource, DetectionsOfEndpointsWhoseClocksAreAheadAreAskedForAsFarAsTheApiTakes) {
  Reader reader{tenant(true), Lane::techniques};
  const auto detected_end = [&reader](WallSeconds from, WallSeconds to) {
    EXPECT_TRUE(reader.poll_window(from, to));
    const std::string& url = reader.api.requests.back().url;
    const std::size_t at = url.find("detectedEndDateTime=") + std::string_view{"detectedEndDateTime="}.size();
    return url.substr(at, 20);
  };
  EXPECT_EQ(detected_end(noon - 3h, noon - 2h), "2026-11-24T10:00:00Z") << "the API's present is not known yet";
  const std::string present = detected_end(noon - 3h, noon - 2h);
  EXPECT_GT(present, "2026-11-24T11:59:00Z");
  EXPECT_LE(present, "2026-11-24T12:00:00Z") << "a time in the future is refused";
  EXPECT_EQ(detected_end(noon - 72h, noon - 71h), "2026-11-22T12:00:00Z") << "365 days behind the range's beginning";
}

TEST(VisionOneSource, NoOtherContentTypeFallsBack) {
  Reader reader{tenant(true), Lane::techniques};
  reader.api.instead = [](const HttpRequest&) { return std::optional<Result<HttpResponse>>{answer_with(400)}; };
  ASSERT_FALSE(reader.poll());
  EXPECT_EQ(reader.api.requests.size(), 1u);
}

TEST(VisionOneSource, SaysWhatTheApiTakes) {
  Reader audit_logs{tenant(true)};
  EXPECT_EQ(audit_logs.source.facts().retention, std::chrono::days{180} - 1h);
  ASSERT_TRUE(audit_logs.poll());
  ASSERT_TRUE(audit_logs.source.facts().api_time.has_value());
  EXPECT_EQ(audit_logs.source.facts().api_time->time, noon);
  // A longer window with its wide detected* would be more than the 365 days that the API takes.
  Reader techniques{tenant(true), Lane::techniques};
  EXPECT_EQ(techniques.source.facts().longest, 24h);
  EXPECT_TRUE(techniques.poll());
  EXPECT_FALSE(techniques.source.facts().retention.has_value());
}

}  // namespace
}  // namespace tidegate
