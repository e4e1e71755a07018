// Response actions that a sensor carries out, with the delivered programs: asked for at the processor, done by the sensor.
#include <gtest/gtest.h>

#include "tests/interop/control_plane_actions_fixture.h"

namespace tidegate {
namespace {

class ControlPlaneSensorActions : public ControlPlaneWithResponder {
 protected:
  void SetUp() override {
    ControlPlaneWithResponder::SetUp();
    if (HasFatalFailure()) return;
    add_sensor(sensor_);
    apply_responder("acme-v1", "sensor: " + sensor_);
  }
  // The id of a run that nobody waits for.
  std::string isolate_there(const std::string& object, Words more = {}) {
    Words words{"action", "run", "--responder", "acme-v1", "--action", "isolate_endpoint", "--set", object, "--detach", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return json_text(ask(std::move(words)).output, "id");
  }
  bool comes_to(const std::string& id, const std::string& state) {
    return rig_->says({"action", "show", id, "--json"}, "\"state\":\"" + state + "\"");
  }

  const std::string sensor_ = "zurich-01";
};

TEST_F(ControlPlaneSensorActions, ASensorDoesWhatIsAskedForAndTakesItBack) {
  const ProgramRun tested = ask({"responder", "test", "acme-v1"});
  EXPECT_TRUE(tested.end.ok() && holds(tested.output, "by sensor " + sensor_)) << tested.output;

  const std::string id = isolate_there("endpointName=ws-7");
  ASSERT_EQ(id.size(), 32u);
  EXPECT_TRUE(comes_to(id, "succeeded"));
  const ProgramRun shown = ask({"action", "show", id});
  EXPECT_TRUE(holds(shown.output, "by sensor " + sensor_)) << shown.output;
  const ProgramRun back = ask({"action", "undo", id});
  EXPECT_EQ(back.end.exit_code, 0) << back.output;
  EXPECT_TRUE(comes_to(id, "undone"));
  EXPECT_EQ(requests_for_actions(), 2u);
  EXPECT_TRUE(rig_->files_with(rig_->api_token()).empty()) << "the key lies open in a file";
}

TEST_F(ControlPlaneSensorActions, P9SensorActionsAreDoneOnceThoughBothEndsAreKilled) {
  const std::string id = isolate_there("endpointName=ws-7", {"--for", "5s"});
  ASSERT_EQ(id.size(), 32u);
  for (int kills = 0; kills < 3; ++kills) {
    ASSERT_TRUE(rig_->kill_agent(sensor_));
    ASSERT_TRUE(rig_->start_agent(sensor_));
    ASSERT_TRUE(rig_->kill_processor());
    ASSERT_TRUE(rig_->start_processor());
  }
  EXPECT_TRUE(rig_->says({"action", "show", id}, "succeeded"));
  EXPECT_TRUE(comes_to(id, "undone"));
  EXPECT_EQ(requests_for_actions(), 2u) << "one isolates, one restores";
}

TEST_F(ControlPlaneSensorActions, WhatIsLimitedInTimeEndsWhileTheProcessorIsAway) {
  const std::string id = isolate_there("endpointName=ws-7", {"--for", "10s"});
  ASSERT_TRUE(rig_->says({"action", "show", id}, "succeeded"));
  ASSERT_TRUE(rig_->stop_processor());
  EXPECT_TRUE(rig_->comes_true([this] { return requests_for_actions() == 2u; }))
      << "one isolates; one restores, with nobody to ask for it";
  ASSERT_TRUE(rig_->start_processor());
  EXPECT_TRUE(comes_to(id, "undone"));
  EXPECT_TRUE(holds(ask({"action", "list"}).output, "restore_endpoint"));
  EXPECT_EQ(requests_for_actions(), 2u);
}

TEST_F(ControlPlaneSensorActions, ASensorThatIsAwayIsWaitedFor) {
  ASSERT_TRUE(rig_->stop_agent(sensor_));
  const std::string id = isolate_there("endpointName=ws-7");
  EXPECT_TRUE(rig_->says({"action", "show", id}, "sensor " + sensor_ + " is away"));
  EXPECT_EQ(requests_for_actions(), 0u);
  ASSERT_TRUE(rig_->start_agent(sensor_));
  EXPECT_TRUE(comes_to(id, "succeeded"));
  EXPECT_EQ(requests_for_actions(), 1u);
}

TEST_F(ControlPlaneSensorActions, P10ARevokedSensorIsHandedNothing) {
  ASSERT_TRUE(rig_->stop_agent(sensor_));
  const std::string id = isolate_there("endpointName=ws-7");
  ASSERT_TRUE(ask({"sensor", "revoke", sensor_}).end.ok());
  EXPECT_TRUE(comes_to(id, "failed"));
  EXPECT_TRUE(holds(ask({"action", "show", id}).output, "revoked"));
  EXPECT_EQ(requests_for_actions(), 0u);
}

}  // namespace
}  // namespace tidegate
