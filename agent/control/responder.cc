#include "agent/control/responder.h"

#include <algorithm>
#include <utility>

#include "base/id128.h"
#include "base/joined.h"
#include "config/values.h"
#include "respond/action_guards.h"
#include "respond/run_store_form.h"

namespace tidegate {
namespace {

// Whatever the ledger fails at, what was asked for is not wrong: it can be asked for again.
Error to_ask_again(const Error& error) { return {error.code() == Code::full ? Code::full : Code::unavailable, error.text()}; }

Error not_taken(const std::string& why) { return {Code::invalid, "the run is not taken: " + why}; }

// Something is to be done, in one way, upon what such an action takes: what carries it out relies on that.
Result<void> check_parts(const ActionRun& run) {
  if (run.action.has_value() == run.webhook.has_value()) return not_taken("it is one of an action and a request");
  if (run.webhook) return run.targets.empty() ? Result<void>{} : not_taken("targets: a request has none");
  if (run.targets.empty() || run.targets.size() > targets_max)
    return not_taken("targets: it has " + std::to_string(run.targets.size()) + ", not 1 to " + std::to_string(targets_max));
  for (const TargetRun& target : run.targets) {
    if (Result<void> fit = check_target(*run.action, target.target); !fit) return not_taken(fit.error().text());
  }
  return {};
}

Result<void> check_times(const ActionRun& run) {
  const auto before_time = [](const std::optional<WallTime>& time) { return time && *time < WallTime{}; };
  const auto target_before_time = [&before_time](const TargetRun& target) { return before_time(target.sent); };
  if (before_time(run.created) || before_time(run.undo_at) || std::ranges::any_of(run.targets, target_before_time))
    return not_taken("a time of it is before 1970");
  if (!run.lasts) return {};
  if (!run.action || !inverse_of(*run.action)) return not_taken("lasts: nothing takes it back");
  if (*run.lasts <= std::chrono::seconds{0} || *run.lasts > lasts_max)
    return not_taken("lasts: " + std::to_string(run.lasts->count()) + " s is not within 1 s and 30 d");
  return {};
}

// As it was handed over to that sensor.
Result<ActionRun> handed_over_run(std::string_view stored, const std::string& sensor) {
  if (stored.size() > sensor_message_bytes_max)
    return not_taken("it has more than " + std::to_string(sensor_message_bytes_max) + " bytes");
  Result<ActionRun> run = run_from_stored(stored);
  if (!run) return not_taken(run.error().text());
  if (!id_from_hex(run->id)) return not_taken("id: is no 32 hexadecimal digits");
  if (run->sensor != sensor) return not_taken("sensor: '" + shown(nullptr, run->sensor) + "' is not this one");
  if (run->approval == Approval::awaited) return not_taken("it waits for a person, whom the processor asks");
  if (Result<void> fit = check_parts(*run); !fit) return std::move(fit).error();
  if (Result<void> fit = check_times(*run); !fit) return std::move(fit).error();
  return run;
}

// `back` takes the run back from now on, as ActionDesk::undo() has it at the processor.
Result<ActionRun> begin_undoing(ActionRun& run, const ActionRun& back) {
  if (!run.undone_by.empty())
    return Error{Code::denied,
                 "run " + run.id + (run.undone ? " was undone already, by run " : " is being undone by run ") + run.undone_by};
  if (!ended(run)) return Error{Code::unavailable, "run " + run.id + " has not ended here: ask again when it has"};
  run.undone_by = back.id;
  run.undone = false;
  return back;
}

}  // namespace

SensorResponder::SensorResponder(std::string sensor, RemotePolicy policy, ActionPorts ports, asio::any_io_executor executor,
                                 Surroundings around, Log& log, Metrics& metrics, RunnerLimits limits)
    : sensor_(std::move(sensor)),
      policy_(std::move(policy)),
      ports_(std::move(ports)),
      around_(around),
      log_(log),
      runner_(ports_.ledger, *this, std::move(executor), around.clock, around.random, log, metrics, sensor_, limits) {
  runner_.on_change([this](const ActionRun& run) { note(run); });
}

asio::awaitable<Error> SensorResponder::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await load();
  if (ledger_trouble_.empty()) co_return co_await runner_.run();
  Signal never;
  while (!co_await stopped()) co_await never.wait();
  co_return Error{Code::cancelled, "actions stopped"};
}

asio::awaitable<void> SensorResponder::load() {
  if (ports_.ledger.id().empty()) {
    const Result<SensorChanges> why = co_await ports_.ledger.changes_after(0);
    ledger_trouble_ = why ? "there is no ledger of actions" : why.error().text();
    co_return;
  }
  const Result<Secret> kept = co_await ports_.ledger.responders();
  Result<InForce> usable = kept ? made_of(*kept) : Result<InForce>{kept.error()};
  if (usable) {
    in_force_ = *std::move(usable);
  } else {
    // What waits then says that its responder is missing, which is why nothing is sent.
    in_force_.may_send = true;
    if (kept || kept.error().code() != Code::absent) responders_trouble_ = usable.error().text();
  }
  if (!responders_trouble_.empty())
    log_.error("the responders that were kept are not in force: actions wait until the processor has sent them again",
               {{"reason", responders_trouble_}});
  loaded_ = true;
}

Result<void> SensorResponder::usable() const {
  if (!ledger_trouble_.empty()) return Error{Code::unavailable, ledger_trouble_};
  if (!loaded_) return Error{Code::unavailable, "the actions of this sensor are still being read: ask again"};
  return {};
}

// All of them, or every reason against them.
Result<SensorResponder::InForce> SensorResponder::made_of(const Secret& text) const {
  Result<SensorResponders> all = sensor_responders_from(text);
  if (!all) return std::move(all).error();
  InForce made{.may_send = all->may_send, .digest = digest_of(text), .responders = {}};
  std::string reasons;
  const auto add = [&reasons](const std::string& reason) { reasons.append(reasons.empty() ? "" : "\n").append(reason); };
  for (Responder& each : all->responders) {
    if (const std::string against = not_permitted(each, policy_); !against.empty()) {
      add(against);
      continue;
    }
    Result<ResponderApi> api = ports_.make_api(each, each.secret);
    if (!api) {
      add("responder '" + shown(nullptr, each.name) + "': " + api.error().text());
      continue;
    }
    std::string name = each.name;
    made.responders.insert_or_assign(std::move(name), Ready{std::move(each), *std::move(api)});
  }
  if (!reasons.empty()) return Error{Code::invalid, std::move(reasons)};
  return made;
}

asio::awaitable<Result<void>> SensorResponder::take_responders(Secret text) {
  if (const Result<void> fit = usable(); !fit) co_return fit.error();
  if (changing_) co_return Error{Code::unavailable, "other responders are being taken: ask again"};
  Result<InForce> made = made_of(text);
  if (!made) co_return Error{Code::invalid, made.error().text()};
  changing_ = true;
  const Result<void> kept = co_await ports_.ledger.keep_responders(std::move(text));
  changing_ = false;
  if (!kept) co_return to_ask_again(kept.error());
  in_force_ = *std::move(made);
  responders_trouble_.clear();
  log_.info("the processor's responders are in force", {{"responders", std::to_string(in_force_.responders.size())},
                                                        {"sending", in_force_.may_send ? "permitted" : "stopped"}});
  runner_.wake();
  co_return Result<void>{};
}

asio::awaitable<Result<ActionRun>> SensorResponder::take_run(std::string ledger, std::string stored) {
  if (const Result<void> fit = usable(); !fit) co_return fit.error();
  if (ledger != ports_.ledger.id())
    co_return Error{Code::gone, "the run was handed to ledger '" + shown(nullptr, ledger) + "', and this sensor's is " +
                                    ports_.ledger.id() + ": it is never taken by another one"};
  Result<ActionRun> run = handed_over_run(stored, sensor_);
  if (!run) co_return run;
  const std::string id = run->id;
  run->handed_to = std::move(ledger);
  // The second would find nothing in the ledger as well, and both would be carried out (P9).
  if (!taking_.insert(id).second) co_return Error{Code::unavailable, "run " + id + " is being taken: ask again"};
  Result<ActionRun> taken = co_await take_once(*std::move(run));
  taking_.erase(id);
  co_return taken;
}

asio::awaitable<Result<ActionRun>> SensorResponder::take_once(ActionRun run) {
  Result<ActionRun> known = co_await ports_.ledger.read(run.id);
  if (known || known.error().code() == Code::corrupt) co_return known;
  if (known.error().code() != Code::absent) co_return to_ask_again(known.error());
  if (!run.undoes.empty() && !settled(run)) {
    const Result<ActionRun> undone = co_await ports_.ledger.read(run.undoes);
    if (undone) co_return co_await take_undoing(std::move(run));
    if (undone.error().code() != Code::absent) co_return to_ask_again(undone.error());
  }
  ActionRun submitted = run;
  const Result<void> written = co_await runner_.submit(std::move(submitted));
  if (!written) co_return to_ask_again(written.error());
  unknown_.erase(run.retries);
  log_.info("an action was handed over",
            {{"run", run.id}, {"responder", run.responder}, {"action", std::string{action_word(run)}}});
  co_return run;
}

//   requires: the ledger has the run that it takes back
asio::awaitable<Result<ActionRun>> SensorResponder::take_undoing(ActionRun run) {
  std::function<Result<ActionRun>(ActionRun&)> change = [&run](ActionRun& undone) { return begin_undoing(undone, run); };
  Result<ActionRun> taken = co_await runner_.amend_and_submit(run.undoes, std::move(change));
  if (!taken && taken.error().code() != Code::denied) co_return to_ask_again(taken.error());
  if (taken) log_.info("the undoing of an action was handed over", {{"run", run.id}, {"undoes", run.undoes}});
  co_return taken;
}

asio::awaitable<Result<SensorChanges>> SensorResponder::changes_after(std::uint64_t change) {
  if (const Result<void> fit = usable(); !fit) co_return fit.error();
  Result<SensorChanges> changes = co_await ports_.ledger.changes_after(change);
  if (!changes) co_return to_ask_again(changes.error());
  changes->responders = in_force_.digest;
  co_return changes;
}

asio::awaitable<Result<std::string>> SensorResponder::test(std::string responder) {
  if (const Result<void> fit = usable(); !fit) co_return fit.error();
  const auto found = in_force_.responders.find(responder);
  if (found == in_force_.responders.end()) {
    const std::string known = joined(in_force_.responders, [](const auto& each) { return each.first; });
    co_return Error{Code::absent, "this sensor has no responder '" + shown(nullptr, responder) + "'; there are " +
                                      (known.empty() ? "none" : known)};
  }
  Responder tested = found->second.responder;
  Secret secret = tested.secret;
  Result<std::string> words = co_await ports_.probe(std::move(tested), std::move(secret));
  if (!words && words.error().code() == Code::absent) co_return Error{Code::unavailable, words.error().text()};
  co_return words;
}

Result<ResponderApi> SensorResponder::api_for(const ActionRun& run) {
  const auto found = in_force_.responders.find(run.responder);
  if (found != in_force_.responders.end()) return found->second.api;
  return Error{Code::unavailable, "responder '" + shown(nullptr, run.responder) +
                                      "' is not in force on this sensor; it waits until the processor has sent it"};
}

Result<void> SensorResponder::permits(const ActionRun& run) {
  const auto found = in_force_.responders.find(run.responder);
  if (found == in_force_.responders.end()) return {};
  const Responder& responder = found->second.responder;
  ActionRefusals refusals;
  check_scope(responder, run, refusals);
  if (run.tenant.empty() && !responder.tenants.empty())
    refusals.add(Code::denied, "tenant: is missing; responder '" + responder.name + "' acts for " + joined(responder.tenants));
  if (!policy_.tenants.empty() && !policy_.tenants.contains(run.tenant))
    refusals.add(Code::denied, "tenant: '" + shown(nullptr, run.tenant) + "' is no tenant of this sensor");
  if (!refusals.empty()) return refusals.error();
  return {};
}

void SensorResponder::note(const ActionRun& run) {
  const WallTime now = around_.clock.wall();
  std::erase_if(unknown_, [now](const auto& each) { return now - each.second >= unknown_run_told_for; });
  if (state_of(run) != RunState::unknown) unknown_.erase(run.id);
  else if (unknown_.size() < unknown_runs_told_max) unknown_.try_emplace(run.id, now);
}

std::vector<ActionTrouble> SensorResponder::troubles() const {
  std::vector<ActionTrouble> troubles;
  if (!ledger_trouble_.empty()) troubles.push_back({"ledger", ledger_trouble_, {}});
  if (!responders_trouble_.empty()) troubles.push_back({"responders", responders_trouble_, {}});
  ActionTrouble runs{"runs", {}, {}};
  std::size_t told = 0;
  for (const auto& [id, ended] : unknown_) {
    if (around_.clock.wall() - ended >= unknown_run_told_for) continue;
    ++told;
    runs.since = std::max(runs.since, ended);
  }
  runs.reason = std::to_string(told) +
                " of the last 24 h may have been done or not: `tidegate-processor action list` shows them, " +
                "and the console what was done";
  if (told > 0) troubles.push_back(std::move(runs));
  return troubles;
}

}  // namespace tidegate
