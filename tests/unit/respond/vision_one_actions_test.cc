#include "respond/vision_one_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/support/manual_clock.h"
#include "tests/support/vision_one_http.h"
#include "tests/unit/respond/scripted_http.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Fate = SentElement::Fate;

const std::string api_token = "eyJ.the-token.x";
const WallTime start_of_day = *parse_time("2026-11-24T12:00:00Z");

SimOptions api_options() {
  SimOptions options;
  options.data.origin = start_of_day;
  options.data.live = 0s;
  options.serve.tokens = {api_token};
  return options;
}

ActionElement element_for(ObjectType type, std::string value, std::string description = {}) {
  ActionElement element;
  element.target.type = type;
  element.target.value = std::move(value);
  element.description = std::move(description);
  return element;
}

// The simulated API, or answers of the test's own where it gives them.
class ApiOfActions : public testing::Test {
 protected:
  ApiOfActions()
      : http_([this](const HttpRequest& request) { return answer_of(sim_, request, clock_.wall()); }),
        actions_({.origin = "https://api.test", .token = Secret{api_token}}, http_.send(), clock_, random_) {}

  Result<std::vector<SentElement>> send(ResponseAction action, std::vector<ActionElement> elements) {
    return run_at_once(actions_.send(action, std::move(elements)));
  }
  Result<SentElement> send_one(ResponseAction action, ObjectType type, std::string value, std::string description = {}) {
    std::vector<ActionElement> elements{element_for(type, std::move(value), std::move(description))};
    const auto sent = send(action, std::move(elements));
    if (!sent) return sent.error();
    return sent->front();
  }
  Result<TaskView> task(std::string id) { return run_at_once(actions_.task(std::move(id))); }
  Result<std::vector<TaskView>> tasks_since(WallTime since) { return run_at_once(actions_.tasks_since(since)); }
  void answer_always(unsigned status, std::string body) {
    http_.answer_with([status, body](const HttpRequest&) { return http_answer(status, body); });
  }

  VisionOneSim sim_{api_options(), Seed{1}};
  ManualClock clock_{start_of_day};
  Random random_{Seed{2}};
  ScriptedHttp http_;
  VisionOneActions actions_;
};

// An object that the simulator takes, of each of the five.
struct Sendable {
  ResponseAction action;
  ObjectType type;
  std::string value;
};
const std::vector<Sendable>& sendable_objects() {
  static const std::vector<Sendable> objects{
      {ResponseAction::add_to_block_list, ObjectType::domain, "bad.example"},
      {ResponseAction::remove_from_block_list, ObjectType::file_sha256, std::string(64, 'a')},
      {ResponseAction::isolate_endpoint, ObjectType::agent_guid, "guid-1"},
      {ResponseAction::restore_endpoint, ObjectType::endpoint_name, "WS-7"},
      {ResponseAction::quarantine_email, ObjectType::message_id, "<1@mail.example>"},
  };
  return objects;
}

TEST_F(ApiOfActions, EachOfTheFiveIsAcceptedAndItsTaskIsFollowedToTheEnd) {
  for (const Sendable& each : sendable_objects()) {
    const auto sent = send_one(each.action, each.type, each.value, "case [tidegate:00/0]");
    ASSERT_TRUE(sent) << sent.error().text();
    ASSERT_EQ(sent->fate, Fate::accepted) << sent->reason;
    auto now = task(sent->task_id);
    ASSERT_TRUE(now) << now.error().text();
    EXPECT_EQ(now->id, sent->task_id);
    EXPECT_EQ(now->state, ResponseState::queued);
    EXPECT_EQ(now->action, task_name_of(each.action));
    EXPECT_EQ(now->description, "case [tidegate:00/0]");
    EXPECT_EQ(now->created, clock_.wall());
    clock_.advance(2s);
    EXPECT_EQ(task(sent->task_id)->state, ResponseState::running);
    clock_.advance(5s);
    EXPECT_EQ(task(sent->task_id)->state, ResponseState::succeeded);
  }
}

TEST_F(ApiOfActions, TheSameAgainFollowsTheTaskUnderWay) {
  for (const Sendable& each : sendable_objects()) {
    const auto first = send_one(each.action, each.type, each.value, "one");
    const auto again = send_one(each.action, each.type, each.value, "two");
    ASSERT_TRUE(first && again);
    EXPECT_EQ(again->fate, Fate::duplicate);
    EXPECT_EQ(again->task_id, first->task_id);
    EXPECT_EQ(again->reason, "TaskError: Task duplication.");
  }
}

struct SpecialWord {
  const char* word;
  Fate fate;
  const char* reason;
};

TEST_F(ApiOfActions, EveryWordOfTheMockUpForAnElementHasItsFateInAllFive) {
  for (const SpecialWord& each :
       {SpecialWord{"action_not_supported", Fate::refused, "NotSupported: Action not supported."},
        {"target_not_found", Fate::refused, "BadRequest: Target not found."},
        {"access_denied_no_scope", Fate::refused, "AccessDenied: Access denied. The target is not in the user's management scope."},
        {"feature_disabled", Fate::refused, "AccessDenied: Feature disabled."},
        {"insufficient_permissions", Fate::refused, "AccessDenied: Insufficient permissions."},
        {"unsupported_response", Fate::refused, "AccessDenied: Promotion does not support response action."},
        {"internal_server_error", Fate::unknown, "InternalServerError: Internal server error."}}) {
    for (const Sendable& object : sendable_objects()) {
      std::vector<ActionElement> elements{element_for(object.type, each.word), element_for(object.type, object.value)};
      const auto sent = send(object.action, std::move(elements));
      ASSERT_TRUE(sent) << sent.error().text();
      ASSERT_EQ(sent->size(), 2u);
      EXPECT_EQ(sent->front().fate, each.fate) << each.word;
      EXPECT_THAT(sent->front().reason, testing::StartsWith(each.reason));
      EXPECT_EQ(sent->front().task_id, "");
      EXPECT_NE(sent->back().task_id, "") << "the other element has an answer of its own";
    }
  }
}

TEST_F(ApiOfActions, EveryWordOfTheMockUpForTheWholeAnswerHasItsCodeInAllFive) {
  struct Whole {
    const char* word;
    Code code;
    const char* text;
  };
  for (const Whole& each : {Whole{"access_denied", Code::denied, "HTTP 403 AccessDenied: Insufficient permissions."},
                            {"server_error", Code::unavailable, "HTTP 500 InternalServerError: Internal server error."},
                            {"invalid_format", Code::invalid, "HTTP 400 BadRequest: Invalid request format."}}) {
    for (const Sendable& object : sendable_objects()) {
      const auto sent = send_one(object.action, object.type, each.word);
      ASSERT_FALSE(sent);
      EXPECT_EQ(sent.error().code(), each.code) << each.word;
      EXPECT_THAT(sent.error().text(), testing::StartsWith(each.text));
    }
  }
}

TEST_F(ApiOfActions, ATaskThatFailsSaysWhy) {
  for (const Sendable& object : sendable_objects()) {
    // The block list takes only what can be a domain for one; the word is one.
    const ObjectType type = object.type == ObjectType::file_sha256 ? ObjectType::domain : object.type;
    const auto sent = send_one(object.action, type, "task_fails");
    ASSERT_TRUE(sent);
    clock_.advance(7s);
    const auto failed = task(sent->task_id);
    ASSERT_TRUE(failed) << failed.error().text();
    EXPECT_EQ(failed->state, ResponseState::failed);
    EXPECT_EQ(failed->reason, "TaskError: An internal error has occurred.");
  }
}

TEST_F(ApiOfActions, ARequestIsOnePostWithTokenAgentAndTraceId) {
  (void)send_one(ResponseAction::isolate_endpoint, ObjectType::agent_guid, "g", "d");
  ASSERT_EQ(http_.requests.size(), 1u);
  const HttpRequest& request = http_.requests.front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.test/v3.0/response/endpoints/isolate");
  EXPECT_EQ(request.body, R"([{"agentGuid":"g","description":"d"}])");
  EXPECT_EQ(header_value(request, "Content-Type"), "application/json");
  EXPECT_EQ(header_value(request, "Authorization"), "Bearer " + api_token);
  EXPECT_THAT(header_value(request, "User-Agent"), testing::StartsWith("Tidegate/"));
  EXPECT_TRUE(std::regex_match(header_value(request, "x-trace-id"),
                               std::regex{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"}));
}

TEST_F(ApiOfActions, NothingIsSentTwiceWhateverIsAnswered) {  // P9
  for (const unsigned status : {200u, 302u, 400u, 401u, 408u, 429u, 500u, 503u, 504u}) {
    http_.requests.clear();
    answer_always(status, "");
    EXPECT_FALSE(send_one(ResponseAction::isolate_endpoint, ObjectType::agent_guid, "g"));
    EXPECT_EQ(http_.requests.size(), 1u) << status;
  }
}

TEST_F(ApiOfActions, WhatMayHaveBeenDoneIsNeverCalledRefused) {  // P9
  const auto code_for = [this](Result<HttpResponse> answer) {
    http_.answer_with([answer](const HttpRequest&) { return answer; });
    const auto sent = send_one(ResponseAction::isolate_endpoint, ObjectType::agent_guid, "g");
    return sent ? std::optional<Code>{} : sent.error().code();
  };
  EXPECT_EQ(code_for(Error{Code::invalid, "api.test:443: answer larger than 16 MiB"}), Code::corrupt);
  EXPECT_EQ(code_for(Error{Code::timeout, "api.test"}), Code::timeout);
  EXPECT_EQ(code_for(http_answer(207, "<html>")), Code::corrupt);
  EXPECT_EQ(code_for(http_answer(207, "[{\"status\":202")), Code::corrupt);
  EXPECT_EQ(code_for(Error{Code::invalid, "api.test: its certificate does not verify"}), Code::invalid);
}

TEST_F(ApiOfActions, WithoutATokenNothingIsSent) {
  VisionOneActions without{{.origin = "https://api.test", .token = Secret{}}, http_.send(), clock_, random_};
  std::vector<ActionElement> elements{element_for(ObjectType::agent_guid, "g")};
  const auto sent = run_at_once(without.send(ResponseAction::isolate_endpoint, std::move(elements)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::denied) << "it was certainly not done";
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(ApiOfActions, ATokenThatTheApiDoesNotKnowIsDenied) {
  VisionOneActions other{{.origin = "https://api.test", .token = Secret{std::string{"another"}}}, http_.send(), clock_, random_};
  const auto refused = run_at_once(other.tasks_since(start_of_day));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
}

TEST_F(ApiOfActions, AnAnswerThatSaysTheTokenAgainIsMasked) {  // P10
  const std::string words = R"({"error":{"code":"C","message":"Bearer )" + api_token + " is unknown\"}}";
  answer_always(400, words);
  EXPECT_THAT(send_one(ResponseAction::isolate_endpoint, ObjectType::agent_guid, "g").error().text(),
              testing::StartsWith("HTTP 400 C: Bearer *** is unknown"));
  answer_always(207, R"([{"status":400,"body":)" + words + "}]");
  EXPECT_EQ(send_one(ResponseAction::isolate_endpoint, ObjectType::agent_guid, "g")->reason, "C: Bearer *** is unknown");
  answer_always(200,
                R"({"id":"1","status":"failed","description":")" + api_token + R"(","error":{"message":")" + api_token + "\"}}");
  const auto told = task("1");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->description, "***");
  EXPECT_EQ(told->reason, "***");
  answer_always(403, R"({"error":{"code":"C","message":"Bearer \u0065yJ.the\u002dtoken.x and eyJ%2ethe-token.x"}})");
  EXPECT_THAT(task("1").error().text(), testing::StartsWith("HTTP 403 C: Bearer *** and ***"));
}

TEST_F(ApiOfActions, ATaskThatIsNotThereIsAbsent) {
  const auto none = task("99999999");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Code::absent);
  http_.requests.clear();
  const auto odd = task("../../iam/apiKeys");
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code(), Code::invalid);
  EXPECT_TRUE(http_.requests.empty()) << "an id is no path";
}

TEST_F(ApiOfActions, TheListIsWholeOverItsPages) {
  constexpr int batches = 45;
  for (int batch = 0; batch < batches; ++batch) {
    std::vector<ActionElement> elements;
    for (std::size_t i = 0; i < elements_per_request_max; ++i)
      elements.push_back(element_for(ObjectType::agent_guid, std::to_string(batch) + "-" + std::to_string(i)));
    ASSERT_TRUE(send(ResponseAction::isolate_endpoint, std::move(elements)));
  }
  http_.requests.clear();
  const auto tasks = tasks_since(start_of_day);
  ASSERT_TRUE(tasks) << tasks.error().text();
  EXPECT_EQ(tasks->size(), batches * elements_per_request_max);
  EXPECT_EQ(http_.requests.size(), 3u);
  EXPECT_EQ(http_.requests.front().url,
            "https://api.test/v3.0/response/tasks?startDateTime=2026-11-24T12:00:00Z&dateTimeTarget=createdDateTime&top=200");
  for (const HttpRequest& request : http_.requests) EXPECT_EQ(header_value(request, "Authorization"), "Bearer " + api_token);
  const auto later = tasks_since(start_of_day + 1s);
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->empty());
}

std::string page_with(std::string_view ids, std::string_view link) {
  std::string body = R"({"items":[)";
  for (const char id : ids)
    body.append(body.back() == '[' ? "" : ",").append(R"({"status":"queued","id":")") += std::string{id} + "\"}";
  return body + R"(],"nextLink":")" + std::string{link} + "\"}";
}

TEST_F(ApiOfActions, ATaskThatMovesOntoTheNextPageIsListedOnce) {
  http_.answer_with([](const HttpRequest& request) {
    return http_answer(200,
                       request.url.ends_with("skip=1") ? page_with("bcd", "") : page_with("ab", "https://api.test/x?q=a b&skip=1"));
  });
  const auto tasks = tasks_since(start_of_day);
  ASSERT_TRUE(tasks) << tasks.error().text();
  std::string ids;
  for (const TaskView& each : *tasks) ids += each.id;
  EXPECT_EQ(ids, "abcd");
}

TEST_F(ApiOfActions, ALinkElsewhereIsNotFollowed) {  // P10
  for (const char* link : {"https://evil.test/tasks", "http://api.test/tasks", "https://api.test:8443/tasks",
                           "https://user@api.test/tasks", "/v3.0/response/tasks?skip=1", "https://api.test.evil.test/"}) {
    http_.requests.clear();
    answer_always(200, page_with("a", link));
    const auto tasks = tasks_since(start_of_day);
    ASSERT_FALSE(tasks) << link;
    EXPECT_EQ(tasks.error().code(), Code::corrupt);
    EXPECT_EQ(http_.requests.size(), 1u) << link;
  }
}

TEST_F(ApiOfActions, ALinkToTheApiInOtherWordsIsAskedForAtTheApi) {  // P10
  for (const char* link : {"https://API.test/x?skip=1", "https://api.test:443/x?skip=1", "HTTPS://api.test/x?skip=1#a"}) {
    http_.requests.clear();
    http_.answer_with([link](const HttpRequest& request) {
      return http_answer(200, request.url.ends_with("skip=1") ? page_with("b", "") : page_with("a", link));
    });
    ASSERT_TRUE(tasks_since(start_of_day)) << link;
    ASSERT_EQ(http_.requests.size(), 2u) << link;
    EXPECT_EQ(http_.requests.back().url, "https://api.test/x?skip=1") << link;
  }
}

TEST_F(ApiOfActions, AListWithoutEndIsNotReadForEver) {
  answer_always(200, page_with("a", "https://api.test/v3.0/response/tasks?again"));
  const auto tasks = tasks_since(start_of_day);
  ASSERT_FALSE(tasks);
  EXPECT_EQ(tasks.error().code(), Code::unavailable);
  EXPECT_EQ(http_.requests.size(), static_cast<std::size_t>(task_pages_max));
}

TEST_F(ApiOfActions, AListThatBreaksOffIsAnErrorAndNotAShorterList) {
  http_.answer_with([](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ends_with("skip=1")) return Error{Code::unavailable, "reset"};
    return http_answer(200, page_with("ab", "https://api.test/x?skip=1"));
  });
  const auto tasks = tasks_since(start_of_day);
  ASSERT_FALSE(tasks);
  EXPECT_EQ(tasks.error().code(), Code::unavailable);
}

TEST_F(ApiOfActions, TheProbeListsAndDoesNothing) {
  const auto proven = run_at_once(actions_.probe());
  ASSERT_TRUE(proven) << proven.error().text();
  EXPECT_THAT(*proven, HasSubstr("may list response tasks"));
  ASSERT_EQ(http_.requests.size(), 1u);
  EXPECT_EQ(http_.requests.front().method, "GET");
  EXPECT_THAT(http_.requests.front().url, HasSubstr("startDateTime=2026-11-24T11:00:00Z&dateTimeTarget=createdDateTime&top=50"));

  sim_.serve().forbidden = {Endpoint::tasks};
  const auto forbidden = run_at_once(actions_.probe());
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code(), Code::denied);
  EXPECT_THAT(forbidden.error().text(), HasSubstr("HTTP 403"));
  EXPECT_THAT(forbidden.error().text(), HasSubstr("(trace id "));
}

}  // namespace
}  // namespace tidegate
