// What can happen where sensors have control planes: documents that are pushed, good and bad, and what befalls the way to the
// plane, the plane, and the sensor while it tries one.
#include <algorithm>

#include "tests/sim/fleet_blows.h"

namespace tidegate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr std::uint64_t trial_turns = 300;           // of the loop, in which a trial goes most of its way
constexpr std::uint64_t trial_disk_operations = 30;  // as many as all of it may take

std::string length_text(seconds span) { return std::to_string(span.count()) + " s"; }

}  // namespace

void FleetBlows::add_control_blows(const FaultMix& mix) {
  if (std::ranges::none_of(fleet_.sensors(), [](const SimFleet::Sensor& each) { return each.plane != nullptr; })) return;
  const auto add = [this](bool wanted, std::initializer_list<Blow> blows) {
    if (wanted) blows_.insert(blows_.end(), blows);
  };
  add(mix.config,
      {&FleetBlows::push_good, &FleetBlows::push_good, &FleetBlows::push_bad, &FleetBlows::push_bad, &FleetBlows::push_bad,
       &FleetBlows::push_bad, &FleetBlows::push_deadly, &FleetBlows::push_two, &FleetBlows::push_two, &FleetBlows::push_and_strike,
       &FleetBlows::push_and_strike, &FleetBlows::push_and_strike, &FleetBlows::push_and_strike});
  add(mix.network, {&FleetBlows::part_control, &FleetBlows::slow_control, &FleetBlows::reset_control});
  add(mix.processor, {&FleetBlows::lose_plane});
}

// They are no trouble by themselves: that is what P8 is about.
bool FleetBlows::is_push(Blow blow) const {
  constexpr Blow pushes[] = {&FleetBlows::reconfigure, &FleetBlows::push_good, &FleetBlows::push_bad, &FleetBlows::push_deadly,
                             &FleetBlows::push_two};
  return std::ranges::find(pushes, blow) != std::end(pushes);
}

std::size_t FleetBlows::any_planned() {
  std::size_t number = any_sensor();
  while (!fleet_.sensors()[number].plane) number = (number + 1) % fleet_.sensors().size();
  return number;
}

PushKind FleetBlows::any_good() { return static_cast<PushKind>(dice_.below(static_cast<std::uint64_t>(first_bad))); }

PushKind FleetBlows::any_bad() {
  const auto least = static_cast<std::int64_t>(first_bad);
  return static_cast<PushKind>(dice_.between(least, static_cast<std::int64_t>(PushKind::deadly) - 1));
}

void FleetBlows::push_good() { fleet_.push(any_planned(), any_good(), dice_); }

void FleetBlows::push_bad() { fleet_.push(any_planned(), any_bad(), dice_); }

void FleetBlows::push_deadly() { fleet_.push(any_planned(), PushKind::deadly, dice_); }

// The second while the first is on its way, is tried, or has just been answered.
void FleetBlows::push_two() {
  const std::size_t number = any_planned();
  const auto one = [this] { return dice_.chance(2) ? any_good() : any_bad(); };
  fleet_.push(number, one(), dice_);
  fleet_.run_for(milliseconds{dice_.chance(2) ? dice_.between(0, 500) : dice_.between(0, 5000)});
  fleet_.push(number, one(), dice_);
}

void FleetBlows::push_and_strike() {
  const std::size_t number = any_planned();
  fleet_.push(number, dice_.chance(3) ? any_bad() : any_good(), dice_);
  fleet_.run_for(milliseconds{dice_.between(0, 200)});
  strike_trial(number);
}

// Something befalls the sensor in the middle of it.
void FleetBlows::strike_trial(std::size_t number) {
  const seconds span = dice_.chance(2) ? 0s : between(1s, 5min);
  switch (dice_.below(7)) {
    case 0:
    case 1: return die_in_trial(number, span);
    case 2: return fleet_.sensors()[number].agent->disk().power_off_after(dice_.below(trial_disk_operations) + 1);
    case 3: return start_on_a_failing_disk(number);
    case 4: return fleet_.send_plane_away(number, between(1s, 3min));
    case 5: return storm_at(number);
    default: return part_from_api(number, span);
  }
}

void FleetBlows::die_in_trial(std::size_t number, seconds span) {
  const auto tail = static_cast<TornTail>(dice_.below(4));
  fleet_.strike_after(dice_.below(trial_turns) + 1, [this, number, span, tail] {
    SimFleet::Sensor& struck = fleet_.sensors()[number];
    if (!struck.agent->running()) return;
    fleet_.tell(struck.name + " dies in the middle of it, for " + length_text(span));
    struck.agent->cut_power(tail);
    struck.down_until = fleet_.now() + span;
  });
}

// The disk fails a little into the trial, or into the start behind it.
void FleetBlows::start_on_a_failing_disk(std::size_t number) {
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  const seconds span = between(10s, 5min);
  fleet_.tell(sensor.name + " has a failing disk for " + length_text(span));
  FaultyFs& disk = sensor.agent->disk();
  const DiskFault fault = dice_.chance(2) ? DiskFault::io_error : DiskFault::no_space;
  // Of all files, or of the configuration store's alone.
  const std::string suffix = dice_.chance(2) ? ".new" : "";
  disk.arm({fault, dice_.chance(2) ? DiskAction::append : DiskAction::sync, suffix, dice_.below(suffix.empty() ? 12 : 3)});
  last(span, [&disk] { disk.clear(); });
  fleet_.run_for(milliseconds{dice_.between(0, 3000)});
  if (!sensor.agent->running()) return;
  if (suffix.empty()) disk.arm({fault, DiskAction::append, suffix, dice_.below(40)});
  fleet_.tell(sensor.name + " is restarted on it");
  sensor.agent->stop();
  sensor.down_until = fleet_.now();
}

void FleetBlows::part_control() {
  const std::size_t number = any_planned();
  const seconds span = between(1s, 20min);
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  fleet_.tell(sensor.name + " and its control plane are parted for " + length_text(span));
  Weather& weather = fleet_.control_net().weather(sensor.name, sensor.plane->place());
  weather.parted = true;
  last(span, [&weather] { weather.parted = false; });
}

void FleetBlows::slow_control() {
  const std::size_t number = any_planned();
  const seconds span = between(10s, 30min);
  SimFleet::Sensor& sensor = fleet_.sensors()[number];
  fleet_.tell(sensor.name + ": the line to its control plane is slow, and breaks, for " + length_text(span));
  Weather& weather = fleet_.control_net().weather(sensor.name, sensor.plane->place());
  weather.bytes_per_second = static_cast<std::uint64_t>(dice_.between(500, 20'000));
  weather.latency_max = milliseconds{dice_.between(100, 5000)};
  weather.resets = dice_.unit() * 0.2;
  last(span, [&weather] { weather = Weather{}; });
}

void FleetBlows::reset_control() {
  SimFleet::Sensor& sensor = fleet_.sensors()[any_planned()];
  fleet_.tell(sensor.name + " loses its connection with its control plane");
  fleet_.control_net().reset(sensor.name, sensor.plane->place());
}

void FleetBlows::lose_plane() { fleet_.send_plane_away(any_planned(), between(1s, 30min)); }

void FleetBlows::push_bad_to_all() {
  for (std::size_t number = 0; number < fleet_.sensors().size(); ++number)
    if (fleet_.sensors()[number].plane) fleet_.push(number, any_bad(), dice_);
}

void FleetBlows::push_good_to_all() {
  for (std::size_t number = 0; number < fleet_.sensors().size(); ++number)
    if (fleet_.sensors()[number].plane) fleet_.push(number, any_good(), dice_);
}

}  // namespace tidegate
