// The response actions against Trend Micro's own mock-up, on the delivered programs: each of its special inputs, for each of the
// five actions, must come to the right state, with the API's own words, in the history. Skipped, with the reason, where the mock-up
// cannot be served (mockup_server.h).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <utility>

#include "tests/interop/control_plane_fixture.h"
#include "tests/interop/mockup_server.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

struct MockupInput {
  std::string word;
  std::string state;  // of the target, in the end
  std::string words;  // a part of the reason; empty: none is given

  // A 500 may have been done: the mock-up has no list of tasks in which it could be found, so it is looked for again and again (for
  // longer than a test takes), and nothing is sent a second time.
  bool may_be_done() const { return state == "sending"; }
  // Of the run, as `action show --json` begins.
  std::string run_state() const {
    if (may_be_done()) return R"("state":"under_way","settled":false)";
    return state == "succeeded" ? R"("state":"succeeded","settled":true)" : R"("state":"failed","settled":true)";
  }
};

const std::vector<MockupInput>& mockup_inputs() {
  static const std::vector<MockupInput> all{
      {"an-object", "succeeded", ""},
      {"task_duplication", "succeeded", ""},
      {"action_not_supported", "refused", "NotSupported: Action not supported."},
      {"fields_not_found", "refused", "BadRequest: Invalid request - Required fields not found"},
      {"invalid_field_format", "refused", "BadRequest: Invalid request - Invalid field format"},
      {"target_not_found", "refused", "BadRequest: Target not found."},
      {"access_denied_no_scope", "refused", "AccessDenied: Access denied. The target is not in the user's management scope."},
      {"feature_disabled", "refused", "AccessDenied: Feature disabled."},
      {"insufficient_permissions", "refused", "AccessDenied: Insufficient permissions."},
      {"unsupported_response", "refused", "AccessDenied: Promotion does not support response action."},
      {"internal_server_error", "sending", "InternalServerError: Internal server error."},
      {"invalid_format", "refused", "HTTP 400 BadRequest: Invalid request format."},
      {"access_denied", "refused", "HTTP 403 AccessDenied: Insufficient permissions."},
      {"server_error", "sending", "HTTP 500 InternalServerError: Internal server error."}};
  return all;
}

struct MockupAction {
  std::string action;
  std::string key;  // under which the mock-up knows its special inputs
};
const MockupAction mockup_actions[] = {{"add_to_block_list", "url"},
                                       {"remove_from_block_list", "url"},
                                       {"isolate_endpoint", "endpointName"},
                                       {"restore_endpoint", "endpointName"},
                                       {"quarantine_email", "messageId"}};

class MockupActions : public ControlPlane {
 protected:
  void SetUp() override {
    if (const std::string missing = MockupServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    ControlPlane::SetUp();
    Result<std::unique_ptr<MockupServer>> served =
        MockupServer::start(std::filesystem::path{testing::TempDir()} / "tidegate-mockup-actions", "/v3.0/response/tasks/1");
    ASSERT_TRUE(served) << served.error().text();
    mockup_ = *std::move(served);
    const std::filesystem::path file = rig_->directory() / "inputs" / "responders.yaml";
    const std::string port = mockup_->url().substr(mockup_->url().rfind(':') + 1);
    std::ofstream{file} << "responders:\n  - {name: mockup, type: trendmicro_visionone, tenants: [acme], host: 127.0.0.1, port: "
                        << port << ", protocol: http, api_key: a-key-of-the-mock-up}\n";
    const Result<ProgramRun> applied = rig_->ask({"responder", "apply", "--file", file.string()});
    ASSERT_TRUE(applied && applied->end.ok()) << (applied ? applied->output : applied.error().text());
  }

  // The id of the run.
  std::string run(const MockupAction& action, const std::string& word) {
    const std::filesystem::path body = rig_->directory() / "inputs" / "body.json";
    std::ofstream{body} << "[{\"" << action.key << "\": \"{{object}}\"}]";
    const Result<ProgramRun> asked = rig_->ask({"action", "run", "--responder", "mockup", "--action", action.action, "--body",
                                                body.string(), "--set", "object=" + word, "--detach", "--json"});
    if (!asked) return {};
    EXPECT_EQ(asked->end.exit_code, 0) << action.action << " " << word << ": " << asked->output;
    return json_text(asked->output, "id");
  }

  void await_state(const std::string& id, const MockupAction& action, const MockupInput& input) {
    const bool come = input.may_be_done() ? rig_->says({"action", "show", id}, input.words)
                                          : rig_->says({"action", "show", id, "--json"}, "\"state\":\"" + input.state + "\"");
    EXPECT_TRUE(come) << action.action << " " << input.word;
    const Result<ProgramRun> shown = rig_->ask({"action", "show", id});
    ASSERT_TRUE(shown);
    EXPECT_TRUE(holds(shown->output, input.words)) << action.action << " " << input.word << ":\n" << shown->output;
    EXPECT_TRUE(holds(shown->output, input.word) && holds(shown->output, action.action)) << shown->output;
  }

  // When all the others have come to theirs.
  void look_again(const std::string& id, const MockupAction& action, const MockupInput& input) {
    const Result<ProgramRun> shown = rig_->ask({"action", "show", id, "--json"});
    ASSERT_TRUE(shown);
    for (const std::string& part : {input.run_state(), "\"state\":\"" + input.state + "\"", std::string{"\"attempts\":1,"}})
      EXPECT_TRUE(holds(shown->output, part)) << action.action << " " << input.word << ": no " << part << " in\n" << shown->output;
  }

  std::unique_ptr<MockupServer> mockup_;
};

TEST_F(MockupActions, P9EachSpecialInputComesToItsStateWithTheApisWords) {
  std::map<std::string, std::pair<MockupAction, MockupInput>> runs;
  for (const MockupAction& action : mockup_actions) {
    for (const MockupInput& input : mockup_inputs()) {
      const std::string id = run(action, input.word);
      ASSERT_FALSE(id.empty()) << action.action << " " << input.word;
      runs.emplace(id, std::pair{action, input});
    }
  }
  ASSERT_EQ(runs.size(), std::size(mockup_actions) * mockup_inputs().size());
  for (const auto& [id, asked] : runs) await_state(id, asked.first, asked.second);
  for (const auto& [id, asked] : runs) look_again(id, asked.first, asked.second);
  const Result<std::uint64_t> posts = mockup_->posts();
  ASSERT_TRUE(posts) << posts.error().text();
  EXPECT_EQ(*posts, runs.size()) << "each is sent once";
  const Result<ProgramRun> history = rig_->ask({"action", "list", "--limit", "1000", "--json"});
  ASSERT_TRUE(history);
  for (const auto& [id, asked] : runs) EXPECT_TRUE(holds(history->output, id)) << asked.second.word << " is not in the history";
  EXPECT_TRUE(rig_->files_with("a-key-of-the-mock-up").empty()) << "the key lies open in a file";
}

}  // namespace
}  // namespace tidegate
