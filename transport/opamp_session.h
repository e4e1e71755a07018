// OpampSession: the agent's side of OpAMP. What to tell the server next, given what is so, and what its messages ask for. No
// socket, no clock of its own: a driver moves the bytes, over WebSocket or by polling, and says what time it is.
//
// It promises:
// - The first message of a connection tells everything, a later one only what differs from what was told; what changes while
//   nobody is connected is told once, as it is then. There is no queue of states.
// - A server's message is answered only if it changed something, or asked for everything; that at most once in
//   full_state_wait_min, so that no server can make the two talk for ever.
// - Nothing is sent that the server says it does not take, and nothing is taken that the agent did not claim.
// - Custom messages go out in their order, at most once; the queue is bounded, and lives on while nobody is connected.
//
// Source: OpAMP specification 0.18, "Status Reporting", "Configuration", "Connection Settings Management", "Custom Messages".
// Thread: the owner's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/opamp_messages.h"

namespace tidegate {

struct OpampSessionLimits {
  std::chrono::seconds heartbeat{30};  // until the server offers another
  std::chrono::seconds heartbeat_max{86400};
  std::chrono::seconds poll_wait{30};  // HTTP, where there is no heartbeat
  std::chrono::nanoseconds full_state_wait_min{std::chrono::seconds{1}};
  std::chrono::nanoseconds retry_after_max{std::chrono::hours{1}};
  std::size_t custom_messages_max = 64;
  std::size_t custom_bytes_max = 1u << 20;
};

// The server wants the agent's program started again.
struct OpampRestart {};

// Use and keep this id from now on; the session does so already.
struct OpampNewInstanceUid {
  Id128 instance_uid;
};

// The server refuses what was sent last.
struct OpampRefusal {
  enum class Next : std::uint8_t {
    do_not_repeat,  // the same would be refused again
    reconnect,      // disconnect; come back after retry_after, or by the driver's own back-off
  };
  Next next = Next::do_not_repeat;
  std::optional<std::chrono::nanoseconds> retry_after;
  bool of_certificate_request = false;
  std::string reason;  // the server's words, bounded: foreign text
};

// A message that was queued and that this server has no use for. It was not sent.
struct OpampCustomNotTaken {
  opamp::CustomMessage message;
};

// An AgentRemoteConfig is an offer whose hash was neither reported nor offered on this connection yet: report its hash as
// applying, applied or failed. Whether an empty one means anything is the owner's decision.
using OpampEvent = std::variant<opamp::AgentRemoteConfig, opamp::ConnectionSettingsOffers, opamp::CustomMessage, OpampRestart,
                                OpampNewInstanceUid, OpampRefusal, OpampCustomNotTaken>;

class OpampSession {
 public:
  OpampSession(const Id128& instance_uid, std::uint64_t capabilities, OpampSessionLimits limits);

  // What is so. `invalid`: no message can hold it; what was so before stays.
  Result<void> set_description(opamp::AgentDescription description);
  Result<void> set_health(opamp::ComponentHealth health);
  Result<void> set_effective_config(opamp::EffectiveConfig config);  // without secrets
  Result<void> set_remote_config_status(opamp::RemoteConfigStatus status);
  Result<void> set_connection_settings_status(opamp::ConnectionSettingsStatus status);
  Result<void> set_custom_capabilities(opamp::CustomCapabilities capabilities);
  void set_capabilities(std::uint64_t capabilities) { capabilities_ = capabilities; }

  // `full`: wait until some have gone. `invalid`: too large, or of a capability that the agent does not list. `absent`: the
  // server has said that it has no use for it.
  Result<void> queue_custom(opamp::CustomMessage message);
  // Asks for a certificate, on each connection again until it is answered. The newest request counts.
  void request_certificate(Bytes csr);

  // A connection stands; for HTTP: polling begins.
  void connected(SteadyTime now);
  void disconnected() { connected_ = false; }

  // WebSocket: the message to send now, absent when there is none.
  std::optional<opamp::AgentToServer> next(SteadyTime now);
  // When next() will have one even if nothing changes; in the past when it has one now.
  std::optional<SteadyTime> next_due() const;

  // HTTP: a message in any case. It is answered by on_message() or lost by poll_failed(), before the next one.
  opamp::AgentToServer poll(SteadyTime now);
  void poll_failed();
  // When to poll, in the past when at once; absent while a poll is under way.
  std::optional<SteadyTime> next_poll() const;

  // The last message before leaving.
  opamp::AgentToServer farewell();

  // `invalid`: the message is for another instance; nothing of it was taken.
  Result<std::vector<OpampEvent>> on_message(opamp::ServerToAgent message, SteadyTime now);

  const Id128& instance_uid() const { return instance_uid_; }
  std::chrono::seconds heartbeat() const { return heartbeat_; }

 private:
  // A part of the state, and which value of it this connection's server was told.
  template <class Part>
  struct Told {
    std::optional<Part> value;
    Id128 digest;
    std::optional<Id128> told;
    bool differs() const { return value && told != digest; }
  };
  using Events = std::vector<OpampEvent>;

  template <class Part>
  static Result<void> set(Told<Part>& part, Part value);
  template <class Part>
  static void tell(Told<Part>& part, std::optional<Part>& out);

  bool claims(std::uint64_t capability) const { return (capabilities_ & capability) != 0; }
  // Before the server has said what it takes, it is told everything.
  bool accepted(std::uint64_t capability) const { return server_capabilities_ == 0 || (server_capabilities_ & capability) != 0; }
  bool tells_health() const;
  bool tells_effective_config() const;
  bool tells_remote_config_status() const;
  bool tells_settings_status() const;

  bool part_due() const;
  bool certificate_request_due() const;
  bool custom_due() const { return server_custom_.has_value() && !custom_.empty(); }
  bool full_due(SteadyTime now) const { return full_at_ && now >= *full_at_; }
  bool due_at_once() const { return part_due() || certificate_request_due() || custom_due(); }

  opamp::AgentToServer bare();
  opamp::AgentToServer build(SteadyTime now);
  void forget_what_was_told();
  void ask_full(SteadyTime now);

  void take_refusal(const opamp::ServerErrorResponse& error, Events& events);
  void take_identification(const opamp::AgentIdentification& identification, SteadyTime now, Events& events);
  void take_custom_capabilities(std::optional<opamp::CustomCapabilities> capabilities, Events& events);
  void take_remote_config(opamp::AgentRemoteConfig offer, Events& events);
  void take_settings(opamp::ConnectionSettingsOffers offers, Events& events);

  OpampSessionLimits limits_;
  Id128 instance_uid_;
  std::optional<Id128> former_uid_;  // what is on its way may still name it
  std::uint64_t sequence_ = 0;       // of the last message

  std::uint64_t capabilities_;
  std::optional<std::uint64_t> told_capabilities_;
  Told<opamp::AgentDescription> description_;
  Told<opamp::ComponentHealth> health_;
  Told<opamp::EffectiveConfig> effective_config_;
  Told<opamp::RemoteConfigStatus> remote_config_status_;
  Told<opamp::ConnectionSettingsStatus> settings_status_;
  Told<opamp::CustomCapabilities> custom_capabilities_;

  std::deque<opamp::CustomMessage> custom_;
  std::size_t custom_bytes_ = 0;
  std::optional<Bytes> csr_;  // until it is answered
  bool csr_sent_ = false;

  bool connected_ = false;
  bool polling_ = false;  // a poll is under way
  std::optional<SteadyTime> full_at_;
  std::optional<SteadyTime> full_asked_at_;  // when a server's wish was last granted
  SteadyTime last_sent_{};
  std::chrono::seconds heartbeat_;

  std::uint64_t server_capabilities_ = 0;  // 0: not said yet
  std::optional<opamp::CustomCapabilities> server_custom_;
  Bytes offered_config_;
  Bytes offered_settings_;
};

}  // namespace tidegate
