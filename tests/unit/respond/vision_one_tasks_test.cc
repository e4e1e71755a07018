#include "respond/vision_one_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate {
namespace {

using testing::HasSubstr;
using Fate = SentElement::Fate;

constexpr std::string_view location =
    R"("headers":[{"name":"Operation-Location","value":"https://api.test/v3.0/response/tasks/00000012"}])";

std::string element_of(int status, std::string_view more) {
  return "[{\"status\":" + std::to_string(status) + (more.empty() ? "" : ",") + std::string{more} + "}]";
}

std::string error_of_element(std::string_view code, std::string_view message) {
  return R"("body":{"error":{"code":")" + std::string{code} + R"(","message":")" + std::string{message} + "\"}}";
}

SentElement only_element(const std::string& body) {
  const auto elements = read_sent_elements(body, 1);
  EXPECT_TRUE(elements) << body << "\n" << elements.error().text();
  return elements && elements->size() == 1 ? elements->front() : SentElement{};
}

TEST(ElementsBody, HasTheApisKeysAndNothingEmpty) {
  std::vector<ActionElement> elements(3);
  elements[0].target = {ObjectType::domain, "bad.example", {}, "the operator's"};
  elements[0].description = "the operator's [tidegate:00/0]";
  elements[1].target = {ObjectType::message_id, "<\"1\"@x>", "user@mail.example", {}};
  elements[2].target = {ObjectType::file_sha1, std::string(40, 'a'), {}, {}};
  EXPECT_EQ(elements_body(elements), R"([{"domain":"bad.example","description":"the operator's [tidegate:00/0]"},)"
                                     R"({"messageId":"<\"1\"@x>","mailBox":"user@mail.example"},)"
                                     R"({"fileSha1":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}])");
}

struct ElementCase {
  std::string body;
  Fate fate;
  std::string task;
  std::string reason;  // a part of it
};

class SentElements : public testing::TestWithParam<ElementCase> {};

TEST_P(SentElements, HaveTheFateThatTheAnswerTells) {
  const SentElement element = only_element(GetParam().body);
  EXPECT_EQ(element.fate, GetParam().fate) << GetParam().body;
  EXPECT_EQ(element.task_id, GetParam().task);
  EXPECT_THAT(element.reason, HasSubstr(GetParam().reason));
  if (element.fate != Fate::accepted) {
    EXPECT_NE(element.reason, "") << "what is not done has a reason";
  }
}

std::string located(std::string_view value) {
  return R"("headers":[{"name":"operation-LOCATION","value":")" + std::string{value} + "\"}]";
}

INSTANTIATE_TEST_SUITE_P(
    Tasks, SentElements,
    testing::Values(
        ElementCase{element_of(202, location), Fate::accepted, "00000012", ""},
        ElementCase{element_of(201, location), Fate::accepted, "00000012", ""},
        ElementCase{element_of(202, located("/v3.0/xdr/response/tasks/ab_C-9?x=/y#/z")), Fate::accepted, "ab_C-9", ""},
        ElementCase{element_of(202, located("00000012")), Fate::accepted, "00000012", ""},
        ElementCase{element_of(202, located("https://api.test/tasks/")), Fate::unknown, "", "without a task"},
        ElementCase{element_of(202, located("https://api.test/tasks/a%2fb")), Fate::unknown, "", "without a task"},
        ElementCase{element_of(202, located("https://api.test/tasks/" + std::string(37, '1'))), Fate::unknown, "", ""},
        ElementCase{element_of(202, R"("headers":{"Operation-Location":"https://api.test/tasks/1"})"), Fate::unknown, "",
                    "without a task"},
        ElementCase{element_of(202, R"("headers":[{"name":"X","value":"/tasks/1"},7,{"name":7}])"), Fate::unknown, "", ""},
        ElementCase{element_of(400, std::string{location} + "," + error_of_element("TaskError", "Task duplication.")),
                    Fate::duplicate, "00000012", "TaskError: Task duplication."},
        ElementCase{element_of(400, error_of_element("TaskError", "Task duplication.")), Fate::unknown, "", "duplication"},
        ElementCase{element_of(400, error_of_element("TaskError", "No such agent.")), Fate::refused, "", "No such agent"}));

INSTANTIATE_TEST_SUITE_P(
    Refusals, SentElements,
    testing::Values(ElementCase{element_of(400, error_of_element("BadRequest", "Target not found.")), Fate::refused, "",
                                "BadRequest: Target not found."},
                    ElementCase{element_of(400, std::string{location} + "," + error_of_element("BadRequest", "no")), Fate::refused,
                                "", "BadRequest: no"},
                    ElementCase{element_of(403, error_of_element("AccessDenied", "Feature disabled.")), Fate::refused, "",
                                "AccessDenied: Feature disabled."},
                    ElementCase{element_of(404, ""), Fate::refused, "", "HTTP 404"},
                    ElementCase{element_of(429, R"("body":{"code":"TooManyRequests"})"), Fate::refused, "", "TooManyRequests"},
                    ElementCase{element_of(408, ""), Fate::unknown, "", "HTTP 408"},
                    ElementCase{element_of(500, error_of_element("InternalServerError", "Oops")), Fate::unknown, "", "Oops"},
                    ElementCase{element_of(500, location), Fate::unknown, "", "HTTP 500"},
                    ElementCase{element_of(302, location), Fate::unknown, "", "HTTP 302"}));

INSTANTIATE_TEST_SUITE_P(Foreign, SentElements,
                         testing::Values(ElementCase{"[7]", Fate::unknown, "", "no object"},
                                         ElementCase{"[{}]", Fate::unknown, "", "no status"},
                                         ElementCase{R"([{"status":"202"}])", Fate::unknown, "", "no status"},
                                         ElementCase{R"([{"status":202.0}])", Fate::unknown, "", "no status"},
                                         ElementCase{R"([{"status":4294967498}])", Fate::unknown, "", "no status"},
                                         ElementCase{R"([{"status":-400}])", Fate::unknown, "", "no status"},
                                         ElementCase{R"([{"status":1e400}])", Fate::unknown, "", "no status"}));

TEST(SentElementsReading, AnotherNumberOfElementsLeavesEveryOneUnknown) {
  for (const char* body : {"[]", R"([{"status":202}])", R"([{"status":202},{"status":202},{"status":202}])"}) {
    const auto elements = read_sent_elements(body, 2);
    ASSERT_TRUE(elements);
    ASSERT_EQ(elements->size(), 2u);
    for (const SentElement& each : *elements) {
      EXPECT_EQ(each.fate, Fate::unknown);
      EXPECT_THAT(each.reason, HasSubstr("elements for 2"));
    }
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(SentElementsReading, WhatIsNotTheApisIsCorruptInBoundedWords) {
  for (const std::string& body :
       {std::string{}, std::string{"<html>secret</html>"}, std::string{R"([{"status":202)"}, std::string{"{}"}, std::string{"null"},
        nested(100'000), std::string(17u << 20, ' '), std::string{"[\"\xc3\x28\"]"}}) {
    const auto elements = read_sent_elements(body, 1);
    ASSERT_FALSE(elements) << body.substr(0, 80);
    EXPECT_EQ(elements.error().code(), Code::corrupt);
    EXPECT_LT(elements.error().text().size(), 200u);
    EXPECT_THAT(elements.error().text(), testing::Not(HasSubstr("secret")));
    EXPECT_FALSE(read_task(body));
    EXPECT_FALSE(read_task_page(body));
  }
}

TEST(ApiReason, IsOneBoundedLine) {
  const std::string message = "a\\nb\\u0007\\u009b31m\\u007f" + std::string(1000, 'x');
  const SentElement element = only_element(element_of(400, error_of_element("BadRequest", message)));
  EXPECT_LE(element.reason.size(), api_reason_bytes_max);
  EXPECT_THAT(element.reason, testing::StartsWith("BadRequest: a b  31m xxx"));
}

TEST(AnswerError, CodeSaysWhatComesNextAndTextHasTheApisWords) {
  struct Answered {
    unsigned status;
    AskedFor asked;
    Code code;
  };
  for (const Answered& each : {Answered{400, AskedFor::collection, Code::invalid},
                               {401, AskedFor::collection, Code::denied},
                               {403, AskedFor::one_task, Code::denied},
                               {404, AskedFor::collection, Code::invalid},
                               {404, AskedFor::one_task, Code::absent},
                               {408, AskedFor::collection, Code::timeout},
                               {413, AskedFor::collection, Code::invalid},
                               {429, AskedFor::collection, Code::throttled},
                               {500, AskedFor::collection, Code::unavailable},
                               {502, AskedFor::one_task, Code::unavailable},
                               {504, AskedFor::collection, Code::timeout},
                               {302, AskedFor::collection, Code::invalid}}) {
    const Error error = answer_error(each.status, R"({"error":{"code":"C","message":"M\nm"}})", each.asked);
    EXPECT_EQ(error.code(), each.code) << each.status;
    EXPECT_THAT(error.text(), testing::StartsWith("HTTP " + std::to_string(each.status) + " C: M m"));
  }
  EXPECT_EQ(answer_error(403, R"({"code":"AccessDenied","message":"no"})", AskedFor::collection).text(),
            "HTTP 403 AccessDenied: no");
  EXPECT_EQ(answer_error(401, R"({"message":"gateway","code":401})", AskedFor::collection).text(), "HTTP 401 gateway");
  EXPECT_EQ(answer_error(502, "<html>", AskedFor::collection).text(), "HTTP 502 with a body that is not the API's");
  EXPECT_EQ(answer_error(503, "", AskedFor::collection).text(), "HTTP 503");
  EXPECT_LE(answer_error(400, R"({"message":")" + std::string(5000, 'x') + "\"}", AskedFor::collection).text().size(), 320u);
}

TEST(Task, StatesAreTheApisAndWhatIsNewCountsAsRunning) {
  using State = ResponseState;
  for (const auto& [status, state] : {std::pair{"queued", State::queued},
                                      {"running", State::running},
                                      {"pendingApproval", State::pending_approval},
                                      {"succeeded", State::succeeded},
                                      {"failed", State::failed},
                                      {"rejected", State::rejected},
                                      {"canceled", State::canceled},
                                      {"cancelled", State::canceled},
                                      {"somethingNew", State::running}}) {
    const auto task = read_task(R"({"id":"1","status":")" + std::string{status} + "\"}");
    ASSERT_TRUE(task);
    EXPECT_EQ(task->state, state) << status;
  }
}

TEST(Task, IsReadWithItsErrorsAndThoseOfItsParts) {
  const auto task = read_task(R"({"id":"00000012","status":"failed","createdDateTime":"2026-11-24T12:00:00Z","action":"isolate",
    "description":"case [tidegate:00/0]","error":{"code":"TaskError","number":4009999,"message":"An internal error."},
    "tasks":[{"status":"failed","error":{"code":"TaskError","message":"An internal error."}},
             {"status":"failed","error":{"code":"MailError","message":"No such mailbox."}},{"status":"succeeded"},7]})");
  ASSERT_TRUE(task) << task.error().text();
  EXPECT_EQ(task->id, "00000012");
  EXPECT_EQ(task->action, "isolate");
  EXPECT_EQ(task->description, "case [tidegate:00/0]");
  EXPECT_EQ(task->reason, "TaskError: An internal error.; MailError: No such mailbox.");
  EXPECT_EQ(task->created, *parse_time("2026-11-24T12:00:00Z"));
  const auto running = read_task(R"({"id":"1","status":"running","code":"not","message":"an error","error":{"code":"E"}})");
  ASSERT_TRUE(running);
  EXPECT_EQ(running->reason, "E") << "an error may be there while it runs";
  EXPECT_EQ(running->created, WallTime{});
}

TEST(Task, OfALongDescriptionTheEndIsKeptWhereTheMarkerStands) {
  std::string text;
  while (text.size() < 2 * task_description_bytes_max) text += "日";
  const auto task = read_task(R"({"id":"1","status":"queued","description":")" + text + "[tidegate:00/0]\"}");
  ASSERT_TRUE(task);
  EXPECT_LE(task->description.size(), task_description_bytes_max);
  EXPECT_THAT(task->description, testing::EndsWith("日[tidegate:00/0]"));
  EXPECT_THAT(task->description, testing::StartsWith("日"));
}

TEST(TaskPageReading, HasItsTasksAndTheLink) {
  const auto page =
      read_task_page(R"({"items":[{"id":"1","status":"queued"},{"id":"2","status":"failed"}],"nextLink":"https://x/y"})");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->tasks.size(), 2u);
  EXPECT_EQ(page->tasks[1].id, "2");
  EXPECT_EQ(page->next_link, "https://x/y");
  for (const char* last : {R"({"items":null})", R"({"items":[],"nextLink":null})", R"({"items":[],"nextLink":""})"}) {
    const auto empty = read_task_page(last);
    ASSERT_TRUE(empty) << last;
    EXPECT_TRUE(empty->tasks.empty());
    EXPECT_EQ(empty->next_link, "");
  }
}

TEST(TaskPageReading, AListWithAHoleIsNoList) {
  for (const char* body :
       {R"({})", R"({"items":{}})", R"({"items":[7]})", R"({"items":[{"id":"1"}]})", R"({"items":[{"status":"queued"}]})",
        R"({"items":[{"id":"a/b","status":"queued"}]})", R"({"items":[],"nextLink":7})"}) {
    const auto page = read_task_page(body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code(), Code::corrupt);
  }
}

TEST(TaskId, IsWhatMayStandInAPath) {
  EXPECT_TRUE(is_task_id("00000012"));
  EXPECT_TRUE(is_task_id("25f970f0-2b86-4b59-b65f-dda762d45c0d"));
  for (const char* text : {"", ".", "..", "a/b", "a b", "a%20", "25f970f0-2b86-4b59-b65f-dda762d45c0d0", "é"})
    EXPECT_FALSE(is_task_id(text)) << text;
}

}  // namespace
}  // namespace tidegate
