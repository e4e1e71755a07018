#include "processor/fleet/fleet.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "processor/identity.h"
#include "transport/opamp_messages.h"

namespace tidegate {
namespace {

namespace server_capability = opamp::server_capability;

Seed drawn_seed(const Entropy& entropy) {
  char raw[8] = {};
  if (const Result<void> filled = entropy(std::span<char>{raw}); !filled) return system_seed();
  return Seed{get_u64_be({raw, sizeof raw})};
}

OpampServerIdentity server_identity() {
  OpampServerIdentity identity;
  identity.capabilities = server_capability::accepts_status | server_capability::offers_remote_config |
                          server_capability::accepts_effective_config | server_capability::offers_connection_settings |
                          server_capability::accepts_connection_settings_request;
  identity.custom_capabilities.capabilities.emplace_back(requests_capability);
  return identity;
}

}  // namespace

Fleet::Fleet(asio::any_io_executor executor, Clock& clock, Log& log, Metrics& metrics, FleetParts parts, FleetServiceLimits limits)
    : executor_(std::move(executor)),
      clock_(clock),
      log_(log),
      parts_(std::move(parts)),
      limits_(limits),
      enrolment_(parts_.store, parts_.issuer, revocations_, clock, parts_.entropy),
      random_(drawn_seed(parts_.entropy)),
      counts_(metrics),
      writer_(parts_.writer_store, log, metrics),
      identity_(server_identity()) {}

Fleet::~Fleet() = default;

Result<void> Fleet::load() {
  if (Result<void> loaded = enrolment_.load_revocations(); !loaded) return loaded;
  const Result<std::vector<SensorRecord>> records = parts_.store.sensors();
  if (!records) return records.error();
  for (const SensorRecord& record : *records) {
    SensorLiveState& sensor = state_of(record.identity.sensor);
    sensor.shown = record.last_seen ? SensorState::silent : SensorState::never;
    sensor.heard_at = record.last_seen;
    sensor.config.reported_hash = record.config_hash;
  }
  watch();
  return {};
}

asio::awaitable<Error> Fleet::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto stop = co_await asio::this_coro::cancellation_state;
  writer_.start();
  SteadyTime watched = clock_.steady();
  while (stop.cancelled() == asio::cancellation_type::none) {
    co_await clock_.sleep_for(limits_.revoked_every);
    close_revoked();
    if (clock_.steady() - watched < limits_.watch_every) continue;
    watched = clock_.steady();
    watch();
  }
  writer_.stop();
  co_return Error{Code::cancelled, "the fleet is not watched any more"};
}

SensorLiveState& Fleet::state_of(std::string_view sensor) {
  auto found = sensors_.find(sensor);
  if (found == sensors_.end()) found = sensors_.try_emplace(std::string{sensor}, std::string{sensor}).first;
  if (!found->second.config_known) load_config(found->second);
  return found->second;
}

void Fleet::load_config(SensorLiveState& sensor) {
  const Result<std::vector<RevisionRecord>> history = parts_.store.history(sensor.name);
  if (!history) {
    log_.error("what a sensor should run cannot be read: it stays with what it has",
               {{"sensor", sensor.name}, {"reason", history.error().text()}});
    return;
  }
  sensor.config_known = true;
  if (history->empty()) return;
  const RevisionRecord& newest = history->front();
  sensor.config = {newest.revision, newest.hash,   newest.author, newest.at, sensor.config.reported_hash,
                   newest.state,    newest.reasons};
}

Result<SensorIdentity> Fleet::admit(ByteView certificate_der, std::string_view peer) {
  const auto refuse = [&](ControlRefusal why, Error error) {
    counts_.refused(why);
    log_.warning("a peer of the control port was refused", {{"peer", std::string{peer}}, {"reason", error.text()}});
    return Result<SensorIdentity>{std::move(error)};
  };
  if (certificate_der.empty())
    return refuse(ControlRefusal::certificate, {Code::denied, "the peer has no certificate that was verified"});
  Result<SensorIdentity> who = read_identity_der(certificate_der);
  if (!who) return refuse(ControlRefusal::certificate, {Code::denied, who.error().text()});
  if (revocations_.revoked(*who))
    return refuse(ControlRefusal::revoked,
                  {Code::denied, "sensor " + who->sensor + " with certificate " + who->serial + " was revoked"});
  // The port verified it when the connection began, which may be long ago.
  if (clock_.wall() >= who->not_after)
    return refuse(ControlRefusal::certificate, {Code::denied, "sensor " + who->sensor + ": its certificate expired"});
  if (!sensors_.contains(who->sensor)) {
    const Result<SensorRecord> known = parts_.store.sensor(who->sensor);
    if (!known && known.error().code() != Code::absent) return Error{known.error()};
    if (!known) return refuse(ControlRefusal::certificate, {Code::denied, "sensor " + who->sensor + " is not known here"});
  }
  return who;
}

std::optional<std::chrono::seconds> Fleet::busy() {
  if (sessions_.size() < limits_.sessions_max) return std::nullopt;
  counts_.refused(ControlRefusal::capacity);
  return std::chrono::ceil<std::chrono::seconds>(
      std::chrono::nanoseconds{random_.between(limits_.retry_after_least.count(), limits_.retry_after_most.count())});
}

SessionId Fleet::joined(const SensorIdentity& who, std::string peer, SensorLine& line) { return open(who, std::move(peer), &line); }

SessionId Fleet::open(const SensorIdentity& who, std::string peer, SensorLine* line) {
  SensorLiveState& sensor = state_of(who.sensor);
  const SessionId id = ++last_session_;
  const SteadyTime now = clock_.steady();
  auto live = std::make_unique<Live>(identity_, limits_.session, who, sensor);
  live->peer = std::move(peer);
  live->line = line;
  live->heard = now;
  live->session.connected();
  live->session.want_config(sensor.config.wanted_hash);
  clones_.came(sensor.name, {id, who.serial, {}, live->peer, now});
  if (state_now(sensor) != SensorState::connected) sensor.connected_since = clock_.wall();
  sensor.sessions.push_back(id);
  sessions_.emplace(id, std::move(live));
  counts_.sessions.set(static_cast<std::int64_t>(sessions_.size()));
  const std::size_t surplus = sensor.sessions.size() - std::min(sensor.sessions.size(), limits_.sessions_of_sensor_max);
  const std::vector<SessionId> oldest{sensor.sessions.begin(), sensor.sessions.begin() + static_cast<std::ptrdiff_t>(surplus)};
  for (const SessionId each : oldest) close(each, LineClose::replaced);
  return id;
}

void Fleet::close(SessionId id, LineClose why) {
  Live& live = *sessions_.at(id);
  if (live.closing) return;
  live.closing = true;
  if (live.line != nullptr) live.line->close(why);
  else forget(id);
}

void Fleet::left(SessionId id) { forget(id); }

void Fleet::forget(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Live& live = *found->second;
  std::erase(live.sensor.sessions, id);
  clones_.went(live.sensor.name, id);
  if (live.instance_uid) {
    const auto instance = instances_.find(*live.instance_uid);
    if (instance != instances_.end() && instance->second == id) instances_.erase(instance);
  }
  sessions_.erase(found);
  counts_.sessions.set(static_cast<std::int64_t>(sessions_.size()));
}

void Fleet::close_revoked() {
  if (revocations_seen_ == revocations_.version()) return;
  revocations_seen_ = revocations_.version();
  std::vector<SessionId> revoked;
  for (const auto& [id, live] : sessions_) {
    if (!live->closing && revocations_.revoked(live->who)) revoked.push_back(id);
  }
  for (const SessionId id : revoked) {
    const Live& live = *sessions_.at(id);
    counts_.refused(ControlRefusal::revoked);
    log_.info("a control session is closed: it was revoked", {{"sensor", live.sensor.name}, {"peer", live.peer}});
    close(id, LineClose::revoked);
  }
}

SensorState Fleet::state_now(const SensorLiveState& sensor) const {
  SensorIdentity by_name;
  by_name.sensor = sensor.name;
  if (revocations_.revoked(by_name)) return SensorState::revoked;
  const bool fresh = sensor.heard && clock_.steady() - *sensor.heard < limits_.silent_after;
  if (!sensor.sessions.empty() && fresh) return SensorState::connected;
  return sensor.heard_at ? SensorState::silent : SensorState::never;
}

// Who came or fell silent is told once; sessions over HTTP, which nobody closes, end.
void Fleet::watch() {
  const SteadyTime now = clock_.steady();
  std::vector<SessionId> gone;
  for (const auto& [id, live] : sessions_) {
    if (live->line == nullptr && now - live->heard >= limits_.poll_gone_after) gone.push_back(id);
  }
  for (const SessionId id : gone) forget(id);
  std::array<std::size_t, sensor_state_count> counts{};
  for (auto& [name, sensor] : sensors_) {
    const SensorState state = state_now(sensor);
    ++counts[static_cast<std::size_t>(state)];
    if (state == sensor.shown) continue;
    if (state == SensorState::connected) log_.info("a sensor is connected", {{"sensor", name}});
    if (state == SensorState::silent) log_.warning("a sensor is silent", {{"sensor", name}});
    sensor.shown = state;
  }
  for (std::size_t i = 0; i < sensor_state_count; ++i) counts_.show(static_cast<SensorState>(i), counts[i]);
}

Result<Admission> Fleet::enrol(const EnrolRequest& request) {
  Result<Admission> admitted = enrolment_.enrol(request);
  if (!admitted) {
    counts_.refused(ControlRefusal::enrolment);
    return admitted;
  }
  counts_.enrolled.add();
  (void)state_of(admitted->identity.sensor);
  close_revoked();
  return admitted;
}

Result<void> Fleet::revoke_sensor(std::string_view sensor) {
  if (Result<void> revoked = enrolment_.revoke_sensor(sensor); !revoked) return revoked;
  log_.info("a sensor was revoked", {{"sensor", std::string{sensor}}});
  close_revoked();
  return {};
}

}  // namespace tidegate
