#include "agent/edges/vision_one_error.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

HttpResponse answer(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(VisionOneError, EachStatusSaysWhatToDoNext) {
  const auto code = [](unsigned status, PageKind page) { return error_of(answer(status, "{}"), page, "t").code(); };
  EXPECT_EQ(code(401, PageKind::first), Code::denied);
  EXPECT_EQ(code(403, PageKind::first), Code::denied);
  EXPECT_EQ(code(429, PageKind::first), Code::throttled);
  EXPECT_EQ(code(500, PageKind::first), Code::unavailable);
  EXPECT_EQ(code(502, PageKind::first), Code::unavailable);
  EXPECT_EQ(code(504, PageKind::first), Code::timeout);
  EXPECT_EQ(code(400, PageKind::first), Code::invalid);
  EXPECT_EQ(code(404, PageKind::first), Code::invalid);
  EXPECT_EQ(code(302, PageKind::first), Code::invalid);
  EXPECT_EQ(code(400, PageKind::followed_link), Code::absent);
  EXPECT_EQ(code(404, PageKind::followed_link), Code::absent);
  EXPECT_EQ(code(410, PageKind::followed_link), Code::absent);
  EXPECT_EQ(code(401, PageKind::followed_link), Code::denied);
}

TEST(VisionOneError, AnExpiredLinkIsKnownByItsNumberWhateverTheStatus) {
  const std::string body = R"j({"error":{"code":"BadRequest","message":"Request token expired. (Error code: 1010550)"}})j";
  for (const unsigned status : {400u, 403u, 404u, 500u, 503u}) {
    EXPECT_EQ(error_of(answer(status, body), PageKind::first, "t").code(), Code::absent) << status;
    EXPECT_EQ(error_of(answer(status, body), PageKind::followed_link, "t").code(), Code::absent) << status;
  }
}

TEST(VisionOneError, TheTextHoldsTheApisWordsAndTheTraceId) {
  const Error error =
      error_of(answer(401, R"({"error":{"code":"InvalidCredentials","message":"Token\nexpired"}})"), PageKind::first, "trace-1");
  EXPECT_EQ(error.text(), "HTTP 401 InvalidCredentials: Token expired (trace id trace-1)");
  EXPECT_EQ(error_of(answer(403, R"({"code":"X","message":"flat"})"), PageKind::first, "t").text(),
            "HTTP 403 X: flat (trace id t)");
  EXPECT_EQ(error_of(answer(502, "<html>…</html>"), PageKind::first, "t").text(),
            "HTTP 502 with a body that is no JSON (trace id t)");
}

TEST(VisionOneError, ForeignWordsAreBounded) {
  const Error error = error_of(answer(500, "{\"code\":\"" + std::string(100'000, 'x') + "\"}"), PageKind::first, "t");
  EXPECT_LT(error.text().size(), 400u);
}

TEST(VisionOneError, ForeignWordsAreCutBetweenCharacters) {
  const std::string text = error_of(answer(500, "{\"code\":\"" + std::string(199, 'x') + "üü\"}"), PageKind::first, "t").text();
  EXPECT_EQ(text, "HTTP 500 " + std::string(199, 'x') + "… (trace id t)");
}

TEST(VisionOneError, RetryAfterIsSecondsAndBounded) {
  HttpResponse response;
  EXPECT_FALSE(retry_after(response));
  response.headers = {{"retry-after", "17"}};
  EXPECT_EQ(retry_after(response), std::chrono::seconds{17});
  response.headers = {{"Retry-After", "999999"}};
  EXPECT_EQ(retry_after(response), std::chrono::seconds{3600});
  response.headers = {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}};
  EXPECT_FALSE(retry_after(response));
}

TEST(VisionOneError, FactsComeOutOfTheTextAsTheyWentIn) {
  const Error error = error_of(answer(403, R"json({"error":{"code":"AccessDenied","message":"No: not you (ever)"}})json"),
                               PageKind::first, "trace-1");
  const auto facts = answer_facts(Error{error}.in("alerts"));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->status, 403u);
  EXPECT_EQ(facts->code, "AccessDenied");
  EXPECT_EQ(facts->message, "No: not you (ever)");
  EXPECT_EQ(facts->trace_id, "trace-1");

  const auto page = answer_facts(error_of(answer(502, "<html>"), PageKind::first, "t"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 502u);
  EXPECT_EQ(page->code, "");
  EXPECT_EQ(page->message, "with a body that is no JSON");
  EXPECT_EQ(answer_facts(error_of(answer(500, ""), PageKind::first, "t"))->message, "");
}

TEST(VisionOneError, AnErrorFromElsewhereHasNoFacts) {
  for (const char* text : {"", "host: connection refused", "HTTP", "HTTP x (trace id t)", "HTTP 200", "a HTTP 200 (trace id t)"})
    EXPECT_FALSE(answer_facts(Error{Code::unavailable, text})) << text;
}

}  // namespace
}  // namespace tidegate
