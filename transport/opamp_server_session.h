// OpampServerSession: the server's side of OpAMP for one instance. Answers every message, says what of it is new, and offers what
// the instance should have. No socket, no clock.
//
// It promises:
// - Bounded and small, thousands fit: of what the agent tells it keeps digests, sequence, capabilities and the reported hash; the
//   parts themselves go to the owner as news, once. What waits to be sent is bounded by OpampServerLimits.
// - The configuration that is wanted is offered while the agent reports another hash. Any report of it, also that it failed,
//   ends that.
// - A gap in the sequence makes it ask for everything, until it is told, and again when a number of messages has passed without
//   it: no agent that cannot tell everything is made to talk for ever.
//
// The owner finds the session by instance_uid, tells duplicate instances apart, checks what a sensor may say, and keeps news.
//
// Source: OpAMP specification 0.18, "Operation", "Status Reporting", "Configuration". Thread: the owner's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/result.h"
#include "transport/opamp_messages.h"

namespace tidegate {

struct OpampServerLimits {
  std::size_t custom_messages_max = 16;
  std::size_t custom_bytes_max = 256u << 10;  // in their memory; one request with a body fits
  std::uint64_t messages_between_asks = 8;    // for everything
};

// What every session of one server claims; it outlives them.
struct OpampServerIdentity {
  std::uint64_t capabilities = 0;
  opamp::CustomCapabilities custom_capabilities;
};

// A message to send. Where it offers the configuration, the owner puts the one of wanted_config() into message.remote_config: the
// session keeps no bodies.
struct OpampReply {
  opamp::ServerToAgent message;
  bool offers_config = false;
};

struct OpampServerTurn {
  OpampReply reply;
  // The agent's message without the parts that were known or count for nothing: what is left is new, and the owner's.
  opamp::AgentToServer news;
  bool full = false;  // it described itself, so it told everything
  bool gap = false;   // something before it was missed
};

// The answer of a server that takes nothing from this agent, now or at all.
opamp::ServerToAgent opamp_refusal(const std::optional<Id128>& instance_uid, opamp::ServerErrorResponse error);

class OpampServerSession {
 public:
  OpampServerSession(const OpampServerIdentity& identity, OpampServerLimits limits) : identity_(&identity), limits_(limits) {}

  // The instance is on a new connection; what it told before still counts.
  void connected();

  OpampServerTurn on_message(opamp::AgentToServer message);
  // WebSocket: what is to be sent unasked, absent when there is nothing. Over HTTP it goes with the answers.
  std::optional<OpampReply> next();

  // The hash of what the instance should run with; empty: whatever it has.   requires: at most opamp::hash_bytes_max
  void want_config(Bytes hash);
  const Bytes& wanted_config() const { return wanted_config_; }
  // `full`: wait. `invalid`: too large for the queue, or the agent does not list its capability. The queue outlives connections;
  // what an agent turns out not to list is dropped.
  Result<void> queue_custom(opamp::CustomMessage message);
  // The instance is to take another id; messages with it are this session's from then on.
  void assign_instance_uid(const Id128& instance_uid) { new_uid_ = instance_uid; }

  // What the agent said last.
  std::uint64_t capabilities() const { return capabilities_; }
  std::uint64_t sequence() const { return sequence_.value_or(0); }
  const Bytes& reported_config() const { return reported_config_; }
  opamp::ApplyStatus reported_status() const { return reported_status_; }

 private:
  using Known = std::optional<Id128>;
  enum class Occasion : std::uint8_t { answer, unasked };

  bool claims(std::uint64_t capability) const { return (capabilities_ & capability) != 0; }
  bool config_due() const;
  bool asks_full() const { return full_wanted_ && messages_since_ask_ >= limits_.messages_between_asks; }
  void ask_full();
  bool custom_due() const { return heard_ && agent_custom_ && !custom_.empty(); }
  template <class Part>
  static void keep_new(std::optional<Part>& part, Known& known);
  void take_parts(opamp::AgentToServer& message);
  static void drop_parts(opamp::AgentToServer& message);
  void take_custom_capabilities(const opamp::CustomCapabilities& capabilities);
  void fill(OpampReply& reply, Occasion occasion);
  void put_custom(opamp::ServerToAgent& message);

  const OpampServerIdentity* identity_;
  OpampServerLimits limits_;

  // Of the agent.
  std::optional<Id128> instance_uid_;
  std::optional<std::uint64_t> sequence_;
  std::uint64_t capabilities_ = 0;
  Known description_;
  Known health_;
  Known effective_config_;
  Known remote_config_status_;
  Known settings_status_;
  Known custom_capabilities_;
  std::optional<opamp::CustomCapabilities> agent_custom_;  // absent: not known yet
  Bytes reported_config_;
  opamp::ApplyStatus reported_status_ = opamp::ApplyStatus::unset;

  // Of this connection.
  bool heard_ = false;
  bool introduces_ = false;      // the next message says what the server has use for
  bool config_offered_ = false;  // the one that is wanted
  bool full_wanted_ = false;
  std::uint64_t messages_since_ask_ = 0;

  // To be sent.
  Bytes wanted_config_;
  bool push_config_ = false;
  std::deque<opamp::CustomMessage> custom_;
  std::size_t custom_bytes_ = 0;
  std::optional<Id128> new_uid_;
};

}  // namespace tidegate
