#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "processor/edges/sqlite_fleet.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/processor/fleet/requests.h"

namespace tidegate {
namespace {

class SqliteFleetRollouts : public testing::Test {
 protected:
  SqliteFleetRollouts() { reopen(); }

  void reopen(RolloutStoreLimits limits = {}) {
    store_.reset();
    Result<std::unique_ptr<SqliteFleet>> opened =
        SqliteFleet::open(file_, SealingKey{Secret{std::string(sealing_key_bytes, 'k')}}, system_entropy(), FleetLimits{}, limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  static Rollout rollout_of(const std::string& id, std::size_t sensors = 2) {
    Rollout rollout;
    rollout.head.id = id;
    rollout.head.created = test::noon;
    rollout.head.author = "operator";
    rollout.head.file_name = "many.yaml";
    rollout.head.stages = {5, 100};
    rollout.head.failures_allowed = 3;
    rollout.head.settle = std::chrono::minutes{10};
    for (std::size_t i = 0; i < sensors; ++i) {
      RolloutTarget target;
      target.sensor = "s" + std::to_string(i);
      target.stage = i + 1;
      rollout.targets.push_back(target);
    }
    return rollout;
  }
  Result<void> put(const Rollout& rollout) {
    std::vector<Secret> documents;
    for (const RolloutTarget& each : rollout.targets) documents.emplace_back("planted-document of " + each.sensor);
    return store_->put_rollout(rollout, documents);
  }
  Result<void> end(const std::string& id) {
    Rollout rollout = *store_->rollout(id);
    rollout.head.state = RolloutState::done;
    return store_->write_rollout(rollout, {});
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "fleet.db";
  std::unique_ptr<SqliteFleet> store_;
};

TEST_F(SqliteFleetRollouts, WhatWasWrittenIsThereAfterReopening) {
  Rollout rollout = rollout_of("a1");
  ASSERT_TRUE(put(rollout));
  rollout.head.state = RolloutState::paused;
  rollout.head.stage = 2;
  rollout.head.failures_excused = 1;
  rollout.head.why = "1 sensor failed";
  rollout.head.ended = test::noon;
  RolloutTarget& second = rollout.targets[1];
  second.state = TargetState::reverting;
  second.revision = 7;
  second.before = 5;
  second.reverted_by = 8;
  second.healthy_before = true;
  second.reasons = "no";
  const std::vector<std::size_t> places{1};
  ASSERT_TRUE(store_->write_rollout(rollout, places));
  reopen();
  const Result<Rollout> found = store_->rollout("a1");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->head.created, test::noon);
  EXPECT_EQ(found->head.author, "operator");
  EXPECT_EQ(found->head.file_name, "many.yaml");
  EXPECT_EQ(found->head.stages, (std::vector<std::uint32_t>{5, 100}));
  EXPECT_EQ(found->head.failures_allowed, 3u);
  EXPECT_EQ(found->head.settle, std::chrono::minutes{10});
  EXPECT_EQ(found->head.state, RolloutState::paused);
  EXPECT_EQ(found->head.stage, 2u);
  EXPECT_EQ(found->head.failures_excused, 1u);
  EXPECT_EQ(found->head.why, "1 sensor failed");
  EXPECT_EQ(found->head.ended, test::noon);
  ASSERT_EQ(found->targets.size(), 2u);
  EXPECT_EQ(found->targets[0].state, TargetState::waiting);
  EXPECT_EQ(found->targets[1].sensor, "s1");
  EXPECT_EQ(found->targets[1].stage, 2u);
  EXPECT_EQ(found->targets[1].state, TargetState::reverting);
  EXPECT_EQ(found->targets[1].revision, 7u);
  EXPECT_EQ(found->targets[1].before, 5u);
  EXPECT_EQ(found->targets[1].reverted_by, 8u);
  EXPECT_TRUE(found->targets[1].healthy_before);
  EXPECT_EQ(found->targets[1].reasons, "no");
  const Result<std::vector<RolloutSummary>> all = store_->rollouts();
  ASSERT_TRUE(all && all->size() == 1);
  EXPECT_EQ(all->front().count(TargetState::waiting), 1u);
  EXPECT_EQ(all->front().count(TargetState::reverting), 1u);
}

TEST_F(SqliteFleetRollouts, DocumentsLieSealedEachInItsPlace) {  // P10
  ASSERT_TRUE(put(rollout_of("a1")));
  EXPECT_EQ(store_->rollout_document("a1", 1)->reveal(), "planted-document of s1");
  EXPECT_EQ(store_->rollout_document("a1", 2).error().code(), Code::absent);
  std::ostringstream bytes;
  for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) bytes << std::ifstream{file.path()}.rdbuf();
  EXPECT_EQ(bytes.str().find("planted-document"), std::string::npos);
  store_.reset();
  Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("UPDATE rollout_targets SET document = (SELECT document FROM rollout_targets WHERE place = 0)"));
  reopen();
  EXPECT_EQ(store_->rollout_document("a1", 1).error().code(), Code::denied) << "another's document does not open";
}

TEST_F(SqliteFleetRollouts, TheOldestThatIsOverMakesRoom) {
  RolloutStoreLimits limits;
  limits.rollouts_max = 2;
  reopen(limits);
  ASSERT_TRUE(put(rollout_of("a1")));
  ASSERT_TRUE(put(rollout_of("a2")));
  EXPECT_EQ(put(rollout_of("a3")).error().code(), Code::full);
  ASSERT_TRUE(end("a2"));
  ASSERT_TRUE(put(rollout_of("a3")));
  EXPECT_EQ(store_->rollout("a2").error().code(), Code::absent);
  EXPECT_EQ(store_->write_rollout(rollout_of("a2"), {}).error().code(), Code::absent);
  const Result<std::vector<RolloutSummary>> all = store_->rollouts();
  ASSERT_TRUE(all && all->size() == 2);
  EXPECT_EQ(all->front().head.id, "a3") << "newest first";
}

TEST_F(SqliteFleetRollouts, WhatIsBeyondABoundIsRefusedAndLeavesNothing) {
  EXPECT_EQ(put(rollout_of("")).error().code(), Code::invalid);
  EXPECT_EQ(put(rollout_of("a1", 0)).error().code(), Code::invalid);
  Rollout nameless = rollout_of("a1");
  nameless.targets[1].sensor.clear();
  EXPECT_EQ(put(nameless).error().code(), Code::invalid);
  EXPECT_TRUE(store_->rollouts()->empty());
  ASSERT_TRUE(put(rollout_of("a1")));
  EXPECT_EQ(put(rollout_of("a1")).error().code(), Code::invalid) << "its id is taken";
  Rollout wordy = rollout_of("a1");
  wordy.targets[0].reasons = std::string(10'000, 'x');
  const std::vector<std::size_t> places{0};
  ASSERT_TRUE(store_->write_rollout(wordy, places));
  EXPECT_EQ(store_->rollout("a1")->targets[0].reasons.size(), RolloutStoreLimits{}.reasons_bytes_max);
}

TEST_F(SqliteFleetRollouts, AFileOfTheFirstVersionGetsWhatItLacks) {
  ASSERT_TRUE(store_->put_credential("acme-key", Secret{"value"}, test::noon));
  store_.reset();
  Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("DROP TABLE rollouts; DROP TABLE rollout_targets; PRAGMA user_version = 1"));
  database = Error{Code::cancelled, "closed"};
  reopen();
  ASSERT_TRUE(put(rollout_of("a1")));
  EXPECT_EQ(store_->credential("acme-key")->reveal(), "value") << "what was there stays";
}

}  // namespace
}  // namespace tidegate
