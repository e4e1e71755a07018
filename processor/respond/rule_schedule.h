// RuleSchedule: looks into the index for the rules on schedule, one after the other, when each is due.
//
// Promises: a rule looks every so often for as long as the processor runs, and at once when it is new. A look goes as far as the
// index does: what is landed and not indexed yet is left to the next one. To where it has looked outlives a restart: where each
// record counts by itself, the next look goes back to there, rule_age_max at most, so that what came meanwhile is not passed over.
// One that was off, or not on schedule, begins anew with look_back: it does not act for all that time. What keeps a rule from
// looking, or its look from being whole, is part of its sight (P12) and logged when it begins. A look that failed is tried again
// within a minute. A clock that is set back or forward holds no look up.
//
// Thread: the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "processor/respond/rule_desk.h"
#include "processor/rule_ports.h"
#include "transport/signal.h"

namespace tidegate {

class RuleSchedule {
 public:
  // When the oldest that is not in the index yet was received; absent: nothing waits.
  using OldestUnindexed = std::function<std::optional<WallTime>()>;

  //   requires: all of them outlive it
  RuleSchedule(RuleStore& store, RuleDesk& rules, OldestUnindexed oldest_unindexed, Clock& clock, Log& log);

  // To where each rule has looked. The store's errors.
  Result<void> load();
  // Works until cancelled.   requires: load() was ok
  asio::awaitable<Error> run();
  // Called after each change of the rules.
  void rules_changed();
  RuleSight sight_of(const std::string& rule) const;

 private:
  struct State {
    std::optional<WallTime> looked;  // to where
    std::optional<WallTime> at;      // of the last look; absent: before this process began, if ever
    std::optional<WallTime> again;   // after a look that failed
    std::string trouble;
  };

  WallTime due_of(const Rule& rule, WallTime now) const;
  SearchRange range_of(const Rule& rule, WallTime now) const;
  asio::awaitable<void> look(Rule rule);
  bool is_in_force(const Rule& rule) const;
  void take_trouble(const Rule& rule, std::string trouble);

  RuleStore& store_;
  RuleDesk& rules_;
  OldestUnindexed oldest_unindexed_;
  Clock& clock_;
  Log& log_;
  std::map<std::string, State> states_;
  Signal woken_;
};

}  // namespace tidegate
