#include "transport/opamp_server_session.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/opamp_test_messages.h"
#include "transport/opamp_codec.h"

namespace tidegate {
namespace {

using namespace opamp_test;

const OpampServerIdentity server{.capabilities = 0x67, .custom_capabilities = {.capabilities = {act}}};

opamp::AgentToServer full(std::uint64_t sequence, std::uint64_t capabilities = all_capabilities) {
  opamp::AgentToServer message = bare(sequence, capabilities);
  message.agent_description = description();
  message.health = health();
  message.effective_config = opamp::EffectiveConfig{.config_map = config("a: 1")};
  message.remote_config_status.emplace();
  message.custom_capabilities = opamp::CustomCapabilities{.capabilities = {act}};
  return message;
}

opamp::AgentToServer reports(std::uint64_t sequence, std::string hash, opamp::ApplyStatus applied) {
  opamp::AgentToServer message = bare(sequence);
  message.remote_config_status =
      opamp::RemoteConfigStatus{.last_remote_config_hash = std::move(hash), .status = applied, .error_message = {}};
  return message;
}

opamp::CustomMessage run_message(std::string data) { return {.capability = act, .type = "run", .data = std::move(data)}; }

OpampServerSession met() {
  OpampServerSession session{server, {}};
  session.connected();
  const OpampServerTurn turn = session.on_message(full(1));
  EXPECT_EQ(turn.reply.message.flags, 0u);
  return session;
}

TEST(OpampServerSession, EveryMessageIsAnsweredAndTheFirstAnswerIntroducesTheServer) {
  OpampServerSession session{server, {}};
  session.connected();
  const OpampServerTurn first = session.on_message(full(7));
  EXPECT_TRUE(first.full);
  EXPECT_FALSE(first.gap);
  EXPECT_EQ(first.reply.message.instance_uid, instance);
  EXPECT_EQ(first.reply.message.capabilities, server.capabilities);
  EXPECT_EQ(first.reply.message.custom_capabilities, server.custom_capabilities);
  EXPECT_EQ(first.reply.message.flags, 0u);
  const OpampServerTurn second = session.on_message(bare(8));
  EXPECT_EQ(second.reply.message.instance_uid, instance);
  EXPECT_FALSE(second.reply.message.custom_capabilities);
  EXPECT_EQ(second.reply.message.flags, 0u);
}

TEST(OpampServerSession, WhoIsNotKnownIsAskedForEverything) {
  OpampServerSession session{server, {}};
  session.connected();
  const OpampServerTurn turn = session.on_message(bare(5));
  EXPECT_TRUE(turn.gap);
  EXPECT_EQ(turn.reply.message.flags, opamp::report_full_state_flag);
  EXPECT_EQ(session.on_message(full(6)).reply.message.flags, 0u);
}

TEST(OpampServerSession, AGapAsksForEverythingOnceAndAgainAfterAWhile) {
  OpampServerSession session = met();
  OpampServerTurn turn = session.on_message(bare(9));
  EXPECT_TRUE(turn.gap);
  EXPECT_EQ(turn.reply.message.flags, opamp::report_full_state_flag);
  int asked = 0;
  for (std::uint64_t sequence = 10; sequence < 10 + 24; ++sequence)
    if (session.on_message(bare(sequence)).reply.message.flags != 0) ++asked;
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(session.on_message(full(34)).reply.message.flags, 0u);
  for (std::uint64_t sequence = 35; sequence < 35 + 24; ++sequence)
    EXPECT_EQ(session.on_message(bare(sequence)).reply.message.flags, 0u);
}

TEST(OpampServerSession, AJumpInAFullMessageMissesNothing) {
  OpampServerSession session = met();
  const OpampServerTurn turn = session.on_message(full(100));
  EXPECT_TRUE(turn.gap);
  EXPECT_EQ(turn.reply.message.flags, 0u);
  EXPECT_FALSE(session.on_message(bare(101)).gap);
}

TEST(OpampServerSession, ACopyIsAnsweredWithoutBeingNews) {
  OpampServerSession session = met();
  const OpampServerTurn copy = session.on_message(full(1));
  EXPECT_FALSE(copy.gap);
  EXPECT_FALSE(copy.news.health || copy.news.agent_description || copy.news.effective_config);
}

TEST(OpampServerSession, OnlyWhatDiffersIsNews) {
  OpampServerSession session = met();
  opamp::AgentToServer message = full(2);
  message.health->healthy = false;
  const OpampServerTurn turn = session.on_message(message);
  EXPECT_EQ(turn.news.health, message.health);
  EXPECT_FALSE(turn.news.agent_description || turn.news.effective_config || turn.news.remote_config_status ||
               turn.news.custom_capabilities);
}

TEST(OpampServerSession, AMessageThatWasOvertakenChangesNothing) {
  OpampServerSession session = met();
  session.on_message(reports(3, "new", opamp::ApplyStatus::applied));
  const OpampServerTurn late = session.on_message(reports(2, "old", opamp::ApplyStatus::applying));
  EXPECT_TRUE(late.gap);
  EXPECT_FALSE(late.news.remote_config_status);
  EXPECT_EQ(session.reported_config(), "new");
}

TEST(OpampServerSession, AConfigurationIsOfferedUntilItIsReportedAlsoAsFailed) {
  for (const auto last : {opamp::ApplyStatus::applied, opamp::ApplyStatus::failed}) {
    OpampServerSession session = met();
    EXPECT_FALSE(session.next());
    session.want_config("h1");
    const auto pushed = session.next();
    ASSERT_TRUE(pushed);
    EXPECT_TRUE(pushed->offers_config);
    EXPECT_FALSE(session.next());  // once; then with each answer
    EXPECT_TRUE(session.on_message(bare(2)).reply.offers_config);
    EXPECT_FALSE(session.on_message(reports(3, "h1", opamp::ApplyStatus::applying)).reply.offers_config);
    EXPECT_FALSE(session.on_message(reports(4, "h1", last)).reply.offers_config);
    EXPECT_EQ(session.reported_status(), last);
    EXPECT_FALSE(session.on_message(bare(5)).reply.offers_config);
    session.want_config("h2");
    EXPECT_TRUE(session.on_message(bare(6)).reply.offers_config);
    EXPECT_FALSE(session.next());
  }
}

TEST(OpampServerSession, NothingIsOfferedToWhoTakesNothing) {
  OpampServerSession session{server, {}};
  session.connected();
  session.want_config("h1");
  EXPECT_FALSE(session.next());  // nobody was heard yet
  EXPECT_FALSE(session.on_message(full(1, opamp::agent_capability::reports_status)).reply.offers_config);
}

TEST(OpampServerSession, WhoDoesNotReportIsOfferedOnceAConnection) {
  OpampServerSession session{server, {}};
  session.want_config("h1");
  const std::uint64_t silent = all_capabilities & ~opamp::agent_capability::reports_remote_config;
  for (std::uint64_t sequence = 1; sequence < 5; sequence += 2) {
    session.connected();
    EXPECT_TRUE(session.on_message(full(sequence, silent)).reply.offers_config);
    EXPECT_FALSE(session.on_message(bare(sequence + 1, silent)).reply.offers_config);
  }
}

TEST(OpampServerSession, CustomMessagesGoOutOneByOneInTheirOrder) {
  OpampServerSession session = met();
  for (const char* data : {"1", "2", "3"}) ASSERT_TRUE(session.queue_custom(run_message(data)));
  EXPECT_EQ(session.on_message(bare(2)).reply.message.custom_message, run_message("1"));
  EXPECT_EQ(session.next()->message.custom_message, run_message("2"));
  EXPECT_EQ(session.next()->message.custom_message, run_message("3"));
  EXPECT_FALSE(session.next());
}

TEST(OpampServerSession, CustomMessagesWaitUntilTheAgentListsThemAndAreBounded) {
  OpampServerSession session{server, {.custom_messages_max = 2}};
  ASSERT_TRUE(session.queue_custom(run_message("1")));
  ASSERT_TRUE(session.queue_custom({.capability = "com.example.other", .type = {}, .data = {}}));
  EXPECT_EQ(session.queue_custom(run_message("2")).error().code(), Code::full);
  EXPECT_EQ(session.queue_custom(run_message(std::string(300'000, 'x'))).error().code(), Code::invalid);
  session.connected();
  EXPECT_FALSE(session.next());
  EXPECT_FALSE(session.on_message(bare(1)).reply.message.custom_message);
  EXPECT_EQ(session.on_message(full(2)).reply.message.custom_message, run_message("1"));
  EXPECT_FALSE(session.next());  // the other one was for nobody
  EXPECT_EQ(session.queue_custom({.capability = "com.example.other", .type = {}, .data = {}}).error().code(), Code::invalid);
}

TEST(OpampServerSession, CustomMessagesOfUnknownCapabilitiesAreNoNews) {
  OpampServerSession session = met();
  opamp::AgentToServer message = bare(2);
  message.custom_message = run_message("done");
  EXPECT_EQ(session.on_message(message).news.custom_message, run_message("done"));
  message = bare(3);
  message.custom_message = opamp::CustomMessage{.capability = "com.example.other", .type = {}, .data = {}};
  EXPECT_FALSE(session.on_message(message).news.custom_message);
}

TEST(OpampServerSession, ANewInstanceUidIsAssignedOnce) {
  OpampServerSession session = met();
  session.assign_instance_uid({.high = 9, .low = 9});
  EXPECT_EQ(session.next()->message.agent_identification->new_instance_uid, (Id128{.high = 9, .low = 9}));
  EXPECT_FALSE(session.next());
  opamp::AgentToServer message = full(2);
  message.instance_uid = Id128{.high = 9, .low = 9};
  EXPECT_EQ(session.on_message(message).reply.message.instance_uid, message.instance_uid);
}

TEST(OpampServerSession, ARefusalHasNothingBesides) {
  const opamp::ServerToAgent refusal =
      opamp_refusal(instance, {.type = opamp::ErrorType::bad_request, .error_message = "no instance_uid", .retry_info = {}});
  EXPECT_EQ(refusal.capabilities, 0u);
  EXPECT_EQ(refusal.error_response->error_message, "no instance_uid");
}

TEST(OpampServerSession, TheSessionItselfIsSmall) { EXPECT_LE(sizeof(OpampServerSession), 1024u); }

}  // namespace
}  // namespace tidegate
