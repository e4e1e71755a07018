// RuleFirings: does what rules have decided, in the order in which they did.
//
// Promises: nothing that is queued is forgotten, and no action is done twice (P9): the run has the decision's id, and the desk
// makes none of an id that is in the history. What a responder, or a channel, may not do is settled with the reason. What cannot be
// written down for the moment is tried again, with back-off, and holds up none of the others, as long as no more than
// firings_passed_max wait so. A message is queued for its channel at least once; twice after a crash alone.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "processor/notify_ports.h"
#include "processor/respond/action_desk.h"
#include "processor/respond/rule_desk.h"
#include "processor/rule_ports.h"
#include "transport/signal.h"

namespace tidegate {

inline constexpr std::size_t firings_passed_max = 1000;

class RuleFirings {
 public:
  struct Ports {
    RuleStore& store;
    RuleDesk& rules;
    ActionDesk& actions;
    EventStore& events;
    std::function<void()> told;  // an event was queued for a channel
  };

  //   requires: all of them outlive it
  RuleFirings(Ports ports, Clock& clock, Random& random, Log& log, Metrics& metrics);

  // Works until cancelled.
  asio::awaitable<Error> run();
  // Something was queued.
  void wake() { woken_.notify(); }

 private:
  struct Outcome {
    Outcome() = default;
    Outcome(FiringState is, std::string why) : state(is), reason(std::move(why)) {}

    FiringState state = FiringState::done;
    std::string reason;
  };

  // One that could not be done, or settled. It waits by itself, and holds up no other.
  struct Stuck {
    SteadyTime due{};
    std::chrono::nanoseconds wait{0};
    std::optional<Outcome> done;  // it was done, and could not be settled: it is not done again for that
  };

  // How many were tried; 0: nothing is queued but what waits for another try.
  asio::awaitable<Result<std::size_t>> settle_some();
  SteadyTime next_try() const;
  // An error: not now.
  asio::awaitable<Result<Outcome>> carry_out(const RuleDecision& decision);
  asio::awaitable<Result<Outcome>> ask_for(const Rule& rule, const RuleAction& action, const RuleDecision& decision);
  Result<Outcome> tell(const Rule& rule, const RuleAction& action, const RuleDecision& decision);
  void note(const RuleDecision& decision, const Outcome& outcome);

  Ports ports_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  Metric& done_;
  Metric& refused_;
  std::map<RuleKey, Stuck> stuck_;
  std::string trouble_;  // of the last of them
  Signal woken_;
};

}  // namespace tidegate
