#include "processor/respond/rule_firings.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/check.h"
#include "processor/respond/rule_order.h"
#include "transport/backoff.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::size_t queued_at_once = 100;
constexpr BackoffLimits firing_backoff{std::chrono::seconds{1}, std::chrono::seconds{30}};
// A decision whose write was in after all, though it was said to have failed, wakes nobody.
constexpr std::chrono::seconds look_at_least_every{30};

// What asking again could change.
bool passes(const Error& error) {
  return error.code() == Code::unavailable || error.code() == Code::timeout || error.code() == Code::full ||
         error.code() == Code::throttled || error.code() == Code::cancelled;
}

}  // namespace

RuleFirings::RuleFirings(Ports ports, Clock& clock, Random& random, Log& log, Metrics& metrics)
    : ports_(std::move(ports)),
      clock_(clock),
      random_(random),
      log_(log),
      done_(
          metrics.counter("tidegate_rule_firings_total", "Actions of rules that were asked for, or told.", {{"outcome", "done"}})),
      refused_(metrics.counter("tidegate_rule_firings_total", "Actions of rules that were asked for, or told.",
                               {{"outcome", "refused"}})) {}

asio::awaitable<Error> RuleFirings::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  Backoff backoff{random_, firing_backoff};
  bool failing = false;
  while (!co_await stopped()) {
    const Result<std::size_t> tried = co_await settle_some();
    const bool fails = !tried || !stuck_.empty();
    if (fails && !failing)
      log_.error("what rules have decided cannot be done, and waits", {{"reason", tried ? trouble_ : tried.error().text()}});
    failing = fails;
    if (!tried) {
      co_await clock_.sleep_for(backoff.next());
      continue;
    }
    backoff.reset();
    if (*tried > 0) continue;
    const Alarm alarm = clock_.alarm(co_await asio::this_coro::executor, next_try(), [this] { woken_.notify(); });
    // Nothing lies between the look at the store and this wait, so no call of wake() is missed.
    co_await woken_.wait();
  }
  co_return Error{Code::cancelled, "what rules decide is not done any more"};
}

SteadyTime RuleFirings::next_try() const {
  SteadyTime next = clock_.steady() + look_at_least_every;
  for (const auto& [key, stuck] : stuck_) next = std::min(next, stuck.due);
  return next;
}

asio::awaitable<Result<std::size_t>> RuleFirings::settle_some() {
  // Those that wait are the oldest: the others are looked for behind them.
  const Result<std::vector<RuleDecision>> queued =
      ports_.store.queued(queued_at_once + std::min(stuck_.size(), firings_passed_max));
  if (!queued) co_return queued.error();
  std::map<RuleKey, Stuck> stuck_before;
  stuck_before.swap(stuck_);  // what is not queued any more is forgotten
  std::size_t tried = 0;
  for (const RuleDecision& decision : *queued) {
    if (co_await stopped()) co_return tried;
    Stuck stuck;
    if (const auto before = stuck_before.find(decision.key); before != stuck_before.end()) stuck = before->second;
    if (stuck.due > clock_.steady()) {
      stuck_.emplace(decision.key, std::move(stuck));
      continue;
    }
    ++tried;
    Result<Outcome> outcome = Outcome{};
    if (stuck.done) outcome = *stuck.done;
    else outcome = co_await carry_out(decision);
    Result<void> settled = outcome ? ports_.store.settle(decision.key, outcome->state, outcome->reason) : outcome.error();
    if (settled) {
      note(decision, *outcome);
    } else {
      if (outcome) stuck.done = *outcome;
      trouble_ = settled.error().text();
      stuck.wait = std::clamp<std::chrono::nanoseconds>(stuck.wait * 2, firing_backoff.first, firing_backoff.ceiling);
      stuck.due = clock_.steady() + stuck.wait;
      stuck_.emplace(decision.key, std::move(stuck));
    }
    co_await asio::post(asio::use_awaitable);  // others have a turn: each decision has written to the disk
  }
  co_return tried;
}

asio::awaitable<Result<RuleFirings::Outcome>> RuleFirings::carry_out(const RuleDecision& decision) {
  const auto found = ports_.rules.rules().find(decision.key.rule);
  if (found == ports_.rules.rules().end()) co_return Outcome{FiringState::refused, "the rule was deleted"};
  const Rule rule = found->second.rule;  // what is waited for may replace it
  if (!rule.enabled) co_return Outcome{FiringState::refused, "the rule is not enabled any more"};
  const RuleAction* const action = rule.action_named(decision.key.action);
  if (action == nullptr) co_return Outcome{FiringState::refused, "the rule has no such action any more"};
  if (!rule.may_act_for(decision.key.tenant)) co_return Outcome{FiringState::refused, "the rule is not for that tenant any more"};
  if (action->responder.empty()) co_return tell(rule, *action, decision);
  co_return co_await ask_for(rule, *action, decision);
}

asio::awaitable<Result<RuleFirings::Outcome>> RuleFirings::ask_for(const Rule& rule, const RuleAction& action,
                                                                   const RuleDecision& decision) {
  Result<ActionOrder> order = order_of(rule, action, decision);
  if (!order) co_return Outcome{FiringState::refused, order.error().text()};
  const Result<ActionDraft> taken = co_await ports_.actions.submit(*std::move(order));
  TG_ASSERT(!taken || taken->run.id == decision.run_id, "a decision has one run (P9)");
  if (taken) co_return Outcome{};
  if (passes(taken.error())) co_return taken.error();
  co_return Outcome{FiringState::refused, taken.error().text()};
}

Result<RuleFirings::Outcome> RuleFirings::tell(const Rule& rule, const RuleAction& action, const RuleDecision& decision) {
  if (const Result<void> may = ports_.rules.may_tell(rule, action, decision.key.tenant); !may)
    return Outcome{FiringState::refused, may.error().text()};
  if (rule.dry_run || decision.dry_run) return Outcome{FiringState::done, "a dry run: nothing was told"};
  std::vector<EventChange> changes(1);
  changes.front().event = event_of(rule, decision, clock_.wall());
  changes.front().channels = {action.notify};
  const Result<std::vector<std::uint64_t>> written = ports_.events.write(changes);
  if (!written) return written.error();
  ports_.told();
  return Outcome{};
}

void RuleFirings::note(const RuleDecision& decision, const Outcome& outcome) {
  const bool done = outcome.state == FiringState::done;
  (done ? done_ : refused_).add();
  log_.write(done ? Level::info : Level::warning, done ? "a rule has acted" : "what a rule wanted was refused",
             {{"rule", decision.key.rule},
              {"action", decision.key.action},
              {"record", to_hex(decision.key.record)},
              {"tenant", decision.key.tenant},
              {"run", decision.run_id},
              {"reason", outcome.reason}});
}

}  // namespace tidegate
