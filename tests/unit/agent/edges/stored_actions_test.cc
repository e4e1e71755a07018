#include "agent/edges/stored_actions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "agent/edges/config_sealer.h"
#include "respond/run_store_form.h"
#include "tests/support/faulty_fs.h"
#include "tests/support/file_content.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_at_once.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kept_secret = "api-key-of-the-responder";

std::string stored_id(std::uint64_t number) { return to_hex(Id128{5, number}); }

ActionRun isolation(std::uint64_t number, ResponseState state = ResponseState::running) {
  ActionRun run;
  run.id = stored_id(number);
  run.responder = "vision-one";
  run.tenant = "acme";
  run.sensor = "edge-1";
  run.action = ResponseAction::isolate_endpoint;
  run.created = WallTime{std::chrono::seconds{1'800'000'000 - static_cast<std::int64_t>(number)}};
  TargetRun& target = run.targets.emplace_back();
  target.target = {ObjectType::agent_guid, "00000000-0000-4000-8000-000000000001", "", "suspicious"};
  target.state = state;
  target.task_id = "00000042";
  return run;
}

SealingKey sealing_key_of(char letter) { return SealingKey{Secret{std::string(sealing_key_bytes, letter)}}; }

class StoredActionsTest : public testing::Test {
 protected:
  SensorLedger& open(ConfigSealer* sealer = nullptr) {
    ledger_.reset();
    Result<std::unique_ptr<SensorLedger>> opened =
        open_sensor_ledger(place(), {9, ++drawn_}, thread_, sealer == nullptr ? sealer_ : *sealer, log_, metrics_);
    EXPECT_TRUE(opened) << opened.error().text();
    ledger_ = *std::move(opened);
    return *ledger_;
  }
  StorePlace place() const { return {directory_.path() / "actions", {}}; }
  std::filesystem::path file(const std::string& name) const { return place().directory / name; }

  Result<void> put(std::vector<ActionRun> runs) { return run_at_once(ledger_->put(std::move(runs))); }
  Result<ActionRun> read(std::uint64_t number) { return run_at_once(ledger_->read(stored_id(number))); }
  UnsettledRuns unsettled() { return *run_at_once(ledger_->unsettled()); }
  SensorChanges changes_after(std::uint64_t change) { return *run_at_once(ledger_->changes_after(change)); }
  // A row as another program, or chance, might have written it.
  void write_row(std::uint64_t number, const std::string& body) {
    ledger_.reset();
    ActionLedgerReport report;
    Result<std::unique_ptr<ActionLedgerFiles>> files = ActionLedgerFiles::open(place(), {9, 0}, report);
    ASSERT_TRUE(files);
    ASSERT_TRUE((*files)->put({{stored_id(number), false, body, 0}}));
    files->reset();
    open();
  }

  TemporaryDirectory directory_;
  ManualClock clock_{WallTime{std::chrono::seconds{1'800'000'000}}};
  std::string lines_;
  Log log_{clock_, LogFormat::text, Level::debug, [this](std::string_view line) { lines_.append(line); }};
  Metrics metrics_;
  WorkerThread thread_;
  KeySealer sealer_{sealing_key_of('k'), system_entropy(), responders_place};
  std::uint64_t drawn_ = 0;
  std::unique_ptr<SensorLedger> ledger_;
};

}  // namespace

TEST_F(StoredActionsTest, RunsComeBackAsTheyWerePutAlsoAfterARestart) {
  const std::string id = open().id();
  EXPECT_EQ(id, to_hex(Id128{9, 1}));
  ASSERT_TRUE(put({isolation(1), isolation(2, ResponseState::succeeded)}));
  EXPECT_EQ(open().id(), id);
  EXPECT_EQ(*read(1), isolation(1));
  EXPECT_EQ(*read(2), isolation(2, ResponseState::succeeded));
  EXPECT_EQ(read(3).error().code(), Code::absent);
  EXPECT_EQ(run_at_once(ledger_->read("../ledger")).error().code(), Code::absent);
}

TEST_F(StoredActionsTest, WhatIsNotSettledIsToldTheOldestFirst) {
  open();
  ASSERT_TRUE(put({isolation(1), isolation(2), isolation(3, ResponseState::succeeded)}));
  ASSERT_TRUE(put({isolation(4, ResponseState::waiting)}));
  ASSERT_TRUE(put({isolation(2, ResponseState::failed)}));
  const UnsettledRuns left = unsettled();
  EXPECT_THAT(left.runs, ElementsAre(isolation(4, ResponseState::waiting), isolation(1)));
  EXPECT_THAT(left.unreadable, IsEmpty());
}

TEST_F(StoredActionsTest, RunsThatCannotBeKeptAreRefused) {
  open();
  ActionRun without_id = isolation(1);
  without_id.id = "../../etc/passwd";
  EXPECT_EQ(put({without_id}).error().code(), Code::invalid);
  EXPECT_EQ(put({isolation(1), isolation(1)}).error().code(), Code::invalid);
  ActionRun large = isolation(1);
  large.targets.front().reason.assign(ActionLedgerLimits{}.row_bytes_max, 'x');
  EXPECT_EQ(put({large}).error().code(), Code::invalid);
  EXPECT_EQ(read(1).error().code(), Code::absent);
}

TEST_F(StoredActionsTest, P9ARunThatCannotBeReadIsNamedAndTheOthersGoOn) {
  open();
  ASSERT_TRUE(put({isolation(1)}));
  write_row(2, "no run");
  write_row(3, stored_run(isolation(4)));
  const UnsettledRuns left = unsettled();
  EXPECT_THAT(left.runs, ElementsAre(isolation(1)));
  EXPECT_THAT(left.unreadable, ElementsAre(HasSubstr(stored_id(2)), HasSubstr(stored_id(3))));
  EXPECT_EQ(read(2).error().code(), Code::corrupt);
  EXPECT_EQ(read(3).error().code(), Code::corrupt);
  const SensorChanges changes = changes_after(0);
  EXPECT_THAT(changes.runs, ElementsAre(isolation(1)));
  EXPECT_FALSE(changes.more);
  EXPECT_THAT(lines_, HasSubstr("cannot be told to the processor"));
}

TEST_F(StoredActionsTest, P9ADamagedRunIsReportedAndCountedAndNotTakenAnew) {
  open();
  ASSERT_TRUE(put({isolation(1), isolation(2)}));
  ledger_.reset();
  flip_bit(file("run-" + stored_id(1)), 20);
  open();
  EXPECT_EQ(metrics_.counter("tidegate_action_rows_set_aside_total", "").value(), 1);
  EXPECT_THAT(lines_, HasSubstr("run-" + stored_id(1) + ".damaged"));
  EXPECT_THAT(unsettled().runs, ElementsAre(isolation(2)));
  EXPECT_EQ(read(1).error().code(), Code::corrupt);
  EXPECT_EQ(put({isolation(1)}).error().code(), Code::corrupt);
}

TEST_F(StoredActionsTest, P9ALedgerThatLostItsIdSaysSoAndHasAnother) {
  const std::string id = open().id();
  ASSERT_TRUE(put({isolation(1)}));
  EXPECT_THAT(lines_, IsEmpty());
  ledger_.reset();
  std::filesystem::remove(file("ledger"));
  EXPECT_NE(open().id(), id);
  EXPECT_THAT(unsettled().runs, IsEmpty());
  EXPECT_THAT(lines_, HasSubstr("a new one is begun"));
}

TEST_F(StoredActionsTest, ChangesAreToldInOrderUpToTheLast) {
  open();
  EXPECT_EQ(changes_after(0).through, 0u);
  ASSERT_TRUE(put({isolation(1), isolation(2)}));
  ASSERT_TRUE(put({isolation(1, ResponseState::succeeded)}));
  const SensorChanges changes = changes_after(0);
  EXPECT_EQ(changes.ledger, ledger_->id());
  EXPECT_EQ(changes.responders, "");
  EXPECT_THAT(changes.runs, ElementsAre(isolation(2), isolation(1, ResponseState::succeeded)));
  EXPECT_FALSE(changes.more);
  EXPECT_THAT(changes_after(changes.through).runs, IsEmpty());
  open();
  EXPECT_THAT(changes_after(changes.through).runs, IsEmpty());
  ASSERT_TRUE(put({isolation(2, ResponseState::failed)}));
  EXPECT_THAT(changes_after(changes.through).runs, ElementsAre(isolation(2, ResponseState::failed)));
}

TEST_F(StoredActionsTest, AnAnswerHasSoManyRunsAndTheRestIsAskedForAfterIt) {
  open();
  std::vector<ActionRun> all;
  for (std::uint64_t i = 0; i < 2 * changes_runs_max + 50; ++i) all.push_back(isolation(i));
  ASSERT_TRUE(put(all));
  std::vector<ActionRun> told;
  std::vector<std::size_t> parts;
  std::uint64_t after = 0;
  for (bool more = true; more;) {
    const SensorChanges changes = changes_after(after);
    EXPECT_GT(changes.through, after);
    after = changes.through;
    more = changes.more;
    parts.push_back(changes.runs.size());
    told.insert(told.end(), changes.runs.begin(), changes.runs.end());
  }
  EXPECT_THAT(parts, ElementsAre(changes_runs_max, changes_runs_max, 50));
  EXPECT_EQ(told, all);
}

TEST_F(StoredActionsTest, AnAnswerIsNoLargerThanAMessageMayBe) {
  open();
  std::vector<ActionRun> all;
  for (std::uint64_t i = 0; i < 5; ++i) {
    all.push_back(isolation(i));
    all.back().targets.front().reason.assign(sensor_message_bytes_max / 3, 'r');
  }
  ASSERT_TRUE(put(all));
  const SensorChanges first = changes_after(0);
  EXPECT_THAT(first.runs, ElementsAre(all[0], all[1]));
  EXPECT_TRUE(first.more);
  EXPECT_TRUE(changes_from_stored(stored_changes(first)));
  const SensorChanges second = changes_after(first.through);
  EXPECT_THAT(second.runs, ElementsAre(all[2], all[3]));
  EXPECT_THAT(changes_after(second.through).runs, ElementsAre(all[4]));
}

TEST_F(StoredActionsTest, ARunThatFillsAnAnswerIsToldWithoutItsLongTexts) {
  open();
  ActionRun first = isolation(1);
  ActionRun long_one = isolation(2, ResponseState::succeeded);
  for (int i = 0; i < 2; ++i) {
    long_one.targets.push_back(long_one.targets.front());
    long_one.targets.back().reason.assign(sensor_message_bytes_max, 'r');
  }
  ActionRun webhook = isolation(3);
  webhook.action.reset();
  webhook.targets.clear();
  webhook.webhook.emplace();
  webhook.webhook->state = ResponseState::failed;
  webhook.webhook->status = 500;
  webhook.webhook->body.assign(sensor_message_bytes_max, 'b');
  webhook.webhook->answer = "no";
  webhook.webhook->reason = "HTTP 500";
  ASSERT_TRUE(put({first, long_one, webhook}));
  const SensorChanges changes = changes_after(0);
  ASSERT_THAT(changes.runs, SizeIs(3));
  EXPECT_FALSE(changes.more);
  EXPECT_EQ(changes.runs[0], first);
  EXPECT_THAT(changes.runs[1].targets[0].reason, HasSubstr("too long to be told"));
  EXPECT_EQ(changes.runs[1].targets[1].reason, "");
  EXPECT_EQ(changes.runs[1].targets[1].task_id, long_one.targets[1].task_id);
  EXPECT_EQ(state_of(changes.runs[1]), RunState::succeeded);
  EXPECT_EQ(changes.runs[2].webhook->body + changes.runs[2].webhook->answer, "");
  EXPECT_THAT(changes.runs[2].webhook->reason, HasSubstr("HTTP 500; too long to be told"));
  EXPECT_EQ(changes.runs[2].webhook->status, 500u);
  EXPECT_TRUE(changes_from_stored(stored_changes(changes)));
  EXPECT_EQ(*read(2), long_one) << "the ledger keeps all of it";
}

TEST_F(StoredActionsTest, ARunThatCannotBeMadeShortIsLeftOutAndStopsNoOther) {
  open();
  ActionRun large = isolation(1);
  large.targets.front().target.value.assign(sensor_message_bytes_max, 'v');
  ASSERT_TRUE(put({large}));
  const SensorChanges left_out = changes_after(0);
  EXPECT_THAT(left_out.runs, IsEmpty());
  EXPECT_GT(left_out.through, 0u);
  EXPECT_THAT(lines_, HasSubstr("larger than an answer"));
  ASSERT_TRUE(put({isolation(2)}));
  EXPECT_THAT(changes_after(0).runs, ElementsAre(isolation(2)));
}

TEST_F(StoredActionsTest, P10RespondersAreReadBackAndNotLegibleOnTheDisk) {
  open();
  EXPECT_EQ(run_at_once(ledger_->responders()).error().code(), Code::absent);
  ASSERT_TRUE(run_at_once(ledger_->keep_responders(Secret{std::string{kept_secret}})));
  open();
  EXPECT_EQ(run_at_once(ledger_->responders())->reveal(), kept_secret);
  EXPECT_THAT(content_of(file("value")), Not(HasSubstr(std::string{kept_secret})));
  EXPECT_EQ(lines_.find(kept_secret), std::string::npos);
}

TEST_F(StoredActionsTest, P10AnotherKeyOrAnotherPlaceDoesNotOpenThem) {
  open();
  ASSERT_TRUE(run_at_once(ledger_->keep_responders(Secret{std::string{kept_secret}})));
  KeySealer other_key{sealing_key_of('x'), system_entropy(), responders_place};
  open(&other_key);
  EXPECT_EQ(run_at_once(ledger_->responders()).error().code(), Code::denied);
  KeySealer other_place{sealing_key_of('k'), system_entropy()};
  open(&other_place);
  EXPECT_EQ(run_at_once(ledger_->responders()).error().code(), Code::denied) << "a document of connectors is no responders";
  NoSealer none{Error{Code::absent, "there is no sealing key"}};
  open(&none);
  EXPECT_EQ(run_at_once(ledger_->responders()).error().text(), "there is no sealing key");
  EXPECT_EQ(run_at_once(ledger_->keep_responders(Secret{std::string{kept_secret}})).error().code(), Code::absent);
}

TEST_F(StoredActionsTest, WhatCannotBeOpenedSaysWhy) {
  std::filesystem::create_directories(place().directory.parent_path());
  {
    std::ofstream{place().directory} << "a file";
  }
  const Result<std::unique_ptr<SensorLedger>> opened = open_sensor_ledger(place(), {9, 1}, thread_, sealer_, log_, metrics_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::invalid);
  NoSensorLedger none{opened.error()};
  EXPECT_EQ(none.id(), "");
  std::vector<ActionRun> runs{isolation(1)};
  EXPECT_EQ(run_at_once(none.put(std::move(runs))).error(), opened.error());
  EXPECT_EQ(run_at_once(none.read(stored_id(1))).error(), opened.error());
  EXPECT_EQ(run_at_once(none.unsettled()).error(), opened.error());
  EXPECT_EQ(run_at_once(none.changes_after(0)).error(), opened.error());
  EXPECT_EQ(run_at_once(none.keep_responders(Secret{std::string{"text"}})).error(), opened.error());
  EXPECT_EQ(run_at_once(none.responders()).error(), opened.error());
}

}  // namespace tidegate
