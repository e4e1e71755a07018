// The automation over a store of rules on a file and an index in memory, beside the desk of actions: for tests of what is asked of
// rules, of when they look, and of what becomes of what they decided.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "match/match.h"
#include "processor/edges/sqlite.h"
#include "processor/edges/sqlite_rules.h"
#include "processor/respond/rule_desk.h"
#include "processor/respond/rule_firings.h"
#include "processor/respond/rule_schedule.h"
#include "tests/support/run_at_once.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/watched_rules.h"
#include "tests/unit/match/documents.h"
#include "tests/unit/processor/respond/desk_rig.h"

namespace tidegate::test {

// What the index holds, and how it was asked. It is read on the desk's threads: a test touches it while no look is under way, and
// lets no two be so unless they wait for it.
struct RuleIndex {
  struct Asked {
    std::string tenant;
    SearchRange range;
  };

  std::vector<Bytes> records;
  std::vector<std::string> unreadable;
  std::optional<Error> broken;      // of each opening
  SearchFields fields;              // none: nothing is known of them
  std::function<void()> on_open;    // on the thread that searches
  std::function<void()> on_search;  // the same, once it was asked
  std::size_t opened = 0;           // tried
  std::vector<Asked> asked;
};

// Holds up the first search that comes to it.
class SearchGate {
 public:
  std::function<void()> for_first() {
    return [this] {
      if (!is_first_.exchange(false)) return;
      begun_.set_value();
      go_on_.get_future().wait();
    };
  }
  void await_first() { begun_.get_future().wait(); }
  void open() { go_on_.set_value(); }

 private:
  std::atomic<bool> is_first_ = true;
  std::promise<void> begun_;
  std::promise<void> go_on_;
};

class RuleIndexReader final : public Archive {
 public:
  explicit RuleIndexReader(RuleIndex& index) : index_(index) {}

  Result<std::optional<SearchRange>> extent() override { return std::optional<SearchRange>{}; }
  Result<SearchFields> fields(const SearchRange&) override { return index_.fields; }
  Result<SearchEnd> search(const Search& search, const std::function<bool(ByteView document)>& hit) override {
    index_.asked.push_back({search.tenant, search.range});
    if (index_.on_search) index_.on_search();
    if (search.stop != nullptr && *search.stop) return Error{Code::cancelled, "the search was stopped"};
    const Result<Matcher> matcher = Matcher::make(search.query);
    if (!matcher) return matcher.error();
    std::vector<RecordView> found;
    for (const Bytes& document : index_.records) {
      const Result<RecordView> record = read_record(document);
      TG_ASSERT(record.has_value(), "a test's record is a record");
      const WallTime at{std::chrono::milliseconds{record->timestamp_ms}};
      const bool within = search.range.from <= at && at < search.range.to;
      const bool his = search.tenant.empty() || search.tenant == record->tenantid;
      if (within && his && matcher->matches(document)) found.push_back(*record);
    }
    std::ranges::sort(found, std::ranges::greater{}, &RecordView::timestamp_ms);
    bool wanted = true;
    for (const RecordView& record : found) wanted = wanted && hit(record.document);
    SearchEnd end;
    end.total = found.size();
    end.unreadable = index_.unreadable;
    return end;
  }

 private:
  RuleIndex& index_;
};

class ToldEvents final : public EventStore {
 public:
  std::vector<EventChange> written;
  std::optional<Error> broken;

  Result<std::vector<std::uint64_t>> write(const std::vector<EventChange>& changes) override {
    if (broken) return *broken;
    written.insert(written.end(), changes.begin(), changes.end());
    return std::vector<std::uint64_t>(changes.size(), written.size());
  }
  Result<std::vector<HealthEvent>> open_events() override { return std::vector<HealthEvent>{}; }
  Result<std::vector<HealthEvent>> events(const EventQuery&) override { return std::vector<HealthEvent>{}; }
  Result<std::vector<EventDelivery>> queued(std::string_view, std::size_t) override { return std::vector<EventDelivery>{}; }
  Result<void> update(const std::vector<DeliveryUpdate>&) override { return {}; }
  Result<std::size_t> give_up_others(const std::vector<std::string>&) override { return std::size_t{0}; }
  Result<void> trim(WallTime) override { return {}; }
};

// Blocks a domain for each record that is grave.
inline Rule block_rule(const std::string& name = "block-bad") {
  Rule rule;
  rule.name = name;
  rule.tenants = {"acme"};
  rule.query = "trendmicro_visionone.severity: high";
  RuleAction& block = rule.actions.emplace_back();
  block.name = "block";
  block.responder = "acme-v1";
  block.action = ResponseAction::add_to_block_list;
  block.given["domain"] = {"bad.example"};
  return rule;
}

inline RuleAction tell_action(const std::string& channel = "soc-mail") {
  RuleAction tell;
  tell.name = "tell";
  tell.notify = channel;
  return tell;
}

// Tells of each record that is grave.
inline Rule tell_rule(const std::string& name = "tell-bad") {
  Rule rule = block_rule(name);
  rule.actions = {tell_action()};
  return rule;
}

inline Sample sample_at(std::uint64_t number, std::chrono::milliseconds after_noon = std::chrono::milliseconds::zero()) {
  Sample sample;
  sample.number = number;
  sample.timestamp_ms += after_noon.count();
  return sample;
}

class RuleDeskRig : public DeskRig {
 public:
  RuleDeskRig() {
    desk.set_rules_of([this](std::string_view responder) { return rules->users_of(responder); });
    keep(visionone_responder());
    begin();
  }
  ~RuleDeskRig() { end(); }
  RuleDeskRig(const RuleDeskRig&) = delete;
  RuleDeskRig& operator=(const RuleDeskRig&) = delete;

  // As a process that begins. Responders, their runs and the clock go on beside it.
  void begin() {
    for (std::unique_ptr<SqliteRules>* side : {&owner, &judged_}) {
      Result<std::unique_ptr<SqliteRules>> opened = SqliteRules::open(folder_.path() / "rules.db");
      TG_ASSERT(opened.has_value(), "a test's store of rules opens");
      *side = *std::move(opened);
    }
    kept_rules.emplace(*owner, *judged_, watch);
    judge.emplace(*kept_rules, clock, log, metrics, [this] { asio::post(loop, [this] { wake_firings(); }); });
    RuleDeskPorts ports{*kept_rules, *judge, desk, channels, [this] { return open_index(); }};
    rules.emplace(std::move(ports), clock, log);
    schedule.emplace(*kept_rules, *rules, [this] { return oldest_unindexed; }, clock, log);
    RuleFirings::Ports firing_ports{*kept_rules, *rules, desk, events, [this] { ++told; }};
    firings.emplace(std::move(firing_ports), clock, random, log, metrics);
    rules->on_change([this] {
      ++changes;
      schedule->rules_changed();
      firings->wake();
    });
    rules->set_sights([this](const std::string& rule) { return schedule->sight_of(rule); });
    const Result<void> looked = schedule->load();
    const Result<void> loaded = rules->load();
    TG_ASSERT(looked.has_value() && loaded.has_value(), "a test's rules are loaded");
    tasks_.emplace(loop.get_executor());
  }
  void end() {
    stop();
    bool joined = false;
    asio::co_spawn(loop, tasks_->join(), [&joined](const std::exception_ptr&) { joined = true; });
    run_until_then([&joined] { return joined; });
    tasks_.reset();
    firings.reset();
    schedule.reset();
    rules.reset();
    judge.reset();
    kept_rules.reset();
    judged_.reset();
    owner.reset();
  }
  void restart() {
    end();
    begin();
  }
  void stop() { tasks_->stop(); }
  // As a version would leave it that knows other keys.
  void spoil_rule(const std::string& name) {
    Result<SqliteDatabase> file = SqliteDatabase::open(folder_.path() / "rules.db", SqliteDatabase::Mode::write);
    ASSERT_TRUE(file) << file.error().text();
    const Result<void> spoilt =
        file->execute("UPDATE rules SET value = 'rules: [{name: " + name + "}]' WHERE name = '" + name + "'");
    ASSERT_TRUE(spoilt) << spoilt.error().text();
  }
  void start_schedule() { tasks_->spawn("rules on schedule", schedule->run()); }
  void start_firings() {
    tasks_->spawn("what rules decided", firings->run());
    turn();
  }
  // Lets each such call of the store of rules fail from now on: before it has an effect, or after.
  void break_call(std::string broken_call, Code code = Code::full, CallMoment broken_moment = CallMoment::begun) {
    watch = [broken_call = std::move(broken_call), code, broken_moment](std::string_view call, CallMoment moment) {
      return call == broken_call && moment == broken_moment ? std::optional{Error{code, "rules.db failed"}} : std::nullopt;
    };
  }

  // What is answered on another thread, too.
  template <class T>
  T answer_of(asio::awaitable<T> asked) {
    std::optional<T> answer;
    asio::co_spawn(loop, keep_result(std::move(asked), answer), [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
    run_until_then([&answer] { return answer.has_value(); });
    return *std::move(answer);
  }
  template <class Condition>
  void run_until_then(Condition holds) {
    constexpr std::chrono::seconds answer_wait_max{60};
    turn();
    while (!holds()) {
      loop.restart();
      TG_ASSERT(loop.run_one_for(answer_wait_max) > 0, "what is asked of a thread is answered");
    }
  }

  void put(std::vector<Rule> all) {
    const Result<void> applied = rules->apply(std::move(all), "alice");
    ASSERT_TRUE(applied) << applied.error().text();
  }
  // They come into the index now, and rules on the stream are told.
  void tell(const std::vector<Sample>& samples) {
    std::deque<Bytes> documents;
    std::vector<IndexRecord> records;
    for (const Sample& sample : samples) {
      const Result<RecordView> read = read_record(documents.emplace_back(record(sample)));
      TG_ASSERT(read.has_value(), "a test's record is a record");
      records.push_back({*read, "zurich-01", clock.wall()});
    }
    const Result<void> seen = judge->seen(records);
    ASSERT_TRUE(seen) << seen.error().text();
  }
  void hold(const std::vector<Sample>& samples) {
    for (const Sample& sample : samples) index.records.push_back(record(sample));
  }

  // "block 1 done, block 2 muted, tell 1 queued": what was decided, in the order of deciding, with the records' numbers.
  std::string decided() {
    std::string out;
    for (const RuleDecision& each : all_decisions()) {
      out.append(out.empty() ? "" : ", ").append(each.key.action).append(" ").append(number_of(each.key.record)).append(" ");
      out.append(each.outcome == RuleOutcome::fired ? name(each.state) : name(each.outcome));
    }
    return out;
  }
  // Why that action was refused for that record; "none" where it was not.
  std::string refusal_of(const std::string& action, std::uint64_t number = 1) {
    for (const RuleDecision& each : all_decisions())
      if (each.key.action == action && each.key.record == record_id(number))
        return each.state == FiringState::refused ? each.reason : "none";
    return "there is no such decision";
  }
  std::size_t times_logged(const std::string& message) const {
    std::size_t times = 0;
    for (std::size_t at = logged.find(message); at != std::string::npos; at = logged.find(message, at + 1)) ++times;
    return times;
  }

  RuleIndex index;
  std::optional<WallTime> oldest_unindexed;  // when the oldest that is not in the index was received; absent: all are
  ToldEvents events;
  WatchCall watch;  // of the calls of kept_rules; of those of the judge on the thread that decides
  std::vector<ChannelView> channels{{"soc-mail", EventSeverity::warning, {}},
                                    {"acme-mail", EventSeverity::warning, {"acme"}},
                                    {"night", EventSeverity::critical, {}}};  // from the next begin() on
  std::size_t changes = 0;
  std::size_t told = 0;
  std::unique_ptr<SqliteRules> owner;  // not watched
  std::optional<WatchedRules> kept_rules;
  std::optional<RuleJudge> judge;
  std::optional<RuleDesk> rules;
  std::optional<RuleSchedule> schedule;
  std::optional<RuleFirings> firings;

 private:
  static std::string number_of(const Id128& id) {
    constexpr std::uint64_t numbers_max = 2000;
    for (std::uint64_t number = 1; number <= numbers_max; ++number)
      if (record_id(number) == id) return std::to_string(number);
    return "?";
  }
  std::vector<RuleDecision> all_decisions() {
    DecisionQuery query;
    query.limit = RuleLimits{}.rows_shown_max;
    Result<std::vector<RuleDecision>> found = owner->decisions(query);
    TG_ASSERT(found.has_value(), "a test's decisions are read");
    std::ranges::reverse(*found);
    return *std::move(found);
  }
  Result<std::unique_ptr<Archive>> open_index() {
    ++index.opened;
    if (index.on_open) index.on_open();
    if (index.broken) return *index.broken;
    return std::unique_ptr<Archive>{std::make_unique<RuleIndexReader>(index)};
  }
  void wake_firings() {
    if (firings) firings->wake();
  }

  TemporaryDirectory folder_;
  std::unique_ptr<SqliteRules> judged_;
  std::optional<TaskGroup> tasks_;
};

}  // namespace tidegate::test
