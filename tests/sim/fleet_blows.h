// FleetBlows: what can happen to a fleet, drawn from dice of its own. Every blow that lasts is over when undo_all() has been
// called. Thread: the loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/fleet.h"
#include "tests/sim/fleet_run.h"

namespace tidegate {

class FleetBlows {
 public:
  //   requires: the fleet outlives the blows
  FleetBlows(SimFleet& fleet, Random& dice, const FaultMix& mix);

  // One of them, by chance. Blows that last are undone by tend().
  void strike();
  // Undoes the blows whose time is over.
  void tend();
  void undo_all();
  // One document of a kind that is drawn, to every sensor with a control plane.
  void push_bad_to_all();
  void push_good_to_all();
  bool pending() const { return !pending_.empty(); }
  // When the next one is over.
  std::optional<SteadyTime> next_end() const;

 private:
  struct Pending {
    SteadyTime until;
    std::function<void()> undo;
  };
  using Blow = void (FleetBlows::*)();

  void part();
  void slow();
  void shake();
  void reset();
  void kill_processor();
  void cut_processor();
  void refuse();
  void fail_index();
  void restart_sensor();
  void kill_sensor();
  void cut_sensor();
  void die_in_a_write();
  void fill_disk();
  void break_disk();
  void flip_bits();
  void flip_a_bit(std::size_t number);
  void storm();
  void outage();
  void step_clock();
  void reconfigure();

  // fleet_blows_control.cc
  void add_control_blows(const FaultMix& mix);
  void push_good();
  void push_bad();
  void push_deadly();
  void push_two();
  void push_and_strike();
  void part_control();
  void slow_control();
  void reset_control();
  void lose_plane();
  bool is_push(Blow blow) const;
  std::size_t any_planned();
  PushKind any_good();
  PushKind any_bad();
  void strike_trial(std::size_t number);
  void die_in_trial(std::size_t number, std::chrono::seconds span);
  void start_on_a_failing_disk(std::size_t number);

  void storm_at(std::size_t number);
  void part_from_api(std::size_t number, std::chrono::seconds span);
  void last(std::chrono::seconds span, std::function<void()> undo);
  std::size_t any_sensor() { return static_cast<std::size_t>(dice_.below(fleet_.sensors().size())); }
  std::size_t any_centre() { return static_cast<std::size_t>(dice_.below(fleet_.centres().size())); }
  std::chrono::seconds between(std::chrono::seconds least, std::chrono::seconds most);

  SimFleet& fleet_;
  Random& dice_;
  std::vector<Blow> blows_;
  std::vector<Pending> pending_;
};

}  // namespace tidegate
