#include "agent/edges/vision_one_source.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/edges/sim_api.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

const WallSeconds noon = std::chrono::floor<std::chrono::seconds>(*parse_time("2026-11-24T12:00:00Z"));

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

  Result<Bytes> poll(std::string link = {}) {
    const PageRequest request{.from = noon - 24h, .to = noon, .link = std::move(link)};
    return api.run(source.poll(request));
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

HttpResponse answer_of(unsigned status, std::string body = {}) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(VisionOneSource, AsksByTheTimeOfIngestionWhereTheTenantKnowsIt) {
  Reader reader{tenant(true)};
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
    return std::optional<Result<HttpResponse>>{answer_of(400, R"({"error":{"code":"BadRequest","message":"no"}})")};
  };
  const auto refused = reader.poll();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  EXPECT_NE(refused.error().text().find("BadRequest: no"), std::string::npos);
  EXPECT_EQ(reader.asked_by(), "il");
  EXPECT_EQ(reader.source.facts().lateness, 0s);
  reader.api.instead = nullptr;
  ASSERT_TRUE(reader.poll());
  EXPECT_EQ(reader.asked_by(), "ili");
}

TEST(VisionOneSource, AFallbackThatIsNotAnsweredIsNotKept) {
  for (const unsigned status : {429u, 503u, 504u, 401u}) {
    Reader reader{tenant(false)};
    reader.api.instead = [status](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
      if (request.url.find("dateTimeTarget=loggedDateTime") == std::string::npos) return std::nullopt;
      return answer_of(status);
    };
    const auto failed = reader.poll();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().code(), Code::invalid) << status;
    EXPECT_EQ(reader.source.facts().lateness, 0s);
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

TEST(VisionOneSource, NoOtherContentTypeFallsBack) {
  Reader reader{tenant(true), Lane::techniques};
  reader.api.instead = [](const HttpRequest&) { return std::optional<Result<HttpResponse>>{answer_of(400)}; };
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
