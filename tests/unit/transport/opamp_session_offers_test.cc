// What a server asks of the agent: offers, commands, refusals, custom messages.
#include "transport/opamp_session.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/opamp_session_rig.h"

using namespace std::chrono_literals;

namespace tidegate {
namespace {

using namespace opamp_test;

TEST(OpampSession, ANewConfigurationComesOutOnceAndIsReported) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.remote_config = offer("h1");
  const auto first = events(session, message);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(std::get<opamp::AgentRemoteConfig>(first[0]), offer("h1"));
  EXPECT_TRUE(events(session, message).empty());  // repeated before it was reported
  EXPECT_FALSE(session.next(start));
  ASSERT_TRUE(session.set_remote_config_status(status("h1", opamp::ApplyStatus::failed)));
  EXPECT_EQ(session.next(start)->remote_config_status->last_remote_config_hash, "h1");
  EXPECT_TRUE(events(session, message).empty());
  message.remote_config = offer("h2");
  EXPECT_EQ(events(session, message).size(), 1u);
}

TEST(OpampSession, AnOfferThatWasLostWithTheConnectionComesAgain) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.remote_config = offer("h1");
  EXPECT_EQ(events(session, message).size(), 1u);
  introduce(session, start + 1s);
  EXPECT_EQ(events(session, message).size(), 1u);
  ASSERT_TRUE(session.set_remote_config_status(status("h1", opamp::ApplyStatus::applied)));
  introduce(session, start + 2s);
  EXPECT_TRUE(events(session, message).empty());  // but not when it was reported
}

TEST(OpampSession, AnOfferWithoutAHashOrWithoutTheCapabilityIsNone) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.remote_config = offer("");
  EXPECT_TRUE(events(session, message).empty());
  session.set_capabilities(all_capabilities & ~opamp::agent_capability::accepts_remote_config);
  message.remote_config = offer("h1");
  EXPECT_TRUE(events(session, message).empty());
}

TEST(OpampSession, CustomMessagesWaitForAServerThatListsThem) {
  OpampSession session = told_session();
  ASSERT_TRUE(session.queue_custom(custom("1")));
  ASSERT_TRUE(session.queue_custom(custom("2")));
  session.connected(start);
  EXPECT_FALSE(session.next(start)->custom_message);
  EXPECT_FALSE(session.next(start));
  EXPECT_TRUE(events(session, answer()).empty());
  EXPECT_EQ(session.next(start)->custom_message, custom("1"));
  EXPECT_EQ(session.next(start)->custom_message, custom("2"));
  EXPECT_FALSE(session.next(start));
}

TEST(OpampSession, CustomMessagesThatTheServerHasNoUseForComeBack) {
  OpampSession session = told_session();
  ASSERT_TRUE(session.queue_custom(custom("1")));
  session.connected(start);
  ASSERT_TRUE(session.next(start));
  opamp::ServerToAgent message = answer();
  message.custom_capabilities.reset();
  const auto back = events(session, message);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(std::get<OpampCustomNotTaken>(back[0]).message, custom("1"));
  EXPECT_FALSE(session.next(start));
  const auto refused = session.queue_custom(custom("2"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::absent);
}

TEST(OpampSession, TheQueueOfCustomMessagesIsBoundedAndEmptiesAgain) {
  OpampSession session = told_session(all_capabilities, {.custom_messages_max = 2, .custom_bytes_max = 100});
  EXPECT_EQ(session.queue_custom({.capability = "com.example.other", .type = {}, .data = {}}).error().code(), Code::invalid);
  EXPECT_EQ(session.queue_custom(custom(std::string(100, 'x'))).error().code(), Code::full);
  ASSERT_TRUE(session.queue_custom(custom("1")));
  ASSERT_TRUE(session.queue_custom(custom("2")));
  EXPECT_EQ(session.queue_custom(custom("3")).error().code(), Code::full);
  session.connected(start);
  ASSERT_TRUE(session.next(start));
  EXPECT_TRUE(events(session, answer()).empty());
  while (session.next(start)) {
  }
  EXPECT_TRUE(session.queue_custom(custom("3")));
}

TEST(OpampSession, IncomingCustomMessagesOfOtherCapabilitiesAreIgnored) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.custom_message = custom("run");
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(std::get<opamp::CustomMessage>(taken[0]), custom("run"));
  message.custom_message->capability = "com.example.unknown";
  EXPECT_TRUE(events(session, message).empty());
}

TEST(OpampSession, ARestartStandsAloneAndHasToBeClaimed) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.command.emplace();
  message.remote_config = offer("h1");
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<OpampRestart>(taken[0]));
  message.command->type = static_cast<opamp::CommandType>(1);
  EXPECT_TRUE(events(session, message).empty());
  message.command->type = opamp::CommandType::restart;
  session.set_capabilities(opamp::agent_capability::reports_status);
  EXPECT_TRUE(events(session, message).empty());
}

TEST(OpampSession, ARefusalIsNotRepeatedAndExcludesTheRest) {
  OpampSession session = told_session();
  introduce(session);
  ASSERT_TRUE(session.set_health({}));
  ASSERT_TRUE(session.next(start));
  opamp::ServerToAgent message = answer();
  message.error_response =
      opamp::ServerErrorResponse{.type = opamp::ErrorType::bad_request, .error_message = "no", .retry_info = {}};
  message.remote_config = offer("h1");
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  const auto& refusal = std::get<OpampRefusal>(taken[0]);
  EXPECT_EQ(refusal.next, OpampRefusal::Next::do_not_repeat);
  EXPECT_EQ(refusal.reason, "no");
  EXPECT_FALSE(refusal.of_certificate_request);
  EXPECT_FALSE(session.next(start));
}

TEST(OpampSession, AnUnavailableServerIsLeftForAsLongAsItSaysWithinABound) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.error_response.emplace().type = opamp::ErrorType::unavailable;
  auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(std::get<OpampRefusal>(taken[0]).next, OpampRefusal::Next::reconnect);
  EXPECT_FALSE(std::get<OpampRefusal>(taken[0]).retry_after);
  message.error_response->retry_info = opamp::RetryInfo{.retry_after_nanoseconds = 5'000'000'000};
  EXPECT_EQ(std::get<OpampRefusal>(events(session, message).at(0)).retry_after, 5s);
  message.error_response->retry_info->retry_after_nanoseconds = 0xffffffffffffffffu;
  EXPECT_EQ(std::get<OpampRefusal>(events(session, message).at(0)).retry_after, 1h);
}

TEST(OpampSession, ANewInstanceUidIsUsedFromThenOn) {
  OpampSession session = told_session();
  introduce(session);
  const Id128 assigned{.high = 9, .low = 9};
  opamp::ServerToAgent message = answer();
  message.agent_identification = opamp::AgentIdentification{.new_instance_uid = assigned};
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(std::get<OpampNewInstanceUid>(taken[0]).instance_uid, assigned);
  const auto full = session.next(start);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->instance_uid, assigned);
  EXPECT_TRUE(full->agent_description);
  EXPECT_TRUE(events(session, answer()).empty());  // still on its way, to the former id
  EXPECT_FALSE(session.next(start));
}

TEST(OpampSession, AMessageForAnotherInstanceIsNotTaken) {
  OpampSession session = told_session();
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.instance_uid = Id128{.high = 5, .low = 5};
  message.remote_config = offer("h1");
  const auto refused = session.on_message(message, start);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  message.instance_uid = instance;
  EXPECT_EQ(events(session, message).size(), 1u);
}

TEST(OpampSession, ACertificateIsAskedForUntilItIsAnswered) {
  OpampSession session = told_session();
  introduce(session);
  session.request_certificate("PEM");
  const auto asked = session.next(start);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->connection_settings_request->opamp->certificate_request->csr, "PEM");
  EXPECT_FALSE(session.next(start));
  session.connected(start + 1s);
  ASSERT_TRUE(session.next(start + 1s));
  EXPECT_TRUE(events(session, answer(), start + 1s).empty());
  EXPECT_TRUE(session.next(start + 1s)->connection_settings_request);

  opamp::ServerToAgent issued = answer();
  issued.connection_settings.emplace().opamp.emplace().certificate.emplace().cert = "CERT";
  const auto taken = events(session, issued, start + 1s);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(std::get<opamp::ConnectionSettingsOffers>(taken[0]).opamp->certificate->cert, "CERT");
  EXPECT_EQ(session.heartbeat(), 30s);  // an issued certificate does not end the heartbeat
  introduce(session, start + 2s);
}

TEST(OpampSession, ARefusedCertificateIsNotAskedForAgain) {
  OpampSession session = told_session();
  introduce(session);
  session.request_certificate("PEM");
  ASSERT_TRUE(session.next(start)->connection_settings_request);
  opamp::ServerToAgent message = answer();
  message.error_response.emplace().type = opamp::ErrorType::bad_request;
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_TRUE(std::get<OpampRefusal>(taken[0]).of_certificate_request);
  introduce(session, start + 1s);
}

TEST(OpampSession, ConnectionSettingsComeOutOnceAndAsFarAsClaimed) {
  OpampSession session = told_session(all_capabilities & ~opamp::agent_capability::accepts_other_connection_settings);
  introduce(session);
  opamp::ServerToAgent message = answer();
  message.connection_settings = every_field_to_agent().connection_settings;
  const auto taken = events(session, message);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_TRUE(std::get<opamp::ConnectionSettingsOffers>(taken[0]).other_connections.empty());
  EXPECT_TRUE(events(session, message).empty());
  ASSERT_TRUE(session.set_connection_settings_status(
      {.last_connection_settings_hash = "settings", .status = opamp::ApplyStatus::applied, .error_message = {}}));
  EXPECT_TRUE(session.next(start)->connection_settings_status);
  EXPECT_TRUE(events(session, message).empty());
}

}  // namespace
}  // namespace tidegate
