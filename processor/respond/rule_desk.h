// RuleDesk: what an operator asks of rules: to put them in force, to take one away, to run one by hand, to say what one would have
// done.
//
// Promises: no rule is in force that would act for a tenant for which its responder, or its channel, may not (P10): each reason is
// told, a line each. What it would have done is found by the same decisions as what it does, and writes nothing.
//
// Thread: the loop; the index is searched on two threads, one for the schedule and one for what is asked by hand, so that no look
// keeps a person waiting. A search ends soon once whoever waits for it is cancelled.   Source: domain, sections 6 and 9.5.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "processor/notify_ports.h"
#include "processor/respond/action_desk.h"
#include "processor/respond/rule_judge.h"
#include "processor/respond/rule_look.h"
#include "processor/rule_ports.h"
#include "respond/action_guards.h"
#include "transport/worker_thread.h"

namespace tidegate {

struct RuleDeskPorts {
  RuleStore& store;
  RuleJudge& judge;
  ActionDesk& actions;
  std::vector<ChannelView> channels;                          // of the processor's configuration
  std::function<Result<std::unique_ptr<Archive>>()> archive;  // called, and used, on a thread that searches, at times on both
};

// Where a rule looks by hand.
struct RuleRange {
  // Absent: look_back of a rule on schedule, a day of another, before `to`. To run it, within rule_age_max: of older records nobody
  // knows any more what was decided.
  std::optional<WallTime> from;
  std::optional<WallTime> to;  // absent: now
};

// One action that is, or would be, done.
struct WouldFire {
  WallTime at{};
  std::string record_id;
  std::string tenant;
  std::string action;
  std::string entities;
  std::uint64_t count = 1;
  RuleOutcome outcome = RuleOutcome::fired;
  std::string what;     // of a rehearsal, where it fires: "isolate_endpoint by acme-v1: agentGuid …", or "tells soc-mail"
  std::string refused;  // why its responder would not; empty: it would
};

struct RuleRehearsal {
  SearchRange range;
  std::uint64_t matched = 0;  // where it was cut, at least so many
  bool cut = false;           // more match than are looked at in one go
  RuleTally tally;
  std::vector<WouldFire> decisions;  // the oldest first, rehearsal_shown_max at most
  std::vector<std::string> warnings;
};
inline constexpr std::size_t rehearsal_shown_max = 1000;

// How a rule on schedule fares.
struct RuleSight {
  std::optional<WallTime> looked;  // to where
  std::optional<WallTime> next;    // when it looks again
  std::string trouble;             // of the last look; empty: none
};

class RuleDesk {
 public:
  //   requires: all of them outlive it
  RuleDesk(RuleDeskPorts ports, Clock& clock, Log& log);

  // The rules that are kept, in force, but for those that cannot be read any more. The store's errors.
  Result<void> load();

  // All of a document, each replaced by its name, or none. `invalid`, `denied`, `absent`: each reason, a line each.
  //   requires: they were parsed, or could have been: their queries can be asked
  Result<void> apply(std::vector<Rule> rules, std::string_view by);
  // What apply() would say.
  Result<void> check(const std::vector<Rule>& rules) const;
  // One that cannot be read, too.   `absent`.
  Result<void> remove(std::string_view name, std::string_view by);
  const std::map<std::string, KeptRule>& rules() const { return rules_; }
  // What keeps all rules, or some that are not among these, from acting as things are now.
  std::vector<std::string> warnings() const;
  Result<const KeptRule*> rule_named(std::string_view name) const;  // `absent`, with those that there are
  // What keeps a rule that is in force from acting, as things are now: its responder is gone, or may not any more.
  std::vector<std::string> flaws_of(const Rule& rule) const;
  // Whether the action's channel may be told of that tenant, as things are now. `absent`, `denied`, `invalid`: each reason.
  Result<void> may_tell(const Rule& rule, const RuleAction& action, const std::string& tenant) const;
  // The names of those that use the responder.
  std::vector<std::string> users_of(std::string_view responder) const;

  // What the rule would have done about what is in the index, if nothing had been decided yet and nothing were muted. Times are the
  // records' own.
  asio::awaitable<Result<RuleRehearsal>> rehearse(std::string name, RuleRange range);
  // Looks now, as on schedule, whenever the rule looks: what was decided stays decided, mutes and caps hold.
  asio::awaitable<Result<RuleRehearsal>> run_now(std::string name, RuleRange range, std::string by);
  // Of the schedule: the same, without the list of decisions. `cancelled`: it was stopped.
  asio::awaitable<Result<RuleTally>> look(Rule rule, SearchRange range, std::vector<std::string>& troubles);

  // Called after each change of the rules.
  void on_change(std::function<void()> call) { on_change_ = std::move(call); }
  // Of the schedule.
  void set_sights(std::function<RuleSight(const std::string& rule)> sight) { sight_ = std::move(sight); }
  RuleSight sight_of(const std::string& rule) const;

 private:
  void check(const Rule& rule, ActionRefusals& refusals) const;
  Result<void> put_in_force();
  Result<SearchRange> range_of(const Rule& rule, const RuleRange& asked) const;
  Result<RuleLook> search_for(const Rule& rule, const std::optional<WallTime>& at, const std::atomic<bool>& stop,
                              RuleRehearsal& into) const;
  asio::awaitable<void> show(const Rule& rule, const RuleLook& look, const std::vector<RuleDecision>& decisions,
                             RuleRehearsal& into) const;
  void say_what(const Rule& rule, const RuleAction& action, const RuleDecision& decision, WouldFire& would) const;

  RuleDeskPorts ports_;
  Clock& clock_;
  Log& log_;
  WorkerThread looking_;    // of the schedule
  WorkerThread searching_;  // by hand
  std::map<std::string, KeptRule> rules_;
  std::map<std::string, std::string> unreadable_;  // by name: why
  std::function<void()> on_change_;
  std::function<RuleSight(const std::string&)> sight_;
};

}  // namespace tidegate
