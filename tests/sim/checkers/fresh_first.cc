// P6: fresh alerts overtake.
//
//   - While a segment of alerts waits that was never shipped, at most one other goes before it: every fourth pick goes round the
//     lanes, and one may have been picked just before it came (agent/pipeline/lane_picker.h). Three are allowed for.
//   - An alert that its API has listed for a while is in the index, whatever else waits: two intervals (a record that slips between
//     two pages is met by the next pass), the overlap (until then one may slip) and settle (younger is not asked for yet), and ten
//     minutes for asking, shipping, landing and indexing. This is demanded of a sensor that nothing has disturbed all that time,
//     nor for as long before as it may take to catch up, since alerts that were left behind come in their turn.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "tests/sim/checkers.h"
#include "tests/sim/checkers/findings.h"

namespace tidegate {
namespace {

constexpr std::uint64_t passed_by_max = 3;
constexpr std::chrono::minutes way_max{10};
constexpr std::chrono::minutes catching_up_max{20};
constexpr std::chrono::minutes ledger_every{30};  // a ledger is dear

class FreshFirst final : public Checker {
 public:
  void begin(SimFleet& fleet) override {
    fleet_ = &fleet;
    views_.resize(fleet.sensors().size());
  }

  void on_shipped(std::size_t number, const SegmentId& id, const Id128& /*chunk*/) override {
    SimFleet::Sensor& sensor = fleet_->sensors()[number];
    View& view = views_[number];
    if (view.epoch != sensor.agent->journal().epoch()) {
      view.epoch = sensor.agent->journal().epoch();
      view.newest_alerts = view.passed_by = 0;
    }
    if (id.lane == Lane::alerts) {
      view.newest_alerts = std::max(view.newest_alerts, id.sequence);
      view.passed_by = 0;
      return;
    }
    const bool waiting = sensor.agent->journal().usage().lane(Lane::alerts).last > view.newest_alerts;
    view.passed_by = waiting ? view.passed_by + 1 : 0;
    if (view.passed_by == passed_by_max + 1)
      findings_.tell(*fleet_, sensor.name + " ships " + std::to_string(view.passed_by) + " segments before the alerts that wait");
  }

  void look(SimFleet& fleet, std::optional<SteadyTime> /*healed*/) override {
    for (std::size_t number = 0; number < views_.size(); ++number) note_calm(fleet.sensors()[number], views_[number]);
    if (fleet.now() < next_look_) return;
    next_look_ = fleet.now() + ledger_every;
    for (std::size_t number = 0; number < views_.size(); ++number) {
      const std::optional<SteadyTime> calm = views_[number].calm_since;
      const std::chrono::nanoseconds bound = bound_of(fleet.sensors()[number].options.connector);
      if (calm && fleet.now() - *calm >= bound + catching_up_max) check(fleet.sensors()[number], views_[number], bound);
    }
  }

  void end(SimFleet& fleet) override { findings_.tell_rest(fleet); }

 private:
  struct View {
    Id128 epoch;
    std::uint64_t newest_alerts = 0;                     // shipped
    std::uint64_t passed_by = 0;                         // others, in a row, while alerts waited
    std::optional<SteadyTime> calm_since;                // nothing has disturbed it since, as far as looks tell
    WallTime started{};                                  // the agent that was there then
    std::set<std::pair<std::string, std::string>> told;  // alerts, by id and version
  };

  static std::chrono::nanoseconds bound_of(const ConnectorConfig& connector) {
    return 2 * connector.interval + connector.overlap + connector.settle + way_max;
  }

  // Whether its API, its way to the processors, and the processors are as they should be. A processor whose disk is full keeps what
  // it has landed, and indexes it when it has room.
  bool world_is_well(const SimFleet::Sensor& sensor) const {
    if (sensor.api_away || !sensor.api->serve().faults.empty()) return false;
    return std::ranges::all_of(fleet_->centres(), [&](const SimFleet::Centre& centre) {
      const Weather& weather = fleet_->net().weather(sensor.name, centre.processor->place());
      return centre.processor->running() && centre.processor->disk().armed() != DiskFault::no_space && !weather.parted &&
             !weather.refused && weather.resets == 0 && weather.bytes_per_second == 0;
    });
  }

  // What the sensor itself finds wrong counts as well: a disk that fails, a storm between two looks.
  void note_calm(const SimFleet::Sensor& sensor, View& view) const {
    const bool running = sensor.agent->running();
    const AgentStatus status = running ? fleet_->status(sensor) : AgentStatus{};
    bool calm = running && world_is_well(sensor) && status.started == view.started;
    view.started = status.started;
    calm = calm && (is_well(status.uplink.verdict) || status.uplink.verdict == Verdict::starting);
    for (const ConnectorStatus& connector : status.connectors)
      for (const ContentStatus& content : connector.contents)
        if (content.content_type == name(Lane::alerts)) calm = calm && is_well(content.state.verdict);
    if (!calm) view.calm_since.reset();
    else if (!view.calm_since) view.calm_since = fleet_->now();
  }

  void check(const SimFleet::Sensor& sensor, View& view, std::chrono::nanoseconds bound) {
    std::set<std::pair<std::string, std::string>> old_enough;
    for (const LedgerEntry& entry : sensor.api->ledger(fleet_->wall() - bound))
      if (entry.feed == Feed::alerts) old_enough.emplace(entry.id, entry.version);
    // A version that has been replaced since was current for a shorter time.
    for (const LedgerEntry& entry : sensor.api->ledger(fleet_->wall())) {
      if (entry.feed != Feed::alerts || entry.superseded || !old_enough.contains({entry.id, entry.version})) continue;
      const TenantRecord record{sensor.tenant, {std::string{msg_class(Feed::alerts)}, entry.id, entry.version}};
      if (fleet_->index().records().contains(record) || !view.told.emplace(entry.id, entry.version).second) continue;
      const auto minutes = std::chrono::floor<std::chrono::minutes>(bound).count();
      findings_.tell(*fleet_, "alert " + entry.id + " of " + entry.version + " is not in the index of " + sensor.tenant +
                                  " after " + std::to_string(minutes) + " min");
    }
  }

  SimFleet* fleet_ = nullptr;
  std::vector<View> views_;  // by sensor
  SteadyTime next_look_{};
  Findings findings_{"P6: fresh alerts overtake"};
};

}  // namespace

std::unique_ptr<Checker> make_fresh_first() { return std::make_unique<FreshFirst>(); }

}  // namespace tidegate
