#include "transport/opamp_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "transport/opamp_codec.h"

namespace tidegate {

namespace agent_capability = opamp::agent_capability;
namespace server_capability = opamp::server_capability;

OpampSession::OpampSession(const Id128& instance_uid, std::uint64_t capabilities, OpampSessionLimits limits)
    : limits_(limits), instance_uid_(instance_uid), capabilities_(capabilities), heartbeat_(limits.heartbeat) {
  // An agent that has no configuration yet says so: with an empty hash.
  const Result<void> done = set_remote_config_status({});
  TG_ASSERT(done.has_value(), "an empty status can be sent");
}

template <class Part>
Result<void> OpampSession::set(Told<Part>& part, Part value) {
  Result<Id128> digest = opamp::digest(value);
  if (!digest) return std::move(digest).error();
  part.value = std::move(value);
  part.digest = *digest;
  return {};
}

template <class Part>
void OpampSession::tell(Told<Part>& part, std::optional<Part>& out) {
  if (!part.differs()) return;
  out = part.value;
  part.told = part.digest;
}

Result<void> OpampSession::set_description(opamp::AgentDescription description) {
  return set(description_, std::move(description));
}
Result<void> OpampSession::set_health(opamp::ComponentHealth health) { return set(health_, std::move(health)); }
Result<void> OpampSession::set_effective_config(opamp::EffectiveConfig config) { return set(effective_config_, std::move(config)); }
Result<void> OpampSession::set_remote_config_status(opamp::RemoteConfigStatus status) {
  return set(remote_config_status_, std::move(status));
}
Result<void> OpampSession::set_connection_settings_status(opamp::ConnectionSettingsStatus status) {
  return set(settings_status_, std::move(status));
}
Result<void> OpampSession::set_custom_capabilities(opamp::CustomCapabilities capabilities) {
  return set(custom_capabilities_, std::move(capabilities));
}

bool OpampSession::tells_health() const { return claims(agent_capability::reports_health); }
bool OpampSession::tells_effective_config() const {
  return claims(agent_capability::reports_effective_config) && accepted(server_capability::accepts_effective_config);
}
bool OpampSession::tells_remote_config_status() const {
  return claims(agent_capability::reports_remote_config) && accepted(server_capability::offers_remote_config);
}
bool OpampSession::tells_settings_status() const {
  return claims(agent_capability::reports_connection_settings_status) && accepted(server_capability::offers_connection_settings);
}

bool OpampSession::part_due() const {
  return told_capabilities_ != capabilities_ || description_.differs() || custom_capabilities_.differs() ||
         (tells_health() && health_.differs()) || (tells_effective_config() && effective_config_.differs()) ||
         (tells_remote_config_status() && remote_config_status_.differs()) ||
         (tells_settings_status() && settings_status_.differs());
}

// A request is worth a message only where the server is known to answer it.
bool OpampSession::certificate_request_due() const {
  return csr_ && !csr_sent_ && (server_capabilities_ & server_capability::accepts_connection_settings_request) != 0;
}

Result<void> OpampSession::queue_custom(opamp::CustomMessage message) {
  const Result<std::size_t> bytes = opamp::encoded_bytes(message);
  if (!bytes) return Error{bytes.error()};
  if (!custom_capabilities_.value || !lists(*custom_capabilities_.value, message.capability))
    return Error{Code::invalid, "custom message: the agent does not list its capability"};
  if (server_custom_ && !lists(*server_custom_, message.capability))
    return Error{Code::absent, "custom message: the server does not list its capability"};
  if (custom_.size() >= limits_.custom_messages_max || *bytes > limits_.custom_bytes_max - custom_bytes_)
    return Error{Code::full, "custom messages: " + std::to_string(custom_.size()) + " wait to be sent"};
  custom_bytes_ += *bytes;
  custom_.push_back(std::move(message));
  return {};
}

void OpampSession::request_certificate(Bytes csr) {
  csr_ = std::move(csr);
  csr_sent_ = false;
}

void OpampSession::connected(SteadyTime now) {
  connected_ = true;
  polling_ = false;
  last_sent_ = now;
  full_at_ = now;
  csr_sent_ = false;
  server_capabilities_ = 0;
  server_custom_.reset();
  offered_config_.clear();
  offered_settings_.clear();
}

void OpampSession::forget_what_was_told() {
  told_capabilities_.reset();
  description_.told.reset();
  health_.told.reset();
  effective_config_.told.reset();
  remote_config_status_.told.reset();
  settings_status_.told.reset();
  custom_capabilities_.told.reset();
}

// A wish that comes again too soon waits; one that waits already is the same.
void OpampSession::ask_full(SteadyTime now) {
  if (full_at_) return;
  full_at_ = full_asked_at_ ? std::max(now, *full_asked_at_ + limits_.full_state_wait_min) : now;
  full_asked_at_ = full_at_;
}

opamp::AgentToServer OpampSession::bare() {
  opamp::AgentToServer message;
  message.instance_uid = instance_uid_;
  message.sequence_num = ++sequence_;
  message.capabilities = capabilities_;
  return message;
}

opamp::AgentToServer OpampSession::build(SteadyTime now) {
  const bool full = full_due(now);
  if (full) {
    full_at_.reset();
    forget_what_was_told();
  }
  opamp::AgentToServer message = bare();
  last_sent_ = now;
  told_capabilities_ = capabilities_;
  tell(description_, message.agent_description);
  tell(custom_capabilities_, message.custom_capabilities);
  if (tells_health()) tell(health_, message.health);
  if (tells_effective_config()) tell(effective_config_, message.effective_config);
  if (tells_remote_config_status()) tell(remote_config_status_, message.remote_config_status);
  if (tells_settings_status()) tell(settings_status_, message.connection_settings_status);
  // What can be large goes alone, so that every message fits its bound.
  if (full || message.effective_config || message.health) return message;
  if (certificate_request_due()) {
    message.connection_settings_request.emplace().opamp.emplace().certificate_request = opamp::CertificateRequest{.csr = *csr_};
    csr_sent_ = true;
  } else if (custom_due()) {
    const Result<std::size_t> bytes = opamp::encoded_bytes(custom_.front());
    TG_ASSERT(bytes.has_value(), "what is queued can be sent");
    custom_bytes_ -= *bytes;
    message.custom_message = std::move(custom_.front());
    custom_.pop_front();
  }
  return message;
}

std::optional<opamp::AgentToServer> OpampSession::next(SteadyTime now) {
  const std::optional<SteadyTime> due = next_due();
  if (!due || now < *due) return std::nullopt;
  return build(now);
}

std::optional<SteadyTime> OpampSession::next_due() const {
  if (!connected_) return std::nullopt;
  // Nothing goes before the first message, which tells everything.
  if (!told_capabilities_) return full_at_;
  if (due_at_once()) return last_sent_;
  std::optional<SteadyTime> due = full_at_;
  if (claims(agent_capability::reports_heartbeat) && heartbeat_.count() > 0) {
    const SteadyTime beat = last_sent_ + heartbeat_;
    due = due ? std::min(*due, beat) : beat;
  }
  return due;
}

opamp::AgentToServer OpampSession::poll(SteadyTime now) {
  TG_ASSERT(connected_ && !polling_, "one poll at a time");
  polling_ = true;
  return build(now);
}

// Whether it arrived is not known: everything again, and the request for a certificate too.
void OpampSession::poll_failed() {
  polling_ = false;
  full_at_ = last_sent_;
  csr_sent_ = false;
}

std::optional<SteadyTime> OpampSession::next_poll() const {
  if (!connected_ || polling_) return std::nullopt;
  if (!told_capabilities_ || due_at_once()) return last_sent_;
  const SteadyTime poll = last_sent_ + (heartbeat_.count() > 0 ? heartbeat_ : limits_.poll_wait);
  return full_at_ ? std::min(*full_at_, poll) : poll;
}

opamp::AgentToServer OpampSession::farewell() {
  opamp::AgentToServer message = bare();
  message.agent_disconnect.emplace();
  return message;
}

Result<std::vector<OpampEvent>> OpampSession::on_message(opamp::ServerToAgent message, SteadyTime now) {
  polling_ = false;
  if (message.instance_uid && message.instance_uid != instance_uid_ && message.instance_uid != former_uid_)
    return Error{Code::invalid, "the server's message is for another instance"};
  Events events;
  if (message.error_response) {
    take_refusal(*message.error_response, events);
    return events;
  }
  if (message.capabilities != 0) server_capabilities_ = message.capabilities;
  if (message.command) {
    const bool restart = message.command->type == opamp::CommandType::restart;
    if (restart && claims(agent_capability::accepts_restart_command)) events.emplace_back(OpampRestart{});
    return events;
  }
  take_custom_capabilities(std::move(message.custom_capabilities), events);
  if (message.agent_identification) take_identification(*message.agent_identification, now, events);
  if ((message.flags & opamp::report_full_state_flag) != 0) ask_full(now);
  if (message.remote_config) take_remote_config(std::move(*message.remote_config), events);
  if (message.connection_settings) take_settings(std::move(*message.connection_settings), events);
  // What nobody listed is ignored, as the specification has it.
  if (message.custom_message && custom_capabilities_.value &&
      lists(*custom_capabilities_.value, message.custom_message->capability))
    events.emplace_back(std::move(*message.custom_message));
  return events;
}

void OpampSession::take_refusal(const opamp::ServerErrorResponse& error, Events& events) {
  OpampRefusal refusal;
  refusal.reason = error.error_message;
  if (error.type == opamp::ErrorType::unavailable) {
    refusal.next = OpampRefusal::Next::reconnect;
    if (error.retry_info) {
      const auto most = static_cast<std::uint64_t>(limits_.retry_after_max.count());
      refusal.retry_after = std::chrono::nanoseconds{std::min(error.retry_info->retry_after_nanoseconds, most)};
    }
  } else if (csr_sent_) {
    refusal.of_certificate_request = true;
    csr_.reset();
    csr_sent_ = false;
  }
  events.emplace_back(std::move(refusal));
}

void OpampSession::take_identification(const opamp::AgentIdentification& identification, SteadyTime now, Events& events) {
  if (!identification.new_instance_uid || identification.new_instance_uid == instance_uid_) return;
  former_uid_ = instance_uid_;
  instance_uid_ = *identification.new_instance_uid;
  ask_full(now);  // nobody has told the server anything of that instance
  events.emplace_back(OpampNewInstanceUid{instance_uid_});
}

// The first answer of a connection says what the server has use for; without a list it is nothing.
void OpampSession::take_custom_capabilities(std::optional<opamp::CustomCapabilities> capabilities, Events& events) {
  if (capabilities) server_custom_ = std::move(capabilities);
  else if (!server_custom_) server_custom_.emplace();
  else return;
  std::deque<opamp::CustomMessage> taken;
  custom_bytes_ = 0;
  for (opamp::CustomMessage& message : custom_) {
    if (lists(*server_custom_, message.capability)) {
      custom_bytes_ += *opamp::encoded_bytes(message);
      taken.push_back(std::move(message));
    } else {
      events.emplace_back(OpampCustomNotTaken{std::move(message)});
    }
  }
  custom_ = std::move(taken);
}

// Without a hash there would be nothing to report, and the offer would come again and again.
void OpampSession::take_remote_config(opamp::AgentRemoteConfig offer, Events& events) {
  if (!claims(agent_capability::accepts_remote_config) || offer.config_hash.empty()) return;
  if (offer.config_hash == remote_config_status_.value->last_remote_config_hash || offer.config_hash == offered_config_) return;
  offered_config_ = offer.config_hash;
  events.emplace_back(std::move(offer));
}

void OpampSession::take_settings(opamp::ConnectionSettingsOffers offers, Events& events) {
  if (!claims(agent_capability::accepts_opamp_connection_settings)) offers.opamp.reset();
  if (!claims(agent_capability::accepts_other_connection_settings)) offers.other_connections.clear();
  if (!offers.opamp && offers.other_connections.empty()) return;

  const bool answers_request = csr_sent_ && offers.opamp && offers.opamp->certificate;
  const bool reported = settings_status_.value && offers.hash == settings_status_.value->last_connection_settings_hash;
  if (!answers_request && !offers.hash.empty() && (reported || offers.hash == offered_settings_)) return;
  offered_settings_ = offers.hash;
  if (answers_request) {
    csr_.reset();
    csr_sent_ = false;
  }
  // 0 means no heartbeat; but an issued certificate says nothing of it, and unset is 0 as well.
  if (offers.opamp && (!answers_request || offers.opamp->heartbeat_interval_seconds != 0)) {
    const auto most = static_cast<std::uint64_t>(limits_.heartbeat_max.count());
    heartbeat_ = std::chrono::seconds{std::min(offers.opamp->heartbeat_interval_seconds, most)};
  }
  events.emplace_back(std::move(offers));
}

}  // namespace tidegate
