// P8, A bad configuration is a no-op: pushed by the delivered processor to the delivered agent.
#include <gtest/gtest.h>

#include <map>

#include "tests/interop/control_plane_fixture.h"

namespace tidegate {
namespace {

struct BadPush {
  const char* what;
  std::map<std::string, std::string> changes;
  const char* names;  // what the answer must name
};

TEST_F(ControlPlane, P8ABadPushNeverInterruptsCollection) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  const std::string token = "\"" + std::string(520, 'x') + "\"";
  const std::vector<BadPush> pushes{
      {"no YAML", {{"tenant", "{id: acme"}}, "line"},
      {"an unknown region", {{"api_base_url", ""}, {"region", "mars"}}, "region"},
      {"an unknown key", {{"intervall", "1s"}}, "interval"},
      {"a bound", {{"interval", "1ms"}}, "interval"},
      {"a token that the API refuses", {{"bearer_token", token}}, "acme-v1"},
      {"an API that is not there", {{"api_base_url", "\"http://127.0.0.1:9\""}}, "api_base_url"},
      {"a proxy that the sensor does not permit", {{"proxy", "\"http://127.0.0.1:9\""}}, "proxy"},
      {"a file of the sensor", {{"ca_file", "/etc/passwd"}}, "ca_file"},
      {"a tenant of somebody else", {{"tenant", "{id: globex, name: Globex}"}}, "tenant"},
  };
  for (const BadPush& push : pushes) {
    SCOPED_TRACE(push.what);
    const std::uint64_t before = rig_->indexed("acme-v1");
    const Result<ProgramRun> pushed = rig_->apply(rig_->connector_file("zurich-01", "acme-v1", push.changes));
    ASSERT_TRUE(pushed);
    EXPECT_TRUE(pushed->end.exit_code == exit_failed || pushed->end.exit_code == exit_wrong_usage) << pushed->output;
    EXPECT_TRUE(holds(pushed->output, push.names)) << pushed->output;
    EXPECT_FALSE(holds(pushed->output, "APPLIED")) << pushed->output;
    EXPECT_TRUE(rig_->indexed_more("acme-v1", before)) << "collection has stopped";
  }
  const Result<ProgramRun> good = rig_->apply(rig_->connector_file("zurich-01", "acme-v1", {{"interval", "2s"}}));
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->end.ok() && holds(good->output, "APPLIED")) << good->output;
}

TEST_F(ControlPlane, P8WhatWasAppliedOutlivesTheAgentAndTheProcessor) {
  add_sensor("zurich-01");
  collect("zurich-01", "acme-v1");
  ASSERT_TRUE(rig_->kill_processor());
  ASSERT_TRUE(rig_->kill_agent("zurich-01"));
  ASSERT_TRUE(rig_->start_agent("zurich-01"));
  EXPECT_TRUE(rig_->agent_says("zurich-01", {"status"}, "acme-v1")) << "it is configured without its processor";
  ASSERT_TRUE(rig_->start_processor());
  EXPECT_TRUE(rig_->says({"sensor", "show", "zurich-01"}, "state: connected"));
  EXPECT_TRUE(rig_->indexed_more("acme-v1", rig_->indexed("acme-v1")));
  // A push to a sensor that is away is kept for it.
  ASSERT_TRUE(rig_->stop_agent("zurich-01"));
  const Result<ProgramRun> away = rig_->apply(rig_->connector_file("zurich-01", "acme-v1", {{"interval", "3s"}}));
  ASSERT_TRUE(away);
  EXPECT_EQ(away->end.exit_code, exit_unreachable) << away->output;
  ASSERT_TRUE(rig_->start_agent("zurich-01"));
  EXPECT_TRUE(rig_->says({"sensor", "show", "zurich-01"}, "revision 2 applied"));
}

}  // namespace
}  // namespace tidegate
