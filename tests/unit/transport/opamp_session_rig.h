// An agent's session that has everything to tell, and a server's messages to it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/transport/opamp_test_messages.h"
#include "transport/opamp_session.h"

namespace tidegate::opamp_test {

inline constexpr std::uint64_t all_of_server = 0x67;
inline constexpr SteadyTime start{std::chrono::hours{1}};

inline OpampSession told_session(std::uint64_t capabilities = all_capabilities, OpampSessionLimits limits = {}) {
  OpampSession session{instance, capabilities, limits};
  EXPECT_TRUE(session.set_description(description()));
  EXPECT_TRUE(session.set_health(health()));
  EXPECT_TRUE(session.set_effective_config({.config_map = config("a: 1")}));
  EXPECT_TRUE(session.set_custom_capabilities({.capabilities = {act}}));
  return session;
}

inline opamp::ServerToAgent answer(std::uint64_t capabilities = all_of_server) {
  opamp::ServerToAgent message;
  message.instance_uid = instance;
  message.capabilities = capabilities;
  message.custom_capabilities = opamp::CustomCapabilities{.capabilities = {act}};
  return message;
}

inline opamp::AgentRemoteConfig offer(std::string hash) { return {.config = config("b: 2"), .config_hash = std::move(hash)}; }
inline opamp::RemoteConfigStatus status(std::string hash, opamp::ApplyStatus applied) {
  return {.last_remote_config_hash = std::move(hash), .status = applied, .error_message = {}};
}
inline opamp::CustomMessage custom(std::string data) { return {.capability = act, .type = "done", .data = std::move(data)}; }

// Connected, everything told, the server's capabilities known.
inline void introduce(OpampSession& session, SteadyTime now = start, std::uint64_t capabilities = all_of_server) {
  session.connected(now);
  ASSERT_TRUE(session.next(now));
  ASSERT_TRUE(session.on_message(answer(capabilities), now));
  ASSERT_FALSE(session.next(now));
}

inline std::vector<OpampEvent> events(OpampSession& session, const opamp::ServerToAgent& message, SteadyTime now = start) {
  auto taken = session.on_message(message, now);
  EXPECT_TRUE(taken);
  return taken ? *taken : std::vector<OpampEvent>{};
}

}  // namespace tidegate::opamp_test
