#include "tests/sim/schedule.h"

#include <algorithm>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds healing_max = 6h;  // the slowest connector drawn here polls audit logs every half hour
constexpr seconds healing_step = 10min;

class Story {
 public:
  Story(Seed seed, std::vector<std::string>& lines) : dice_(Seed{seed.value ^ 0x5C4ED01Eu}), lines_(lines) {}

  WorldOptions draw() {
    WorldOptions options;
    draw_data(options.sim.data);
    draw_connector(options.connector);
    options.connector.first_read = options.sim.data.backlog_period + 1h;
    draw_serving(options.sim.serve);
    // What arrives later than the overlap is not promised.
    options.sim.data.late_max = between(0s, options.connector.overlap - 1s);
    const auto text = [](seconds span) { return std::to_string(span.count()) + " s"; };
    lines_.push_back(
        "interval " + text(std::chrono::floor<seconds>(options.connector.interval)) + ", overlap " +
        text(options.connector.overlap) + ", settle " + text(options.connector.settle) + ", window " +
        text(options.connector.window) + ", requests a minute " + std::to_string(options.connector.requests_per_minute) +
        ", late by up to " + text(options.sim.data.late_max) + ", links live " + text(options.sim.serve.link_lifetime) +
        (options.sim.data.audit_uuid ? ""
                                     : ", audit logs without uuid, in groups of " + std::to_string(options.sim.data.audit_copies)) +
        (options.sim.data.audit_ingested ? "" : ", without ingestedDateTime"));
    return options;
  }

  void strike(World& world) {
    const std::uint64_t blows = dice_.between(3, 12);
    for (std::uint64_t i = 0; i < blows; ++i) {
      world.run_for(milliseconds{dice_.between(1, 180'000)});
      strike_once(world);
    }
    world.run_for(between(0s, 600s));
  }

 private:
  seconds between(seconds least, seconds most) {
    return seconds{dice_.between(static_cast<std::uint64_t>(least.count()), static_cast<std::uint64_t>(most.count()))};
  }
  bool chance(std::uint64_t one_in) { return dice_.between(1, one_in) == 1; }
  std::uint32_t number(std::uint32_t least, std::uint32_t most) { return static_cast<std::uint32_t>(dice_.between(least, most)); }
  void tell(World& world, const std::string& what) { lines_.push_back(to_iso8601(world.api_time()) + "  " + what); }

  void draw_data(DataOptions& data) {
    data.backlog_period = between(10min, 8h);
    data.alerts = {.backlog = number(0, 40), .per_second = dice_.unit() * 0.05};
    data.audit_logs = {.backlog = number(0, 60), .per_second = dice_.unit() * 0.05};
    data.techniques = {.backlog = number(0, 400), .per_second = dice_.unit() * 0.3};
    data.technique_burst = chance(3) ? number(2, 120) : 1;
    data.live = between(5min, 25min);
    data.updates_share = dice_.unit();
    data.late_share = dice_.unit() * 0.4;
    data.audit_uuid = !chance(3);
    data.audit_copies = chance(2) ? number(2, 5) : 1;
    data.audit_ingested = !chance(3);
  }

  void draw_connector(ConnectorConfig& connector) {
    connector.interval = between(10s, 5min);
    connector.audit_logs_interval = between(30s, 30min);

    connector.overlap = between(30s, 10min);
    connector.settle = between(0s, 2min);
    connector.window = chance(4) ? between(1min, 10min) : between(10min, 24h);
    connector.window_records_max = number(100, 1000);
    connector.requests_per_minute = number(30, 1000);
  }

  void draw_serving(ServeOptions& serve) {
    serve.link_lifetime = chance(3) ? between(1s, 20s) : 5min;
    serve.spaces_in_alert_links = chance(2);
    serve.beta_links = chance(4);
    if (chance(4)) serve.rate_limit = number(20, 200);
    if (chance(3)) serve.retry_after = between(1s, 30s);
    const std::uint64_t kinds = dice_.between(0, 4);
    for (std::uint64_t i = 0; i < kinds; ++i)
      serve.faults.push_back({.kind = any_fault(), .rate = dice_.unit() * 0.15, .nth = 0, .endpoint = {}});
  }

  FaultKind any_fault() {
    constexpr FaultKind kinds[] = {
        FaultKind::too_many_requests, FaultKind::internal_error, FaultKind::bad_gateway, FaultKind::unavailable,
        FaultKind::gateway_timeout,   FaultKind::garbage,        FaultKind::truncated,   FaultKind::html,
        FaultKind::endless_pages,     FaultKind::foreign_host,   FaultKind::cut_off};
    return kinds[dice_.between(0, std::size(kinds) - 1)];
  }

  void strike_once(World& world) {
    switch (dice_.between(0, 7)) {
      case 0: tell(world, "the agent is restarted"); return world.restart_agent();
      case 1: tell(world, "the power goes"); return world.cut_power(static_cast<TornTail>(dice_.between(0, 2)));
      case 2: return storm(world);
      case 3: return outage(world);
      case 4: return absence(world);
      case 5: tell(world, "acknowledgements are lost"); return world.processor->lose_acks(static_cast<int>(number(1, 4)));
      case 6: return step(world);
      default: return reconfigure(world);
    }
  }

  void storm(World& world) {
    const Fault fault{.kind = any_fault(), .rate = 0.5 + dice_.unit() / 2, .nth = 0, .endpoint = {}};
    const seconds span = between(1s, 300s);
    tell(world, "a storm of " + std::string{name(fault.kind)} + " for " + std::to_string(span.count()) + " s");
    const std::vector<Fault> before = world.api->serve().faults;
    world.api->serve().faults = {fault};
    world.run_for(span);
    world.api->serve().faults = before;
  }

  void outage(World& world) {
    const seconds span = between(1s, 900s);
    tell(world, "the API is away for " + std::to_string(span.count()) + " s");
    world.api_away = true;
    world.run_for(span);
    world.api_away = false;
  }

  void absence(World& world) {
    const seconds span = between(1s, 900s);
    tell(world, "the processor is away for " + std::to_string(span.count()) + " s");
    world.processor->set_away(true);
    world.run_for(span);
    world.processor->set_away(false);
  }

  void step(World& world) {
    const bool back = chance(2);
    const seconds by = chance(2) ? between(1s, 90s) : between(1s, 3h);
    tell(world, std::string{"the sensor's clock steps "} + (back ? "back " : "forward ") + std::to_string(by.count()) + " s");
    world.clock.step_wall(back ? -by : by);
  }

  // What may change while it runs: pace and windows. The overlap stays, for lateness was drawn below it.
  void reconfigure(World& world) {
    tell(world, "the configuration changes");
    ConnectorConfig connector = world.config.connectors.front();
    connector.interval = between(10s, 5min);
    connector.settle = between(0s, 2min);
    connector.window = chance(4) ? between(1min, 10min) : between(10min, 24h);
    connector.window_records_max = number(100, 1000);
    world.reconfigure(connector);
  }

  Random dice_;
  std::vector<std::string>& lines_;
};

void heal(World& world) {
  ServeOptions& serve = world.api->serve();
  serve.faults.clear();
  serve.rate_limit = 0;
  serve.link_lifetime = 5min;
}

}  // namespace

ScheduleOutcome run_schedule(Seed seed) {
  ScheduleOutcome outcome;
  Story story{seed, outcome.story};
  World world{seed, story.draw()};
  world.start_agent();
  story.strike(world);
  heal(world);
  // Whatever still arrives has come, and windows have passed over it.
  world.run_for(1h);
  for (seconds passed{0}; passed < healing_max && !world.complete(); passed += healing_step) world.run_for(healing_step);
  outcome.held = world.held();
  outcome.missing = world.missing();
  outcome.twins = world.twins();
  outcome.log = world.log_lines;
  return outcome;
}

}  // namespace tidegate
