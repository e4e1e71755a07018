// Fleet: what sensors say, and what they are answered.
#include <algorithm>

#include "processor/digest.h"
#include "processor/fleet/fleet.h"
#include "transport/opamp_limits.h"
#include "transport/opamp_messages.h"

namespace tidegate {
namespace {

constexpr std::string_view document_file = "connectors.yaml";
constexpr std::string_view document_type = "text/yaml";

opamp::ServerErrorResponse bad_request(std::string text) {
  return {.type = opamp::ErrorType::bad_request, .error_message = std::move(text), .retry_info = {}};
}

Bytes bytes_of(const Id128& id) {
  Bytes bytes;
  put_id(bytes, id);
  return bytes;
}

ConfigState config_state(opamp::ApplyStatus status) {
  switch (status) {
    case opamp::ApplyStatus::applied: return ConfigState::applied;
    case opamp::ApplyStatus::applying: return ConfigState::applying;
    case opamp::ApplyStatus::failed: return ConfigState::failed;
    case opamp::ApplyStatus::unset: break;
  }
  return ConfigState::unset;
}

// Foreign text of several lines.
std::string reasons_of(std::string_view text) {
  std::string reasons;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (!reasons.empty()) reasons += '\n';
    reasons.append(shown_text(text.substr(at, end - at), opamp::text_bytes_max));
    at = end + 1;
  }
  return reasons;
}

}  // namespace

opamp::ServerToAgent Fleet::heard(SessionId id, opamp::AgentToServer message) { return turn(id, std::move(message)); }

opamp::ServerToAgent Fleet::polled(const SensorIdentity& who, std::string_view peer, opamp::AgentToServer message) {
  SensorLiveState& sensor = state_of(who.sensor);
  const auto is_his = [&](SessionId id) {
    const Live& live = *sessions_.at(id);
    return live.line == nullptr && live.who.serial == who.serial &&
           (live.instance_uid == message.instance_uid || live.former_uid == message.instance_uid);
  };
  const auto known =
      message.instance_uid ? std::find_if(sensor.sessions.begin(), sensor.sessions.end(), is_his) : sensor.sessions.end();
  if (known == sensor.sessions.end() && busy()) {
    return opamp_refusal(message.instance_uid, come_back("the processor has no room for more sensors"));
  }
  const SessionId id = known != sensor.sessions.end() ? *known : open(who, std::string{peer}, nullptr);
  const bool leaves = message.agent_disconnect.has_value();
  opamp::ServerToAgent answer = turn(id, std::move(message));
  if (leaves) forget(id);
  return answer;
}

// Refused messages do not come to the session: what they told is told again, because the session misses them.
opamp::ServerToAgent Fleet::turn(SessionId id, opamp::AgentToServer message) {
  Live& live = *sessions_.at(id);
  const std::optional<Id128> uid = message.instance_uid;
  if (std::optional<opamp::ServerErrorResponse> why = refused(id, live, message)) {
    if (++live.refusals_in_a_row > limits_.refusals_in_a_row_max) close(id, LineClose::misbehaved);
    return opamp_refusal(uid, *std::move(why));
  }
  Result<std::optional<opamp::ConnectionSettingsOffers>> certificate = renewed(live, message);
  if (!certificate) {
    const bool later = retryable(certificate.error()) && certificate.error().code() != Code::throttled;
    return opamp_refusal(uid, later ? come_back(std::string{refusal_text(certificate.error())})
                                    : bad_request(std::string{refusal_text(certificate.error())}));
  }
  counts_.messages.add();
  live.refusals_in_a_row = 0;
  live.heard = clock_.steady();
  if (state_now(live.sensor) != SensorState::connected) live.sensor.connected_since = clock_.wall();
  live.sensor.heard = live.heard;
  live.sensor.heard_at = clock_.wall();
  OpampServerTurn turn = live.session.on_message(std::move(message));
  if (turn.gap && !turn.full) counts_.gaps.add();
  take_news(live, turn.news);
  watch_clones(id, live);
  opamp::ServerToAgent answer = completed(live, std::move(turn.reply));
  if (*certificate && !answer.command) answer.connection_settings = **std::move(certificate);
  return answer;
}

std::optional<opamp::ServerErrorResponse> Fleet::refused(SessionId id, Live& live, const opamp::AgentToServer& message) {
  if (live.closing) return come_back("this session is closed");
  if (over_rate(live.sensor)) {
    counts_.refused(ControlRefusal::rate);
    return come_back("more messages than a sensor may send");
  }
  if (!message.instance_uid) {
    counts_.refused(ControlRefusal::protocol);
    return bad_request("the message has no instance_uid");
  }
  if (take_instance(id, live, message)) return std::nullopt;
  counts_.refused(ControlRefusal::instance);
  log_.warning("a sensor spoke for another instance than its own: the message was refused",
               {{"sensor", live.sensor.name}, {"peer", live.peer}, {"instance", to_hex(*message.instance_uid)}});
  return bad_request("the message is of another instance than this session's");
}

bool Fleet::over_rate(SensorLiveState& sensor) {
  const SteadyTime now = clock_.steady();
  const bool first = sensor.allowance_at == SteadyTime{};
  const double rested = std::chrono::duration<double>(now - sensor.allowance_at).count() * limits_.messages_per_second;
  sensor.allowance = first ? limits_.messages_burst : std::min(limits_.messages_burst, sensor.allowance + rested);
  sensor.allowance_at = now;
  if (sensor.allowance < 1) return true;
  sensor.allowance -= 1;
  return false;
}

// False when the message is another instance's. An id that another sensor uses is not taken: the session gets a new one.
bool Fleet::take_instance(SessionId id, Live& live, const opamp::AgentToServer& message) {
  const Id128& uid = *message.instance_uid;
  if (live.instance_uid && uid != live.instance_uid && uid != live.former_uid) return false;
  if (live.instance_uid) return true;
  live.instance_uid = uid;
  const auto used = instances_.find(uid);
  const bool of_another = used != instances_.end() && &sessions_.at(used->second)->sensor != &live.sensor;
  const bool wants_another = (message.flags & opamp::request_instance_uid_flag) != 0;
  if (of_another)
    log_.warning("two sensors use one instance id: the one that came later gets a new one",
                 {{"sensor", live.sensor.name}, {"other", sessions_.at(used->second)->sensor.name}, {"instance", to_hex(uid)}});
  if (of_another || wants_another) give_instance(id, live);
  else instances_[uid] = id;
  return true;
}

// A random one, in the form of a UUID of version 4.
void Fleet::give_instance(SessionId id, Live& live) {
  const Id128 fresh{(random_.next() & ~std::uint64_t{0xf000}) | 0x4000, (random_.next() >> 2) | (std::uint64_t{1} << 63)};
  live.former_uid = live.instance_uid;
  live.instance_uid = fresh;
  live.session.assign_instance_uid(fresh);
  instances_[fresh] = id;
}

// Absent: it asked for no certificate.
Result<std::optional<opamp::ConnectionSettingsOffers>> Fleet::renewed(const Live& live, const opamp::AgentToServer& message) {
  using Offers = std::optional<opamp::ConnectionSettingsOffers>;
  if (!message.connection_settings_request) return Offers{};
  const auto& asked = message.connection_settings_request->opamp;
  if (!asked || !asked->certificate_request) return Error{Code::invalid, "a request for settings without a certificate request"};
  const SteadyTime now = clock_.steady();
  if (now - renewals_since_ >= std::chrono::seconds{1}) {
    renewals_since_ = now;
    renewals_ = 0;
  }
  if (++renewals_ > limits_.renewals_per_second_max) return Error{Code::unavailable, "too many certificates are asked for at once"};
  const Result<Admission> admission = enrolment_.renew(live.who, asked->certificate_request->csr);
  if (!admission) {
    counts_.refused(ControlRefusal::renewal);
    log_.warning("a certificate was not renewed", {{"sensor", live.sensor.name}, {"reason", admission.error().text()}});
    return admission.error();
  }
  counts_.renewed.add();
  log_.info("a certificate was renewed", {{"sensor", live.sensor.name}, {"until", to_iso8601(admission->identity.not_after)}});
  opamp::OpampConnectionSettings settings;
  settings.certificate = opamp::TlsCertificate{};
  settings.certificate->cert = admission->certificate_pem;
  settings.certificate->ca_cert = admission->authority_pem;
  opamp::ConnectionSettingsOffers offers;
  offers.hash = sha256(admission->certificate_pem);
  offers.opamp = std::move(settings);
  return Offers{std::move(offers)};
}

void Fleet::take_news(Live& live, opamp::AgentToServer& news) {
  SensorLiveState& sensor = live.sensor;
  sensor.capabilities = news.capabilities;
  const bool status = news.agent_description || news.health;
  bool kept = true;
  if (news.agent_description) kept = sensor.status.take(*std::move(news.agent_description));
  if (news.health) kept = sensor.status.take(*std::move(news.health)) && kept;
  if (news.effective_config) kept = sensor.status.take(*news.effective_config) && kept;
  if (!kept) log_.debug("a part of what a sensor tells is too large to be kept", {{"sensor", sensor.name}});
  if (news.remote_config_status) take_report(live, *news.remote_config_status);
  if (news.custom_message) take_custom(live, *news.custom_message);
  if (news.connection_settings_status && news.connection_settings_status->status == opamp::ApplyStatus::failed)
    log_.warning("a sensor could not use its new certificate",
                 {{"sensor", sensor.name}, {"reason", shown_text(news.connection_settings_status->error_message)}});
  SensorSight sight{.sensor = sensor.name, .instance_uid = bytes_of(*live.instance_uid), .at = *sensor.heard_at, .status = {}};
  if (status) sight.status = sensor.status.wire();
  writer_.saw(std::move(sight));
}

void Fleet::take_report(Live& live, const opamp::RemoteConfigStatus& status) {
  SensorLiveState& sensor = live.sensor;
  sensor.config.reported_hash = status.last_remote_config_hash;
  const ConfigState state = config_state(status.status);
  const std::string reasons = state == ConfigState::failed ? reasons_of(status.error_message) : std::string{};
  if (status.last_remote_config_hash.empty()) return;
  writer_.reported({sensor.name, status.last_remote_config_hash, state, reasons, clock_.wall()});
  if (status.last_remote_config_hash != sensor.config.wanted_hash) return;
  if (state != sensor.config.state) {
    if (state == ConfigState::applied) counts_.applied.add();
    if (state == ConfigState::failed) counts_.failed.add();
    log_.info("a sensor answered its configuration", {{"sensor", sensor.name},
                                                      {"revision", std::to_string(sensor.config.wanted_revision)},
                                                      {"state", std::string{name(state)}}});
  }
  sensor.config.state = state;
  sensor.config.reasons = reasons;
  if (sensor.config_answered) sensor.config_answered->notify();
}

void Fleet::take_custom(Live& live, const opamp::CustomMessage& message) {
  if (message.capability != requests_capability || message.type != "answer") return;
  Result<SensorAnswer> answer = read_answer(message.data);
  if (answer) {
    (void)requests_.answer(live.sensor.name, *std::move(answer));  // one that nobody waits for any more is late, and no fault
    return;
  }
  counts_.refused(ControlRefusal::protocol);
  log_.warning("an answer of a sensor was not taken", {{"sensor", live.sensor.name}, {"reason", answer.error().text()}});
}

void Fleet::watch_clones(SessionId id, Live& live) {
  const std::optional<CloneSeen> seen = clones_.heard(live.sensor.name, id, bytes_of(*live.instance_uid), clock_.steady());
  if (!seen) return;
  counts_.clones.add();
  ++live.sensor.clones;
  live.sensor.last_clone = to_iso8601(clock_.wall()) + ": " + seen->older.peer + " and " + seen->newer.peer + " at once" +
                           (seen->other_instance ? ", with different instance ids" : ", with one instance id");
  log_.error("two machines use the identity of one sensor: revoke it, and enrol each under a name of its own",
             {{"sensor", seen->sensor}, {"older", seen->older.peer}, {"newer", seen->newer.peer}});
}

// The body of what is wanted is read when it is offered: documents lie sealed, and stay in memory no longer than that.
opamp::ServerToAgent Fleet::completed(Live& live, OpampReply reply) {
  if (!reply.offers_config) return std::move(reply.message);
  Result<std::optional<StoredDocument>> newest = parts_.store.newest_document(live.sensor.name);
  if (!newest || !*newest || (*newest)->record.hash != live.session.wanted_config()) {
    log_.error("what a sensor should run cannot be offered: it is tried again",
               {{"sensor", live.sensor.name}, {"reason", newest ? std::string{"it is not in the store"} : newest.error().text()}});
    return std::move(reply.message);
  }
  opamp::AgentRemoteConfig config;
  config.config_hash = live.session.wanted_config();
  config.config = opamp::AgentConfigMap{};
  config.config->config_map[std::string{document_file}] = {Bytes{(*newest)->text.reveal()}, std::string{document_type}};
  reply.message.remote_config = std::move(config);
  return std::move(reply.message);
}

std::optional<opamp::ServerToAgent> Fleet::next(SessionId id) {
  Live& live = *sessions_.at(id);
  if (live.closing) return std::nullopt;
  std::optional<OpampReply> reply = live.session.next();
  if (!reply) return std::nullopt;
  return completed(live, *std::move(reply));
}

opamp::ServerErrorResponse Fleet::come_back(std::string text) {
  const std::int64_t wait = random_.between(limits_.retry_after_least.count(), limits_.retry_after_most.count());
  return {.type = opamp::ErrorType::unavailable,
          .error_message = std::move(text),
          .retry_info = opamp::RetryInfo{static_cast<std::uint64_t>(wait)}};
}

}  // namespace tidegate
