// HealthEvents: which conditions of the fleet's sensors last, and which are over. It is shown all sensors again and again, and says
// what has changed; whoever writes that down says so, and only then it counts. So a failed write is simply tried again.
//
//   condition          begins                                                      severity
//   silent             nothing heard, for settle                                   critical
//   unhealthy          a leaf of the health tree is not healthy, for settle        critical: alerts, auth_failed; else warning
//   config_failed      the newest push was refused                                 warning
//   certificate_ends   less than certificate_left of it are left                   warning
//   clones             two machines were seen; over once there is one, for settle  critical
//
// Promises: what is not known changes nothing: of a silent sensor, and of one that has told nothing since the processor started,
// neither health nor clones are judged, so a restart of the processor tells nobody anything anew. A condition that grows worse than
// it was opened with is closed and opened again. A revoked sensor has no conditions.
// Bounded: events_of_sensor_max and events_open_max; what is beyond is not opened.
//
// Pure; times are arguments. Thread: the owner's.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "processor/fleet/views.h"
#include "processor/notify_ports.h"

namespace tidegate {

// What there is to say of a sensor at one moment.
struct WatchedSensor {
  std::string sensor;
  std::vector<std::string> tenants;
  SensorState state = SensorState::never;
  std::optional<WallTime> last_seen;
  std::size_t sessions = 0;
  std::uint64_t clones = 0;  // since the processor started
  std::string last_clone;
  WallTime not_after{};
  bool config_known = false;
  ConfigView config;
  bool health_known = false;
  std::vector<ComponentView> unhealthy;  // the leaves
};

struct HealthEventLimits {
  std::chrono::nanoseconds settle{std::chrono::minutes{2}};
  std::chrono::nanoseconds certificate_left{std::chrono::hours{24 * 21}};
  std::size_t events_of_sensor_max = 64;
  std::size_t events_open_max = 50'000;
};

class HealthEvents {
 public:
  explicit HealthEvents(HealthEventLimits limits = {}) : limits_(limits) {}

  // What the store has, at the start.
  void load(std::vector<HealthEvent> open);

  struct Now {
    WallTime wall{};
    SteadyTime steady{};
  };
  // What has changed since the last one that was written; channels are left empty.   requires: all sensors, each once
  std::vector<EventChange> look(const std::vector<WatchedSensor>& fleet, Now now);
  // Those changes were written.   requires: as look() gave them; `ids` as many, from the store
  void written(const std::vector<EventChange>& changes, const std::vector<std::uint64_t>& ids);

  std::size_t open(EventSeverity severity) const;

 private:
  using Key = std::tuple<std::string, EventKind, std::string>;  // sensor, kind, what of it
  struct Condition {
    EventKind kind{};
    std::string key;
    EventSeverity severity{};
    std::string reason;
    bool settles = false;  // it has to last before it is told
  };
  struct Verdict;

  Verdict judge(const WatchedSensor& facts, Now now);
  bool clones_last(const WatchedSensor& facts, Now now);
  bool lasts(const Key& key, SteadyTime now);
  void look_at(const WatchedSensor& facts, Now now, std::vector<EventChange>& changes);

  HealthEventLimits limits_;
  std::map<Key, HealthEvent> open_;
  std::map<Key, SteadyTime> since_;  // of what has to settle, and is not open
  std::set<Key> seen_;               // of since_, in the look under way
  struct Clones {
    bool last = false;
    std::uint64_t seen = 0;
    std::optional<SteadyTime> alone_since;
  };
  std::map<std::string, Clones, std::less<>> clones_;  // of sensors with more than one machine
};

}  // namespace tidegate
