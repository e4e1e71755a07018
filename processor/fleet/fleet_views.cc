// Fleet: what operators are shown.
#include <algorithm>

#include "processor/fleet/fleet.h"
#include "processor/fleet/health_events.h"

namespace tidegate {
namespace {

std::string hex_of_uid(ByteView uid) { return uid.size() == 16 ? to_hex(get_id(uid)) : std::string{}; }

}  // namespace

SensorView Fleet::view_of(const SensorRecord& record) {
  const SensorLiveState& sensor = state_of(record.identity.sensor);
  SensorView view;
  view.name = record.identity.sensor;
  view.tenants = record.identity.tenants;
  view.state = record.revoked ? SensorState::revoked : state_now(sensor);
  view.last_seen = sensor.heard_at ? sensor.heard_at : record.last_seen;
  switch (view.state) {
    case SensorState::never: view.since = record.enrolled; break;
    case SensorState::connected: view.since = sensor.connected_since; break;
    case SensorState::silent: view.since = view.last_seen; break;
    case SensorState::revoked: view.since = record.revoked ? record.revoked : view.last_seen; break;
  }
  view.sessions = sensor.sessions.size();
  if (!sensor.sessions.empty()) view.peer = sessions_.at(sensor.sessions.back())->peer;
  view.version = sensor.status.version;
  view.system = sensor.status.system;
  view.serial = record.identity.serial;
  view.not_after = record.identity.not_after;
  view.clones = sensor.clones;
  view.config = sensor.config;
  view.health = sensor.status.shown;
  return view;
}

Result<FleetView> Fleet::view() {
  const Result<std::vector<SensorRecord>> records = parts_.store.sensors();
  if (!records) return records.error();
  FleetView view;
  view.at = clock_.wall();
  view.sensors.reserve(records->size());
  for (const SensorRecord& record : *records) view.sensors.push_back(view_of(record));
  return view;
}

Result<SensorView> Fleet::glance(std::string_view sensor) {
  const Result<SensorRecord> record = parts_.store.sensor(sensor);
  if (!record) return record.error();
  return view_of(*record);
}

Result<std::vector<WatchedSensor>> Fleet::facts() {
  const Result<std::vector<SensorRecord>> records = parts_.store.sensors();
  if (!records) return records.error();
  std::vector<WatchedSensor> all;
  all.reserve(records->size());
  for (const SensorRecord& record : *records) {
    const SensorLiveState& sensor = state_of(record.identity.sensor);
    WatchedSensor& facts = all.emplace_back();
    facts.sensor = record.identity.sensor;
    facts.tenants = record.identity.tenants;
    facts.state = record.revoked ? SensorState::revoked : state_now(sensor);
    facts.last_seen = sensor.heard_at ? sensor.heard_at : record.last_seen;
    facts.sessions = sensor.sessions.size();
    facts.clones = sensor.clones;
    facts.last_clone = sensor.last_clone;
    facts.not_after = record.identity.not_after;
    facts.config_known = sensor.config_known;
    facts.config = sensor.config;
    facts.health_known = sensor.status.shown.known;
    facts.unhealthy = unhealthy_leaves(sensor.status);
  }
  return all;
}

Result<SensorDetail> Fleet::view(std::string_view sensor) {
  const Result<SensorRecord> record = parts_.store.sensor(sensor);
  if (!record) return record.error();
  const SensorLiveState& state = state_of(sensor);
  SensorDetail detail;
  detail.view = view_of(*record);
  detail.token_id = record->token_id;
  detail.enrolled = record->enrolled;
  detail.first_seen = record->first_seen ? record->first_seen : state.heard_at;
  detail.instance_uid = hex_of_uid(record->instance_uid);
  if (!state.sessions.empty()) {
    const Live& newest = *sessions_.at(state.sessions.back());
    if (newest.instance_uid) detail.instance_uid = to_hex(*newest.instance_uid);
  }
  detail.capabilities = state.capabilities;
  detail.last_clone = state.last_clone;
  // What it said before the processor was started is in the store.
  const Bytes wire = state.status.wire();
  show_status(wire.empty() ? record->status : wire, detail);
  detail.effective_config = shown_effective_config(state.status);
  return detail;
}

}  // namespace tidegate
