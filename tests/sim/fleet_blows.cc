#include "tests/sim/fleet_blows.h"

#include <algorithm>
#include <filesystem>

#include "tests/support/faulty_fs.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr FaultKind api_faults[] = {
    FaultKind::too_many_requests, FaultKind::internal_error, FaultKind::bad_gateway, FaultKind::unavailable,
    FaultKind::gateway_timeout,   FaultKind::garbage,        FaultKind::truncated,   FaultKind::html,
    FaultKind::endless_pages,     FaultKind::foreign_host,   FaultKind::cut_off};

std::string text(seconds span) { return std::to_string(span.count()) + " s"; }

// The files whose bytes are the store's content, smallest name first; the library's own log differs from run to run.
std::vector<std::filesystem::path> content_files(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator{directory, failed}) {
    const std::filesystem::path kind = entry.path().extension();
    if ((kind == ".log" || kind == ".sst" || kind == ".blob") && entry.file_size() > 0) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

FleetBlows::FleetBlows(SimFleet& fleet, Random& dice, const FaultMix& mix) : fleet_(fleet), dice_(dice) {
  const auto add = [this](bool wanted, std::initializer_list<Blow> blows) {
    if (wanted) blows_.insert(blows_.end(), blows);
  };
  add(mix.network, {&FleetBlows::part, &FleetBlows::slow, &FleetBlows::shake, &FleetBlows::reset});
  add(mix.processor, {&FleetBlows::kill_processor, &FleetBlows::cut_processor, &FleetBlows::refuse, &FleetBlows::fail_index});
  add(mix.sensor, {&FleetBlows::restart_sensor, &FleetBlows::kill_sensor, &FleetBlows::cut_sensor});
  add(mix.disk, {&FleetBlows::die_in_a_write, &FleetBlows::fill_disk, &FleetBlows::break_disk, &FleetBlows::flip_bits});
  add(mix.api, {&FleetBlows::storm, &FleetBlows::outage});
  add(mix.clock, {&FleetBlows::step_clock});
  add(mix.config, {&FleetBlows::reconfigure});
  add_control_blows(mix);
}

void FleetBlows::strike() {
  if (blows_.empty()) return;
  const Blow blow = blows_[dice_.below(blows_.size())];
  // Before it as well: some let time pass.
  if (!is_push(blow)) fleet_.trouble(pending_.size());
  (this->*blow)();
  if (!is_push(blow)) fleet_.trouble(pending_.size());
}

void FleetBlows::tend() {
  const std::size_t before = pending_.size();
  for (std::size_t i = 0; i < pending_.size();) {
    if (pending_[i].until > fleet_.now()) {
      ++i;
      continue;
    }
    pending_[i].undo();
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (pending_.size() != before) fleet_.trouble(pending_.size());
}

void FleetBlows::undo_all() {
  for (const Pending& each : pending_) each.undo();
  pending_.clear();
  fleet_.trouble(0);
}

std::optional<SteadyTime> FleetBlows::next_end() const {
  std::optional<SteadyTime> next;
  for (const Pending& each : pending_) next = std::min(next.value_or(each.until), each.until);
  return next;
}

seconds FleetBlows::between(seconds least, seconds most) { return seconds{dice_.between(least.count(), most.count())}; }

void FleetBlows::last(seconds span, std::function<void()> undo) { pending_.push_back({fleet_.now() + span, std::move(undo)}); }

// --- the network: one sensor and one processor, or all sensors and one processor.

void FleetBlows::part() {
  const seconds span = between(1s, 20min);
  const std::string centre = fleet_.centres()[any_centre()].processor->place();
  const bool all = dice_.chance(2);
  const std::size_t one = any_sensor();
  fleet_.tell((all ? "every sensor" : fleet_.sensors()[one].name) + " and " + centre + " are parted for " + text(span));
  const auto set = [this, centre, all, one](bool parted) {
    for (std::size_t i = 0; i < fleet_.sensors().size(); ++i)
      if (all || i == one) fleet_.net().weather(fleet_.sensors()[i].name, centre).parted = parted;
  };
  set(true);
  last(span, [set] { set(false); });
}

void FleetBlows::slow() {
  const seconds span = between(10s, 30min);
  Weather& weather = fleet_.net().weather(fleet_.sensors()[any_sensor()].name, fleet_.centres()[any_centre()].processor->place());
  fleet_.tell("a line is slow for " + text(span));
  weather.bytes_per_second = static_cast<std::uint64_t>(dice_.between(500, 20'000));
  weather.latency_max = milliseconds{dice_.between(100, 5000)};
  last(span, [&weather] {
    weather.bytes_per_second = 0;
    weather.latency_max = Weather{}.latency_max;
  });
}

void FleetBlows::shake() {
  const seconds span = between(10s, 30min);
  Weather& weather = fleet_.net().weather(fleet_.sensors()[any_sensor()].name, fleet_.centres()[any_centre()].processor->place());
  fleet_.tell("a line breaks again and again for " + text(span));
  weather.resets = 0.01 + dice_.unit() * 0.3;
  last(span, [&weather] { weather.resets = 0; });
}

void FleetBlows::reset() {
  const std::string sensor = fleet_.sensors()[any_sensor()].name;
  const std::string centre = fleet_.centres()[any_centre()].processor->place();
  fleet_.tell(sensor + " and " + centre + " lose their connection");
  fleet_.net().reset(sensor, centre);
}

// --- the processors.

void FleetBlows::kill_processor() {
  const std::size_t number = any_centre();
  const seconds span = between(0s, 30min);
  const auto manner = dice_.chance(2) ? SimProcessor::Manner::silently : SimProcessor::Manner::with_resets;
  fleet_.strike_after(dice_.below(500) + 1, [this, number, span, manner] {
    SimFleet::Centre& centre = fleet_.centres()[number];
    if (!centre.processor->running()) return;
    fleet_.tell(centre.processor->place() + " is killed" +
                (manner == SimProcessor::Manner::silently ? ", and nobody is told" : "") + ", for " + text(span));
    centre.processor->kill(manner);
    centre.down_until = fleet_.now() + span;
  });
}

void FleetBlows::cut_processor() {
  const std::size_t number = any_centre();
  const seconds span = between(0s, 30min);
  const auto tail = static_cast<TornTail>(dice_.below(3));
  fleet_.strike_after(dice_.below(500) + 1, [this, number, span, tail] {
    SimFleet::Centre& centre = fleet_.centres()[number];
    if (!centre.processor->running()) return;
    fleet_.tell(centre.processor->place() + " loses its power for " + text(span));
    centre.processor->cut_power(tail, SimProcessor::Manner::silently);
    centre.down_until = fleet_.now() + span;
  });
}

void FleetBlows::refuse() {
  const std::string centre = fleet_.centres()[any_centre()].processor->place();
  const seconds span = between(10s, 20min);
  fleet_.tell(centre + " refuses connections for " + text(span));
  const auto set = [this, centre](bool refused) {
    for (const SimFleet::Sensor& sensor : fleet_.sensors()) {
      fleet_.net().weather(sensor.name, centre).refused = refused;
      if (refused) fleet_.net().reset(sensor.name, centre);
    }
  };
  set(true);
  last(span, [set] { set(false); });
}

void FleetBlows::fail_index() {
  const int count = static_cast<int>(dice_.between(1, 20));
  fleet_.tell("the index fails " + std::to_string(count) + " times");
  fleet_.index().fail(count);
}

// --- the sensors.

void FleetBlows::restart_sensor() {
  SimFleet::Sensor& sensor = fleet_.sensors()[any_sensor()];
  if (!sensor.agent->running()) return;
  fleet_.tell(sensor.name + " is restarted");
  sensor.agent->stop();
  sensor.down_until = fleet_.now();
}

void FleetBlows::kill_sensor() {
  const std::size_t number = any_sensor();
  const seconds span = dice_.chance(2) ? 0s : between(1s, 30min);
  fleet_.strike_after(dice_.below(3000) + 1, [this, number, span] {
    SimFleet::Sensor& sensor = fleet_.sensors()[number];
    if (!sensor.agent->running()) return;
    fleet_.tell(sensor.name + " is killed, for " + text(span));
    sensor.agent->kill();
    sensor.down_until = fleet_.now() + span;
  });
}

void FleetBlows::cut_sensor() {
  const std::size_t number = any_sensor();
  const seconds span = between(0s, 30min);
  const auto tail = static_cast<TornTail>(dice_.below(3));
  fleet_.strike_after(dice_.below(3000) + 1, [this, number, span, tail] {
    SimFleet::Sensor& sensor = fleet_.sensors()[number];
    if (!sensor.agent->running()) return;
    fleet_.tell(sensor.name + " loses its power for " + text(span));
    sensor.agent->cut_power(tail);
    sensor.down_until = fleet_.now() + span;
  });
}

// --- the disks. A processor's is never made to lie: what it has acknowledged is on it.

void FleetBlows::die_in_a_write() {
  const std::uint64_t operations = dice_.below(200) + 1;
  if (dice_.chance(3)) return fleet_.centres()[any_centre()].processor->disk().power_off_after(operations);
  fleet_.sensors()[any_sensor()].agent->disk().power_off_after(operations);
}

// Mostly shorter than in the field: a store is opened anew each time that it is tried, which is most of what a run costs.
void FleetBlows::fill_disk() {
  const seconds span = dice_.chance(5) ? between(10min, 1h) : between(10s, 10min);
  const bool centre = dice_.chance(3);
  const std::size_t number = centre ? any_centre() : any_sensor();
  FaultyFs& disk = centre ? fleet_.centres()[number].processor->disk() : fleet_.sensors()[number].agent->disk();
  fleet_.tell((centre ? fleet_.centres()[number].processor->place() : fleet_.sensors()[number].name) + " has a full disk for " +
              text(span));
  disk.arm({DiskFault::no_space, DiskAction::append, "", dice_.below(20)});
  last(span, [&disk] { disk.clear(); });
}

void FleetBlows::break_disk() {
  const seconds span = dice_.chance(5) ? between(5min, 20min) : between(1s, 5min);
  const bool centre = dice_.chance(3);
  const std::size_t number = centre ? any_centre() : any_sensor();
  FaultyFs& disk = centre ? fleet_.centres()[number].processor->disk() : fleet_.sensors()[number].agent->disk();
  fleet_.tell((centre ? fleet_.centres()[number].processor->place() : fleet_.sensors()[number].name) + " has a failing disk for " +
              text(span));
  const std::string suffix = dice_.chance(2) ? ".log" : "";
  disk.arm({DiskFault::io_error, dice_.chance(2) ? DiskAction::append : DiskAction::sync, suffix, dice_.below(20)});
  last(span, [&disk] { disk.clear(); });
}

// Half of the time while the sensor has a backlog: only then is something lost with its journal.
void FleetBlows::flip_bits() {
  const std::size_t number = any_sensor();
  if (dice_.chance(2)) return flip_a_bit(number);
  const seconds span = between(5min, 1h);
  fleet_.tell(fleet_.sensors()[number].name + " and all processors are parted for " + text(span));
  const auto set = [this, number](bool parted) {
    for (const SimFleet::Centre& centre : fleet_.centres())
      fleet_.net().weather(fleet_.sensors()[number].name, centre.processor->place()).parted = parted;
  };
  set(true);
  last(span, [this, number, set] {
    flip_a_bit(number);
    set(false);
  });
}

void FleetBlows::flip_a_bit(std::size_t number) {
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  if (!sensor.agent->running()) return;
  sensor.agent->stop();
  sensor.down_until = fleet_.now();
  const std::vector<std::filesystem::path> files = content_files(sensor.agent->journal_directory());
  if (files.empty()) return;
  const std::filesystem::path& file = files[dice_.below(files.size())];
  const auto offset = static_cast<std::int64_t>(static_cast<double>(std::filesystem::file_size(file)) * dice_.unit());
  fleet_.tell(sensor.name + ": a bit flips in its journal (" + file.extension().string() + ")");
  flip_bit(file, offset);
}

// --- the APIs.

void FleetBlows::storm() { storm_at(any_sensor()); }

void FleetBlows::storm_at(std::size_t number) {
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  const FaultKind kind = api_faults[dice_.below(std::size(api_faults))];
  const seconds span = between(1s, 10min);
  fleet_.tell(sensor.tenant + ": a storm of " + std::string{name(kind)} + " for " + text(span));
  sensor.api->serve().faults = {{.kind = kind, .rate = 0.5 + dice_.unit() / 2, .nth = 0, .endpoint = {}}};
  last(span, [this, number] {
    SimFleet::Sensor& calmed = fleet_.sensors()[number];
    calmed.api->serve().faults = calmed.options.api.serve.faults;
  });
}

void FleetBlows::outage() {
  const std::size_t number = any_sensor();
  part_from_api(number, dice_.chance(4) ? between(20min, 4h) : between(1s, 20min));
}

void FleetBlows::part_from_api(std::size_t number, seconds span) {
  fleet_.tell(fleet_.sensors()[number].tenant + ": the API is away for " + text(span));
  fleet_.sensors()[number].api_away = true;
  last(span, [this, number] { fleet_.sensors()[number].api_away = false; });
}

void FleetBlows::step_clock() {
  SimFleet::Sensor& sensor = fleet_.sensors()[any_sensor()];
  const seconds by = dice_.chance(2) ? between(1s, 90s) : between(1s, 3h);
  const bool back = dice_.chance(2);
  fleet_.tell(sensor.name + ": its clock steps " + (back ? "back " : "forward ") + text(by));
  sensor.clock->step(back ? -by : by);
}

// What may change while it runs: pace and windows. The overlap stays, for lateness was drawn below it.
void FleetBlows::reconfigure() {
  const std::size_t number = any_sensor();
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  if (sensor.plane) return fleet_.push(number, any_good(), dice_);
  if (!sensor.agent->running()) return;
  fleet_.tell(sensor.name + ": its configuration changes");
  ConnectorConfig connector = sensor.options.connector;
  connector.interval = between(2min, 20min);
  connector.settle = between(0s, 2min);
  connector.window = dice_.chance(4) ? between(5min, 30min) : between(30min, 24h);
  connector.window_records_max = static_cast<std::uint64_t>(dice_.between(100, 1000));
  fleet_.reconfigure(number, std::move(connector));
}

}  // namespace tidegate
