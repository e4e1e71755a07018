// The control plane as an operator meets it: an enrolment, a push, what is seen of it, and its end.
#include <gtest/gtest.h>

#include "tests/interop/control_plane_fixture.h"

namespace tidegate {
namespace {

TEST_F(ControlPlane, ASensorIsEnrolledConfiguredAndSeen) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  EXPECT_TRUE(rig_->says({"sensor", "show", "zurich-01"}, "revision 1 applied"));
  EXPECT_TRUE(rig_->says({"sensor", "show", "zurich-01"}, "acme-v1"));
  EXPECT_TRUE(rig_->says({"connector", "list"}, "acme-v1"));
  const Result<ProgramRun> effective = rig_->ask({"sensor", "show", "zurich-01"});
  ASSERT_TRUE(effective);
  EXPECT_TRUE(holds(effective->output, "***")) << effective->output;
  const Result<ProgramRun> tested = rig_->ask({"connector", "test", "acme-v1"});
  ASSERT_TRUE(tested);
  EXPECT_TRUE(tested->end.ok()) << tested->output;
  // What changes nothing rebuilds nothing, and is applied all the same.
  const Result<ProgramRun> again = rig_->apply(rig_->connector_file("zurich-01", "acme-v1"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->end.ok()) << again->output;
  const Result<ProgramRun> gone = rig_->ask({"connector", "delete", "acme-v1"});
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->end.ok() && holds(gone->output, "APPLIED")) << gone->output;
  const Result<ProgramRun> status = rig_->ask_agent("zurich-01", {"status"});
  ASSERT_TRUE(status);
  EXPECT_FALSE(holds(status->output, "acme-v1")) << status->output;
}

// As a script does it: the processor's bound on what a sensor may say must not fall on one that answers what it is sent.
TEST_F(ControlPlane, ManyPushesInARowAreAllApplied) {
  add_sensor("zurich-01");
  for (int i = 1; i <= 25; ++i) {
    const std::string interval = std::to_string(i) + "s";
    const Result<ProgramRun> pushed = rig_->apply(rig_->connector_file("zurich-01", "acme-v1", {{"interval", interval}}));
    ASSERT_TRUE(pushed);
    ASSERT_TRUE(pushed->end.ok() && holds(pushed->output, "APPLIED")) << "push " << i << ": " << pushed->output;
  }
}

}  // namespace
}  // namespace tidegate
