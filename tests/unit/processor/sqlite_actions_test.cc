#include "processor/edges/sqlite_actions.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/unit/processor/sqlite_actions_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::run_noon;

class SqliteActionsTest : public test::SqliteActionsRig {};

TEST_F(SqliteActionsTest, IsForItsOwnerAlone) {
  for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) {
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0u) << file.path();
  }
}

TEST_F(SqliteActionsTest, AResponderIsKeptWholeAndReplacedByItsName) {
  KeptResponder kept{test::full_responder(), run_noon, "alice"};
  ASSERT_TRUE(store_->put_responders({kept}));
  reopen();
  const Result<std::vector<KeptResponder>> one = store_->responders();
  ASSERT_TRUE(one) << one.error().text();
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(one->front().responder, kept.responder);
  EXPECT_EQ(one->front().changed, run_noon);
  EXPECT_EQ(one->front().changed_by, "alice");
  kept.responder.host = "other.example.net";
  kept.changed = run_noon + 1h;
  ASSERT_TRUE(store_->put_responders({kept}));
  Responder second;
  second.name = "a";
  ASSERT_TRUE(store_->put_responders({{second, run_noon, "bob"}}));
  const Result<std::vector<KeptResponder>> all = store_->responders();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).responder, second) << "by name";
  EXPECT_EQ(all->at(1).responder, kept.responder);
  ASSERT_TRUE(store_->delete_responder("full"));
  EXPECT_EQ(store_->delete_responder("full").error().code(), Code::absent);
  EXPECT_EQ(store_->responders()->size(), 1u);
}

TEST_F(SqliteActionsTest, AtMostAsManyRespondersAreKeptAsMayBe) {
  Responder responder;
  for (std::size_t i = 0; i < responders_max; ++i) {
    responder.name = "r" + std::to_string(i);
    ASSERT_TRUE(store_->put_responders({{responder, run_noon, "alice"}}));
  }
  EXPECT_TRUE(store_->put_responders({{responder, run_noon, "alice"}})) << "to replace one needs no room";
  responder.name = "one more";
  EXPECT_EQ(store_->put_responders({{responder, run_noon, "alice"}}).error().code(), Code::full);
}

TEST_F(SqliteActionsTest, NoSecretOfAResponderIsInTheFile) {
  Responder responder = test::full_responder();
  responder.secret = Secret{"planted-secret-that-nobody-may-see"};
  ASSERT_TRUE(store_->put_responders({{responder, run_noon, "alice"}}));
  std::string bytes = all_bytes();
  EXPECT_NE(bytes.find("alice"), std::string::npos) << "what is not sealed is there";
  EXPECT_EQ(bytes.find("planted-secret"), std::string::npos);
  EXPECT_EQ(bytes.find("tickets.example.net"), std::string::npos) << "where it is sent is sealed with it";
  store_.reset();
  bytes = all_bytes();
  EXPECT_NE(bytes.find("alice"), std::string::npos);
  EXPECT_EQ(bytes.find("planted-secret"), std::string::npos);
  Result<std::unique_ptr<SqliteActions>> other_key = open('x');
  ASSERT_TRUE(other_key);
  EXPECT_EQ((*other_key)->responders().error().code(), Code::denied);
}

TEST_F(SqliteActionsTest, ASealedResponderOpensUnderItsOwnNameAlone) {
  ASSERT_TRUE(store_->put_responders({{test::full_responder(), run_noon, "alice"}}));
  change_file("UPDATE responders SET name = 'moved'");
  EXPECT_EQ(store_->responders().error().code(), Code::denied);
}

TEST_F(SqliteActionsTest, TheKillSwitchOutlivesARestart) {
  EXPECT_TRUE(*store_->may_send()) << "until somebody says no";
  ASSERT_TRUE(store_->set_may_send(false, "alice", run_noon));
  reopen();
  EXPECT_FALSE(*store_->may_send());
  ASSERT_TRUE(store_->set_may_send(true, "alice", run_noon + 1h));
  EXPECT_TRUE(*store_->may_send());
}

TEST_F(SqliteActionsTest, ARunIsKeptWholeAndReplacedByItsId) {
  ActionRun run = test::full_run();
  ASSERT_TRUE(put({run}));
  reopen();
  EXPECT_EQ(*store_->run(run.id), run);
  EXPECT_EQ(*run_at_once(store_->read(run.id)), run);
  run.targets[0].reason = "another";
  run.created += 1h;
  ASSERT_TRUE(put({run}));
  EXPECT_EQ(*store_->run(run.id), run);
  EXPECT_EQ(*store_->count({}), 1u);
  EXPECT_EQ(store_->run("none").error().code(), Code::absent);
  EXPECT_EQ(run_at_once(store_->read("none")).error().code(), Code::absent);
}

TEST_F(SqliteActionsTest, AnyRunIsReadBackEqualAndFoundByItsState) {
  Random random{Seed{9}};
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) {
    ActionRun run = test::random_run(random);
    run.id = "r" + std::to_string(random.below(150));
    ids.insert(run.id);
    ASSERT_TRUE(put({run}));
    ASSERT_EQ(*store_->run(run.id), run) << "run " << i;
    ActionQuery query;
    query.state = state_of(run);
    query.limit = 1000;
    const Result<RunsFound> same = store_->runs(query);
    ASSERT_TRUE(same);
    for (const ActionRun& each : same->runs) EXPECT_EQ(state_of(each), *query.state);
    EXPECT_TRUE(std::ranges::find(same->runs, run) != same->runs.end()) << "run " << i;
  }
  EXPECT_EQ(*store_->count({}), ids.size());
  std::size_t open = 0;
  for (const std::string& id : ids) open += settled(*store_->run(id)) ? 0 : 1;
  EXPECT_EQ(unsettled().size(), open);
}

TEST_F(SqliteActionsTest, AllRunsOfAWriteAreInOrNone) {
  ActionLimits limits;
  limits.unsettled_max = 2;
  reopen(limits);
  const Result<void> refused =
      put({run_of("a", ResponseState::queued), run_of("b", ResponseState::queued), run_of("c", ResponseState::queued)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::full);
  EXPECT_EQ(*store_->count({}), 0u);
  ASSERT_TRUE(put({run_of("a", ResponseState::queued), run_of("b", ResponseState::queued), run_of("c")}));
  EXPECT_EQ(put({run_of("d", ResponseState::queued)}).error().code(), Code::full);
  EXPECT_TRUE(put({run_of("d")})) << "what is settled takes none of that room";
  EXPECT_TRUE(put({run_of("b", ResponseState::running)})) << "what is there goes on";
  EXPECT_TRUE(put({run_of("c", ResponseState::queued)})) << "what is there goes on, also when it was settled";
  EXPECT_TRUE(put({run_of("a"), run_of("b"), run_of("c")}));
  EXPECT_TRUE(put({run_of("e", ResponseState::queued)}));
  EXPECT_EQ(put({run_of("")}).error().code(), Code::invalid);
}

TEST_F(SqliteActionsTest, WhatIsNotSettledIsToldTheOldestFirst) {
  ActionRun limited = run_of("limited", ResponseState::succeeded, run_noon - 1h);
  limited.lasts = 4h;
  ActionRun preview = run_of("preview", ResponseState::waiting);
  preview.dry_run = true;
  ActionRun asked = run_of("asked", ResponseState::waiting, run_noon + 1h);
  asked.approval = Approval::awaited;
  ASSERT_TRUE(
      put({asked, run_of("done"), run_of("b", ResponseState::sending), run_of("a", ResponseState::queued), preview, limited}));
  reopen();
  std::vector<std::string> ids;
  for (const ActionRun& run : unsettled()) ids.push_back(run.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"limited", "a", "b", "asked"}));
  limited.undone_by = "another";
  ASSERT_TRUE(put({limited}));
  EXPECT_EQ(unsettled().size(), 3u);
}

TEST_F(SqliteActionsTest, ARunIsBoundedAndMayStillGrowByWhatBecameOfIt) {
  ActionLimits limits;
  limits.run_bytes_max = 2000;
  reopen(limits);
  ActionRun run = run_of("a", ResponseState::queued);
  run.targets[0].target.value = std::string(1900, 'x');
  EXPECT_EQ(put({run}).error().code(), Code::invalid);
  run.targets[0].target.value = std::string(1500, 'x');
  ASSERT_TRUE(put({run}));
  run.targets[0].reason = std::string(1000, 'y');
  EXPECT_TRUE(put({run}));
  EXPECT_EQ(*store_->run("a"), run);
  run.targets[0].reason = std::string(4000, 'y');
  EXPECT_EQ(put({run}).error().code(), Code::invalid);
}

TEST_F(SqliteActionsTest, ANewerOrDamagedFileIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(put({run_of("a")}));
  store_.reset();
  {
    Result<SqliteDatabase> newer = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
    ASSERT_TRUE(newer->execute("PRAGMA user_version = 99"));
  }
  const Result<std::unique_ptr<SqliteActions>> refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid);
  const std::string garbage =
      "this is no database, whatever its name says, and it is longer than a header of one: 0123456789abcdef";
  std::filesystem::remove(file_.string() + "-wal");
  std::filesystem::remove(file_.string() + "-shm");
  std::ofstream{file_, std::ios::trunc} << garbage;
  const Result<std::unique_ptr<SqliteActions>> damaged = open();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), Code::corrupt);
  EXPECT_NE(damaged.error().text().find(file_.string()), std::string::npos) << damaged.error().text();
  EXPECT_NE(damaged.error().text().find("put a copy of it back"), std::string::npos) << damaged.error().text();
  EXPECT_EQ(content_of(file_), garbage);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_.path()}, {}), 1) << "nothing is begun beside it";
}

TEST_F(SqliteActionsTest, ARunThatCannotBeReadIsNamedAndHoldsUpNoOther) {  // P9
  ASSERT_TRUE(put({run_of("a", ResponseState::queued), run_of("b", ResponseState::queued), run_of("c", ResponseState::queued),
                   run_of("d", ResponseState::queued)}));
  change_file(
      "UPDATE run_values SET value = x'7b7d' WHERE number = 1; DELETE FROM run_values WHERE number = 3; "
      "UPDATE run_values SET value = CAST('{\"v\": 99}' AS BLOB) WHERE number = 4");
  const Result<UnsettledRuns> found = run_at_once(store_->unsettled());
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->runs.size(), 1u);
  EXPECT_EQ(found->runs.front(), run_of("b", ResponseState::queued));
  ASSERT_EQ(found->unreadable.size(), 3u);
  const std::vector<std::string> named{"run a", "run c", "run d"};
  for (std::size_t i = 0; i < named.size(); ++i)
    EXPECT_NE(found->unreadable[i].find(named[i]), std::string::npos) << found->unreadable[i];
  EXPECT_EQ(store_->runs({}).error().code(), Code::invalid) << "the newest is of a newer version";
  EXPECT_EQ(store_->run("a").error().code(), Code::corrupt);
  EXPECT_TRUE(store_->run("b"));
}

TEST_F(SqliteActionsTest, WhatIsUnderWayOfAResponderIsNamedThoughItCannotBeRead) {  // P9
  ActionRun other = run_of("other", ResponseState::queued);
  other.responder = "another";
  ASSERT_TRUE(put({run_of("done"), run_of("open", ResponseState::sending), other}));
  EXPECT_EQ(*store_->unsettled_run_of("acme-v1"), "open");
  EXPECT_EQ(*store_->unsettled_run_of("another"), "other");
  EXPECT_EQ(*store_->unsettled_run_of("nobody"), std::nullopt);
  change_file("UPDATE run_values SET value = x'7b7d'");
  EXPECT_EQ(*store_->unsettled_run_of("acme-v1"), "open");
  change_file("UPDATE runs SET settled = 1 WHERE id = 'open'");
  EXPECT_EQ(*store_->unsettled_run_of("acme-v1"), std::nullopt);
}

}  // namespace
}  // namespace tidegate
