// What the tests of the control plane on delivered programs have in common.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/interop/control_plane_rig.h"
#include "tests/interop/holds.h"

namespace tidegate {

// Exit codes of the delivered commands.
inline constexpr int exit_failed = 1;
inline constexpr int exit_wrong_usage = 2;
inline constexpr int exit_unreachable = 3;

class ControlPlane : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    Result<std::unique_ptr<ControlPlaneRig>> made =
        ControlPlaneRig::make(std::filesystem::path{testing::TempDir()} / ("tidegate-control-" + name), TIDEGATE_PROGRAMS);
    ASSERT_TRUE(made) << made.error().text();
    rig_ = *std::move(made);
    for (const Result<void>& started : {rig_->start_simulator(), rig_->start_processor()})
      ASSERT_TRUE(started) << started.error().text();
  }

  void add_sensor(const std::string& sensor, const std::string& tenant = "acme") {
    const Result<void> added = rig_->add_sensor(sensor, tenant);
    ASSERT_TRUE(added) << added.error().text();
  }

  // A connector that was applied, and collects.
  void collect(const std::string& sensor, const std::string& connector) {
    const Result<ProgramRun> applied = rig_->apply(rig_->connector_file(sensor, connector));
    ASSERT_TRUE(applied);
    ASSERT_TRUE(applied->end.ok() && holds(applied->output, "APPLIED")) << applied->output;
    ASSERT_TRUE(rig_->indexed_more(connector, 0));
  }

  std::unique_ptr<ControlPlaneRig> rig_;
};

}  // namespace tidegate
