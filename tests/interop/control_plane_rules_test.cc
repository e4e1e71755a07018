// Automation as an operator meets it: the delivered commands, against the simulated API.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <set>

#include "tests/interop/control_plane_actions_fixture.h"

namespace tidegate {
namespace {

// Techniques have one endpoint each; of each of those the rule isolates once in a while.
constexpr const char* isolating = R"(rules:
  - name: isolate
    tenants: [acme]
    query: '_exists_: trendmicro_visionone.endpoint.agentGuid'
    on: both
    max_age: 7d
    every: 1min
    look_back: 7d
    entity: trendmicro_visionone.endpoint.agentGuid
    mute: 30d
    actions:
      - name: isolate
        responder: acme-v1
        action: isolate_endpoint
        per_hour: 20
)";

class ControlPlaneRules : public ControlPlaneWithResponder {
 protected:
  std::filesystem::path rules_file(const std::string& yaml) const {
    std::filesystem::path file = rig_->directory() / "inputs" / "rules.yaml";
    std::ofstream{file, std::ios::trunc} << yaml;
    return file;
  }
  ProgramRun apply_rules(const std::string& yaml, Words more = {}) {
    Words words{"rule", "apply", "--file", rules_file(yaml).string()};
    words.insert(words.end(), more.begin(), more.end());
    return ask(std::move(words));
  }
  boost::json::object asked_json(Words words) {
    words.emplace_back("--json");
    return test::json_object(ask(std::move(words)).output);
  }
  boost::json::object totals_of(const std::string& rule) { return asked_json({"rule", "show", rule}).at("totals").as_object(); }
  // Until it has fired so often.
  bool has_fired(const std::string& rule, std::uint64_t times) {
    return rig_->says({"rule", "show", rule, "--json"}, "\"totals\":{\"fired\":" + std::to_string(times) + ",");
  }
  // Until nothing is queued, and something was done.
  bool all_is_done(const std::string& rule) {
    return rig_->says({"rule", "decisions", rule, "--outcome", "fired", "--json"}, "\"state\":\"done\"") &&
           rig_->says({"rule", "list", "--json"}, "\"queued\":0");
  }
};

TEST_F(ControlPlaneRules, P9ARecordIsAnsweredOnceThoughTheProcessorIsKilledAgainAndAgain) {
  const ProgramRun applied = apply_rules(isolating);
  ASSERT_TRUE(applied.end.ok()) << applied.output;
  EXPECT_TRUE(holds(applied.output, "rule isolate is in force")) << applied.output;
  add_sensor("zurich-01");
  const Result<ProgramRun> connector = rig_->apply(rig_->connector_file("zurich-01", "acme-v1"));
  ASSERT_TRUE(connector && connector->end.ok()) << connector->output;
  for (int kills = 0; kills < 5; ++kills) {
    ASSERT_TRUE(rig_->indexed_more("acme-v1", rig_->indexed("acme-v1")));
    ASSERT_TRUE(rig_->kill_processor());
    ASSERT_TRUE(rig_->start_processor());
  }
  // As often as it may within the hour: from then on nothing is asked for that the decisions below do not have.
  ASSERT_TRUE(has_fired("isolate", 20)) << ask({"rule", "list"}).output;
  ASSERT_TRUE(all_is_done("isolate")) << ask({"rule", "list"}).output;

  // Each endpoint once, whatever was told of twice. What a kill caught between the intent and the answer is looked for until the
  // API's list has settled, for longer than a test takes.
  std::set<std::string> endpoints;
  std::size_t fired = 0;
  std::size_t unanswered = 0;
  const boost::json::object decided = asked_json({"rule", "decisions", "isolate", "--outcome", "fired", "--limit", "1000"});
  for (const boost::json::value& each : decided.at("decisions").as_array()) {
    const boost::json::object& decision = each.as_object();
    EXPECT_EQ(decision.at("state"), "done") << boost::json::serialize(decision);
    EXPECT_TRUE(endpoints.insert(std::string{decision.at("entities").as_string()}).second) << boost::json::serialize(decision);
    const std::string run{decision.at("run_id").as_string()};
    ++fired;
    if (holds(ask({"action", "show", run, "--json"}).output, "\"state\":\"sending\"")) ++unanswered;
    else EXPECT_TRUE(rig_->says({"action", "show", run, "--json"}, "\"state\":\"succeeded\"")) << run;
  }
  EXPECT_GT(fired, unanswered);
  EXPECT_EQ(fired, 20u);
  const std::optional<std::uint64_t> requests = requests_for_actions();
  ASSERT_TRUE(requests);
  EXPECT_LE(*requests, fired) << "no endpoint is isolated twice";
  EXPECT_GE(*requests, fired - unanswered) << "and none of those that are done by itself";
  const ProgramRun history = ask({"action", "list", "--text", "rule isolate"});
  EXPECT_TRUE(holds(history.output, "isolate_endpoint")) << history.output;
  EXPECT_GT(totals_of("isolate").at("muted").to_number<std::uint64_t>(), 0u) << "most records are of an endpoint that was isolated";
}

TEST_F(ControlPlaneRules, ARuleIsTriedOutBeforeItActs) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  std::string dry{isolating};
  dry.insert(dry.find("    actions:"), "    dry_run: true\n");
  const ProgramRun checked = apply_rules(dry, {"--dry-run"});
  EXPECT_TRUE(checked.end.ok() && holds(checked.output, "would be in force")) << checked.output;
  EXPECT_TRUE(holds(ask({"rule", "list"}).output, "there are no rules"));

  ASSERT_TRUE(apply_rules(dry).end.ok());
  const ProgramRun rehearsed = ask({"rule", "run", "isolate", "--from", "-7d"});
  EXPECT_TRUE(rehearsed.end.ok() && holds(rehearsed.output, "would fire")) << rehearsed.output;
  EXPECT_TRUE(holds(rehearsed.output, "isolate_endpoint by acme-v1: agentGuid ")) << rehearsed.output;
  ASSERT_TRUE(all_is_done("isolate")) << ask({"rule", "list"}).output;
  EXPECT_TRUE(holds(ask({"action", "list", "--state", "previewed"}).output, "isolate_endpoint"));
  EXPECT_EQ(requests_for_actions(), 0u) << "nothing is sent by a dry run";
}

TEST_F(ControlPlaneRules, P10WhatARuleMayNotIsRefusedWithEveryReason) {
  std::string wide{isolating};
  wide.replace(wide.find("[acme]"), 6, "all");
  wide += "      - name: tell\n        notify: nobody\n";
  const ProgramRun refused = apply_rules(wide);
  EXPECT_EQ(refused.end.exit_code, exit_failed) << refused.output;
  EXPECT_TRUE(holds(refused.output, "responder 'acme-v1' acts for acme, and the rule for all")) << refused.output;
  EXPECT_TRUE(holds(refused.output, "there is no channel 'nobody'")) << refused.output;

  const ProgramRun wrong = apply_rules("rules:\n  - name: x\n    tenants: all\n    query: '(a AND'\n    actions: []\n");
  EXPECT_EQ(wrong.end.exit_code, exit_wrong_usage) << wrong.output;
  EXPECT_TRUE(holds(wrong.output, "rules[0].query") && holds(wrong.output, "rules[0].actions")) << wrong.output;
  EXPECT_TRUE(holds(ask({"rule", "list"}).output, "there are no rules"));

  ASSERT_TRUE(apply_rules(isolating).end.ok());
  const ProgramRun needed = ask({"responder", "delete", "acme-v1"});
  EXPECT_EQ(needed.end.exit_code, exit_failed) << needed.output;
  EXPECT_TRUE(holds(needed.output, "is needed by rules: isolate")) << needed.output;
  apply_responder("acme-v1", "actions: [restore_endpoint]");
  EXPECT_TRUE(holds(ask({"rule", "list"}).output, "WARNING: rule 'isolate', action 'isolate': responder 'acme-v1' may not do"));
}

}  // namespace
}  // namespace tidegate
