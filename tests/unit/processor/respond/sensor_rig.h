// The desk, a runner and SensorActions over a store in memory, and a sensor that does what a test says. The process ends and
// begins.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processor/respond/sensor_actions.h"
#include "respond/run_store_form.h"
#include "tests/unit/processor/respond/desk_fixture.h"
#include "transport/task_group.h"

namespace tidegate::test {

inline constexpr const char* rig_sensor = "edge-1";

// Takes each run once by its id, and tells what a test says of them.
class FakeSensor {
 public:
  bool there = true;
  bool was_revoked = false;
  std::string ledger = std::string(32, 'a');
  std::map<std::string, ActionRun> runs;  // by id
  std::vector<std::string> asked;         // "GET /actions/changes?after=0"
  std::vector<ActionRun> handed;          // each time that one came, or would have
  std::vector<SensorResponders> pushed;
  int loses_requests = 0;      // of the next handings over: they never arrive
  int loses_answers = 0;       // they are done
  bool tells_nothing = false;  // of its runs
  std::size_t told_at_once = changes_runs_max;
  std::map<std::string, SensorReply> says;   // in place of taking the run of that id
  std::optional<SensorReply> says_to_looks;  // in place of its changes
  std::optional<SensorReply> says_to_pushes;
  std::function<void()> on_hand_over;  // once, before the next run is looked at

  // As it is told next.
  void tell(ActionRun run) {
    changes_[run.id] = ++last_;
    runs.insert_or_assign(run.id, std::move(run));
  }
  void ends(const std::string& id, ResponseState state, const std::string& reason = {}) {
    ActionRun run = runs.at(id);
    for (TargetRun& target : run.targets) {
      target.state = state;
      target.reason = reason;
      target.task_id = "00000012";
    }
    tell(std::move(run));
  }
  // As a machine that was set up anew.
  void lose_ledger() {
    ledger = ledger == std::string(32, 'a') ? std::string(32, 'b') : std::string(32, 'c');
    runs.clear();
    changes_.clear();
    last_ = 0;
    digest_.clear();
  }
  void lose_row(const std::string& id) {
    runs.erase(id);
    changes_.erase(id);
  }
  std::size_t looks() const {
    return static_cast<std::size_t>(std::ranges::count_if(asked, [](const std::string& each) { return each.starts_with("GET"); }));
  }

  asio::awaitable<Result<SensorReply>> answer(SensorRequest request) {
    if (!there) co_return Error{Code::unavailable, "sensor edge-1 is away"};
    asked.push_back(request.method + " " + request.target);
    const std::string_view target = request.target;
    if (target.starts_with(changes_route)) co_return changes(target);
    if (target == responders_route) co_return take_responders(request.body);
    co_return hand_over(target, request.body);
  }

 private:
  static SensorReply reply(unsigned status, std::string body) {
    SensorReply out;
    out.status = status;
    out.body = std::move(body);
    return out;
  }

  SensorReply changes(std::string_view target) const {
    if (says_to_looks) return *says_to_looks;
    const std::uint64_t after = std::stoull(std::string{target.substr(target.find('=') + 1)});
    std::map<std::uint64_t, std::string> later;
    for (const auto& [id, change] : changes_)
      if (change > after) later.emplace(change, id);
    SensorChanges told;
    told.ledger = ledger;
    told.responders = digest_;
    told.through = last_;
    for (const auto& [change, id] : later) {
      if (told.runs.size() == told_at_once) {
        told.more = true;
        break;
      }
      told.through = change;
      if (!tells_nothing) told.runs.push_back(runs.at(id));
    }
    return reply(200, stored_changes(told));
  }

  SensorReply take_responders(const Secret& text) {
    if (says_to_pushes) return *says_to_pushes;
    const Result<SensorResponders> all = sensor_responders_from(text);
    EXPECT_TRUE(all) << all.error().text();
    if (!all) return reply(400, "unreadable");
    pushed.push_back(*all);
    digest_ = digest_of(text);
    return reply(200, {});
  }

  Result<SensorReply> hand_over(std::string_view target, const Secret& body) {
    const Result<ActionRun> run = run_from_stored(body.reveal());
    EXPECT_TRUE(run) << run.error().text();
    if (!run) return reply(400, "unreadable");
    handed.push_back(*run);
    if (on_hand_over) std::exchange(on_hand_over, nullptr)();
    if (loses_requests > 0 && loses_requests-- > 0) return Error{Code::timeout, "no answer within 20 s"};
    if (const auto told = says.find(run->id); told != says.end()) return told->second;
    if (target != std::string{hand_over_route} + "?ledger=" + ledger) return reply(412, "the ledger is another one");
    if (!runs.contains(run->id)) tell(*run);
    if (loses_answers > 0 && loses_answers-- > 0) return Error{Code::timeout, "no answer within 20 s"};
    return reply(200, stored_run(runs.at(run->id)));
  }

  std::map<std::string, std::uint64_t> changes_;  // by the run's id
  std::uint64_t last_ = 0;
  std::string digest_;
};

class SensorTest : public DeskTest {
 protected:
  SensorTest() {
    ActionPlaces places;
    places.tenants_of = [this](std::string_view name) -> Result<std::vector<std::string>> {
      const auto found = tenants.find(std::string{name});
      if (found == tenants.end()) return Error{Code::absent, "there is no sensor '" + std::string{name} + "'"};
      return found->second;
    };
    places.present = [this](std::string_view name) { return name == rig_sensor && sensor.there; };
    places.test = [](std::string of, std::string responder) -> asio::awaitable<Result<std::string>> {
      co_return "by sensor " + of + ": " + responder + " may list tasks";
    };
    places.changed = [this] {
      if (actions_) actions_->tell_all();
    };
    desk.set_places(std::move(places));
    begin();
  }
  ~SensorTest() override { end(); }

  void begin() {
    own_runner_.emplace(store, desk, loop.get_executor(), clock, random, log, metrics);
    SensorActionsPorts ports{
        .runner = *own_runner_,
        .history = store,
        .ask = [this](std::string name, SensorRequest request) { return ask(std::move(name), std::move(request)); },
        .present = [this](std::string_view name) { return name == rig_sensor && sensor.there; },
        .revoked = [this](std::string_view name) { return name == rig_sensor && sensor.was_revoked; },
        .responders = [this](std::string_view name) { return desk.responders_of(name); },
        .sensors = [this] { return desk.sensors(); },
        .enrolled = [] { return std::set<std::string>{rig_sensor}; }};
    actions_.emplace(std::move(ports), loop.get_executor(), clock, log);
    own_runner_->on_change([this](const ActionRun& run) { actions_->changed(run); });
    desk.set_runner(*own_runner_);
    own_tasks_.emplace(loop.get_executor());
    own_tasks_->spawn("runs", own_runner_->run());
    own_tasks_->spawn("actions of sensors", actions_->run());
    turn();
  }
  // Nothing of what it knows is kept but the store.
  void end() {
    if (!own_tasks_) return;
    own_tasks_->stop();
    bool joined = false;
    asio::co_spawn(loop, own_tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    for (int i = 0; i < 10'000 && !joined; ++i) {
      turn();
      own_tasks_->stop();
    }
    TG_ASSERT(joined, "what is told to stop stops");
    own_tasks_.reset();
    actions_.reset();
    own_runner_.reset();
    desk.set_runner(runner);
  }

  // A responder whose runs the sensor carries out.
  static Responder there_by(Responder responder) {
    responder.sensor = rig_sensor;
    return responder;
  }
  void keep_there() { keep(there_by(visionone_responder())); }
  // An order that the sensor has taken.
  ActionRun taken(ActionOrder order) {
    const ActionRun run = accepted(std::move(order));
    pass(std::chrono::seconds{3});
    EXPECT_TRUE(sensor.runs.contains(run.id));
    return now(run.id);
  }
  ResponseState state(const std::string& id, std::size_t target = 0) { return now(id).targets.at(target).state; }
  std::string reason(const std::string& id, std::size_t target = 0) { return now(id).targets.at(target).reason; }
  std::size_t times_logged(const std::string& text) const {
    std::size_t count = 0;
    for (std::size_t at = logged.find(text); at != logged.npos; at = logged.find(text, at + 1)) ++count;
    return count;
  }

  FakeSensor sensor;
  std::map<std::string, std::vector<std::string>> tenants{{rig_sensor, {"acme"}}, {"edge-2", {"acme"}}, {"edge-3", {"globex"}}};

 private:
  asio::awaitable<Result<SensorReply>> ask(std::string name, SensorRequest request) {
    if (name != rig_sensor) co_return Error{Code::unavailable, "sensor " + name + " is away"};
    co_return co_await sensor.answer(std::move(request));
  }

  std::optional<ActionRunner> own_runner_;
  std::optional<SensorActions> actions_;
  std::optional<TaskGroup> own_tasks_;
};

inline ActionOrder isolate_both() {
  ActionOrder order = isolate_order();
  order.given["agentGuid"] = boost::json::array{ws7_guid, ws8_guid};
  return order;
}

inline ActionOrder isolate_for(std::chrono::seconds time) {
  ActionOrder order = isolate_order();
  order.lasts = time;
  return order;
}

// What the sensor of the run begins when its time is over.
inline ActionRun end_of_limit(ActionRun run, const std::string& id) {
  ActionRun back = inverse_run(run, id, "the time limit of run " + run.id, desk_noon);
  back.by_limit = true;
  return back;
}

}  // namespace tidegate::test
