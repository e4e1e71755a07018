#include "processor/respond/rule_desk.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "config/units.h"
#include "processor/joined.h"
#include "processor/respond/memory_rules.h"
#include "processor/respond/rule_order.h"
#include "processor/search.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::size_t rule_name_shown_bytes = 64;
constexpr std::chrono::hours stream_range{24};  // that a rule without look_back looks over by hand

std::string tenants_of(const std::vector<std::string>& tenants) { return tenants.empty() ? "all" : joined(tenants); }

// Whether who acts for `its` tenants may act for each of these.
bool covers(const std::vector<std::string>& its, const std::vector<std::string>& tenants) {
  if (its.empty()) return true;
  return !tenants.empty() &&
         std::ranges::all_of(tenants, [&its](const std::string& tenant) { return std::ranges::find(its, tenant) != its.end(); });
}

std::string what_of(const Rule& rule, const RuleAction& action) {
  return "rule '" + rule.name + "', action '" + action.name + "': ";
}

void check_responder(const Rule& rule, const RuleAction& action, const Responder& responder, ActionRefusals& refusals) {
  const std::string what = what_of(rule, action);
  if (!covers(responder.tenants, rule.tenants))
    refusals.add(Code::denied, what + "responder '" + responder.name + "' acts for " + tenants_of(responder.tenants) +
                                   ", and the rule for " + tenants_of(rule.tenants));
  if (responder.type == ResponderType::webhook) {
    if (action.action) refusals.add(Code::invalid, what + "responder '" + responder.name + "' is a custom one: leave out action");
    if (action.lasts) refusals.add(Code::invalid, what + "nothing takes back a custom request: leave out lasts");
    return;
  }
  if (!action.path.empty()) refusals.add(Code::invalid, what + "path goes with a custom responder alone: leave it out");
  if (!action.action && responder.actions.size() != 1)
    return refusals.add(Code::invalid,
                        what + "action is missing; responder '" + responder.name + "' may do " + joined_names(responder.actions));
  const ResponseAction does = action.action.value_or(*responder.actions.begin());
  ActionRun run;
  run.action = does;
  run.lasts = action.lasts;
  if (!may_do(responder, run))
    return refusals.add(Code::denied, what + "responder '" + responder.name + "' may not do " + std::string{name(does)} +
                                          "; it may do " + joined_names(responder.actions));
  const std::optional<ResponseAction> back = inverse_of(does);
  if (action.lasts && !back)
    refusals.add(Code::invalid, what + "nothing takes back " + std::string{name(does)} + ": leave out lasts");
  if (action.lasts && back && does_harm(*back) && !responder.actions.contains(*back))
    refusals.add(Code::denied, what + "responder '" + responder.name + "' may not do " + std::string{name(*back)} +
                                   ", which ends what is limited in time");
}

//   tenants: those of the rule, or one of them
void check_channel(const Rule& rule, const std::vector<std::string>& tenants, const RuleAction& action,
                   const std::vector<ChannelView>& channels, ActionRefusals& refusals) {
  const std::string what = what_of(rule, action);
  const auto channel = std::ranges::find(channels, action.notify, &ChannelView::name);
  if (channel == channels.end())
    return refusals.add(Code::absent, what + "there is no channel '" + action.notify +
                                          "' under notify in the processor's configuration" +
                                          (channels.empty() ? "" : "; there are " + joined(channels, &ChannelView::name)));
  if (!covers(channel->tenants, tenants))
    refusals.add(Code::denied, what + "channel '" + channel->name + "' is told of " + tenants_of(channel->tenants) +
                                   ", and the rule is for " + tenants_of(tenants));
  if (rule.severity < channel->least_severity)
    refusals.add(Code::invalid, what + "channel '" + channel->name + "' tells nothing below " +
                                    std::string{name(channel->least_severity)} +
                                    ": write severity: " + std::string{name(channel->least_severity)});
}

// What a case would come to, without its order.
WouldFire would_fire(const RuleDecision& decision) {
  WouldFire would;
  would.at = decision.at;
  would.record_id = to_hex(decision.key.record);
  would.tenant = decision.key.tenant;
  would.action = decision.key.action;
  would.entities = decision.entities;
  would.count = decision.count;
  would.outcome = decision.outcome;
  would.refused = decision.reason;
  return would;
}

std::vector<std::string> warnings_of_look(const RuleLook& look) {
  std::vector<std::string> warnings = look.unreadable;
  if (look.cut)
    warnings.emplace_back(
        "more records match than are looked at in one go: the older ones, or some entities, are left out; "
        "narrow the query, or the range");
  return warnings;
}

}  // namespace

RuleDesk::RuleDesk(RuleDeskPorts ports, Clock& clock, Log& log) : ports_(std::move(ports)), clock_(clock), log_(log) {}

Result<void> RuleDesk::load() {
  Result<std::vector<KeptRule>> kept = ports_.store.rules();
  if (!kept) return std::move(kept).error();
  rules_.clear();
  unreadable_.clear();
  for (KeptRule& each : *kept) {
    std::string name = each.rule.name;
    if (!each.unreadable.empty()) {
      log_.error("a rule cannot be read any more, and is not in force", {{"rule", name}, {"reason", each.unreadable}});
      unreadable_.insert_or_assign(std::move(name), std::move(each.unreadable));
      continue;
    }
    for (const std::string& flaw : flaws_of(each.rule)) log_.warning("a rule cannot act", {{"rule", name}, {"reason", flaw}});
    rules_.insert_or_assign(std::move(name), std::move(each));
  }
  return put_in_force();
}

Result<void> RuleDesk::put_in_force() {
  std::vector<Rule> rules;
  for (const auto& [name, kept] : rules_) rules.push_back(kept.rule);
  Result<void> in_force = ports_.judge.set_rules(rules);
  if (in_force && on_change_) on_change_();
  return in_force;
}

Result<const KeptRule*> RuleDesk::rule_named(std::string_view name) const {
  if (const auto found = rules_.find(std::string{name}); found != rules_.end()) return &found->second;
  const std::string known = joined(rules_, [](const auto& each) { return each.first; });
  return Error{Code::absent, "there is no rule '" + utf8_within(name, rule_name_shown_bytes) + "'" +
                                 (known.empty() ? "; make one with `tidegate-processor rule apply`" : "; there are " + known)};
}

void RuleDesk::check(const Rule& rule, ActionRefusals& refusals) const {
  for (const RuleAction& action : rule.actions) {
    if (action.responder.empty()) {
      check_channel(rule, rule.tenants, action, ports_.channels, refusals);
      continue;
    }
    const Result<const Responder*> responder = ports_.actions.responder_named(action.responder);
    if (!responder) refusals.add(Code::absent, what_of(rule, action) + responder.error().text());
    else check_responder(rule, action, **responder, refusals);
  }
}

Result<void> RuleDesk::check(const std::vector<Rule>& rules) const {
  ActionRefusals refusals;
  for (const Rule& rule : rules) check(rule, refusals);
  if (refusals.empty()) return {};
  return refusals.error();
}

std::vector<std::string> RuleDesk::flaws_of(const Rule& rule) const {
  ActionRefusals refusals;
  check(rule, refusals);
  if (refusals.empty()) return {};
  const Error error = refusals.error();
  const std::vector<std::string_view> lines = lines_of(error.text());
  return {lines.begin(), lines.end()};
}

Result<void> RuleDesk::may_tell(const Rule& rule, const RuleAction& action, const std::string& tenant) const {
  ActionRefusals refusals;
  check_channel(rule, {tenant}, action, ports_.channels, refusals);
  if (refusals.empty()) return {};
  return refusals.error();
}

std::vector<std::string> RuleDesk::users_of(std::string_view responder) const {
  std::vector<std::string> users;
  for (const auto& [name, kept] : rules_)
    if (std::ranges::find(kept.rule.actions, responder, &RuleAction::responder) != kept.rule.actions.end()) users.push_back(name);
  return users;
}

Result<void> RuleDesk::apply(std::vector<Rule> rules, std::string_view by) {
  if (Result<void> good = check(rules); !good) return good;
  std::vector<KeptRule> kept;
  for (Rule& rule : rules) kept.push_back({std::move(rule), clock_.wall(), std::string{by}});
  if (Result<void> put = ports_.store.put_rules(kept); !put) return put;
  for (KeptRule& each : kept) {
    log_.info("a rule was applied", {{"rule", each.rule.name}, {"who", each.changed_by}});
    std::string name = each.rule.name;
    unreadable_.erase(name);
    rules_.insert_or_assign(std::move(name), std::move(each));
  }
  return put_in_force();
}

std::vector<std::string> RuleDesk::warnings() const {
  std::vector<std::string> warnings;
  if (!ports_.actions.may_send()) warnings.emplace_back(kill_switch_is_on);
  for (const auto& [name, why] : unreadable_)
    warnings.push_back("rule '" + name + "' cannot be read any more, and is not in force: " + why);
  return warnings;
}

Result<void> RuleDesk::remove(std::string_view name, std::string_view by) {
  const std::string which{name};
  if (!rules_.contains(which) && !unreadable_.contains(which)) return rule_named(name).error();
  if (Result<void> deleted = ports_.store.delete_rule(which); !deleted) return deleted;
  log_.info("a rule was deleted", {{"rule", which}, {"who", std::string{by}}});
  rules_.erase(which);
  unreadable_.erase(which);
  return put_in_force();
}

Result<SearchRange> RuleDesk::range_of(const Rule& rule, const RuleRange& asked) const {
  SearchRange range;
  range.to = asked.to.value_or(clock_.wall());
  range.from = asked.from.value_or(range.to - (rule.on_schedule() ? rule.look_back : std::chrono::seconds{stream_range}));
  if (range.from < range.to) return range;
  return Error{Code::invalid, "from: " + to_iso8601(range.from) + " is not before " + to_iso8601(range.to)};
}

// By hand, on the thread for that. Who asks is told what he did not mean.
Result<RuleLook> RuleDesk::search_for(const Rule& rule, const std::optional<WallTime>& at, const std::atomic<bool>& stop,
                                      RuleRehearsal& into) const {
  Result<std::unique_ptr<Archive>> archive = ports_.archive();
  if (!archive) return std::move(archive).error();
  Result<RuleLook> look = look_into(**archive, rule, into.range, at, &stop);
  if (!look) return look;
  into.matched = look->matched;
  into.cut = look->cut;
  into.warnings = warnings_of_look(*look);
  if (look->matched > 0) return look;
  const Result<Query> query = parse_query(rule.query);
  const Result<SearchFields> fields = (*archive)->fields(into.range);
  const Result<void> known = !query ? query.error() : !fields ? fields.error() : check_fields(*query, *fields);
  if (!known) into.warnings.push_back(known.error().text());
  return look;
}

asio::awaitable<Result<RuleTally>> RuleDesk::look(Rule rule, SearchRange range, std::vector<std::string>& troubles) {
  const WallTime at = clock_.wall();
  std::atomic<bool> stop{false};
  const std::function<Result<RuleTally>()> call = [this, &rule, &range, &at, &stop, &troubles]() -> Result<RuleTally> {
    Result<std::unique_ptr<Archive>> archive = ports_.archive();
    if (!archive) return std::move(archive).error();
    const Result<RuleLook> look = look_into(**archive, rule, range, at, &stop);
    if (!look) return look.error();
    troubles = warnings_of_look(*look);
    return ports_.judge.decide(rule, look->cases);
  };
  co_return co_await looking_.call<RuleTally>(call, &stop);
}

asio::awaitable<Result<RuleRehearsal>> RuleDesk::run_now(std::string name, RuleRange range, std::string by) {
  const Result<const KeptRule*> kept = rule_named(name);
  if (!kept) co_return kept.error();
  const Rule rule = (*kept)->rule;
  const Result<SearchRange> within = range_of(rule, range);
  if (!within) co_return within.error();
  // What it decided could not be done, and would stay decided.
  if (!rule.enabled)
    co_return Error{Code::invalid, "rule '" + rule.name + "' is not enabled; without --act it says what it would do"};
  const WallTime at = clock_.wall();
  if (within->from < at - rule_age_max)
    co_return Error{Code::invalid, "from: " + to_iso8601(within->from) + " is more than " + duration_text(rule_age_max) +
                                       " ago, and of records that old nobody knows what was decided about them"};
  log_.info("a rule is run by hand", {{"rule", rule.name}, {"who", by}});
  RuleRehearsal done;
  done.range = *within;
  std::atomic<bool> stop{false};
  const std::function<Result<RuleTally>()> call = [this, &rule, &at, &stop, &done]() -> Result<RuleTally> {
    const Result<RuleLook> look = search_for(rule, at, stop, done);
    if (!look) return look.error();
    return ports_.judge.decide(rule, look->cases);
  };
  const Result<RuleTally> tally = co_await searching_.call<RuleTally>(call, &stop);
  if (!tally) co_return tally.error();
  done.tally = *tally;
  DecisionQuery query;
  query.rule = rule.name;
  query.since = at;
  query.limit = rehearsal_shown_max;
  const Result<std::vector<RuleDecision>> decisions = ports_.store.decisions(query);
  if (!decisions) co_return decisions.error();
  for (const RuleDecision& decision : *decisions)
    if (decision.at == at) done.decisions.push_back(would_fire(decision));
  std::ranges::reverse(done.decisions);
  co_return done;
}

asio::awaitable<Result<RuleRehearsal>> RuleDesk::rehearse(std::string name, RuleRange range) {
  const Result<const KeptRule*> kept = rule_named(name);
  if (!kept) co_return kept.error();
  const Rule rule = (*kept)->rule;
  const Result<SearchRange> within = range_of(rule, range);
  if (!within) co_return within.error();
  RuleRehearsal rehearsal;
  rehearsal.range = *within;
  RuleLook look;
  MemoryRules ledger;
  std::atomic<bool> stop{false};
  const std::function<Result<RuleTally>()> call = [this, &rule, &rehearsal, &look, &stop, &ledger]() -> Result<RuleTally> {
    Result<RuleLook> found = search_for(rule, std::nullopt, stop, rehearsal);
    if (!found) return std::move(found).error();
    look = *std::move(found);
    RuleTally tally;
    for (const RuleCase& one : look.cases) {
      const Result<RuleTally> of_one = decide_case(ledger, rule, one);
      if (!of_one) return of_one.error();
      tally += *of_one;
    }
    return tally;
  };
  const Result<RuleTally> tally = co_await searching_.call<RuleTally>(call, &stop);
  if (!tally) co_return tally.error();
  rehearsal.tally = *tally;
  co_await show(rule, look, ledger.decisions(), rehearsal);
  co_return rehearsal;
}

// Decisions come without their records: those are the look's.
asio::awaitable<void> RuleDesk::show(const Rule& rule, const RuleLook& look, const std::vector<RuleDecision>& decisions,
                                     RuleRehearsal& into) const {
  std::map<std::pair<std::string_view, Id128>, ByteView> documents;
  for (const RuleCase& one : look.cases) documents.emplace(std::pair{one.tenant, one.record}, one.document);
  for (const RuleDecision& decision : decisions) {
    if (into.decisions.size() == rehearsal_shown_max) break;
    into.decisions.push_back(would_fire(decision));
    const RuleAction* const action = rule.action_named(decision.key.action);
    const auto document = documents.find({decision.key.tenant, decision.key.record});
    if (decision.outcome != RuleOutcome::fired || action == nullptr || document == documents.end()) continue;
    RuleDecision whole = decision;
    whole.document = document->second;
    say_what(rule, *action, whole, into.decisions.back());
    co_await asio::post(asio::use_awaitable);  // others have a turn
  }
}

void RuleDesk::say_what(const Rule& rule, const RuleAction& action, const RuleDecision& decision, WouldFire& would) const {
  if (action.responder.empty()) {
    const Result<void> may = may_tell(rule, action, decision.key.tenant);
    if (may) would.what = "tells " + action.notify;
    else would.refused = may.error().text();
    return;
  }
  const Result<ActionOrder> order = order_of(rule, action, decision);
  const Result<ActionDraft> draft = order ? ports_.actions.draft(*order) : Result<ActionDraft>{order.error()};
  if (draft) would.what = order_text(*draft);
  else would.refused = draft.error().text();
}

RuleSight RuleDesk::sight_of(const std::string& rule) const { return sight_ ? sight_(rule) : RuleSight{}; }

}  // namespace tidegate
