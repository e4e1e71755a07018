#include "transport/opamp_session.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/opamp_session_rig.h"
#include "transport/opamp_limits.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using namespace opamp_test;

TEST(OpampSession, TheFirstMessageTellsEverything) {
  OpampSession session = told_session();
  EXPECT_FALSE(session.next(start));
  EXPECT_FALSE(session.next_due());
  session.connected(start);
  EXPECT_EQ(session.next_due(), start);
  const auto first = session.next(start);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->instance_uid, instance);
  EXPECT_EQ(first->sequence_num, 1u);
  EXPECT_EQ(first->capabilities, all_capabilities);
  EXPECT_EQ(first->agent_description, description());
  EXPECT_EQ(first->health, health());
  EXPECT_EQ(first->effective_config->config_map, config("a: 1"));
  ASSERT_TRUE(first->remote_config_status);
  EXPECT_EQ(first->remote_config_status->last_remote_config_hash, "");
  EXPECT_TRUE(first->custom_capabilities);
  EXPECT_FALSE(first->custom_message);
  EXPECT_FALSE(session.next(start));
}

TEST(OpampSession, OnlyWhatIsClaimedIsTold) {
  OpampSession session = told_session(opamp::agent_capability::reports_status);
  session.connected(start);
  const auto first = session.next(start);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->health);
  EXPECT_FALSE(first->effective_config);
  EXPECT_FALSE(first->remote_config_status);
  EXPECT_FALSE(session.next_due());  // no heartbeat either
}

TEST(OpampSession, ALaterMessageTellsWhatChangedAlone) {
  OpampSession session = told_session();
  introduce(session);
  ASSERT_TRUE(session.set_health(health()));  // the same
  EXPECT_FALSE(session.next(start));
  opamp::ComponentHealth sick = health();
  sick.healthy = false;
  ASSERT_TRUE(session.set_health(sick));
  const auto changed = session.next(start);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->sequence_num, 2u);
  EXPECT_EQ(changed->health, sick);
  EXPECT_EQ(changed->capabilities, all_capabilities);
  EXPECT_FALSE(changed->agent_description || changed->effective_config || changed->remote_config_status);
  EXPECT_FALSE(session.next(start));
  session.set_capabilities(opamp::agent_capability::reports_status);
  EXPECT_EQ(session.next(start)->capabilities, opamp::agent_capability::reports_status);
}

TEST(OpampSession, WhatChangesWhileNobodyIsConnectedIsToldOnceAsItIsThen) {
  OpampSession session = told_session();
  introduce(session);
  session.disconnected();
  for (const auto applied : {opamp::ApplyStatus::applying, opamp::ApplyStatus::applied})
    ASSERT_TRUE(session.set_remote_config_status(status("h", applied)));
  EXPECT_FALSE(session.next(start + 1h));
  session.connected(start + 2h);
  const auto first = session.next(start + 2h);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence_num, 2u);
  EXPECT_TRUE(first->agent_description);
  EXPECT_EQ(first->remote_config_status->status, opamp::ApplyStatus::applied);
  EXPECT_FALSE(session.next(start + 2h));
}

TEST(OpampSession, AnAnswerThatChangesNothingIsNotAnswered) {
  OpampSession session = told_session();
  introduce(session);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(events(session, answer()).empty());
    EXPECT_FALSE(session.next(start));
  }
}

TEST(OpampSession, EverythingIsToldAgainWhenAskedButNotWithoutEnd) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent ask = answer();
  ask.flags = opamp::report_full_state_flag;
  EXPECT_TRUE(events(session, ask).empty());
  const auto full = session.next(start);
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->agent_description && full->health && full->effective_config && full->remote_config_status);
  int sent = 0;
  for (SteadyTime now = start; now < start + 5s; now += 10ms) {
    EXPECT_TRUE(events(session, ask, now).empty());
    if (session.next(now)) ++sent;
  }
  EXPECT_GE(sent, 4);
  EXPECT_LE(sent, 5);
}

TEST(OpampSession, AHeartbeatFollowsTheLastMessageOfAnyKind) {
  OpampSession session = told_session();
  introduce(session);
  EXPECT_EQ(session.next_due(), start + 30s);
  EXPECT_FALSE(session.next(start + 29s));
  const auto beat = session.next(start + 30s);
  ASSERT_TRUE(beat);
  opamp::AgentToServer bare;
  bare.instance_uid = instance;
  bare.sequence_num = 2;
  bare.capabilities = all_capabilities;
  EXPECT_EQ(*beat, bare);
  EXPECT_EQ(session.next_due(), start + 60s);
  ASSERT_TRUE(session.set_health({}));
  ASSERT_TRUE(session.next(start + 40s));
  EXPECT_EQ(session.next_due(), start + 70s);
}

TEST(OpampSession, TheServerSetsTheHeartbeatAndZeroEndsIt) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.connection_settings.emplace().hash = "1";
  message.connection_settings->opamp.emplace().heartbeat_interval_seconds = 7;
  EXPECT_EQ(events(session, message).size(), 1u);
  EXPECT_EQ(session.next_due(), start + 7s);
  message.connection_settings->hash = "2";
  message.connection_settings->opamp->heartbeat_interval_seconds = 0;
  EXPECT_EQ(events(session, message).size(), 1u);
  EXPECT_FALSE(session.next_due());
  message.connection_settings->hash = "3";
  message.connection_settings->opamp->heartbeat_interval_seconds = 0xffffffffffffffffu;
  EXPECT_EQ(events(session, message).size(), 1u);
  EXPECT_EQ(session.heartbeat(), 86400s);
}

TEST(OpampSession, WhatTheServerDoesNotTakeIsNotSent) {
  OpampSession session = told_session();
  introduce(session, start, opamp::server_capability::accepts_status);
  ASSERT_TRUE(session.set_effective_config({.config_map = config("c: 3")}));
  ASSERT_TRUE(session.set_remote_config_status(status("h", opamp::ApplyStatus::applied)));
  ASSERT_TRUE(session.set_connection_settings_status({}));
  session.request_certificate("PEM");
  EXPECT_FALSE(session.next(start));
  opamp::ServerToAgent message = answer(0);  // unchanged
  EXPECT_TRUE(events(session, message).empty());
  EXPECT_FALSE(session.next(start));
  message.capabilities = all_of_server;
  EXPECT_TRUE(events(session, message).empty());
  const auto told = session.next(start);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->effective_config && told->remote_config_status && told->connection_settings_status);
  EXPECT_TRUE(session.next(start)->connection_settings_request);
}

TEST(OpampSession, PollingAsksInAnyCaseAndOneAtATime) {
  OpampSession session = told_session();
  EXPECT_FALSE(session.next_poll());
  session.connected(start);
  EXPECT_EQ(session.next_poll(), start);
  EXPECT_TRUE(session.poll(start).agent_description);
  EXPECT_FALSE(session.next_poll());
  EXPECT_TRUE(events(session, answer()).empty());
  EXPECT_EQ(session.next_poll(), start + 30s);
  const opamp::AgentToServer second = session.poll(start + 30s);
  EXPECT_EQ(second.sequence_num, 2u);
  EXPECT_FALSE(second.agent_description || second.health);
  EXPECT_TRUE(events(session, answer(), start + 31s).empty());
  ASSERT_TRUE(session.set_health({}));
  EXPECT_LE(session.next_poll(), start + 31s);
  EXPECT_TRUE(session.poll(start + 31s).health);
}

TEST(OpampSession, APollThatFailedIsFollowedByEverything) {
  OpampSession session = told_session();
  session.connected(start);
  EXPECT_TRUE(session.poll(start).agent_description);
  session.poll_failed();
  EXPECT_LE(session.next_poll(), start);
  const opamp::AgentToServer again = session.poll(start + 1s);
  EXPECT_EQ(again.sequence_num, 2u);
  EXPECT_TRUE(again.agent_description && again.health && again.effective_config);
}

TEST(OpampSession, TheFarewellSaysNothingElse) {
  OpampSession session = told_session();
  introduce(session);
  const opamp::AgentToServer last = session.farewell();
  EXPECT_TRUE(last.agent_disconnect);
  EXPECT_EQ(last.sequence_num, 2u);
  EXPECT_FALSE(last.agent_description);
}

TEST(OpampSession, AStateThatNoMessageCanHoldIsRefusedAndTheFormerStays) {
  OpampSession session = told_session();
  const auto refused = session.set_effective_config({.config_map = config(std::string(opamp::config_bytes_max, 'x'))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  session.connected(start);
  EXPECT_EQ(session.next(start)->effective_config->config_map, config("a: 1"));
}

}  // namespace
}  // namespace tidegate
