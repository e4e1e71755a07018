// Response actions as an operator meets them: the delivered commands, against the simulated API.
#include <gtest/gtest.h>

#include "tests/interop/control_plane_actions_fixture.h"

namespace tidegate {
namespace {

constexpr const char* guid = "35fa11da-a24e-40cf-8b56-baf8828cc151";

class ControlPlaneActions : public ControlPlaneWithResponder {
 protected:
  ProgramRun isolate(const std::string& object, Words more = {}) {
    Words words{"action", "run", "--responder", "acme-v1", "--action", "isolate_endpoint", "--set", object};
    words.insert(words.end(), more.begin(), more.end());
    return ask(std::move(words));
  }
  // The id of a run that nobody waits for.
  std::string isolate_detached(const std::string& object, Words more = {}) {
    more.insert(more.end(), {"--detach", "--json"});
    return json_text(isolate(object, std::move(more)).output, "id");
  }
  static std::string id_in(const std::string& output) {
    const std::string begin = "run ";
    const std::size_t at = output.find(begin);
    return at == std::string::npos ? std::string{} : output.substr(at + begin.size(), 32);
  }
};

TEST_F(ControlPlaneActions, AnActionIsFollowedToItsEndAndTakenBack) {
  const ProgramRun tested = ask({"responder", "test", "acme-v1"});
  EXPECT_TRUE(tested.end.ok() && holds(tested.output, "PASSED")) << tested.output;

  const ProgramRun run = isolate(std::string{"agentGuid="} + guid);
  EXPECT_EQ(run.end.exit_code, 0) << run.output;
  EXPECT_TRUE(holds(run.output, "succeeded")) << run.output;
  const std::string id = id_in(run.output);

  const ProgramRun back = ask({"action", "undo", id});
  EXPECT_EQ(back.end.exit_code, 0) << back.output;
  EXPECT_TRUE(holds(back.output, "restore_endpoint")) << back.output;
  const ProgramRun shown = ask({"action", "show", id});
  EXPECT_TRUE(holds(shown.output, "undone")) << shown.output;
  EXPECT_TRUE(holds(shown.output, guid)) << shown.output;
  const ProgramRun again = ask({"action", "undo", id});
  EXPECT_NE(again.end.exit_code, 0);
  EXPECT_TRUE(holds(again.output, "undone already")) << again.output;

  const ProgramRun exported = ask({"action", "export"});
  EXPECT_TRUE(holds(exported.output, id)) << exported.output;
  EXPECT_TRUE(rig_->files_with(rig_->api_token()).empty()) << "the key lies open in a file";
  EXPECT_FALSE(holds(exported.output + shown.output + ask({"responder", "show", "acme-v1"}).output, rig_->api_token()));
}

TEST_F(ControlPlaneActions, WhatMustNotBeIsRefusedWithEveryReason) {
  const ProgramRun kept = isolate("endpointName=dc01");
  EXPECT_EQ(kept.end.exit_code, exit_failed) << kept.output;
  EXPECT_TRUE(holds(kept.output, "is protected")) << kept.output;
  const ProgramRun other = isolate("endpointName=ws-7", {"--tenant", "globex"});
  EXPECT_TRUE(holds(other.output, "may not act for 'globex'")) << other.output;
  const ProgramRun missing = ask({"action", "run", "--responder", "acme-v1", "--action", "isolate_endpoint"});
  EXPECT_EQ(missing.end.exit_code, exit_wrong_usage) << missing.output;
  EXPECT_TRUE(holds(missing.output, "agentGuid")) << missing.output;
  const ProgramRun wrong =
      ask({"action", "run", "--responder", "acme-v1", "--action", "add_to_block_list", "--set", "ip=300.0.0.1"});
  EXPECT_EQ(wrong.end.exit_code, exit_wrong_usage) << wrong.output;
  EXPECT_TRUE(holds(wrong.output, "is no IPv4 or IPv6 address")) << wrong.output;
  EXPECT_EQ(requests_for_actions(), 0u);

  const ProgramRun dry = isolate("endpointName=ws-7", {"--dry-run"});
  EXPECT_EQ(dry.end.exit_code, 0) << dry.output;
  EXPECT_TRUE(holds(dry.output, "/v3.0/response/endpoints/isolate")) << dry.output;
  EXPECT_EQ(requests_for_actions(), 0u);
}

TEST_F(ControlPlaneActions, TheKillSwitchAndAPersonsYes) {
  ASSERT_TRUE(ask({"action", "stop"}).end.ok());
  const std::string held = isolate_detached("endpointName=ws-7");
  EXPECT_TRUE(rig_->says({"action", "show", held}, "held up"));
  EXPECT_EQ(requests_for_actions(), 0u) << "stopped";
  ASSERT_TRUE(rig_->stop_processor());
  ASSERT_TRUE(rig_->start_processor());
  EXPECT_TRUE(rig_->says({"action", "show", held}, "kill switch is on"));
  EXPECT_EQ(requests_for_actions(), 0u) << "stopped still, after a start";
  ASSERT_TRUE(ask({"action", "resume"}).end.ok());
  EXPECT_TRUE(rig_->says({"action", "show", held, "--json"}, "\"state\":\"succeeded\""));
  EXPECT_EQ(requests_for_actions(), 1u) << "what was held up, once";

  apply_responder("acme-v1", "approval: true");
  const ProgramRun waiting = isolate("endpointName=ws-8");
  EXPECT_EQ(waiting.end.exit_code, exit_unreachable) << waiting.output;
  EXPECT_EQ(requests_for_actions(), 1u) << "nobody has said yes";
  const ProgramRun approved = ask({"action", "approve", id_in(waiting.output)});
  EXPECT_EQ(approved.end.exit_code, 0) << approved.output;
  EXPECT_EQ(requests_for_actions(), 2u);
  const std::string denied = id_in(isolate("endpointName=ws-9").output);
  EXPECT_TRUE(ask({"action", "deny", denied}).end.ok());
  EXPECT_TRUE(rig_->says({"action", "show", denied}, "denied"));
  EXPECT_EQ(requests_for_actions(), 2u) << "somebody has said no";
}

TEST_F(ControlPlaneActions, P9AKilledProcessorGoesOnAndSendsNothingTwice) {
  const std::string id = isolate_detached("endpointName=ws-7", {"--for", "5s"});
  ASSERT_EQ(id.size(), 32u);
  for (int kills = 0; kills < 4; ++kills) {
    ASSERT_TRUE(rig_->kill_processor());
    ASSERT_TRUE(rig_->start_processor());
  }
  EXPECT_TRUE(rig_->says({"action", "show", id, "--json"}, "\"state\":\"undone\""));
  EXPECT_EQ(requests_for_actions(), 2u) << "one isolates, one restores";
}

TEST_F(ControlPlaneActions, ARecordFillsTheRequest) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  const std::string query = "_exists_: trendmicro_visionone.endpoint.agentGuid";
  ASSERT_TRUE(rig_->says({"search", query, "--limit", "1", "--json"}, "\"record_id\":\""));
  const ProgramRun found = ask({"search", query, "--limit", "1", "--json"});
  const std::string record = json_text(found.output, "record_id");
  const std::string agent = json_text(found.output, "agentGuid");
  const ProgramRun run = ask({"action", "run", "--responder", "acme-v1", "--action", "isolate_endpoint", "--record", record});
  EXPECT_EQ(run.end.exit_code, 0) << run.output;
  EXPECT_TRUE(holds(run.output, agent)) << run.output;
  EXPECT_TRUE(holds(ask({"action", "list", "--record", record}).output, "isolate_endpoint"));
}

}  // namespace
}  // namespace tidegate
