// Memory is bounded, whatever is behind.
//
//   - Chunks in flight: what a session takes (transport/forward_session.h), and the one that waits for room.
//   - Ids remembered, of a content type that has been up to date for long enough: those of windows that end where the cursor is
//     settled or later. It is settled no more than an overlap, or an interval and settle, behind the pass before, and a window is
//     no longer than that; so twice the records of both together, at the pace of the API, with a group of equal times and the
//     updates of the backlog on top, are never exceeded. Of one that is behind nothing is demanded: a single window may hold all
//     there was.
//   - Connections: a sensor has one at a time. What it has left may stand until the processor hears of it.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/edges/vision_one_source.h"
#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"
#include "transport/forward_session.h"

namespace tidegate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t connections_each_max = 8;  // of a sensor with a processor
constexpr minutes slack{15};
constexpr double versions_max = 4;  // of an alert
constexpr double ids_least = 64;

// How far back ids are kept of a content type that is up to date.
seconds kept_for(const SimFleet::Sensor& sensor, ContentType type) {
  const ConnectorConfig& connector = sensor.options.connector;
  seconds overlap = connector.overlap;
  if (type == ContentType::audit_logs && !sensor.options.api.data.audit_ingested)
    overlap = std::max<seconds>(overlap, audit_lateness_max);
  return 2 * overlap + 2 * connector.settle + 4 * std::chrono::ceil<seconds>(connector.interval_of(type)) + slack;
}

double ids_max(const SimFleet::Sensor& sensor, ContentType type) {
  const DataOptions& data = sensor.options.api.data;
  const double span = static_cast<double>(kept_for(sensor, type).count());
  switch (type) {
    case ContentType::alerts: return ids_least + versions_max * (2 * data.alerts.per_second * span + data.alerts.backlog);
    case ContentType::audit_logs: return ids_least + 2 * (data.audit_logs.per_second * span + data.audit_copies);
    case ContentType::observed_attack_techniques: break;
  }
  return ids_least + 2 * (data.techniques.per_second * span + data.technique_burst);
}

class Bounded final : public Checker {
 public:
  void begin(SimFleet& fleet) override {
    up_to_date_.resize(fleet.sensors().size());
    started_.resize(fleet.sensors().size());
  }

  void look(SimFleet& fleet, std::optional<SteadyTime> /*healed*/) override {
    const std::size_t connections_max = connections_each_max * fleet.sensors().size() * fleet.centres().size();
    if (fleet.net().connections() > connections_max)
      findings_.tell(fleet, std::to_string(fleet.net().connections()) + " connections, at most " + std::to_string(connections_max));
    for (std::size_t number = 0; number < up_to_date_.size(); ++number) {
      const SimFleet::Sensor& sensor = fleet.sensors()[number];
      if (!sensor.agent->running()) {
        up_to_date_[number] = {};
        continue;
      }
      const AgentStatus status = fleet.status(sensor);
      // Its journal may have been healed: then it reads again what was lost with it.
      if (std::exchange(started_[number], status.started) != status.started) up_to_date_[number] = {};
      if (status.chunks_in_flight > SessionLimits{}.in_flight_chunks_max + 1)
        findings_.tell(fleet, sensor.name + " has " + std::to_string(status.chunks_in_flight) + " chunks in flight");
      for (const ConnectorStatus& connector : status.connectors)
        for (const ContentStatus& content : connector.contents) look_at(fleet, number, content);
    }
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  void look_at(SimFleet& fleet, std::size_t number, const ContentStatus& content) {
    const SimFleet::Sensor& sensor = fleet.sensors()[number];
    const std::optional<Lane> lane = lane_named(content.content_type);
    if (!lane) return;
    const ContentType type = content_type_of(*lane);
    std::optional<SteadyTime>& since = up_to_date_[number][index_of(*lane)];
    const ConnectorConfig& connector = sensor.options.connector;
    if (content.lag > connector.overlap + connector.settle + std::chrono::ceil<seconds>(connector.interval_of(type)) + slack) {
      since.reset();
      return;
    }
    if (!since) since = fleet.now();
    if (fleet.now() - *since < kept_for(sensor, type)) return;
    if (static_cast<double>(content.ids_remembered) <= ids_max(sensor, type)) return;
    findings_.tell(fleet, sensor.name + ", " + content.content_type + ": " + std::to_string(content.ids_remembered) +
                              " ids are remembered, at most " + std::to_string(ids_max(sensor, type)));
  }

  std::vector<std::array<std::optional<SteadyTime>, lane_count>> up_to_date_;  // by sensor, since when
  std::vector<WallTime> started_;                                              // by sensor
  Findings findings_{"memory is bounded"};
};

}  // namespace

std::unique_ptr<Checker> make_bounded() { return std::make_unique<Bounded>(); }

}  // namespace tidegate
