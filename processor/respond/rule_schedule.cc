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

RuleSchedule::RuleSchedule(RuleStore& store, RuleDesk& rules, Clock& clock, Log& log)
    : store_(store), rules_(rules), clock_(clock), log_(log) {}

Result<void> RuleSchedule::load() {
  const Result<std::map<std::string, WallTime>> looked = store_.looked();
  if (!looked) return looked.error();
  for (const auto& [rule, to] : *looked) states_[rule].looked = to;
  return {};
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
    std::erase_if(states_, [this](const auto& state) { return !rules_.rules().contains(state.first); });
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
  if (!state.looked || *state.looked > now) return now;
  return *state.looked + rule.every;
}

SearchRange RuleSchedule::range_of(const Rule& rule, WallTime now) const {
  WallTime from = now - rule.look_back;
  const auto found = states_.find(rule.name);
  if (rule.at_least == 1 && found != states_.end() && found->second.looked)
    from = std::clamp<WallTime>(*found->second.looked - rule.look_back, now - rule_age_max, from);
  return {from, now};
}

asio::awaitable<void> RuleSchedule::look(Rule rule) {
  const WallTime now = clock_.wall();
  const SearchRange range = range_of(rule, now);
  std::vector<std::string> troubles;
  const Result<RuleTally> tally = co_await rules_.look(rule, range, troubles);
  if (co_await stopped()) co_return;
  if (!rules_.rules().contains(rule.name)) co_return;  // it was deleted meanwhile
  Result<void> looked = tally ? store_.set_looked(rule.name, range.to) : Result<void>{tally.error()};
  take_trouble(rule, looked ? joined(troubles) : looked.error().text());
  State& state = states_[rule.name];
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
