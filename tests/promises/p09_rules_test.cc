// P9: a rule does each of its actions once for a record. The process that decides and asks for runs is killed at each step that it
// takes towards a store, before the step has its effect or after it, begins anew, and is told of the same records again.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <set>

#include "processor/edges/sqlite_rules.h"
#include "processor/respond/rule_firings.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/watched_rules.h"
#include "tests/unit/match/documents.h"
#include "tests/world/loop_turns.h"

namespace tidegate {
namespace {

using test::CallMoment;
using test::watched;

constexpr WallTime ruled_noon{std::chrono::milliseconds{test::noon_ms}};

// What outlives the process.
struct RuledDisk {
  TemporaryDirectory folder;
  std::map<std::string, ActionRun> runs;
  std::vector<EventChange> events;
};

// Counts the moments of calls of the stores. At one of them the process dies: from then on nothing has an effect.
class KillSwitch {
 public:
  explicit KillSwitch(std::uint64_t at) : at_(at) {}

  test::WatchCall watch() {
    return [this](std::string_view call, CallMoment moment) -> std::optional<Error> {
      if (!killed() && ++moments_ == at_) where_ = std::string{call} + (moment == CallMoment::begun ? " begun" : " done");
      if (!killed()) return std::nullopt;
      return Error{Code::unavailable, "the process is dead"};
    };
  }
  bool killed() const { return !where_.empty(); }
  const std::string& where() const { return where_; }
  std::uint64_t moments() const { return moments_; }

 private:
  std::uint64_t at_;  // 0: never
  std::uint64_t moments_ = 0;
  std::string where_;
};

// The ledger of runs and their history. The kill switch for actions is on: runs are accepted, and wait.
class RuledRuns final : public ActionLedger, public ActionHistory, public ResponderStore {
 public:
  RuledRuns(RuledDisk& disk, const test::WatchCall& watch) : disk_(disk), watch_(watch) {}

  asio::awaitable<Result<void>> put(std::vector<ActionRun> runs) override {
    co_return watched(watch_, "put", [&]() -> Result<void> {
      for (ActionRun& run : runs) {
        std::string id = run.id;
        disk_.runs.insert_or_assign(std::move(id), std::move(run));
      }
      return {};
    });
  }
  asio::awaitable<Result<ActionRun>> read(std::string id) override { co_return run(id); }
  asio::awaitable<Result<UnsettledRuns>> unsettled() override {
    co_return watched(watch_, "unsettled", [&]() -> Result<UnsettledRuns> {
      UnsettledRuns left;
      for (const auto& [id, run] : disk_.runs) left.runs.push_back(run);
      return left;
    });
  }

  Result<ActionRun> run(std::string_view id) override {
    return watched(watch_, "run", [&]() -> Result<ActionRun> {
      const auto found = disk_.runs.find(std::string{id});
      if (found == disk_.runs.end()) return Error{Code::absent, "there is no such run"};
      return found->second;
    });
  }
  Result<RunsFound> runs(const ActionQuery&) override { return RunsFound{}; }
  Result<std::uint64_t> count(const ActionQuery&) override { return std::uint64_t{0}; }
  Result<std::optional<std::string>> unsettled_run_of(std::string_view) override { return std::optional<std::string>{}; }
  Result<void> trim(WallTime) override { return {}; }

  Result<void> put_responders(const std::vector<KeptResponder>&) override { return {}; }
  Result<std::vector<KeptResponder>> responders() override {
    Responder acme;
    acme.name = "acme-v1";
    acme.tenants = {"acme"};
    return std::vector<KeptResponder>{{acme, ruled_noon, "alice"}};
  }
  Result<void> delete_responder(std::string_view) override { return {}; }
  Result<void> set_may_send(bool, std::string_view, WallTime) override { return {}; }
  Result<bool> may_send() override { return false; }

 private:
  RuledDisk& disk_;
  const test::WatchCall& watch_;
};

class RuledEvents final : public EventStore {
 public:
  RuledEvents(RuledDisk& disk, const test::WatchCall& watch) : disk_(disk), watch_(watch) {}

  Result<std::vector<std::uint64_t>> write(const std::vector<EventChange>& changes) override {
    return watched(watch_, "write", [&]() -> Result<std::vector<std::uint64_t>> {
      disk_.events.insert(disk_.events.end(), changes.begin(), changes.end());
      return std::vector<std::uint64_t>(changes.size(), disk_.events.size());
    });
  }
  Result<std::vector<HealthEvent>> open_events() override { return std::vector<HealthEvent>{}; }
  Result<std::vector<HealthEvent>> events(const EventQuery&) override { return std::vector<HealthEvent>{}; }
  Result<std::vector<EventDelivery>> queued(std::string_view, std::size_t) override { return std::vector<EventDelivery>{}; }
  Result<void> update(const std::vector<DeliveryUpdate>&) override { return {}; }
  Result<std::size_t> give_up_others(const std::vector<std::string>&) override { return std::size_t{0}; }
  Result<void> trim(WallTime) override { return {}; }

 private:
  RuledDisk& disk_;
  const test::WatchCall& watch_;
};

// Two actions and a message, each for each of these records; an entity is muted for an hour, and each record has its own.
std::vector<Rule> ruled_rules() {
  Rule act;
  act.name = "act";
  act.tenants = {"acme"};
  act.query = "trendmicro_visionone.severity: high";
  act.entity = "trendmicro_visionone.id";
  act.mute = std::chrono::hours{1};
  RuleAction& block = act.actions.emplace_back();
  block.name = "block";
  block.responder = "acme-v1";
  block.action = ResponseAction::add_to_block_list;
  block.given["domain"] = {"bad.example"};
  RuleAction& isolate = act.actions.emplace_back();
  isolate.name = "isolate";
  isolate.responder = "acme-v1";
  isolate.action = ResponseAction::isolate_endpoint;
  isolate.given["agentGuid"] = {"35FA11DA-A24E-40CF-8B56-BAF8828CC151"};
  Rule told = act;
  told.name = "tell";
  told.actions.resize(1);
  told.actions.front() = RuleAction{};
  told.actions.front().name = "tell";
  told.actions.front().notify = "soc-mail";
  return {act, told};
}

constexpr std::uint64_t ruled_records = 3;

// The process, from its begin to its death.
class RuledProcess {
 public:
  RuledProcess(RuledDisk& disk, KillSwitch& kill) : disk_(disk), kill_(kill) {
    desk_.set_runner(runner_);
    TG_ASSERT(desk_.load().has_value(), "a test's responders are read");
  }
  ~RuledProcess() {
    tasks_.stop();
    asio::co_spawn(loop_, tasks_.join(), [](const std::exception_ptr&) {});
    for (int i = 0; i < turns_max && !tasks_.empty(); ++i) turn_until_idle(loop_);
  }
  RuledProcess(const RuledProcess&) = delete;
  RuledProcess& operator=(const RuledProcess&) = delete;

  // Rules are loaded, and applied where they are not there; records are indexed, and those that watch are told; what was decided is
  // done. It may die anywhere.
  void live() {
    if (!desk_of_rules_.load()) return;
    tasks_.spawn("actions", runner_.run());
    tasks_.spawn("what rules decided", firings_.run());
    turn_until_idle(loop_);  // what the last life has left queued
    if (desk_of_rules_.rules().empty() && !desk_of_rules_.apply(ruled_rules(), "alice")) return;
    // In two batches, the second of which has a record that was told of before, and one that no rule is for.
    if (!tell({1, 2})) return;
    turn_until_idle(loop_);
    if (!tell({2, 3, 77})) return;
    turn_until_idle(loop_);
  }
  std::vector<RuleDecision> queued() { return *owner_->queued(1000); }
  std::vector<RuleDecision> decisions() { return *owner_->decisions({}); }

 private:
  static std::unique_ptr<SqliteRules> open(const RuledDisk& disk) {
    Result<std::unique_ptr<SqliteRules>> opened = SqliteRules::open(disk.folder.path() / "rules.db");
    TG_ASSERT(opened.has_value(), "a store of rules opens after a death");
    return *std::move(opened);
  }
  bool tell(const std::vector<std::uint64_t>& numbers) {
    std::deque<Bytes> documents;
    std::vector<IndexRecord> records;
    for (const std::uint64_t number : numbers) {
      test::Sample sample;
      sample.number = number;
      if (number > ruled_records) sample.tenant = "blue";
      const Result<RecordView> read = read_record(documents.emplace_back(test::record(sample)));
      TG_ASSERT(read.has_value(), "a test's record is a record");
      records.push_back({*read, "zurich-01", ruled_noon});
    }
    const Result<void> seen = judge_.seen(records);
    TG_ASSERT(seen || kill_.killed(), "only a death fails");
    return seen.has_value();
  }

  RuledDisk& disk_;
  KillSwitch& kill_;
  asio::io_context loop_{1};
  ManualClock clock_{ruled_noon};
  Random random_{Seed{9}};
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  test::WatchCall watch_ = kill_.watch();
  std::unique_ptr<SqliteRules> owner_ = open(disk_);
  std::unique_ptr<SqliteRules> judged_ = open(disk_);
  test::WatchedRules rules_{*owner_, *judged_, watch_};
  RuledRuns runs_{disk_, watch_};
  RuledEvents events_{disk_, watch_};
  ActionDesk desk_{
      {runs_, runs_, [](std::string_view) -> Result<Secret> { return Secret{"planted-token"}; },
       [](const Responder&, const Secret&) -> Result<ResponderApi> { return Error{Code::unavailable, "nothing is sent here"}; },
       [](Responder, Secret) -> asio::awaitable<Result<std::string>> { co_return std::string{}; }},
      clock_,
      random_,
      log_};
  ActionRunner runner_{runs_, desk_, loop_.get_executor(), clock_, random_, log_, metrics_};
  RuleJudge judge_{rules_, clock_, log_, metrics_, [this] { asio::post(loop_, [this] { firings_.wake(); }); }};
  RuleDesk desk_of_rules_{{rules_, judge_, desk_, {{"soc-mail", EventSeverity::warning, {}}}, {}}, clock_, log_};
  RuleFirings firings_{{rules_, desk_of_rules_, desk_, events_, [] {}}, clock_, random_, log_, metrics_};
  TaskGroup tasks_{loop_.get_executor()};
};

// A life that dies at that moment. Where it died; empty: it did not.
std::string live_until(RuledDisk& disk, std::uint64_t moment) {
  KillSwitch kill{moment};
  {
    RuledProcess process{disk, kill};
    process.live();
  }
  return kill.where();
}

// A last life, which does not die. Then each action of each rule was done once for each record.
void expect_once_each(RuledDisk& disk) {
  KillSwitch never{0};
  RuledProcess process{disk, never};
  process.live();
  EXPECT_TRUE(process.queued().empty());
  EXPECT_EQ(process.decisions().size(), 3 * ruled_records);
  for (const RuleDecision& decision : process.decisions()) {
    EXPECT_EQ(name(decision.outcome), "fired");
    EXPECT_EQ(name(decision.state), "done") << decision.key.action << ": " << decision.reason;
  }
  EXPECT_EQ(disk.runs.size(), 2 * ruled_records);
  std::map<std::string, std::size_t> told;  // by the record's id, at least once
  for (const EventChange& change : disk.events) ++told[change.event.reason];
  EXPECT_EQ(told.size(), ruled_records);
  std::set<std::pair<std::string, std::string>> run_for;  // by the record's id and the action
  for (const auto& [id, run] : disk.runs) {
    EXPECT_TRUE(run_for.emplace(run.record_id, name(*run.action)).second) << "twice for record " << run.record_id;
    EXPECT_EQ(run.requested_by, "rule act");
  }
  for (std::uint64_t number = 1; number <= ruled_records; ++number) {
    const Id128 record = test::record_id(number);
    EXPECT_TRUE(disk.runs.contains(run_id_of({"act", "block", "acme", record})));
    EXPECT_TRUE(disk.runs.contains(run_id_of({"act", "isolate", "acme", record})));
    EXPECT_TRUE(run_for.contains({to_hex(record), "add_to_block_list"}));
    EXPECT_TRUE(run_for.contains({to_hex(record), "isolate_endpoint"}));
  }
}

TEST(P9RulesActOncePerRecord, WithoutADeath) {
  RuledDisk disk;
  EXPECT_EQ(live_until(disk, 0), "");
  EXPECT_EQ(disk.runs.size(), 2 * ruled_records);
  EXPECT_EQ(disk.events.size(), ruled_records);
  expect_once_each(disk);
  EXPECT_EQ(disk.events.size(), ruled_records) << "nor is anything told twice";
}

TEST(P9RulesActOncePerRecord, WhateverStepTheKillFallsOn) {
  constexpr std::uint64_t moments_most = 2000;
  std::map<std::string, std::size_t> deaths;  // by where
  std::uint64_t moment = 1;
  for (; moment <= moments_most; ++moment) {
    RuledDisk disk;
    const std::string where = live_until(disk, moment);
    if (where.empty()) break;
    ++deaths[where];
    SCOPED_TRACE("killed at moment " + std::to_string(moment) + ": " + where);
    expect_once_each(disk);
    EXPECT_LE(disk.events.size(), ruled_records + 1) << "a death tells one message twice at the most";
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(moment, 100u) << "the kills have to fall within the work";
  EXPECT_LE(moment, moments_most) << "and to reach its end";
  for (const std::string call : {"rules", "put_rules", "transact", "is_decided", "find_mute", "fired_after", "put_mute", "decide",
                                 "queued", "run", "put", "write", "settle"}) {
    EXPECT_GT(deaths[call + " begun"], 0u) << call;
    EXPECT_GT(deaths[call + " done"], 0u) << call;
  }
}

TEST(P9RulesActOncePerRecord, KilledLifeAfterLife) {
  // Each life comes some steps further than the one before it, or than it began.
  constexpr std::uint64_t strides_most = 12;
  constexpr std::uint64_t lives_most = 200;
  for (std::uint64_t stride = 1; stride <= strides_most; ++stride) {
    SCOPED_TRACE("stride " + std::to_string(stride));
    RuledDisk disk;
    std::uint64_t lives = 0;
    while (lives < lives_most && !live_until(disk, 2 + lives * stride).empty()) ++lives;
    EXPECT_GT(lives, 3u);
    EXPECT_LT(lives, lives_most);
    expect_once_each(disk);
  }
}

}  // namespace
}  // namespace tidegate
