#include "transport/opamp_server_session.h"

#include <utility>

#include "base/check.h"
#include "transport/opamp_codec.h"

namespace tidegate {

namespace agent_capability = opamp::agent_capability;
namespace server_capability = opamp::server_capability;

opamp::ServerToAgent opamp_refusal(const std::optional<Id128>& instance_uid, opamp::ServerErrorResponse error) {
  opamp::ServerToAgent message;
  message.instance_uid = instance_uid;
  message.error_response = std::move(error);
  return message;
}

void OpampServerSession::connected() {
  heard_ = false;
  config_offered_ = false;
  push_config_ = false;
}

// A part whose digest is known is no news. One that cannot be digested (its canonical form is larger than it came) always is.
template <class Part>
void OpampServerSession::keep_new(std::optional<Part>& part, Known& known) {
  if (!part) return;
  const Result<Id128> digest = opamp::digest(*part);
  const bool same = digest && known == *digest;
  known = digest ? Known{*digest} : std::nullopt;
  if (same) part.reset();
}

void OpampServerSession::take_parts(opamp::AgentToServer& message) {
  capabilities_ = message.capabilities;
  if (message.remote_config_status) {
    reported_config_ = message.remote_config_status->last_remote_config_hash;
    reported_status_ = message.remote_config_status->status;
  }
  // Who tells everything and lists nothing has nothing.
  if (message.custom_capabilities || message.agent_description)
    take_custom_capabilities(message.custom_capabilities.value_or(opamp::CustomCapabilities{}));
  if ((identity_->capabilities & server_capability::accepts_effective_config) == 0) message.effective_config.reset();
  keep_new(message.agent_description, description_);
  keep_new(message.health, health_);
  keep_new(message.effective_config, effective_config_);
  keep_new(message.remote_config_status, remote_config_status_);
  keep_new(message.connection_settings_status, settings_status_);
  keep_new(message.custom_capabilities, custom_capabilities_);
}

// A newer message has said what is so.
void OpampServerSession::drop_parts(opamp::AgentToServer& message) {
  message.health.reset();
  message.effective_config.reset();
  message.remote_config_status.reset();
  message.connection_settings_status.reset();
  message.custom_capabilities.reset();
}

void OpampServerSession::take_custom_capabilities(const opamp::CustomCapabilities& capabilities) {
  agent_custom_ = capabilities;
  std::deque<opamp::CustomMessage> taken;
  custom_bytes_ = 0;
  for (opamp::CustomMessage& message : custom_) {
    if (!lists(*agent_custom_, message.capability)) continue;
    custom_bytes_ += *opamp::encoded_bytes(message);
    taken.push_back(std::move(message));
  }
  custom_ = std::move(taken);
}

OpampServerTurn OpampServerSession::on_message(opamp::AgentToServer message) {
  OpampServerTurn turn;
  turn.full = message.agent_description.has_value();
  // A copy of the last message is answered as it was; any other jump means that something was missed.
  turn.gap = sequence_ ? message.sequence_num != *sequence_ && message.sequence_num != *sequence_ + 1 : !turn.full;
  const bool overtaken = sequence_ && message.sequence_num < *sequence_ && !turn.full;
  if (turn.full || !heard_) introduces_ = true;
  heard_ = true;
  sequence_ = message.sequence_num;
  if (message.instance_uid) instance_uid_ = message.instance_uid;
  ++messages_since_ask_;
  if (turn.full) full_wanted_ = false;
  if (turn.gap && !turn.full) ask_full();
  if (overtaken) drop_parts(message);
  else take_parts(message);
  if (message.custom_message && !lists(identity_->custom_capabilities, message.custom_message->capability))
    message.custom_message.reset();
  turn.news = std::move(message);
  fill(turn.reply, Occasion::answer);
  return turn;
}

void OpampServerSession::ask_full() {
  if (!full_wanted_) messages_since_ask_ = limits_.messages_between_asks;
  full_wanted_ = true;
}

bool OpampServerSession::config_due() const {
  if (wanted_config_.empty() || reported_config_ == wanted_config_ || !heard_) return false;
  if (!claims(agent_capability::accepts_remote_config)) return false;
  // Who does not report is told once a connection.
  return claims(agent_capability::reports_remote_config) || !config_offered_;
}

void OpampServerSession::fill(OpampReply& reply, Occasion occasion) {
  opamp::ServerToAgent& message = reply.message;
  message.instance_uid = instance_uid_;
  message.capabilities = identity_->capabilities;
  if (std::exchange(introduces_, false)) message.custom_capabilities = identity_->custom_capabilities;
  if (asks_full()) {
    message.flags = opamp::report_full_state_flag;
    messages_since_ask_ = 0;
  }
  if (new_uid_)
    message.agent_identification = opamp::AgentIdentification{.new_instance_uid = std::exchange(new_uid_, std::nullopt)};
  if ((occasion == Occasion::answer || push_config_) && config_due()) {
    reply.offers_config = true;
    config_offered_ = true;
    push_config_ = false;
  } else if (custom_due()) {
    // Not with a configuration, so that every message fits its bound.
    put_custom(message);
  }
}

void OpampServerSession::put_custom(opamp::ServerToAgent& message) {
  custom_bytes_ -= *opamp::encoded_bytes(custom_.front());
  message.custom_message = std::move(custom_.front());
  custom_.pop_front();
}

std::optional<OpampReply> OpampServerSession::next() {
  if (!heard_) return std::nullopt;
  const bool pushes_config = push_config_ && config_due();
  if (!new_uid_ && !pushes_config && !custom_due() && !asks_full()) return std::nullopt;
  OpampReply reply;
  fill(reply, Occasion::unasked);
  return reply;
}

void OpampServerSession::want_config(Bytes hash) {
  TG_ASSERT(hash.size() <= opamp::hash_bytes_max, "a hash that is offered can be sent");
  if (hash == wanted_config_) return;
  wanted_config_ = std::move(hash);
  config_offered_ = false;
  push_config_ = true;
}

Result<void> OpampServerSession::queue_custom(opamp::CustomMessage message) {
  const Result<std::size_t> bytes = opamp::encoded_bytes(message);
  if (!bytes) return Error{bytes.error()};
  if (*bytes > limits_.custom_bytes_max)
    return Error{Code::invalid, "custom message: more than " + std::to_string(limits_.custom_bytes_max) + " bytes"};
  if (agent_custom_ && !lists(*agent_custom_, message.capability))
    return Error{Code::invalid, "custom message: the agent does not list its capability"};
  if (custom_.size() >= limits_.custom_messages_max || *bytes > limits_.custom_bytes_max - custom_bytes_)
    return Error{Code::full, "custom messages: " + std::to_string(custom_.size()) + " wait to be sent"};
  custom_bytes_ += *bytes;
  custom_.push_back(std::move(message));
  return {};
}

}  // namespace tidegate
