#include "tests/sim/fleet_run.h"

#include <algorithm>

#include "tests/sim/checkers.h"
#include "tests/sim/fleet.h"
#include "tests/sim/fleet_blows.h"

namespace tidegate {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr seconds healing_max = 8h;
constexpr seconds healing_step = 10min;
constexpr seconds first_document_max = 5min;
constexpr seconds bad_pushed_at = 20min;  // after the healing, to every sensor with a control plane
constexpr seconds good_pushed_at = 40min;

seconds between(Random& dice, seconds least, seconds most) { return seconds{dice.between(least.count(), most.count())}; }

FleetSensorOptions draw_sensor(Random& dice, const RunOptions& run) {
  FleetSensorOptions options;
  DataOptions& data = options.api.data;
  data.backlog_period = between(dice, 10min, 8h);
  data.live = run.hours;
  const auto few = [&dice](std::int64_t most) { return static_cast<std::uint32_t>(dice.between(0, most)); };
  data.alerts = {.backlog = few(20), .per_second = dice.unit() * 0.001};
  data.audit_logs = {.backlog = few(30), .per_second = dice.unit() * 0.001};
  data.techniques = {.backlog = few(200), .per_second = dice.unit() * 0.005};
  data.technique_burst = dice.chance(3) ? static_cast<std::uint32_t>(dice.between(2, 60)) : 1;
  data.updates_share = dice.unit();
  data.late_share = dice.unit() * 0.3;
  data.audit_uuid = !dice.chance(3);
  data.audit_copies = dice.chance(2) ? static_cast<std::uint32_t>(dice.between(2, 5)) : 1;
  data.audit_ingested = !dice.chance(3);

  ConnectorConfig& connector = options.connector;
  connector.interval = between(dice, 2min, 20min);
  connector.audit_logs_interval = between(dice, 10min, 60min);
  connector.overlap = between(dice, 30s, 10min);
  connector.settle = between(dice, 0s, 2min);
  connector.window = between(dice, 1h, 24h);
  connector.window_records_max = static_cast<std::uint64_t>(dice.between(100, 1000));
  connector.requests_per_minute = static_cast<std::uint64_t>(dice.between(30, 300));
  // A journal that has to be begun anew reads all of it again.
  connector.first_read = data.backlog_period + run.hours + healing_max + 24h;
  // What arrives later than the overlap is not promised.
  data.late_max = between(dice, 0s, connector.overlap - 1s);

  ServeOptions& serve = options.api.serve;
  serve.link_lifetime = dice.chance(4) ? between(dice, 2s, 30s) : 5min;
  serve.spaces_in_alert_links = dice.chance(2);
  serve.beta_links = dice.chance(4);
  if (run.mix.api && dice.chance(3)) serve.rate_limit = static_cast<std::uint32_t>(dice.between(20, 200));
  if (run.mix.api && dice.chance(3)) serve.retry_after = between(dice, 1s, 30s);
  if (run.mix.disk && dice.chance(4)) options.budget = static_cast<std::uint64_t>(dice.between(64, 512)) << 10;
  if (run.mix.clock) options.clock_error = between(dice, 0s, 240s) - 120s;
  return options;
}

FleetOptions draw_fleet(Random& dice, const RunOptions& run) {
  FleetOptions options;
  const std::int64_t sensors = dice.between(1, 3);
  for (std::int64_t i = 0; i < sensors; ++i) options.sensors.push_back(draw_sensor(dice, run));
  options.processors = static_cast<std::size_t>(dice.between(1, 3));
  options.ack_wait_max = between(dice, 10s, 60s);
  if (!run.control) return options;
  for (FleetSensorOptions& sensor : options.sensors) sensor.control = !dice.chance(4);
  options.sensors.front().control = true;
  return options;
}

std::string describe(const FleetSensorOptions& sensor) {
  const auto text = [](seconds span) { return std::to_string(span.count()) + " s"; };
  const ConnectorConfig& connector = sensor.connector;
  return "a sensor: interval " + text(std::chrono::floor<seconds>(connector.interval)) + ", audit logs " +
         text(std::chrono::floor<seconds>(connector.audit_logs_interval)) + ", overlap " + text(connector.overlap) + ", settle " +
         text(connector.settle) + ", requests a minute " + std::to_string(connector.requests_per_minute) + ", budget " +
         std::to_string(sensor.budget >> 10) + " KiB, late by up to " + text(sensor.api.data.late_max) + ", links live " +
         text(sensor.api.serve.link_lifetime) + (sensor.api.data.audit_uuid ? "" : ", audit logs without uuid") +
         (sensor.control ? ", with a control plane" : "");
}

// Time passes until `end`; what lasts is undone when its time is over.
void pass(SimFleet& fleet, FleetBlows& blows, SteadyTime end) {
  while (fleet.now() < end) {
    const SteadyTime next = std::min(end, blows.next_end().value_or(end));
    fleet.run_for(std::max<std::chrono::nanoseconds>(next - fleet.now(), std::chrono::nanoseconds{1}));
    blows.tend();
  }
}

void heal(SimFleet& fleet, FleetBlows& blows) {
  blows.undo_all();
  fleet.strike_after(0, {});  // one that is still to come
  fleet.tell("everything heals");
  for (SimFleet::Sensor& sensor : fleet.sensors()) {
    sensor.api->serve().faults.clear();
    sensor.api->serve().rate_limit = 0;
    sensor.api->serve().link_lifetime = 5min;
    sensor.agent->disk().clear();
    if (sensor.down_until) sensor.down_until = fleet.now();
    if (sensor.plane_back) sensor.plane_back = fleet.now();
  }
  for (SimFleet::Centre& centre : fleet.centres()) {
    centre.processor->disk().clear();
    if (centre.down_until) centre.down_until = fleet.now();
  }
}

}  // namespace

Result<FaultMix> FaultMix::parse(std::string_view text) {
  if (text == "all") return FaultMix{};
  FaultMix mix{.network = false, .processor = false, .sensor = false, .disk = false, .api = false, .clock = false, .config = false};
  if (text == "none") return mix;
  const std::pair<std::string_view, bool FaultMix::*> kinds[] = {
      {"network", &FaultMix::network}, {"processor", &FaultMix::processor},
      {"sensor", &FaultMix::sensor},   {"disk", &FaultMix::disk},
      {"api", &FaultMix::api},         {"clock", &FaultMix::clock},
      {"config", &FaultMix::config}};
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    const auto* const found =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& kind) { return kind.first == word; });
    if (found == std::end(kinds))
      return Error{Code::invalid, "faults: " + std::string{word} +
                                      " is not one; there are all, none, network, processor, sensor, disk, api, clock, config"};
    mix.*found->second = true;
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return mix;
}

RunOutcome run_fleet(Seed seed, const RunOptions& options) {
  Random dice{Seed{seed.value ^ 0xF1EE7B10u}};
  FleetOptions drawn = draw_fleet(dice, options);
  SimFleet fleet{seed, drawn, options.mutant};
  for (std::unique_ptr<Checker>& checker : all_checkers()) fleet.add(std::move(checker));
  fleet.tell(std::to_string(drawn.processors) + " processors");
  for (const FleetSensorOptions& sensor : drawn.sensors) fleet.tell(describe(sensor));
  fleet.start();
  // Whatever happens from now on, each has a connector.
  if (!fleet.run_until([&fleet] { return fleet.all_configured(); }, first_document_max))
    fleet.report_broken("P8: a sensor does not take its first document");

  FleetBlows blows{fleet, dice, options.mix};
  const SteadyTime end = fleet.now() + options.hours;
  for (;;) {
    pass(fleet, blows, std::min(end, fleet.now() + between(dice, 30s, 80min)));
    if (fleet.now() >= end) break;
    blows.strike();
  }
  heal(fleet, blows);
  fleet.run_until(
      [&fleet] {
        const auto up = [](const auto& each) { return !each.down_until; };
        return std::all_of(fleet.sensors().begin(), fleet.sensors().end(), up) &&
               std::all_of(fleet.centres().begin(), fleet.centres().end(), up);
      },
      healing_step);
  fleet.set_healed(true);
  for (seconds passed{0}; passed < healing_max; passed += healing_step) {
    if (passed == bad_pushed_at) blows.push_bad_to_all();
    if (passed == good_pushed_at) blows.push_good_to_all();
    fleet.run_for(healing_step);
    if (passed >= 1h && fleet.drained() && fleet.missing().empty()) break;
  }
  fleet.end();
  return {fleet.held(), fleet.broken(), fleet.story(), fleet.log(), fleet.trace(), fleet.judged()};
}

}  // namespace tidegate
