#include "tests/unit/processor/fleet/fleet_rig.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using test::FakeAgent;
using test::SensorCertificate;

class FleetPushes : public test::FleetRig {
 protected:
  SensorCertificate sensor_ = enrol("zurich-01");
  FakeAgent agent_{*this, sensor_.identity};
};

TEST_F(FleetPushes, APushIsOfferedAndEndsWithApplied) {
  agent_.connect();
  auto& push = this->push("zurich-01", "connectors: []\n");
  EXPECT_TRUE(agent_.woken);
  EXPECT_FALSE(push);
  agent_.exchange();
  ASSERT_EQ(agent_.offers.size(), 1u);
  const auto& files = agent_.offers[0].config->config_map;
  ASSERT_EQ(files.count("connectors.yaml"), 1u);
  EXPECT_EQ(files.at("connectors.yaml").body, "connectors: []\n");
  EXPECT_EQ(files.at("connectors.yaml").content_type, "text/yaml");
  agent_.report(agent_.offers[0].config_hash, opamp::ApplyStatus::applying);
  EXPECT_FALSE(push) << "applying is no end";
  agent_.report(agent_.offers[0].config_hash, opamp::ApplyStatus::applied);
  ASSERT_TRUE(push);
  ASSERT_TRUE(*push) << push->error().text();
  EXPECT_EQ((*push)->state, PushState::applied);
  EXPECT_EQ((*push)->revision, 1u);
  ASSERT_TRUE(fleet_->writer().flush());
  EXPECT_EQ(fleet_->store().history("zurich-01")->front().state, ConfigState::applied);
  EXPECT_EQ(fleet_->view("zurich-01")->view.config.state, ConfigState::applied);
  agent_.beat();
  EXPECT_EQ(agent_.offers.size(), 1u) << "it is not offered again";
}

TEST_F(FleetPushes, APushThatFailsSaysWhy) {
  agent_.connect();
  auto& push = this->push("zurich-01", "nonsense");
  agent_.exchange();
  ASSERT_EQ(agent_.offers.size(), 1u);
  agent_.report(agent_.offers[0].config_hash, opamp::ApplyStatus::failed, "line 1: no connectors\nline 2: \x1b[31m no\r");
  ASSERT_TRUE(push && *push);
  EXPECT_EQ((*push)->state, PushState::failed);
  EXPECT_EQ((*push)->reasons, "line 1: no connectors\nline 2:  [31m no ");
  auto& again = this->push("zurich-01", "nonsense");
  agent_.exchange();
  EXPECT_EQ(agent_.offers.size(), 2u) << "what failed may be tried again";
  EXPECT_FALSE(again);
}

TEST_F(FleetPushes, WhoIsAwayGetsItWhenHeComesAlsoAfterARestart) {
  auto& push = this->push("zurich-01", "a: 1");
  ASSERT_TRUE(push && *push);
  EXPECT_EQ((*push)->state, PushState::away);
  reopen();
  agent_.connect();
  ASSERT_EQ(agent_.offers.size(), 1u);
  EXPECT_EQ(agent_.offers[0].config->config_map.at("connectors.yaml").body, "a: 1");
}

TEST_F(FleetPushes, AnAnswerThatDoesNotComeEndsTheWaitAndNotThePush) {
  agent_.connect();
  auto& push = this->push("zurich-01", "a: 1");
  clock_.advance(30s);
  turn();
  ASSERT_TRUE(push && *push);
  EXPECT_EQ((*push)->state, PushState::waiting);
  agent_.exchange();
  EXPECT_EQ(agent_.offers.size(), 1u);
}

TEST_F(FleetPushes, ANewerPushReplacesOneThatWaits) {
  agent_.connect();
  auto& first = this->push("zurich-01", "a: 1");
  auto& second = this->push("zurich-01", "a: 2");
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->state, PushState::replaced);
  EXPECT_FALSE(second);
  agent_.exchange();
  ASSERT_EQ(agent_.offers.size(), 1u);
  EXPECT_EQ(agent_.offers[0].config->config_map.at("connectors.yaml").body, "a: 2");
  agent_.report(agent_.offers[0].config_hash, opamp::ApplyStatus::applied);
  EXPECT_TRUE(second);
}

TEST_F(FleetPushes, NothingIsPushedToWhoCannotTakeIt) {
  const auto code = [&](const std::string& sensor, const std::string& text) {
    const auto& push = this->push(sensor, text);
    EXPECT_TRUE(push && !*push);
    return push->error().code();
  };
  EXPECT_EQ(code("nobody", "a: 1"), Code::absent);
  EXPECT_EQ(code("zurich-01", std::string(512u << 10, 'x')), Code::invalid);
  FakeAgent looker{*this, sensor_.identity, {1, 2}, FakeAgent::all & ~opamp::agent_capability::accepts_remote_config};
  looker.connect();
  EXPECT_EQ(code("zurich-01", "a: 1"), Code::denied);
  ASSERT_TRUE(fleet_->revoke_sensor("zurich-01"));
  EXPECT_EQ(code("zurich-01", "a: 1"), Code::denied);
}

class FleetRequests : public FleetPushes {
 protected:
  std::optional<Result<CommandOutcome>>& ask(const std::string& method = "GET", const std::string& target = "/status.json") {
    start(fleet_->request("zurich-01", method, target, 12s), outcome_);
    return outcome_;
  }
  std::string id_of(const std::string& request) { return request.substr(0, request.find(' ')); }
  std::optional<Result<CommandOutcome>> outcome_;
};

TEST_F(FleetRequests, ARequestIsAnsweredByTheSensorThatWasAsked) {
  agent_.connect();
  auto& outcome = ask();
  agent_.exchange();
  ASSERT_EQ(agent_.requests.size(), 1u);
  const std::string id = id_of(agent_.requests[0]);
  EXPECT_EQ(agent_.requests[0], id + " GET /status.json");
  const SensorCertificate stranger = enrol("basel-01");
  FakeAgent other{*this, stranger.identity, {7, 7}};
  other.connect();
  other.answer(id + " 200 text/plain\nforged");
  EXPECT_FALSE(outcome) << "another sensor's answer counts for nothing";
  agent_.answer("garbage");
  EXPECT_TRUE(shows("tidegate_control_refused_total{reason=\"protocol\"} 1"));
  agent_.answer(id + " 200 application/json\n{}\n");
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->status, 200u);
  EXPECT_EQ((*outcome)->content_type, "application/json");
  EXPECT_EQ((*outcome)->body, "{}\n");
}

TEST_F(FleetRequests, ARequestIsRepeatedUnderItsIdAlsoOnANewConnectionUntilTheDeadline) {
  agent_.connect();
  auto& outcome = ask();
  agent_.exchange();
  agent_.leave();
  agent_.connect();
  clock_.advance(5s);
  turn();
  agent_.exchange();
  ASSERT_EQ(agent_.requests.size(), 2u);
  EXPECT_EQ(agent_.requests[0], agent_.requests[1]);
  EXPECT_FALSE(outcome);
  clock_.advance(7s);
  turn();
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code(), Code::timeout);
}

TEST_F(FleetRequests, WhatCannotBeAskedIsNotSent) {
  EXPECT_EQ(ask()->error().code(), Code::unavailable) << "it is away";
  agent_.connect();
  EXPECT_EQ(ask("DELETE")->error().code(), Code::invalid);
  EXPECT_EQ(ask("GET", "/a b")->error().code(), Code::invalid);
  EXPECT_EQ(ask("GET", "/a\nX")->error().code(), Code::invalid);
  EXPECT_EQ(ask("GET", "status")->error().code(), Code::invalid);
  agent_.exchange();
  EXPECT_TRUE(agent_.requests.empty());
}

}  // namespace
}  // namespace tidegate
