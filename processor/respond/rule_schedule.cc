#include "processor/respond/rule_schedule.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <vector>

#include "processor/joined.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds again_after_trouble{60};

bool is_scheduled(const Rule& rule) { return rule.enabled && rule.on_schedule(); }

std::chrono::seconds pause_after_trouble(const Rule& rule) { return std::min(rule.every, again_after_trouble); }

}  // namespace

RuleSchedule::RuleSchedule(RuleStore& store, RuleDesk& rules, OldestUnindexed oldest_unindexed, Clock& clock, Log& log)
    : store_(store), rules_(rules), oldest_unindexed_(std::move(oldest_unindexed)), clock_(clock), log_(log) {}

Result<void> RuleSchedule::load() {
  const Result<std::map<std::string, WallTime>> looked = store_.looked();
  if (!looked) return looked.error();
  for (const auto& [rule, to] : *looked) states_[rule].looked = to;
  return {};
}

// The store has forgotten to where those have looked that look no more, and so does this.
void RuleSchedule::rules_changed() {
  std::erase_if(states_, [this](const auto& state) {
    const auto kept = rules_.rules().find(state.first);
    return kept == rules_.rules().end() || !is_scheduled(kept->second.rule);
  });
  woken_.notify();
}

asio::awaitable<Error> RuleSchedule::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  while (!co_await stopped()) {
    const WallTime now = clock_.wall();
    std::optional<Rule> next;
    WallTime due{};
    for (const auto& [name, kept] : rules_.rules()) {
      if (!is_scheduled(kept.rule)) continue;
      const WallTime of_this = due_of(kept.rule, now);
      if (!next || of_this < due) {
        next = kept.rule;
        due = of_this;
      }
    }
    if (next && due <= now) {
      co_await look(*std::move(next));
      continue;
    }
    const std::chrono::nanoseconds wait = next ? due - now : std::chrono::nanoseconds{std::chrono::hours{1}};
    const Alarm alarm = clock_.alarm(executor, clock_.steady() + wait, [this] { woken_.notify(); });
    // Nothing lies between the look at the rules and this wait, so no call of wake() is missed.
    co_await woken_.wait();
  }
  co_return Error{Code::cancelled, "no rule looks into the index any more"};
}

// What lies further ahead than it could have been set by now was set before the clock was set back: it holds nothing up.
WallTime RuleSchedule::due_of(const Rule& rule, WallTime now) const {
  const auto found = states_.find(rule.name);
  if (found == states_.end()) return now;
  const State& state = found->second;
  if (state.again) return *state.again > now + pause_after_trouble(rule) ? now : *state.again;
  const std::optional<WallTime>& last = state.at ? state.at : state.looked;
  if (!last || *last > now) return now;
  return *last + rule.every;
}

// With an index that is behind for longer than records are looked at, what lies before that is passed over.
SearchRange RuleSchedule::range_of(const Rule& rule, WallTime now) const {
  const WallTime to = std::clamp<WallTime>(oldest_unindexed_().value_or(now), now - rule_age_max, now);
  WallTime from = to - rule.look_back;
  const auto found = states_.find(rule.name);
  if (rule.at_least == 1 && found != states_.end() && found->second.looked)
    from = std::min(from, std::max<WallTime>(*found->second.looked - rule.look_back, to - rule_age_max));
  return {from, to};
}

bool RuleSchedule::is_in_force(const Rule& rule) const {
  const auto kept = rules_.rules().find(rule.name);
  return kept != rules_.rules().end() && kept->second.rule == rule;
}

asio::awaitable<void> RuleSchedule::look(Rule rule) {
  const WallTime now = clock_.wall();
  const SearchRange range = range_of(rule, now);
  states_.try_emplace(rule.name);
  std::vector<std::string> troubles;
  const Result<RuleTally> tally = co_await rules_.look(rule, range, troubles);
  if (co_await stopped()) co_return;
  // Of one that was off meanwhile, or is another one by now, this look says nothing.
  if (!states_.contains(rule.name) || !is_in_force(rule)) co_return;
  Result<void> looked = tally ? store_.set_looked(rule.name, range.to) : Result<void>{tally.error()};
  take_trouble(rule, looked ? joined(troubles) : looked.error().text());
  State& state = states_[rule.name];
  state.at = now;
  if (looked) {
    state.looked = range.to;
    state.again.reset();
  } else {
    state.again = clock_.wall() + pause_after_trouble(rule);
  }
}

void RuleSchedule::take_trouble(const Rule& rule, std::string trouble) {
  State& state = states_[rule.name];
  if (!trouble.empty() && state.trouble.empty())
    log_.error("a rule cannot look into the whole index", {{"rule", rule.name}, {"reason", trouble}});
  state.trouble = std::move(trouble);
}

RuleSight RuleSchedule::sight_of(const std::string& rule) const {
  RuleSight sight;
  const auto kept = rules_.rules().find(rule);
  if (kept == rules_.rules().end() || !is_scheduled(kept->second.rule)) return sight;
  sight.next = due_of(kept->second.rule, clock_.wall());
  if (const auto found = states_.find(rule); found != states_.end()) {
    sight.looked = found->second.looked;
    sight.trouble = found->second.trouble;
  }
  return sight;
}

}  // namespace tidegate
