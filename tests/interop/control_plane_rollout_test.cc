// A roll-out as an operator meets it: three sensors, one of which takes nothing from a processor.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/interop/control_plane_fixture.h"
#include "tests/support/file_content.h"

namespace tidegate {
namespace {

// "roll-out 3f2a9c begins; …"
std::string rollout_id_in(const std::string& output) {
  const std::string begin = "roll-out ";
  const std::size_t at = output.find(begin);
  return at == std::string::npos ? std::string{} : output.substr(at + begin.size(), 6);
}

void replace_in_file(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::string text = content_of(file);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << text;
  text.replace(at, from.size(), to);
  std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
}

class ControlPlaneRollout : public ControlPlane {
 protected:
  // The connector of each sensor is named as the sensor is.
  std::filesystem::path file_of_all() {
    std::string text;
    for (const std::string& sensor : sensors_) text += "---\n" + content_of(rig_->connector_file(sensor, "v1-" + sensor));
    const std::filesystem::path file = rig_->directory() / "inputs" / "all.yaml";
    std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
    return file;
  }
  // Stops the agent, and starts it with another word on what it takes from a processor.
  void restart_agent(const std::string& sensor, const std::string& from, const std::string& to) {
    ASSERT_TRUE(rig_->stop_agent(sensor));
    replace_in_file(rig_->agent_file(sensor), from, to);
    const Result<void> started = rig_->start_agent(sensor);
    ASSERT_TRUE(started) << started.error().text();
    ASSERT_TRUE(rig_->says({"sensor", "show", sensor}, "state: connected"));
  }

  const std::vector<std::string> sensors_{"zurich-01", "bern-01", "basel-01"};
};

TEST_F(ControlPlaneRollout, AFailurePausesItAndItIsResumedAndRolledBack) {  // P8
  for (const std::string& sensor : sensors_) add_sensor(sensor);
  restart_agent("bern-01", "remote: {", "remote: {accept: false, ");
  const std::string file = file_of_all().string();

  const Result<ProgramRun> unstaged = rig_->apply(file);
  ASSERT_TRUE(unstaged);
  EXPECT_EQ(unstaged->end.exit_code, exit_wrong_usage) << unstaged->output;
  EXPECT_TRUE(holds(unstaged->output, "--stages")) << unstaged->output;

  const Result<ProgramRun> first = rig_->ask({"connector", "apply", "--file", file, "--stages", "30,60,100"});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->end.exit_code, exit_failed) << first->output;
  const std::string id = rollout_id_in(first->output);
  EXPECT_TRUE(holds(first->output, "zurich-01  stage 1  applied")) << first->output;
  EXPECT_TRUE(holds(first->output, "bern-01  stage 2  failed")) << first->output;
  EXPECT_TRUE(holds(first->output, "remote.accept")) << first->output;
  EXPECT_TRUE(holds(first->output, "basel-01  stage 3  waiting")) << first->output;
  ASSERT_TRUE(rig_->indexed_more("v1-zurich-01", 0));
  EXPECT_EQ(rig_->indexed("v1-basel-01"), 0u);

  restart_agent("bern-01", "remote: {accept: false, ", "remote: {");
  const Result<ProgramRun> resumed = rig_->ask({"rollout", "resume", id, "--retry-failed"});
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->end.ok()) << resumed->output;
  EXPECT_TRUE(holds(resumed->output, "basel-01  stage 3  applied")) << resumed->output;
  ASSERT_TRUE(rig_->indexed_more("v1-basel-01", 0));

  // What is written survives a restart of the processor.
  ASSERT_TRUE(rig_->stop_processor());
  ASSERT_TRUE(rig_->start_processor());
  for (const std::string& sensor : sensors_) ASSERT_TRUE(rig_->says({"sensor", "show", sensor}, "state: connected"));
  const Result<ProgramRun> back = rig_->ask({"rollout", "rollback", id});
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->end.ok()) << back->output;
  EXPECT_TRUE(holds(back->output, "rolled back")) << back->output;
  const Result<ProgramRun> list = rig_->ask({"connector", "list"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(holds(list->output, "there are no connectors")) << list->output;
  EXPECT_TRUE(rig_->files_with(rig_->api_token()).empty()) << "no token lies open";
}

}  // namespace
}  // namespace tidegate
