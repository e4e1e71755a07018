#include "tests/unit/support/vision_one_probe.h"

namespace tidegate {
namespace {

using namespace probe;

constexpr std::string_view isolate = "/v3.0/response/endpoints/isolate";

struct Element {
  std::uint64_t status = 0;
  std::string location;  // of Operation-Location
  std::string code;
  std::string message;

  std::string task() const { return location.substr(location.rfind('/') + 1); }
};

std::vector<Element> elements_of(const SimResponse& response) {
  EXPECT_EQ(response.status, 207u) << response.body;
  std::vector<Element> elements;
  simdjson::dom::parser parser;
  simdjson::dom::array items;
  EXPECT_EQ(parser.parse(response.body).get(items), simdjson::SUCCESS);
  for (simdjson::dom::element item : items) {
    Element element;
    std::string_view text;
    EXPECT_EQ(item["status"].get(element.status), simdjson::SUCCESS);
    if (item["headers"].at(0)["value"].get(text) == simdjson::SUCCESS) element.location = text;
    if (item["body"]["error"]["code"].get(text) == simdjson::SUCCESS) element.code = text;
    if (item["body"]["error"]["message"].get(text) == simdjson::SUCCESS) element.message = text;
    elements.push_back(element);
  }
  return elements;
}

std::string task_status(VisionOneSim& sim, const std::string& task, WallTime now) {
  simdjson::ondemand::parser parser;
  return text_of(parser, get(sim, "/v3.0/response/tasks/" + task, now).body, "status");
}

TEST(VisionOneActions, EveryActionAnswersAnElementForEachInputInOrder) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  for (const auto& [path, first, second] :
       {std::tuple{"/v3.0/response/suspiciousObjects", R"({"domain":"bad.example"})", R"({"ip":"192.0.2.7","description":"d"})"},
        {"/v3.0/response/suspiciousObjects/delete", R"({"url":"http://bad.example/"})", R"({"senderMailAddress":"a@bad.example"})"},
        {"/v3.0/response/endpoints/isolate", R"({"endpointName":"HOST-1"})", R"({"agentGuid":"guid-2","description":"d"})"},
        {"/v3.0/response/endpoints/restore", R"({"endpointName":"HOST-1"})", R"({"agentGuid":"guid-2"})"},
        {"/v3.0/response/emails/quarantine", R"({"messageId":"<m@x>","mailBox":"a@x"})", R"({"uniqueId":"AAMk"})"}}) {
    const std::string body = std::string{"["} + first + R"(,{"nothing":"x"},)" + second + "]";
    const std::vector<Element> elements = elements_of(post(sim, path, body, origin));
    ASSERT_EQ(elements.size(), 3u) << path;
    EXPECT_EQ(elements[0].status, 202u) << path;
    EXPECT_EQ(elements[1].status, 400u) << path;
    EXPECT_EQ(elements[1].code, "BadRequest");
    EXPECT_EQ(elements[2].status, 202u) << path;
    EXPECT_TRUE(elements[2].location.starts_with("https://api.example.net/v3.0/response/tasks/")) << elements[2].location;
    EXPECT_NE(elements[0].task(), elements[2].task());
  }
}

TEST(VisionOneActions, ATaskWaitsRunsAndEndsByTheTime) {
  SimOptions options = options_of(0, 0, 0);
  options.serve.task_queued = 2s;
  options.serve.task_running = 5s;
  VisionOneSim sim{options, Seed{1}};
  const std::string task = elements_of(post(sim, isolate, R"([{"endpointName":"HOST-1"}])", origin))[0].task();
  EXPECT_EQ(task_status(sim, task, origin), "queued");
  EXPECT_EQ(task_status(sim, task, origin + 2s), "running");
  EXPECT_EQ(task_status(sim, task, origin + 7s), "succeeded");
  const std::string fails = elements_of(post(sim, isolate, R"([{"endpointName":"task_fails"}])", origin + 7s))[0].task();
  EXPECT_EQ(task_status(sim, fails, origin + 14s), "failed");
  EXPECT_EQ(get(sim, "/v3.0/response/tasks/99999999", origin).status, 404u);
}

TEST(VisionOneActions, TheSameActionAgainPointsToTheTaskUnderWay) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  const Element first = elements_of(post(sim, isolate, R"([{"endpointName":"HOST-1","description":"one"}])", origin))[0];
  const Element again = elements_of(post(sim, isolate, R"([{"endpointName":"HOST-1","description":"two"}])", origin + 1s))[0];
  EXPECT_EQ(again.status, 400u);
  EXPECT_EQ(again.code, "TaskError");
  EXPECT_EQ(again.message, "Task duplication.");
  EXPECT_EQ(again.location, first.location);
  const Element later = elements_of(post(sim, isolate, R"([{"endpointName":"HOST-1"}])", origin + 1min))[0];
  EXPECT_EQ(later.status, 202u);
  EXPECT_NE(later.location, first.location);
}

TEST(VisionOneActions, TargetsNamedAsInTheMockUpGetItsAnswers) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  const auto answer = [&sim](const std::string& target) {
    return elements_of(post(sim, isolate, R"([{"endpointName":")" + target + R"("}])", origin))[0];
  };
  EXPECT_EQ(answer("action_not_supported").code, "NotSupported");
  EXPECT_EQ(answer("target_not_found").status, 400u);
  EXPECT_EQ(answer("feature_disabled").status, 403u);
  EXPECT_EQ(answer("internal_server_error").status, 500u);
  EXPECT_EQ(post(sim, isolate, R"([{"endpointName":"access_denied"}])", origin).status, 403u);
  EXPECT_EQ(post(sim, isolate, R"([{"endpointName":"server_error"}])", origin).status, 500u);
}

TEST(VisionOneActions, ABodyThatIsNoArrayOfObjectsIsRefusedWhole) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  for (const std::string_view body : {"", "{}", "[]", "[1]", R"([{"endpointName":7}])", R"([{"endpointName":"x")"})
    EXPECT_EQ(post(sim, isolate, body, origin).status, 400u) << body;
  EXPECT_EQ(post(sim, isolate, std::string(1'000'001, ' '), origin).status, 413u);
  EXPECT_EQ(get(sim, isolate, origin).status, 404u);
}

TEST(VisionOneActions, ValuesAreCheckedByTheirKind) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  const std::string body = R"([{"fileSha1":"abc"},{"fileSha256":")" + std::string(64, 'a') +
                           R"("},{"ip":"not an address"},{"domain":"a.example","url":"http://a.example"}])";
  const std::vector<Element> elements = elements_of(post(sim, "/v3.0/response/suspiciousObjects", body, origin));
  ASSERT_EQ(elements.size(), 4u);
  EXPECT_EQ(elements[0].status, 400u);
  EXPECT_EQ(elements[1].status, 202u);
  EXPECT_EQ(elements[2].status, 400u);
  EXPECT_EQ(elements[3].status, 400u) << "exactly one object an element";
}

TEST(VisionOneActions, TasksAreListedNewestFirstByPagesAndTime) {
  VisionOneSim sim{options_of(0, 0, 0), Seed{1}};
  for (int i = 0; i < 60; ++i)
    (void)post(sim, isolate, R"([{"endpointName":"HOST-)" + std::to_string(i) + R"("}])", origin + i * 1s);
  const std::vector<Item> items = walk(sim, "/v3.0/response/tasks?top=50", origin + 1h);
  ASSERT_EQ(items.size(), 60u);
  EXPECT_EQ(items.front().id, "00000060");
  EXPECT_EQ(items.back().id, "00000001");
  const std::string window = "/v3.0/response/tasks?startDateTime=2026-11-24T12:00:10Z&endDateTime=2026-11-24T12:00:20Z";
  EXPECT_EQ(walk(sim, window, origin + 1h).size(), 10u);
}

TEST(VisionOneActions, AnEndlessListOfTasksHasNoEnd) {
  SimOptions options = options_of(0, 0, 0);
  options.serve.faults.push_back({.kind = FaultKind::endless_pages, .rate = 0, .nth = 1, .endpoint = Endpoint::tasks});
  VisionOneSim sim{options, Seed{1}};
  ASSERT_EQ(elements_of(post(sim, isolate, R"([{"endpointName":"HOST-1"}])", origin)).size(), 1u);
  std::string target = "/v3.0/response/tasks?top=50";
  for (int i = 0; i < 30; ++i) {
    const ProbedPage page = page_of(get(sim, target, origin));
    EXPECT_EQ(page.items.size(), 1u) << i;
    ASSERT_FALSE(page.next.empty()) << i;
    target = target_of(page.next);
  }
}

}  // namespace
}  // namespace tidegate
