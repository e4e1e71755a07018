#include "processor/fleet/health_events.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "processor/fleet/sensor_state.h"

namespace tidegate {
namespace {

constexpr std::size_t event_text_bytes_max = 512;
constexpr std::size_t event_key_bytes_max = 256;

EventSeverity severity_of(EventKind kind) {
  switch (kind) {
    case EventKind::silent:
    case EventKind::clones: return EventSeverity::critical;
    case EventKind::unhealthy:
    case EventKind::config_failed:
    case EventKind::certificate_ends:
    case EventKind::rule: break;
  }
  return EventSeverity::warning;
}

// Alerts that are not read, and a token that is refused, cannot wait.
EventSeverity severity_of(const ComponentView& part) {
  const bool critical = part.path.ends_with("/alerts") || part.status == "auth_failed";
  return critical ? EventSeverity::critical : severity_of(EventKind::unhealthy);
}

std::string reason_of(const ComponentView& part) {
  if (part.error.empty()) return part.status.empty() ? "not healthy" : part.status;
  return part.status.empty() ? part.error : part.status + ": " + part.error;
}

std::string reason_of_push(const ConfigView& config) {
  std::string reason = "revision " + std::to_string(config.wanted_revision) + " was refused";
  return config.reasons.empty() ? reason : reason + ": " + config.reasons;
}

}  // namespace

struct HealthEvents::Verdict {
  std::map<std::pair<EventKind, std::string>, Condition> conditions;
  std::array<bool, event_kind_count> judged{};  // of the others nothing is known

  void judge(EventKind kind) { judged[static_cast<std::size_t>(kind)] = true; }
  bool is_judged(EventKind kind) const { return judged[static_cast<std::size_t>(kind)]; }
  void add(Condition condition) {
    condition.key = shown_text(condition.key, event_key_bytes_max);
    condition.reason = shown_text(condition.reason, event_text_bytes_max);
    std::pair<EventKind, std::string> what{condition.kind, condition.key};
    conditions.try_emplace(std::move(what), std::move(condition));
  }
};

void HealthEvents::load(std::vector<HealthEvent> open) {
  open_.clear();
  for (HealthEvent& event : open) {
    Key key{event.sensor, event.kind, event.key};
    open_.insert_or_assign(std::move(key), std::move(event));
  }
}

// While a sensor has two sessions it is not known whose the second one is; a clone is over once there was one alone for a while.
bool HealthEvents::clones_last(const WatchedSensor& facts, Now now) {
  const bool open = open_.contains(Key{facts.sensor, EventKind::clones, std::string{}});
  if (facts.clones == 0 && !open) return false;
  const auto [at, fresh] = clones_.try_emplace(facts.sensor);
  Clones& clones = at->second;
  if (fresh) clones.last = open;
  if (facts.clones > clones.seen) clones.last = true;
  if (facts.clones > clones.seen || facts.sessions > 1) clones.alone_since.reset();
  else if (!clones.alone_since) clones.alone_since = now.steady;
  clones.seen = facts.clones;
  if (clones.alone_since && now.steady - *clones.alone_since >= limits_.settle) clones.last = false;
  return clones.last;
}

HealthEvents::Verdict HealthEvents::judge(const WatchedSensor& facts, Now now) {
  Verdict verdict;
  if (facts.state == SensorState::revoked) {
    verdict.judged.fill(true);
    return verdict;
  }
  const bool connected = facts.state == SensorState::connected;
  verdict.judge(EventKind::silent);
  if (facts.state == SensorState::silent) {
    std::string reason = "nothing was heard since " + (facts.last_seen ? to_iso8601(*facts.last_seen) : std::string{"the start"});
    verdict.add({EventKind::silent, {}, severity_of(EventKind::silent), std::move(reason), true});
  }
  if (connected && facts.health_known) {
    verdict.judge(EventKind::unhealthy);
    for (const ComponentView& part : facts.unhealthy)
      verdict.add({EventKind::unhealthy, part.path, severity_of(part), reason_of(part), true});
  }
  if (facts.config_known) {
    verdict.judge(EventKind::config_failed);
    if (facts.config.wanted_revision > 0 && facts.config.state == ConfigState::failed)
      verdict.add({EventKind::config_failed, {}, severity_of(EventKind::config_failed), reason_of_push(facts.config), false});
  }
  verdict.judge(EventKind::certificate_ends);
  if (facts.not_after - now.wall < limits_.certificate_left) {
    std::string reason = "its certificate ends " + to_iso8601(facts.not_after) + ", and was not renewed";
    verdict.add({EventKind::certificate_ends, {}, severity_of(EventKind::certificate_ends), std::move(reason), false});
  }
  if (connected) {
    verdict.judge(EventKind::clones);
    if (clones_last(facts, now)) verdict.add({EventKind::clones, {}, severity_of(EventKind::clones), facts.last_clone, false});
  }
  return verdict;
}

bool HealthEvents::lasts(const Key& key, SteadyTime now) {
  seen_.insert(key);
  return now - since_.try_emplace(key, now).first->second >= limits_.settle;
}

void HealthEvents::look_at(const WatchedSensor& facts, Now now, std::vector<EventChange>& changes) {
  const Verdict verdict = judge(facts, now);
  const auto close = [&](const HealthEvent& event) {
    HealthEvent closed = event;
    closed.closed = now.wall;
    changes.push_back({EventTurn::closed, std::move(closed), {}});
  };
  std::size_t open_of_sensor = 0;
  for (auto at = open_.lower_bound(Key{facts.sensor, EventKind{}, std::string{}});
       at != open_.end() && std::get<0>(at->first) == facts.sensor; ++at) {
    const HealthEvent& event = at->second;
    const auto found = verdict.conditions.find({event.kind, event.key});
    const bool over = verdict.is_judged(event.kind) && found == verdict.conditions.end();
    const bool worse = found != verdict.conditions.end() && found->second.severity > event.severity;
    if (over || worse) close(event);
    if (!over) ++open_of_sensor;
  }
  for (const auto& [what, condition] : verdict.conditions) {
    Key key{facts.sensor, condition.kind, condition.key};
    const auto open = open_.find(key);
    const bool was_open = open != open_.end();
    if (was_open && open->second.severity >= condition.severity) continue;
    if (!was_open && open_of_sensor >= limits_.events_of_sensor_max) continue;
    if (!was_open && condition.settles && !lasts(key, now.steady)) continue;
    const auto began = since_.find(key);
    HealthEvent event;
    event.sensor = facts.sensor;
    event.tenants = facts.tenants;
    event.kind = condition.kind;
    event.key = condition.key;
    event.severity = condition.severity;
    event.reason = condition.reason;
    event.opened = began == since_.end() ? now.wall : now.wall - (now.steady - began->second);
    changes.push_back({EventTurn::opened, std::move(event), {}});
    if (!was_open) ++open_of_sensor;
  }
}

std::vector<EventChange> HealthEvents::look(const std::vector<WatchedSensor>& fleet, Now now) {
  std::vector<EventChange> changes;
  std::set<std::string, std::less<>> names;
  seen_.clear();
  for (const WatchedSensor& facts : fleet) {
    names.insert(facts.sensor);
    look_at(facts, now, changes);
  }
  std::erase_if(since_, [this](const auto& each) { return !seen_.contains(each.first); });
  std::erase_if(clones_, [&names](const auto& each) { return !names.contains(each.first); });
  for (const auto& [key, event] : open_) {
    if (names.contains(event.sensor)) continue;
    HealthEvent gone = event;
    gone.closed = now.wall;
    changes.push_back({EventTurn::closed, std::move(gone), {}});
  }
  std::size_t room = limits_.events_open_max - std::min(limits_.events_open_max, open_.size());
  std::erase_if(changes, [&room](const EventChange& change) {
    if (change.turn == EventTurn::closed) return false;
    if (room == 0) return true;
    --room;
    return false;
  });
  return changes;
}

void HealthEvents::written(const std::vector<EventChange>& changes, const std::vector<std::uint64_t>& ids) {
  TG_ASSERT(changes.size() == ids.size(), "each change of the fleet's events has its id");
  for (std::size_t i = 0; i < changes.size(); ++i) {
    HealthEvent event = changes[i].event;
    Key key{event.sensor, event.kind, event.key};
    if (changes[i].turn == EventTurn::closed) {
      open_.erase(key);
      continue;
    }
    event.id = ids[i];
    since_.erase(key);
    open_.insert_or_assign(std::move(key), std::move(event));
  }
}

std::size_t HealthEvents::open(EventSeverity severity) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(open_, [severity](const auto& each) { return each.second.severity == severity; }));
}

}  // namespace tidegate
