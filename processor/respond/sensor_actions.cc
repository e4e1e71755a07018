#include "processor/respond/sensor_actions.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "processor/respond/sensor_runs.h"
#include "respond/run_store_form.h"
#include "transport/deadline.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr int quiet_for_each_wait = 8;         // the longer nothing has changed, the longer is waited for the next look
constexpr std::size_t words_shown_max = 1024;  // of a sensor's answer

constexpr std::string_view ledger_lost =
    "the sensor has lost its ledger of actions since it was handed this: it may have been done; look into the console";
constexpr std::string_view row_lost =
    "the sensor has lost what it knew of this since it took it: it may have been done; look into the console";
constexpr std::string_view sensor_gone =
    "the sensor was revoked after it may have been handed this: it may have been done; look into the console";

std::string words_of(const SensorReply& reply) { return utf8_within(reply.body, words_shown_max); }

// The sensor is there, and does not do this: what else there is to ask goes on.
Error refused_by(std::string_view what, const SensorReply& reply) {
  return Error{Code::denied, std::string{what} + ": the sensor answers " + std::to_string(reply.status) + ": " + words_of(reply)};
}

// Of a handing over: the sensor will never take it.
bool is_refusal(unsigned status) { return status == 400 || status == 403 || status == 404 || status == 409 || status == 413; }
// It had taken it, and what it knew of it is damaged.
constexpr unsigned row_is_lost = 410;
// It was handed to another ledger than the sensor has by now.
constexpr unsigned ledger_is_another = 412;

}  // namespace

SensorActions::SensorActions(SensorActionsPorts ports, asio::any_io_executor executor, Clock& clock, Log& log,
                             SensorActionsLimits limits)
    : ports_(std::move(ports)), executor_(executor), clock_(clock), log_(log), limits_(limits), tasks_(executor) {}

asio::awaitable<Error> SensorActions::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (const Result<std::set<std::string>> all = ports_.enrolled(); all)
    for (const std::string& name : *all) known(name).acts = true;
  tell_all();
  while (!co_await stopped()) {
    again_ = false;
    const SteadyTime now = clock_.steady();
    for (auto& [name, sensor] : sensors_) {
      if (sensor.busy || rounds_ >= limits_.rounds_max || (sensor.told && sensor.open.empty())) continue;
      if (std::min(sensor.due, sensor.late_due) > now) continue;
      const bool there = ports_.present(name) || ports_.revoked(name);
      if ((there ? sensor.due : sensor.late_due) > now) continue;
      sensor.busy = true;
      ++rounds_;
      tasks_.spawn("actions of sensor " + name, there ? look_at(name) : look_past(name));
    }
    asio::awaitable<void> woken = be_woken();
    co_await finish_within(std::move(woken), clock_, limits_.look_every);
  }
  tasks_.stop();
  co_await tasks_.join();
  co_return Error{Code::cancelled, "actions of sensors stopped"};
}

// What was said before the wait had begun counts, too.
asio::awaitable<void> SensorActions::be_woken() {
  const bool already = again_;
  if (!already) co_await woken_.wait();
}

void SensorActions::wake() {
  again_ = true;
  woken_.notify();
}

SensorActions::Sensor& SensorActions::known(const std::string& name) {
  const auto [found, fresh] = sensors_.try_emplace(name);
  if (fresh) found->second.quiet_since = clock_.steady();
  return found->second;
}

void SensorActions::changed(const ActionRun& run) {
  if (run.sensor.empty()) return;
  Sensor& sensor = known(run.sensor);
  if (settled(run)) {
    sensor.open.erase(run.id);
    sensor.seen.erase(run.id);
    return;
  }
  const bool decided = run.approval == Approval::granted && run.handed_to.empty();
  if (!sensor.open.insert(run.id).second && !decided) return;
  sensor.due = clock_.steady();
  sensor.quiet_since = clock_.steady();
  wake();
}

void SensorActions::tell_all() {
  for (const std::string& name : ports_.sensors()) known(name).acts = true;
  for (auto& [name, sensor] : sensors_) {
    if (!sensor.acts && sensor.open.empty()) continue;
    sensor.told = false;
    sensor.due = clock_.steady();
  }
  wake();
}

asio::awaitable<Error> SensorActions::look_at(std::string name) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Sensor& sensor = known(name);  // none is ever taken away
  sensor.moved = false;
  sensor.due = SteadyTime::max();  // unless somebody asks for another look meanwhile
  asio::awaitable<Result<void>> work = ports_.revoked(name) ? forget(sensor) : round(name, sensor);
  const Result<void> outcome = co_await std::move(work);
  note(name, sensor, outcome);
  const SteadyTime now = clock_.steady();
  if (sensor.moved) sensor.quiet_since = now;
  const auto wait =
      std::clamp<std::chrono::nanoseconds>((now - sensor.quiet_since) / quiet_for_each_wait, limits_.look_every, limits_.look_most);
  sensor.due = std::min(sensor.due, now + wait);
  let_go(sensor);
  co_return Error{Code::cancelled, "the sensor was asked"};
}

// Of a sensor that is away.
asio::awaitable<Error> SensorActions::look_past(std::string name) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Sensor& sensor = known(name);
  const Result<void> outcome = co_await refuse_late(name, sensor);
  if (!outcome) note(name, sensor, outcome);
  let_go(sensor);
  co_return Error{Code::cancelled, "what is late was refused"};
}

void SensorActions::let_go(Sensor& sensor) {
  sensor.late_due = clock_.steady() + limits_.look_most;
  sensor.busy = false;
  --rounds_;
  wake();
}

void SensorActions::note(const std::string& name, Sensor& sensor, const Result<void>& outcome) {
  const std::string trouble = outcome ? std::string{} : outcome.error().text();
  if (trouble == sensor.trouble) return;
  if (!outcome) log_.warning("actions of a sensor wait", {{"sensor", name}, {"reason", trouble}});
  else log_.info("actions of a sensor go on", {{"sensor", name}});
  sensor.trouble = trouble;
}

asio::awaitable<Result<void>> SensorActions::round(const std::string& name, Sensor& sensor) {
  const Result<void> refused = co_await refuse_late(name, sensor);
  if (!refused) co_return refused;
  const Result<std::string> has = co_await read_changes(name, sensor);
  if (!has) co_return has.error();
  sensor.told = true;  // unless that changes meanwhile, or fails
  const Result<void> told = co_await tell_responders(name, sensor, *has);
  if (!told) {
    sensor.told = false;
    co_return told;
  }
  Result<void> outcome;
  const std::vector<std::string> ids{sensor.open.begin(), sensor.open.end()};
  for (const std::string& id : ids) {
    const Result<void> handed = co_await hand_over(name, sensor, id);
    if (handed) continue;
    // One that is not taken must not hold up the others; where nobody answers they wait, too.
    outcome = handed;
    if (handed.error().code() != Code::denied) break;
  }
  co_return outcome;
}

// What nobody has taken in time.
asio::awaitable<Result<void>> SensorActions::refuse_late(const std::string& name, Sensor& sensor) {
  const std::vector<std::string> ids{sensor.open.begin(), sensor.open.end()};
  for (const std::string& id : ids) {
    if (sensor.seen.contains(id)) continue;
    const Result<ActionRun> run = ports_.history.run(id);
    if (!run) co_return run.error();
    if (!run->handed_to.empty() || run->approval == Approval::awaited || !expired(*run)) continue;
    const Result<void> ended = co_await end(id, ResponseState::refused, late_words(name), TimeLimit::stays);
    if (!ended) co_return ended;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> SensorActions::read_changes(const std::string& name, Sensor& sensor) {
  bool more = true;
  std::string responders;
  while (more) {
    SensorRequest request{
        .method = "GET", .target = std::string{changes_route} + "?after=" + std::to_string(sensor.through), .body = {}};
    const Result<SensorReply> reply = co_await ports_.ask(name, std::move(request));
    if (!reply) co_return reply.error();
    if (reply->status != 200) co_return refused_by("what became of its actions", *reply);
    Result<SensorChanges> changes = changes_from_stored(reply->body);
    if (!changes) co_return std::move(changes).error().in("what the sensor says of its actions");
    if (changes->ledger != sensor.ledger) {
      // Another one than before, or the first since the start: it is read from its beginning.
      const bool again = sensor.through > 0;
      sensor.ledger = changes->ledger;
      sensor.through = 0;
      sensor.seen.clear();
      if (again) continue;
    }
    for (const std::string& why : changes->unreadable)
      log_.error("a sensor tells of an action in a form that cannot be read", {{"sensor", name}, {"reason", why}});
    for (ActionRun& run : changes->runs) {
      const std::string id = run.id;
      const Result<void> taken = co_await take(name, std::move(run));
      if (!taken) co_return taken.error();
      if (sensor.open.contains(id)) sensor.seen[id] = clock_.steady();
      sensor.moved = true;
    }
    more = changes->more && changes->through > sensor.through;
    sensor.through = changes->through;
    responders = changes->responders;
  }
  co_return responders;
}

asio::awaitable<Result<void>> SensorActions::tell_responders(const std::string& name, Sensor& sensor, const std::string& has) {
  Result<SensorResponders> wanted = ports_.responders(name);
  if (!wanted) co_return wanted.error();
  Result<Secret> text = sensor_responders_text(*wanted);
  if (!text) co_return text.error();
  sensor.acts = !wanted->responders.empty();
  if (digest_of(*text) == has || (has.empty() && !sensor.acts)) co_return Result<void>{};
  SensorRequest request{.method = "POST", .target = std::string{responders_route}, .body = *std::move(text)};
  const Result<SensorReply> reply = co_await ports_.ask(name, std::move(request));
  if (!reply) co_return reply.error();
  if (reply->status != 200) co_return refused_by("its responders", *reply);
  co_return Result<void>{};
}

bool SensorActions::expired(const ActionRun& run) const {
  return run.undoes.empty() && clock_.wall() - run.decided.value_or(run.created) > limits_.hand_over_within;
}

std::string SensorActions::late_words(const std::string& name) const {
  return "sensor " + name + " did not take it within " + std::to_string(limits_.hand_over_within.count()) + " minutes";
}

asio::awaitable<Result<void>> SensorActions::hand_over(const std::string& name, Sensor& sensor, std::string id) {
  Result<ActionRun> run = ports_.history.run(id);
  if (!run) co_return run.error();
  if (settled(*run) || run->approval == Approval::awaited) co_return Result<void>{};
  // What it has, it tells of by itself; but a row that is damaged tells nothing.
  const auto seen = sensor.seen.find(id);
  const bool had_told = seen != sensor.seen.end();
  if (had_told && clock_.steady() < seen->second + limits_.ask_again_after) co_return Result<void>{};
  if (has_open_part(*run) && !run->handed_to.empty() && run->handed_to != sensor.ledger)
    co_return co_await end(std::move(id), ResponseState::unknown, std::string{ledger_lost}, TimeLimit::stays);
  if (run->handed_to != sensor.ledger) {
    const Result<SensorResponders> wanted = ports_.responders(name);
    if (!wanted) co_return wanted.error();
    if (!wanted->may_send) co_return Result<void>{};
    std::function<Result<void>(ActionRun&)> mark = [&sensor](ActionRun& held) {
      held.handed_to = sensor.ledger;
      return Result<void>{};
    };
    run = co_await ports_.runner.amend(id, std::move(mark));
    if (!run) co_return run.error();
    if (settled(*run)) co_return Result<void>{};  // meanwhile
  }
  TG_ASSERT(run->handed_to == sensor.ledger, "a run is handed to the ledger that was written down (P9)");
  // Too late, and perhaps there already: as it is now it will never be done there, unless it was taken.
  const bool had = had_told || was_taken(*run);
  if (expired(*run) && had) settle_parts(*run, ResponseState::unknown, std::string{row_lost}, clock_.wall());
  else if (expired(*run)) settle_parts(*run, ResponseState::refused, late_words(name), clock_.wall());
  SensorRequest request{
      .method = "POST", .target = std::string{hand_over_route} + "?ledger=" + sensor.ledger, .body = Secret{stored_run(*run)}};
  const Result<SensorReply> reply = co_await ports_.ask(name, std::move(request));
  if (!reply) co_return reply.error();
  if (reply->status == row_is_lost)
    co_return co_await end(std::move(id), ResponseState::unknown, std::string{row_lost}, TimeLimit::lapses);
  if (reply->status == ledger_is_another) {
    sensor.moved = true;  // the next round begins with that ledger
    co_return Result<void>{};
  }
  if (is_refusal(reply->status)) {
    std::string why = "the sensor refuses it: " + words_of(*reply);
    co_return co_await end(std::move(id), ResponseState::refused, std::move(why), TimeLimit::lapses);
  }
  if (reply->status != 200) co_return refused_by("run " + id, *reply);
  Result<ActionRun> taken = run_from_stored(reply->body);
  if (!taken) co_return Error{Code::denied, "what the sensor says of run " + id + ": " + taken.error().text()};
  if (taken->id != id) co_return Error{Code::denied, "the sensor answers run " + id + " with another one"};
  const Result<void> merged = co_await take(name, *std::move(taken));
  if (!merged) co_return merged;
  sensor.moved = sensor.moved || !had_told;
  if (sensor.open.contains(id)) sensor.seen[id] = clock_.steady();
  co_return Result<void>{};
}

// What it says of a run that it has not, or not as it is, is left aside: it must not hold up the rest.
asio::awaitable<Result<void>> SensorActions::take(const std::string& name, ActionRun reported) {
  const auto ignored = [&](std::string_view why) {
    log_.error("what a sensor says of an action is ignored",
               {{"sensor", name}, {"run", utf8_within(reported.id, words_shown_max)}, {"reason", std::string{why}}});
    return Result<void>{};
  };
  const std::string ledger = known(name).ledger;
  const Result<std::optional<ActionRun>> here = known_run(reported.id);
  if (!here) co_return here.error();
  const Result<std::optional<ActionRun>> undone = known_run(*here ? std::string{} : reported.undoes);
  if (!undone) co_return undone.error();
  const Result<std::optional<ActionRun>> undoing = known_run(*here     ? (*here)->undone_by
                                                             : *undone ? (*undone)->undone_by
                                                                       : std::string{});
  if (!undoing) co_return undoing.error();
  if (!*here) {
    // What it begins by itself takes back, in time, what it was asked for. Its ledger keeps some longer than the history.
    if (!*undone && settled(reported)) co_return Result<void>{};
    const ActionRun* other = *undoing ? &**undoing : nullptr;
    if (!*undone || reported.sensor != name || !is_end_of_limit(**undone, reported, ledger, other))
      co_return ignored("nobody asked it for that");
    reported.handed_to = ledger;
    std::function<Result<ActionRun>(ActionRun&)> begin = [&reported](ActionRun& run) -> Result<ActionRun> {
      run.undone_by = reported.id;
      return reported;
    };
    const Result<ActionRun> begun = co_await ports_.runner.amend_and_submit((*undone)->id, std::move(begin));
    if (!begun) co_return begun.error();
    co_return Result<void>{};
  }
  if (reported.sensor != name || !is_report_of(**here, reported, ledger))
    co_return ignored("it is another one than it was asked for");
  const Result<std::optional<ActionRun>> told_undoing = known_run(reported.undone_by);
  if (!told_undoing) co_return told_undoing.error();
  // What was asked for here may not have reached the sensor yet; what it has begun by itself may not have been told yet.
  const bool is_open = *undoing && !settled(**undoing);
  const bool keeps_undoing = reported.undone_by.empty() ? is_open : !told_undoing->has_value();
  ActionRun merged = **here;
  merge_report(merged, reported, keeps_undoing);
  if (merged == **here) co_return Result<void>{};
  std::function<Result<void>(ActionRun&)> change = [&reported, keeps_undoing](ActionRun& run) {
    merge_report(run, reported, keeps_undoing);
    return Result<void>{};
  };
  const Result<ActionRun> written = co_await ports_.runner.amend(merged.id, std::move(change));
  if (!written) co_return written.error();
  co_return Result<void>{};
}

// Absent: there is none, or there is none any more.
Result<std::optional<ActionRun>> SensorActions::known_run(const std::string& id) const {
  if (id.empty()) return std::optional<ActionRun>{};
  Result<ActionRun> run = ports_.history.run(id);
  if (run) return std::optional<ActionRun>{*std::move(run)};
  if (run.error().code() == Code::absent) return std::optional<ActionRun>{};
  return std::move(run).error();
}

asio::awaitable<Result<void>> SensorActions::end(std::string id, ResponseState state, std::string reason, TimeLimit limit) {
  std::function<Result<void>(ActionRun&)> change = [this, state, &reason, limit](ActionRun& run) {
    settle_parts(run, state, reason, clock_.wall());
    if (limit == TimeLimit::lapses) drop_limit(run, reason);
    return Result<void>{};
  };
  const Result<ActionRun> ended = co_await ports_.runner.amend(std::move(id), std::move(change));
  if (!ended) co_return ended.error();
  log_.warning("an action of a sensor has ended without it", {{"run", ended->id}, {"sensor", ended->sensor}, {"reason", reason}});
  co_return Result<void>{};
}

asio::awaitable<Result<void>> SensorActions::forget(Sensor& sensor) {
  sensor.told = true;
  const std::vector<std::string> ids{sensor.open.begin(), sensor.open.end()};
  for (const std::string& id : ids) {
    const Result<ActionRun> run = ports_.history.run(id);
    if (!run) co_return run.error();
    if (run->approval == Approval::awaited) continue;  // a person may still say no
    const bool handed = !run->handed_to.empty();
    std::string why{handed ? sensor_gone : "the sensor was revoked before it was handed this: nothing was done"};
    const ResponseState state = handed ? ResponseState::unknown : ResponseState::refused;
    const Result<void> ended = co_await end(id, state, std::move(why), TimeLimit::lapses);
    if (!ended) co_return ended;
  }
  co_return Result<void>{};
}

}  // namespace tidegate
