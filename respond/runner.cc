#include "respond/runner.h"

#include "base/check.h"
#include "transport/backoff.h"

namespace tidegate {
namespace {

constexpr BackoffLimits ledger_backoff{.first = std::chrono::seconds{1}, .ceiling = std::chrono::seconds{60}};

// Its own end, which it has once; that it was, or is to be, taken back is another run's.
bool is_over(const ActionRun& run) { return ended(run) || state_of(run) == RunState::undoing; }

}  // namespace

// Whose turn it is with a run: its own task's, or that of somebody who changes it.
class ActionRunner::Turn {
 public:
  static asio::awaitable<void> wait_for(Held& held) {
    while (held.busy) co_await held.freed.wait();
  }
  //   requires: nobody has it
  explicit Turn(Held& held) : held_(held) {
    TG_ASSERT(!held_.busy, "one has a run at a time");
    held_.busy = true;
  }
  ~Turn() {
    held_.busy = false;
    held_.freed.notify();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Held& held_;
};

ActionRunner::Held::Held(ActionRun run, FlowPorts ports) : flow(std::move(run), std::move(ports)), counted(is_over(flow.run())) {}

ActionRunner::ActionRunner(ActionLedger& ledger, Responders& responders, asio::any_io_executor executor, Clock& clock,
                           Random& random, Log& log, Metrics& metrics, std::string place, RunnerLimits limits)
    : ledger_(ledger),
      responders_(responders),
      executor_(executor),
      clock_(clock),
      random_(random),
      log_(log),
      metrics_(metrics),
      place_(std::move(place)),
      limits_(limits),
      tasks_(executor) {}

FlowPorts ActionRunner::flow_ports() {
  return {.ledger = ledger_,
          .responders = responders_,
          .clock = clock_,
          .random = random_,
          .log = log_,
          .limits = limits_,
          .written = [this](const ActionRun& run) { tell(run); },
          .begin = [this](ActionRun run) { start(std::move(run)); }};
}

asio::awaitable<Error> ActionRunner::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  Backoff backoff{random_, ledger_backoff};
  while (!co_await stopped()) {
    Result<UnsettledRuns> left = co_await ledger_.unsettled();
    if (left) {
      for (const std::string& why : left->unreadable)
        log_.error("an action under way cannot be read, and does not go on: look for its task in Vision One", {{"reason", why}});
      for (ActionRun& run : left->runs) start(std::move(run));
      break;
    }
    log_.error("actions under way cannot be read, and wait", {{"reason", left.error().text()}});
    co_await clock_.sleep_for(backoff.next());
  }
  Signal never;
  while (!co_await stopped()) co_await never.wait();
  tasks_.stop();
  co_await tasks_.join();
  co_return Error{Code::cancelled, "actions stopped"};
}

void ActionRunner::start(ActionRun run) {
  // What comes while everything stops is in the ledger, for the next start.
  if (tasks_.stopping()) return;
  const std::string id = run.id;
  if (const auto found = held_.find(id); found != held_.end()) {
    // Whoever carries or changes it at the moment reads it again, and goes on with it: the ledger may have more to do for it.
    found->second->stale = true;
    found->second->woken.notify();
    return;
  }
  if (settled(run)) return;
  if (run.sensor != place_) return tell(run);
  carry_on(held_.emplace(id, std::make_shared<Held>(std::move(run), flow_ports())).first->second);
}

void ActionRunner::carry_on(std::shared_ptr<Held> held) {
  TG_ASSERT(!held->carried, "a run has one task (P9)");
  held->carried = true;
  ++carried_;
  show_carried();
  std::string name = "action " + held->flow.run().id;
  tasks_.spawn(std::move(name), carry(std::move(held)));
}

asio::awaitable<Error> ActionRunner::carry(std::shared_ptr<Held> held) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::string id = held->flow.run().id;
  const auto over = [&held] { return held->flow.done() && !held->stale; };
  while (!co_await stopped() && !over()) {
    co_await Turn::wait_for(*held);
    if (co_await stopped()) break;
    std::optional<SteadyTime> due;
    {
      const Turn turn{*held};
      const bool known = co_await refreshed(*held);
      if (known) due = co_await held->flow.step();
      else due = clock_.steady() + limits_.retry_first;
    }
    if (!over() && !co_await stopped()) co_await rest(*held, due);
  }
  held->carried = false;
  --carried_;
  show_carried();
  let_go(id);
  co_return Error{Code::cancelled, "an action is over, or goes on at the next start"};
}

asio::awaitable<void> ActionRunner::rest(Held& held, std::optional<SteadyTime> due) {
  if (due && *due <= clock_.steady()) co_return;
  Alarm alarm;
  if (due) alarm = clock_.alarm(executor_, *due, [&held] { held.woken.notify(); });
  co_await held.woken.wait();
}

// A run that may be in the ledger or not: it goes on once the ledger says that it is.
void ActionRunner::look_for(const std::string& id) {
  if (tasks_.stopping()) return;  // at the next start the ledger has it, or not
  if (sought_.size() >= limits_.sought_max && !sought_.contains(id)) {
    log_.error("an action may be in the ledger or not, beside many others: if it is, it goes on at the next start", {{"run", id}});
    return;
  }
  sought_.insert(id);
  if (finding_) return;
  finding_ = true;
  tasks_.spawn("look for actions", find_sought());
}

asio::awaitable<Error> ActionRunner::find_sought() {
  co_await asio::this_coro::throw_if_cancelled(false);
  Backoff backoff{random_, ledger_backoff};
  while (!sought_.empty() && !co_await stopped()) {
    co_await clock_.sleep_for(backoff.next());
    bool answers = true;
    while (answers && !sought_.empty() && !co_await stopped()) {
      const std::string id = sought_.extract(sought_.begin()).value();
      answers = co_await find(id);
      if (answers) backoff.reset();
      else sought_.insert(id);
    }
  }
  finding_ = false;
  co_return Error{Code::cancelled, "nothing is left to be looked for"};
}

// False: the ledger does not answer.
asio::awaitable<bool> ActionRunner::find(std::string id) {
  Result<ActionRun> run = co_await ledger_.read(id);
  const bool known = run || run.error().code() == Code::absent;
  if (run) start(*std::move(run));
  co_return known;
}

// Found, or read from the ledger. Whoever is given it lets go of it.
asio::awaitable<Result<std::shared_ptr<ActionRunner::Held>>> ActionRunner::hold(std::string id) {
  auto found = held_.find(id);
  if (found == held_.end()) {
    Result<ActionRun> run = co_await ledger_.read(id);
    if (!run) co_return std::move(run).error();
    found = held_.find(id);  // somebody may have read it meanwhile
    if (found == held_.end()) found = held_.emplace(id, std::make_shared<Held>(*std::move(run), flow_ports())).first;
  }
  std::shared_ptr<Held> held = found->second;
  ++held->users;
  co_return held;
}

void ActionRunner::let_go(const std::string& id) {
  const auto found = held_.find(id);
  if (found != held_.end() && !found->second->carried && found->second->users == 0) held_.erase(found);
}

asio::awaitable<Result<void>> ActionRunner::submit(ActionRun run) {
  const std::string id = run.id;
  if (!submitting_.insert(id).second) co_return Error{Code::invalid, "run " + id + " is being submitted already"};
  Result<void> submitted = co_await submit_new(std::move(run));
  submitting_.erase(id);
  co_return submitted;
}

asio::awaitable<Result<void>> ActionRunner::submit_new(ActionRun run) {
  if (carried_ >= limits_.runs_max && !settled(run))
    co_return Error{Code::full, std::to_string(carried_) + " actions are under way: wait until some are over"};
  // Whoever chooses ids may choose one twice, and put() would replace what may have been sent.
  const Result<ActionRun> there = co_await ledger_.read(run.id);
  if (there) co_return Error{Code::invalid, "there is a run " + run.id + " already"};
  if (there.error().code() != Code::absent) co_return there.error();
  TG_ASSERT(!held_.contains(run.id), "a run is submitted once (P9)");
  std::vector<ActionRun> one{run};
  const Result<void> written = co_await ledger_.put(std::move(one));
  if (!written) {
    // What is in the ledger goes on at the next start at the latest, so nobody may be told that it failed.
    const Result<ActionRun> in_all_the_same = co_await ledger_.read(run.id);
    if (!in_all_the_same && in_all_the_same.error().code() == Code::absent) co_return written;
    if (!in_all_the_same) {
      look_for(run.id);
      co_return Error{written.error().code(),
                      written.error().text() + "; it may be under way all the same: look for run " + run.id};
    }
  }
  if (settled(run)) count(run);
  tell(run);
  start(std::move(run));
  co_return Result<void>{};
}

asio::awaitable<Result<ActionRun>> ActionRunner::amend(std::string id, std::function<Result<void>(ActionRun&)> change) {
  const auto alone = [&change](ActionRun& run) -> Result<std::optional<ActionRun>> {
    if (Result<void> changed = change(run); !changed) return std::move(changed).error();
    return std::optional<ActionRun>{};
  };
  co_return co_await amend_with(std::move(id), alone);
}

asio::awaitable<Result<ActionRun>> ActionRunner::amend_and_submit(std::string id,
                                                                  std::function<Result<ActionRun>(ActionRun&)> change) {
  const auto with_another = [&change](ActionRun& run) -> Result<std::optional<ActionRun>> {
    Result<ActionRun> another = change(run);
    if (!another) return std::move(another).error();
    return std::optional<ActionRun>{*std::move(another)};
  };
  co_return co_await amend_with(std::move(id), with_another);
}

asio::awaitable<Result<ActionRun>> ActionRunner::amend_with(std::string id, Change change) {
  const Result<std::shared_ptr<Held>> found = co_await hold(id);
  if (!found) co_return found.error();
  const std::shared_ptr<Held>& held = *found;
  Result<ActionRun> outcome = Error{Code::cancelled, "stopped"};
  bool known = true;
  co_await Turn::wait_for(*held);
  {
    const Turn turn{*held};
    outcome = co_await changed(*held, change);
    if (!held->carried) known = co_await refreshed(*held);
  }
  // From here on nobody else has a turn, nor lets go of it, before it is carried or let go of.
  const bool left = !known || !held->flow.done();
  if (!held->carried && left && held->flow.run().sensor == place_ && !tasks_.stopping()) carry_on(held);
  --held->users;
  held->woken.notify();
  let_go(id);
  co_return outcome;
}

// After a write that may be in or not the ledger is asked before anything else is done. False: it does not answer.
asio::awaitable<bool> ActionRunner::refreshed(Held& held) {
  while (held.stale || held.flow.uncertain()) {
    held.stale = false;  // who marks it from here on may have written after it was read
    Result<ActionRun> run = co_await ledger_.read(held.flow.run().id);
    const std::string inverse = run ? run->undone_by : std::string{};
    const bool begun = !inverse.empty() && held.flow.run().undone_by.empty();
    bool known = run.has_value();
    if (begun) known = co_await find(inverse);
    if (!known) {
      held.stale = true;
      co_return false;
    }
    count_end(held, *run);
    held.flow.take_reread(*std::move(run));
  }
  co_return true;
}

// What is answered is the new run where there is one, else the one that was changed.
asio::awaitable<Result<ActionRun>> ActionRunner::changed(Held& held, const Change& change) {
  const bool known = co_await refreshed(held);
  if (!known) co_return Error{Code::unavailable, "the ledger does not answer: ask again"};
  ActionRun run = held.flow.run();
  Result<std::optional<ActionRun>> another = change(run);
  if (!another) co_return std::move(another).error();
  TG_ASSERT(run.sensor != place_ || run.targets == held.flow.run().targets, "what was sent is the flow's to say (P9)");
  const Result<std::vector<ActionRun>> changes = co_await with_what_it_undoes(ledger_, run);
  if (!changes) co_return changes.error();
  std::vector<ActionRun> runs = *changes;
  if (*another) runs.push_back(**another);
  const Result<void> written = co_await ledger_.put(std::move(runs));
  if (!written) {
    // In all the same: then both are.
    held.stale = true;
    const bool read_back = co_await refreshed(held);
    if (!read_back && *another) look_for((*another)->id);
    if (!read_back || held.flow.run() != run) co_return written.error();
    if (*another) {
      const Result<ActionRun> in = co_await ledger_.read((*another)->id);
      if (!in && in.error().code() != Code::absent) look_for((*another)->id);
      if (!in) co_return written.error();
    }
  }
  held.flow.replace(run);
  for (const ActionRun& each : *changes) {
    tell(each);
    if (each.id != run.id) start(each);
  }
  if (!*another) co_return run;
  ActionRun submitted = **std::move(another);
  tell(submitted);
  start(submitted);
  co_return submitted;
}

void ActionRunner::wake() {
  for (const auto& [id, held] : held_) {
    held->flow.wake();
    held->woken.notify();
  }
}

void ActionRunner::count_end(Held& held, const ActionRun& run) {
  if (held.counted || !is_over(run)) return;
  held.counted = true;
  count(run);
}

void ActionRunner::count(ActionRun run) {
  run.undone_by.clear();  // an end of another run
  metrics_
      .counter("tidegate_actions_total", "Runs of response actions that came to an end.",
               {{"action", run.action ? std::string{name(*run.action)} : "webhook"}, {"outcome", std::string{name(state_of(run))}}})
      .add();
}

void ActionRunner::show_carried() {
  metrics_.gauge("tidegate_actions_under_way", "Runs of response actions that are not settled.").set(static_cast<double>(carried_));
}

void ActionRunner::tell(const ActionRun& run) {
  if (const auto found = held_.find(run.id); found != held_.end()) count_end(*found->second, run);
  if (on_change_) on_change_(run);
}

}  // namespace tidegate
