#include "tests/unit/processor/fleet/fleet_rig.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using test::FakeAgent;
using test::SensorCertificate;

class FleetTest : public test::FleetRig {
 protected:
  SensorView shown(const std::string& sensor = "zurich-01") {
    const Result<SensorDetail> detail = fleet_->view(sensor);
    EXPECT_TRUE(detail) << detail.error().text();
    return detail->view;
  }

  SensorCertificate sensor_ = enrol("zurich-01");
  FakeAgent agent_{*this, sensor_.identity};
};

TEST_F(FleetTest, WhatASensorSaysOfItselfIsShownAndKept) {
  EXPECT_EQ(shown().state, SensorState::never);
  opamp::ComponentHealth acme;
  acme.last_error = "the token expired";
  opamp::ComponentHealth health;
  health.healthy = true;
  health.component_health_map["connectors"].component_health_map["acme"] = acme;
  ASSERT_TRUE(agent_.session.set_health(health));
  ASSERT_TRUE(agent_.session.set_effective_config({opamp::AgentConfigMap{{{"", {"sensor: {}\n", "text/yaml"}}}}}));
  agent_.connect();
  const Result<SensorDetail> detail = fleet_->view("zurich-01");
  ASSERT_TRUE(detail);
  EXPECT_EQ(detail->view.state, SensorState::connected);
  EXPECT_EQ(detail->view.version, "1.2.3");
  EXPECT_EQ(detail->view.system, "Debian 12");
  EXPECT_FALSE(detail->view.health.healthy) << "a component is not";
  EXPECT_EQ(detail->view.health.worst, "connectors/acme");
  EXPECT_EQ(detail->view.health.reason, "the token expired");
  EXPECT_EQ(detail->view.tenants, std::vector<std::string>{"acme"});
  EXPECT_EQ(detail->components.size(), 3u);
  EXPECT_EQ(detail->effective_config, "sensor: {}\n");
  ASSERT_TRUE(fleet_->writer().flush());
  reopen();
  const Result<SensorDetail> kept = fleet_->view("zurich-01");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->view.state, SensorState::silent);
  EXPECT_EQ(kept->view.version, "1.2.3");
  EXPECT_EQ(kept->view.last_seen, test::noon);
  EXPECT_EQ(fleet_->view()->sensors.size(), 1u);
}

TEST_F(FleetTest, AConnectedSensorThatIsNotHeardIsSilent) {
  agent_.connect();
  clock_.advance(89s);
  EXPECT_EQ(shown().state, SensorState::connected);
  clock_.advance(1s);
  EXPECT_EQ(shown().state, SensorState::silent);
  EXPECT_EQ(shown().since, test::noon);
  agent_.beat();
  EXPECT_EQ(shown().state, SensorState::connected);
}

TEST_F(FleetTest, OnlyAKnownSensorsCertificateIsAdmitted) {
  EXPECT_TRUE(fleet_->admit(sensor_.der, "peer"));
  EXPECT_FALSE(fleet_->admit({}, "peer"));
  EXPECT_FALSE(fleet_->admit("no certificate", "peer"));
  clock_.advance(24h * 91);
  EXPECT_FALSE(fleet_->admit(sensor_.der, "peer"));
  EXPECT_TRUE(shows("tidegate_control_refused_total{reason=\"certificate\"} 3"));
}

TEST_F(FleetTest, ARevocationClosesSessionsAtOnce) {
  agent_.connect();
  ASSERT_TRUE(fleet_->revoke_sensor("zurich-01"));
  EXPECT_EQ(agent_.closed, LineClose::revoked);
  EXPECT_EQ(fleet_->admit(sensor_.der, "peer").error().code(), Code::denied);
  EXPECT_EQ(shown().state, SensorState::revoked);
  agent_.leave();
  EXPECT_EQ(shown().sessions, 0u);
}

TEST_F(FleetTest, TwoMachinesWithOneIdentityAreClones) {
  agent_.connect("192.0.2.7:1");
  FakeAgent copy{*this, sensor_.identity};
  copy.connect("192.0.2.8:1");
  agent_.beat();
  EXPECT_EQ(shown().clones, 1u);
  EXPECT_TRUE(shows("tidegate_control_clones_total 1"));
  EXPECT_TRUE(logged("two machines use the identity of one sensor"));
  EXPECT_NE(fleet_->view("zurich-01")->last_clone.find("192.0.2.8:1"), std::string::npos);
}

TEST_F(FleetTest, ASensorThatUsesAnothersInstanceIdGetsANewOne) {
  agent_.connect();
  const SensorCertificate other = enrol("basel-01");
  FakeAgent second{*this, other.identity};
  second.connect();
  EXPECT_NE(second.session.instance_uid(), agent_.session.instance_uid());
  EXPECT_FALSE(second.closed);
  second.beat();
  EXPECT_EQ(shown("basel-01").state, SensorState::connected);
  EXPECT_TRUE(second.refusals.empty());
}

TEST_F(FleetTest, AMessageOfAnotherInstanceCountsForNothing) {
  agent_.connect();
  opamp::AgentToServer foreign;
  foreign.instance_uid = Id128{9, 9};
  foreign.capabilities = 0;
  foreign.sequence_num = 2;
  agent_.say(foreign);
  EXPECT_TRUE(shows("tidegate_control_refused_total{reason=\"instance\"} 1"));
  EXPECT_EQ(fleet_->view("zurich-01")->capabilities, FakeAgent::all);
}

TEST_F(FleetTest, AGapMakesItAskForEverything) {
  agent_.connect();
  opamp::AgentToServer later;
  later.instance_uid = agent_.session.instance_uid();
  later.capabilities = FakeAgent::all;
  later.sequence_num = 99;
  agent_.say(later);
  EXPECT_EQ(agent_.asked_for_all, 1u);
  EXPECT_TRUE(shows("tidegate_control_gaps_total 1"));
}

TEST_F(FleetTest, WhoTalksTooMuchIsToldToComeBackAndInTheEndClosed) {
  agent_.connect();
  opamp::AgentToServer message;
  message.instance_uid = agent_.session.instance_uid();
  message.capabilities = FakeAgent::all;
  for (int i = 0; i < 200; ++i) agent_.say(message);
  EXPECT_TRUE(agent_.refusals.empty()) << "what many pushes in a row make it say is not too much";
  for (int i = 0; i < 60; ++i) agent_.say(message);
  ASSERT_FALSE(agent_.refusals.empty());
  EXPECT_EQ(agent_.refusals[0].next, OpampRefusal::Next::reconnect);
  ASSERT_TRUE(agent_.refusals[0].retry_after);
  EXPECT_GE(*agent_.refusals[0].retry_after, 30s);
  EXPECT_FALSE(agent_.closed);
  for (int i = 0; i < 100; ++i) agent_.say(message);
  EXPECT_EQ(agent_.closed, LineClose::misbehaved);
}

TEST_F(FleetTest, TheOldestSessionOfASensorGivesWay) {
  std::vector<std::unique_ptr<FakeAgent>> agents;
  for (std::uint64_t i = 0; i < 5; ++i) {
    agents.push_back(std::make_unique<FakeAgent>(*this, sensor_.identity, Id128{5, i}));
    agents.back()->connect();
  }
  EXPECT_EQ(agents[0]->closed, LineClose::replaced);
  EXPECT_FALSE(agents[1]->closed);
}

TEST_F(FleetTest, BeyondItsCapacitySensorsAreToldWhenToComeBack) {
  reopen({.sessions_max = 1});
  EXPECT_FALSE(fleet_->busy());
  agent_.connect();
  const auto after = fleet_->busy();
  ASSERT_TRUE(after);
  EXPECT_GE(*after, 30s);
  EXPECT_LE(*after, 60s);
}

TEST_F(FleetTest, ACertificateIsRenewedInTheSecondHalfOfItsLife) {
  agent_.connect();
  agent_.session.request_certificate(test::request(sensor_.key.get()));
  agent_.exchange();
  EXPECT_TRUE(agent_.settings.empty());
  ASSERT_EQ(agent_.refusals.size(), 1u) << "too early";
  EXPECT_TRUE(agent_.refusals[0].of_certificate_request);
  agent_.leave();
  clock_.advance(24h * 46);
  agent_.connect();
  agent_.session.request_certificate(test::request(test::ec_key().get()));
  agent_.exchange();
  ASSERT_EQ(agent_.settings.size(), 1u);
  const auto& certificate = agent_.settings[0].opamp->certificate;
  ASSERT_TRUE(certificate);
  const Result<SensorIdentity> next = read_identity(certificate->cert);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->sensor, "zurich-01");
  EXPECT_NE(next->serial, sensor_.identity.serial);
  EXPECT_EQ(certificate->ca_cert, fleet_->authority_pem());
  EXPECT_TRUE(certificate->private_key.empty());
}

TEST_F(FleetTest, OverHttpASessionLivesFromPollToPoll) {
  const auto poll = [&](FakeAgent& agent) {
    auto events =
        agent.session.on_message(fleet_->polled(sensor_.identity, "peer", agent.session.poll(clock_.steady())), clock_.steady());
    ASSERT_TRUE(events);
    for (OpampEvent& event : *events) {
      if (auto* offer = std::get_if<opamp::AgentRemoteConfig>(&event)) agent.offers.push_back(std::move(*offer));
    }
  };
  agent_.session.connected(clock_.steady());
  poll(agent_);
  poll(agent_);
  EXPECT_EQ(shown().sessions, 1u);
  this->push("zurich-01", "a: 1");
  poll(agent_);
  EXPECT_EQ(agent_.offers.size(), 1u);
  opamp::AgentToServer farewell = agent_.session.farewell();
  (void)fleet_->polled(sensor_.identity, "peer", std::move(farewell));
  EXPECT_EQ(shown().sessions, 0u);
}

TEST_F(FleetTest, WhatIsMissingBesideAStoreIsNotMadeAnew) {
  fleet_.reset();
  stores_ = {};
  CentreConfig config;
  config.state_directory = folder_.path().string();
  const auto refused = [&](const std::string& file) {
    const std::filesystem::path path = folder_.path() / file;
    std::filesystem::rename(path, path.string() + ".away");
    const Result<FleetStores> opened = open_fleet(config, clock_.wall(), log_);
    std::filesystem::rename(path.string() + ".away", path);
    return !opened && opened.error().code() == Code::invalid && opened.error().text().find("put it back") != std::string::npos;
  };
  EXPECT_TRUE(refused("sealing.key"));
  EXPECT_TRUE(refused("fleet/authority.pem"));
  EXPECT_TRUE(open_fleet(config, clock_.wall(), log_));
}

TEST_F(FleetTest, ALedgerOfActionsThatIsGoneIsBegunAnewWithAWarning) {  // P9
  reopen();
  EXPECT_FALSE(logged("no ledger of actions was found")) << "neither the first start nor another one misses it";
  fleet_.reset();
  stores_ = {};
  const std::string file = (folder_.path() / "fleet/actions.db").string();
  ASSERT_TRUE(std::filesystem::remove(file));
  for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(file + beside);
  reopen();
  EXPECT_TRUE(logged("no ledger of actions was found")) << lines_;
  EXPECT_TRUE(logged(file)) << lines_;
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(FleetTest, RulesThatAreGoneAreBegunAnewWithAWarning) {  // P12
  reopen();
  EXPECT_FALSE(logged("no rules were found"));
  fleet_.reset();
  stores_ = {};
  const std::string file = (folder_.path() / "fleet/rules.db").string();
  ASSERT_TRUE(std::filesystem::remove(file));
  for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(file + beside);
  reopen();
  EXPECT_TRUE(logged("no rules were found")) << lines_;
  EXPECT_TRUE(logged(file)) << lines_;
}

}  // namespace
}  // namespace tidegate
