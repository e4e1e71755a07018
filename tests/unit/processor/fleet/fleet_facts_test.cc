// What the fleet says of its sensors to those who watch for events.
#include "processor/fleet/health_events.h"
#include "tests/unit/processor/fleet/fleet_rig.h"

namespace tidegate {
namespace {

using FleetFacts = test::FleetRig;
using test::FakeAgent;

opamp::ComponentHealth part(bool healthy, const std::string& status, const std::string& error = {}) {
  opamp::ComponentHealth health;
  health.healthy = healthy;
  health.status = status;
  health.last_error = error;
  return health;
}

TEST_F(FleetFacts, NameTheLeavesThatAreNotHealthy) {
  const test::SensorCertificate sensor = enrol("zurich-01");
  FakeAgent agent{*this, sensor.identity};
  agent.connect();
  EXPECT_FALSE(fleet_->facts()->at(0).health_known);
  opamp::ComponentHealth connector = part(false, "auth_failed", "alerts: 401");
  connector.component_health_map["alerts"] = part(false, "auth_failed", "401");
  connector.component_health_map["audit_logs"] = part(true, "idle");
  opamp::ComponentHealth connectors = part(false, "degraded");
  connectors.component_health_map["acme-v1"] = connector;
  opamp::ComponentHealth whole = part(false, "degraded");
  whole.component_health_map["connectors"] = connectors;
  whole.component_health_map["uplink"] = part(false, "unreachable", "refused");
  ASSERT_TRUE(agent.session.set_health(whole));
  agent.exchange();
  const Result<std::vector<WatchedSensor>> facts = fleet_->facts();
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->size(), 1u);
  const WatchedSensor& one = facts->front();
  EXPECT_EQ(one.sensor, "zurich-01");
  EXPECT_EQ(one.tenants, (std::vector<std::string>{"acme"}));
  EXPECT_EQ(one.state, SensorState::connected);
  EXPECT_EQ(one.sessions, 1u);
  EXPECT_TRUE(one.config_known);
  EXPECT_TRUE(one.health_known);
  ASSERT_EQ(one.unhealthy.size(), 2u);
  EXPECT_EQ(one.unhealthy[0].path, "connectors/acme-v1/alerts");
  EXPECT_EQ(one.unhealthy[0].error, "401");
  EXPECT_EQ(one.unhealthy[1].path, "uplink");
}

TEST_F(FleetFacts, OfARevokedSensorAndAfterARestart) {
  const test::SensorCertificate sensor = enrol("zurich-01");
  enrol("bern-01");
  FakeAgent agent{*this, sensor.identity};
  agent.connect();
  ASSERT_TRUE(fleet_->writer().flush());
  agent.leave();
  ASSERT_TRUE(fleet_->revoke_sensor("bern-01"));
  reopen();
  const Result<std::vector<WatchedSensor>> facts = fleet_->facts();
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->size(), 2u);
  EXPECT_EQ(facts->at(0).state, SensorState::revoked);
  EXPECT_EQ(facts->at(1).state, SensorState::silent);
  EXPECT_FALSE(facts->at(1).health_known) << "what it said before is not what it says";
  EXPECT_TRUE(facts->at(1).last_seen);
}

}  // namespace
}  // namespace tidegate
