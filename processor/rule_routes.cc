#include "processor/rule_routes.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "processor/action_asked.h"
#include "processor/joined.h"
#include "processor/search.h"
#include "respond/rules_document.h"

namespace tidegate {
namespace {

constexpr std::array all_rule_outcomes{RuleOutcome::fired, RuleOutcome::muted, RuleOutcome::capped};
constexpr std::chrono::hours rule_run_back_max{24 * 400};

Result<DecisionQuery> read_decision_query(const SocketAsked& asked, WallTime now) {
  DecisionQuery query;
  query.rule = asked.value("name");
  if (const std::string outcome = asked.value("outcome"); !outcome.empty()) {
    query.outcome = rule_outcome_of(outcome);
    if (!query.outcome) return value_refused("outcome", outcome, "is none of " + joined_names(all_rule_outcomes));
  }
  if (const std::string limit = asked.value("limit"); !limit.empty()) {
    const Result<std::uint64_t> count = positive_count_of("limit", limit);
    if (!count) return count.error();
    query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(*count, rule_decisions_shown_max));
  }
  const Result<std::optional<WallTime>> since = moment_of("since", asked.value("since"), now, RuleLimits{}.kept);
  if (!since) return since.error();
  query.since = *since;
  return query;
}

// As `search` takes it, and as the other commands take theirs: -24h, 2026-11-24, 24h, 2026-11-24T13:05:07Z.
Result<std::optional<WallTime>> read_range_end(const SocketAsked& asked, std::string_view end, WallTime now) {
  const std::string value = asked.value(end);
  if (const std::optional<WallTime> moment = parse_moment(value, now)) return moment;
  return moment_of(end, value, now, rule_run_back_max);
}

Result<RuleRange> read_rule_range(const SocketAsked& asked, WallTime now) {
  const Result<std::optional<WallTime>> from = read_range_end(asked, "from", now);
  if (!from) return from.error();
  const Result<std::optional<WallTime>> to = read_range_end(asked, "to", now);
  if (!to) return to.error();
  return RuleRange{*from, *to};
}

}  // namespace

const std::vector<SocketRoute<RuleRoutes>>& RuleRoutes::routes() {
  static const std::vector<SocketRoute<RuleRoutes>> all{
      {{"GET", "/rules", {}, {}}, &RuleRoutes::rules},
      {{"GET", "/rules/show", {"name"}, {}}, &RuleRoutes::show},
      {{"POST", "/rules/apply", {}, {"file", "by", "dry_run"}}, &RuleRoutes::apply},
      {{"POST", "/rules/delete", {"name"}, {"by"}}, &RuleRoutes::remove},
      {{"POST", "/rules/run", {"name"}, {"from", "to", "act", "by"}}, &RuleRoutes::run},
      {{"GET", "/rules/decisions", {}, {"name", "outcome", "since", "limit"}}, &RuleRoutes::decisions},
      {{"GET", "/rules/mutes", {"name"}, {}}, &RuleRoutes::mutes},
      {{"POST", "/rules/unmute", {"name"}, {"action", "entity", "by"}}, &RuleRoutes::unmute}};
  return all;
}

bool RuleRoutes::serves(std::string_view target) { return is_served(routes(), target); }

asio::awaitable<HttpReply> RuleRoutes::answer(HttpRequestView request) { return answer_by(routes(), *this, request); }

RuleView RuleRoutes::view_of(const KeptRule& kept, const std::map<std::string, RuleTotals>& totals) const {
  RuleView view;
  view.kept = &kept;
  if (const auto found = totals.find(kept.rule.name); found != totals.end()) view.totals = found->second;
  view.flaws = desk_.flaws_of(kept.rule);
  if (kept.rule.on_schedule()) view.sight = desk_.sight_of(kept.rule.name);
  return view;
}

asio::awaitable<HttpReply> RuleRoutes::rules(const SocketAsked& asked) {
  const Result<std::map<std::string, RuleTotals>> totals = store_.totals();
  if (!totals) co_return refused_reply(totals.error());
  std::vector<RuleView> views;
  for (const auto& [name, kept] : desk_.rules()) views.push_back(view_of(kept, *totals));
  const std::vector<std::string> warnings = desk_.warnings();
  co_return asked.json ? json_reply(rules_json(views, warnings)) : text_reply(rules_text(views, warnings));
}

asio::awaitable<HttpReply> RuleRoutes::show(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  const Result<const KeptRule*> kept = desk_.rule_named(name);
  if (!kept) co_return refused_reply(kept.error());
  const Result<std::map<std::string, RuleTotals>> totals = store_.totals();
  if (!totals) co_return refused_reply(totals.error());
  DecisionQuery query;
  query.rule = name;
  query.limit = rule_decisions_shown_first;
  Result<std::vector<RuleDecision>> decided = store_.decisions(query);
  if (!decided) co_return refused_reply(decided.error());
  Result<std::vector<RuleMute>> muted = store_.mutes(name);
  if (!muted) co_return refused_reply(muted.error());
  RuleDetail detail;
  detail.rule = view_of(**kept, *totals);
  detail.decisions = *std::move(decided);
  detail.mutes = *std::move(muted);
  detail.now = clock_.wall();
  co_return asked.json ? json_reply(rule_json(detail)) : text_reply(rule_text(detail));
}

asio::awaitable<HttpReply> RuleRoutes::apply(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  const Result<bool> checked = flag_of("dry_run", asked.value("dry_run"));
  if (!checked) co_return refused_reply(checked.error());
  ParsedRules parsed = parse_rules(asked.body);
  if (!parsed.rules) co_return errors_reply(asked, std::move(parsed.errors), rules_document_name);
  const RuleApplying applying = *checked ? RuleApplying::checked : RuleApplying::done;
  const Result<void> good = *checked ? desk_.check(*parsed.rules) : desk_.apply(*parsed.rules, *by);
  if (!good) co_return refused_reply(good.error());
  co_return asked.json ? json_reply(applied_rules_json(*parsed.rules, applying))
                       : text_reply(applied_rules_text(*parsed.rules, applying));
}

asio::awaitable<HttpReply> RuleRoutes::remove(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  const std::string name = asked.value("name");
  const Result<void> removed = desk_.remove(name, *by);
  if (!removed) co_return refused_reply(removed.error());
  co_return asked.json ? json_reply("{\"deleted\":true}\n")
                       : text_reply("rule " + name + " is not there any more; what it has done stays done\n");
}

asio::awaitable<HttpReply> RuleRoutes::run(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  const Result<bool> act = flag_of("act", asked.value("act"));
  if (!act) co_return refused_reply(act.error());
  const Result<RuleRange> range = read_rule_range(asked, clock_.wall());
  if (!range) co_return refused_reply(range.error());
  const std::string name = asked.value("name");
  const Result<const KeptRule*> kept = desk_.rule_named(name);
  if (!kept) co_return refused_reply(kept.error());
  const Rule rule = (*kept)->rule;  // while it looks, another may be applied
  const RuleRunning running = *act ? RuleRunning::acted : RuleRunning::rehearsed;
  asio::awaitable<Result<RuleRehearsal>> work = *act ? desk_.run_now(name, *range, *by) : desk_.rehearse(name, *range);
  const Result<RuleRehearsal> found = co_await std::move(work);
  if (!found) co_return refused_reply(found.error());
  co_return asked.json ? json_reply(rule_run_json(rule, running, *found)) : text_reply(rule_run_text(rule, running, *found));
}

asio::awaitable<HttpReply> RuleRoutes::decisions(const SocketAsked& asked) {
  const Result<DecisionQuery> query = read_decision_query(asked, clock_.wall());
  if (!query) co_return refused_reply(query.error());
  const Result<std::vector<RuleDecision>> found = store_.decisions(*query);
  if (!found) co_return refused_reply(found.error());
  // Of a rule that was deleted there may be decisions still.
  if (found->empty() && !query->rule.empty())
    if (const Result<const KeptRule*> kept = desk_.rule_named(query->rule); !kept) co_return refused_reply(kept.error());
  co_return asked.json ? json_reply(decisions_json(*found)) : text_reply(decisions_text(*found, query->limit));
}

asio::awaitable<HttpReply> RuleRoutes::mutes(const SocketAsked& asked) {
  const std::string name = asked.value("name");
  if (const Result<const KeptRule*> kept = desk_.rule_named(name); !kept) co_return refused_reply(kept.error());
  const Result<std::vector<RuleMute>> found = store_.mutes(name);
  if (!found) co_return refused_reply(found.error());
  const WallTime now = clock_.wall();
  co_return asked.json ? json_reply(mutes_json(*found, now)) : text_reply(mutes_text(*found, now));
}

asio::awaitable<HttpReply> RuleRoutes::unmute(const SocketAsked& asked) {
  const Result<std::string> by = asker_of(asked);
  if (!by) co_return refused_reply(by.error());
  const std::string name = asked.value("name");
  const std::string action = asked.value("action");
  const std::string entity = asked.value("entity");
  if (const Result<const KeptRule*> kept = desk_.rule_named(name); !kept) co_return refused_reply(kept.error());
  const Result<std::uint64_t> lifted = store_.lift_mutes(name, action, entity);
  if (!lifted) co_return refused_reply(lifted.error());
  // One that is named, and is not there, is most often mistyped.
  if (*lifted == 0 && !(action.empty() && entity.empty()))
    co_return refused_reply(
        {Code::absent, "rule '" + name + "' has no such mute; `tidegate-processor rule mutes " + name + "` shows all"});
  log_.info("mutes of a rule were lifted",
            {{"rule", name}, {"action", action}, {"entity", entity}, {"mutes", std::to_string(*lifted)}, {"by", *by}});
  if (!asked.json) co_return text_reply(std::to_string(*lifted) + (*lifted == 1 ? " mute was lifted\n" : " mutes were lifted\n"));
  std::string out;
  {
    ObjectWriter object{out};
    object.number("lifted", static_cast<std::int64_t>(*lifted));
  }
  co_return json_reply(out + "\n");
}

}  // namespace tidegate
