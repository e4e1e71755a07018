// ActionRunner: carries runs out, at most once (P9): what is about to be sent is written down first, each answer is written down
// before the next step, and where an answer is lost the API's list of tasks says whether there was one.
//
//   waiting ─ intent written ─ sending ─┬─ accepted ──────▶ queued, running, pending_approval ─▶ its task's end
//                                 ▲     ├─ refused
//                                 │     └─ nobody knows ─ look in the list of tasks ─┬─ found ▶ queued …
//                                 └────────────── not there, for long enough ◀──────┘
//
// It promises:
// - No target is sent while it may have been sent before. A lost answer is looked for (by the marker in the description, else by
//   action and object) until the list of tasks has been whole without it later than look_settle after it was sent; only then it is
//   sent again, at most attempts_max times. A custom request is never sent again.
// - Nothing is forgotten: what is in the ledger and not settled goes on at each start. What cannot be known for unknown_after is
//   `unknown`, which a person has to look at; a task that has not ended for follow_max, or cannot be read so long, too. Both begin
//   anew with each start of the process.
// - A time-limited run that has succeeded is undone lasts after that, once, also when the time passed while nothing ran.
// - While the kill switch is on nothing new is sent, what was sent is followed.
//
// Runs have a place: the sensor that carries them out, or none for the processor. Those of another place are written and told of
// here as all others, and never carried out: what becomes of them is said by amend().
//
// Thread: the loop.   Source: vision-one-api, section 6; design, P9.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "respond/action_flow.h"
#include "respond/ports.h"
#include "transport/signal.h"
#include "transport/task_group.h"

namespace tidegate {

class ActionRunner {
 public:
  // `place`: whose runs it carries out, as ActionRun::sensor has it.   requires: what is referred to outlives this
  ActionRunner(ActionLedger& ledger, Responders& responders, asio::any_io_executor executor, Clock& clock, Random& random, Log& log,
               Metrics& metrics, std::string place = {}, RunnerLimits limits = {});

  // Goes on with what the ledger has, then with what is submitted. Until cancelled.
  asio::awaitable<Error> run();

  // Written down when it returns; what is not settled is under way from then on.   `full`: runs_max are under way. `invalid`: there
  // is a run of that id.
  asio::awaitable<Result<void>> submit(ActionRun run);
  // Changes a run that waits for a person, or that is settled, in the ledger, and goes on with it where something is left to do.
  // May wait for a step that is under way. `absent`.   `invalid`: what `change` says.   requires: `change` leaves the targets alone
  // where the run is of this place
  asio::awaitable<Result<ActionRun>> amend(std::string id, std::function<Result<void>(ActionRun&)> change);
  // The same, with a new run in the same write.
  asio::awaitable<Result<ActionRun>> amend_and_submit(std::string id, std::function<Result<ActionRun>(ActionRun&)> change);

  // Told of each state that was written down, and at the start of each run of another place that is not settled.
  void on_change(std::function<void(const ActionRun&)> call) { on_change_ = std::move(call); }
  // Something may be sent that could not before: the kill switch is off, a responder or its credential was changed.
  void wake();

 private:
  // A run, under way or being changed. One of both at a time.
  struct Held {
    Held(ActionRun run, FlowPorts ports);

    ActionFlow flow;
    bool carried = false;  // a task of its own does its steps
    bool busy = false;
    bool stale = false;  // the ledger has to be asked: a write of it may be in or not, or another run has changed it
    bool counted = false;
    std::size_t users = 0;
    Signal freed;
    Signal woken;
  };
  class Turn;
  using Change = std::function<Result<std::optional<ActionRun>>(ActionRun&)>;

  FlowPorts flow_ports();
  void start(ActionRun run);
  void carry_on(std::shared_ptr<Held> held);
  asio::awaitable<Error> carry(std::shared_ptr<Held> held);
  asio::awaitable<void> rest(Held& held, std::optional<SteadyTime> due);
  void look_for(const std::string& id);
  asio::awaitable<Error> find_sought();
  asio::awaitable<bool> find(std::string id);
  asio::awaitable<Result<std::shared_ptr<Held>>> hold(std::string id);
  void let_go(const std::string& id);
  asio::awaitable<Result<void>> submit_new(ActionRun run);
  asio::awaitable<Result<ActionRun>> amend_with(std::string id, Change change);
  asio::awaitable<bool> refreshed(Held& held);
  asio::awaitable<Result<ActionRun>> changed(Held& held, const Change& change);
  void count_end(Held& held, const ActionRun& run);
  void count(ActionRun run);
  void show_carried();
  void tell(const ActionRun& run);

  ActionLedger& ledger_;
  Responders& responders_;
  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  Metrics& metrics_;
  std::string place_;
  RunnerLimits limits_;
  std::function<void(const ActionRun&)> on_change_;
  std::map<std::string, std::shared_ptr<Held>> held_;  // by the run's id
  std::size_t carried_ = 0;
  std::set<std::string> submitting_;  // ids
  std::set<std::string> sought_;      // ids
  bool finding_ = false;
  TaskGroup tasks_;  // last
};

}  // namespace tidegate
