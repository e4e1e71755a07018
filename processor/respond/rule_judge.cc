#include "processor/respond/rule_judge.h"

#include <algorithm>
#include <set>

#include "match/document.h"
#include "transport/utf8.h"

namespace tidegate {
namespace {

constexpr std::chrono::hours cap_span{1};
constexpr std::chrono::hours capped_told_again{1};
constexpr std::size_t cases_of_transaction = 500;  // others wait for a transaction, the loop among them

// A time until which something holds counts only where it could have been set by now: a clock that was set back would make it
// hold for as long as it was set back.
bool holds_at(const RuleMute& mute, WallTime at) { return at < mute.until && mute.until - at <= 2 * (mute.until - mute.from); }

std::string shown_entities(const std::vector<std::string>& entities) {
  std::string shown;
  for (const std::string& each : entities) shown.append(shown.empty() ? "" : ", ").append(each);
  return utf8_within(shown, rule_entities_shown_bytes);
}

// One action of a rule, for one case.
class ActionCase {
 public:
  ActionCase(RuleLedger& ledger, const Rule& rule, const RuleAction& action, const RuleCase& one)
      : ledger_(ledger), rule_(rule), action_(action), case_(one) {
    decision_.key = {rule.name, action.name, std::string{one.tenant}, one.record};
    decision_.at = one.at;
    decision_.entities = shown_entities(one.entities);
    decision_.count = one.count;
    decision_.dry_run = rule.dry_run;
  }

  // Absent: it was decided before.
  Result<std::optional<RuleOutcome>> decide() {
    const Result<bool> decided = ledger_.is_decided(decision_.key);
    if (!decided) return decided.error();
    if (*decided) return std::optional<RuleOutcome>{};
    Result<RuleOutcome> outcome = muted();
    if (outcome && *outcome == RuleOutcome::fired) outcome = capped();
    if (outcome && *outcome == RuleOutcome::fired) outcome = queue_full();
    if (!outcome) return std::move(outcome).error();
    if (*outcome == RuleOutcome::fired) return fire();
    if (Result<void> written = hold_up(*outcome); !written) return std::move(written).error();
    return std::optional{*outcome};
  }

 private:
  RuleMute mute_for(std::string_view entity) const {
    const WallTime until = case_.at + rule_.mute_of(action_);
    return {rule_.name, action_.name, std::string{case_.tenant}, std::string{entity}, case_.at, until, 0};
  }

  template <class Use>
  Result<void> for_each_entity(Use use) const {
    if (case_.entities.empty()) return use(std::string_view{});
    for (const std::string& entity : case_.entities)
      if (Result<void> used = use(std::string_view{entity}); !used) return used;
    return {};
  }

  // `muted` only where each entity is: one that was not acted for must not hide behind another.
  Result<RuleOutcome> muted() {
    if (rule_.mute_of(action_) == std::chrono::seconds{0}) return RuleOutcome::fired;
    std::vector<RuleMute> holding;
    bool all = true;
    const Result<void> looked = for_each_entity([&](std::string_view entity) -> Result<void> {
      Result<std::optional<RuleMute>> mute = ledger_.find_mute(mute_for(entity));
      if (!mute) return std::move(mute).error();
      if (*mute && holds_at(**mute, case_.at)) holding.push_back(**std::move(mute));
      else all = false;
      return {};
    });
    if (!looked) return looked.error();
    if (!all) return RuleOutcome::fired;
    for (RuleMute& mute : holding) {
      ++mute.muted;
      if (Result<void> counted = ledger_.put_mute(mute); !counted) return std::move(counted).error();
    }
    return RuleOutcome::muted;
  }

  Result<RuleOutcome> capped() {
    const Result<std::uint64_t> fired = ledger_.fired_after(decision_.key, case_.at - cap_span);
    if (!fired) return fired.error();
    if (*fired < action_.per_hour) return RuleOutcome::fired;
    // What fired far in the future did so before the clock was set back, and would hold up this action until then.
    const Result<std::uint64_t> later = ledger_.fired_after(decision_.key, case_.at + cap_span);
    if (!later) return later.error();
    return *fired - *later < action_.per_hour ? RuleOutcome::fired : RuleOutcome::capped;
  }

  Result<void> hold_up(RuleOutcome outcome) {
    decision_.outcome = outcome;
    if (case_.keeps_unfired) return ledger_.decide(decision_);
    UnkeptDecisions one;
    (outcome == RuleOutcome::muted ? one.muted : one.capped) = 1;
    return ledger_.add_unkept(rule_.name, one);
  }

  // While nothing of the queue is done, it does not hold up the index.
  Result<RuleOutcome> queue_full() {
    const Result<bool> room = ledger_.has_room(case_.document.size());
    if (!room) return room.error();
    if (*room) return RuleOutcome::fired;
    decision_.reason = "as many actions of rules wait to be done as can wait";
    return RuleOutcome::capped;
  }

  Result<std::optional<RuleOutcome>> fire() {
    decision_.run_id = run_id_of(decision_.key);
    decision_.state = FiringState::queued;
    decision_.document = case_.document;
    Result<void> written = ledger_.decide(decision_);
    if (written && rule_.mute_of(action_) > std::chrono::seconds{0})
      written = for_each_entity([this](std::string_view entity) { return ledger_.put_mute(mute_for(entity)); });
    if (!written) return std::move(written).error();
    return std::optional{RuleOutcome::fired};
  }

  RuleLedger& ledger_;
  const Rule& rule_;
  const RuleAction& action_;
  const RuleCase& case_;
  RuleDecision decision_;
};

RuleTally tally_of(RuleOutcome outcome) {
  RuleTally tally;
  switch (outcome) {
    case RuleOutcome::fired: tally.fired = 1; break;
    case RuleOutcome::muted: tally.muted = 1; break;
    case RuleOutcome::capped: tally.capped = 1; break;
  }
  return tally;
}

// A record's own time, and when it came.
bool is_too_old(const Rule& rule, const IndexRecord& record) {
  const WallTime own{std::chrono::milliseconds{record.record.timestamp_ms}};
  return record.received - own > rule.max_age;
}

}  // namespace

RuleTally& RuleTally::operator+=(const RuleTally& other) {
  fired += other.fired;
  muted += other.muted;
  capped += other.capped;
  too_old += other.too_old;
  return *this;
}

std::vector<std::string> entities_in(ByteView document, std::string_view path) {
  std::vector<std::string> found;
  std::string room;
  for (DocumentWalk walk{document}; !path.empty() && found.size() < rule_entities_max && walk.next();) {
    if (walk.path() != path) continue;
    std::string value = utf8_within(text_of(walk.value(), room), rule_entity_bytes_max);
    if (!value.empty() && std::ranges::find(found, value) == found.end()) found.push_back(std::move(value));
  }
  return found;
}

std::string run_id_of(const RuleKey& key) {
  Bytes record;
  put_id(record, key.record);
  return to_hex(hash128({"run of a rule", key.rule, key.action, key.tenant, record}));
}

Result<RuleTally> decide_case(RuleLedger& ledger, const Rule& rule, const RuleCase& one) {
  RuleTally tally;
  for (const RuleAction& action : rule.actions) {
    const Result<std::optional<RuleOutcome>> decided = ActionCase{ledger, rule, action, one}.decide();
    if (!decided) return decided.error();
    if (*decided) tally += tally_of(**decided);
  }
  return tally;
}

// Rules on the stream, as they are in force.
struct RuleJudge::Book {
  std::vector<Rule> rules;
  Matchers matchers;
};

RuleJudge::RuleJudge(RuleLedger& ledger, const Clock& clock, Log& log, Metrics& metrics, std::function<void()> fired)
    : ledger_(ledger),
      clock_(clock),
      log_(log),
      fired_total_(metrics.counter("tidegate_rule_decisions_total", "What rules decided about records.", {{"outcome", "fired"}})),
      muted_total_(metrics.counter("tidegate_rule_decisions_total", "What rules decided about records.", {{"outcome", "muted"}})),
      capped_total_(metrics.counter("tidegate_rule_decisions_total", "What rules decided about records.", {{"outcome", "capped"}})),
      too_old_total_(
          metrics.counter("tidegate_rule_decisions_total", "What rules decided about records.", {{"outcome", "too_old"}})),
      fired_(std::move(fired)) {}

RuleJudge::~RuleJudge() = default;

Result<void> RuleJudge::set_rules(const std::vector<Rule>& rules) {
  std::vector<Rule> on_stream;
  std::vector<Query> queries;
  for (const Rule& rule : rules) {
    if (!rule.enabled || !rule.on_stream()) continue;
    Result<Query> query = parse_query(rule.query);
    if (!query) return std::move(query).error().in("rule '" + rule.name + "'");
    queries.push_back(*std::move(query));
    on_stream.push_back(rule);
  }
  std::shared_ptr<const Book> book;
  if (!on_stream.empty()) {
    Result<Matchers> matchers = Matchers::make(queries, DocumentKind::record);
    if (!matchers) return std::move(matchers).error();
    book = std::make_shared<const Book>(Book{std::move(on_stream), *std::move(matchers)});
  }
  const std::unique_lock lock{book_mutex_};
  book_ = std::move(book);
  return {};
}

std::shared_ptr<const RuleJudge::Book> RuleJudge::book() {
  const std::unique_lock lock{book_mutex_};
  return book_;
}

bool RuleJudge::looks_at_stream() { return book() != nullptr; }

Result<void> RuleJudge::seen(std::span<const IndexRecord> records) {
  const std::shared_ptr<const Book> book = this->book();
  if (book == nullptr) return {};
  const WallTime now = clock_.wall();
  std::vector<CaseOfRule> cases;
  TooOld too_old;
  std::uint64_t unfired = 0;
  for (const IndexRecord& one : records) {
    const RecordView& record = one.record;
    const std::vector<bool> matching = book->matchers.matching(record.document);
    for (std::size_t i = 0; i < matching.size(); ++i) {
      const Rule& rule = book->rules[i];
      if (!matching[i] || !rule.may_act_for(record.tenantid)) continue;
      if (is_too_old(rule, one)) {
        ++too_old[&rule];
        continue;
      }
      // What is looked for on schedule, too, has to be known then.
      const bool kept = rule.on_schedule();
      cases.push_back(
          {&rule, {record.record_id, record.tenantid, record.document, now, 1, entities_in(record.document, rule.entity), kept}});
    }
    const bool is_last = &one == &records.back();
    if (cases.size() < cases_of_transaction && !is_last) continue;
    const Result<RuleTally> decided = decide_some(cases, is_last ? too_old : TooOld{}, now, unfired);
    if (!decided) return Error{decided.error()}.in("rules");
    unfired += decided->muted + decided->capped;
    cases.clear();
  }
  return {};
}

Result<RuleTally> RuleJudge::decide(const Rule& rule, std::span<const RuleCase> cases) {
  RuleTally tally;
  const WallTime now = clock_.wall();
  while (!cases.empty()) {
    std::vector<CaseOfRule> some;
    for (const RuleCase& one : cases.first(std::min(cases.size(), cases_of_transaction))) some.push_back({&rule, one});
    cases = cases.subspan(some.size());
    const Result<RuleTally> decided = decide_some(some, {}, now, 0);
    if (!decided) return decided.error();
    tally += *decided;
  }
  return tally;
}

// One transaction.   unfired: of the batch, before these
Result<RuleTally> RuleJudge::decide_some(std::vector<CaseOfRule>& cases, const TooOld& too_old, WallTime now,
                                         std::uint64_t unfired) {
  if (cases.empty() && too_old.empty()) return RuleTally{};
  RuleTally tally;
  std::set<std::string> capped;
  {
    const std::unique_lock lock{ledger_mutex_};
    const Result<void> written = ledger_.transact([&]() -> Result<void> {
      for (const auto& [rule, count] : too_old) {
        if (Result<void> added = ledger_.add_unkept(rule->name, {0, 0, count}); !added) return added;
        tally.too_old += count;
      }
      for (CaseOfRule& each : cases) {
        each.one.keeps_unfired = each.one.keeps_unfired || unfired + tally.muted + tally.capped < rule_unfired_kept;
        const Result<RuleTally> decided = decide_case(ledger_, *each.rule, each.one);
        if (!decided) return decided.error();
        if (decided->capped > 0) capped.insert(each.rule->name);
        tally += *decided;
      }
      return {};
    });
    if (!written) return written.error();
    for (const std::string& rule : capped) tell_capped(rule, now);
  }
  fired_total_.add(tally.fired);
  muted_total_.add(tally.muted);
  capped_total_.add(tally.capped);
  too_old_total_.add(tally.too_old);
  if (tally.fired > 0) fired_();
  return tally;
}

//   requires: ledger_mutex_ is held
void RuleJudge::tell_capped(const std::string& rule, WallTime now) {
  if (capped_told_.size() > rules_max) capped_told_.clear();  // of rules that are not there any more
  WallTime& told = capped_told_[rule];
  if (told != WallTime{} && std::chrono::abs(now - told) < capped_told_again) return;
  told = now;
  log_.warning("a rule does not act for now: it has acted as often as it may within the hour, or too much waits to be done",
               {{"rule", rule}, {"see", "tidegate-processor rule decisions " + rule + " --outcome capped"}});
}

}  // namespace tidegate
