// The history of actions: what it is asked, and what it forgets.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tests/unit/processor/sqlite_actions_rig.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using test::run_noon;

class SqliteActionsHistoryTest : public test::SqliteActionsRig {};

TEST_F(SqliteActionsHistoryTest, TheHistoryIsAskedByEachPart) {
  ActionRun blue = run_of("blue");
  blue.tenant = "blue";
  ActionRun hook = run_of("hook");
  hook.responder = "ticket";
  hook.action.reset();
  hook.targets.clear();
  hook.webhook.emplace();
  hook.webhook->path_and_query = "/Hooks/7";
  hook.webhook->state = ResponseState::failed;
  ActionRun nightly = run_of("nightly");
  nightly.requested_by = "Nightly Script";
  ActionRun about = run_of("about");
  about.record_id = "record-7";
  ActionRun block = run_of("block");
  block.action = ResponseAction::add_to_block_list;
  ActionRun open = run_of("open", ResponseState::queued);
  ActionRun late = run_of("late", ResponseState::succeeded, run_noon + 2h);
  ASSERT_TRUE(put({blue, hook, nightly, about, block, open, late}));
  EXPECT_EQ(ids_of({}), "late open nightly hook blue block about") << "newest first";
  const auto with = [](auto change) {
    ActionQuery query;
    change(query);
    return query;
  };
  const std::vector<std::pair<ActionQuery, std::string>> cases{
      {with([](ActionQuery& q) { q.tenant = "blue"; }), "blue"},
      {with([](ActionQuery& q) { q.responder = "ticket"; }), "hook"},
      {with([](ActionQuery& q) { q.record_id = "record-7"; }), "about"},
      {with([](ActionQuery& q) { q.action = ResponseAction::add_to_block_list; }), "block"},
      {with([](ActionQuery& q) { q.state = RunState::under_way; }), "open"},
      {with([](ActionQuery& q) { q.state = RunState::failed; }), "hook"},
      {with([](ActionQuery& q) { q.text = "nightly SCRIPT"; }), "nightly"},
      {with([](ActionQuery& q) { q.text = "/hooks/7"; }), "hook"},
      {with([](ActionQuery& q) { q.since = run_noon + 1h; }), "late"},
      {with([](ActionQuery& q) { q.until = run_noon; }), ""},
      {with([](ActionQuery& q) { q.until = run_noon + 2h; }), "open nightly hook blue block about"},
      {with([](ActionQuery& q) { q.limit = 2; }), "late open"},
      {with([](ActionQuery& q) { q.tenant = "no' OR 1=1 --"; }), ""},
  };
  for (const auto& [query, ids] : cases) {
    EXPECT_EQ(ids_of(query), ids);
    if (query.limit < 100) continue;
    EXPECT_EQ(*store_->count(query), static_cast<std::size_t>(ids.empty() ? 0 : std::ranges::count(ids, ' ') + 1)) << ids;
  }
}

TEST_F(SqliteActionsHistoryTest, TheHistoryIsAskedByAllPartsTogether) {
  Random random{Seed{10}};
  const std::vector<std::string> texts{"", "a", "b"};
  const auto pick = [&] { return texts[random.below(texts.size())]; };
  std::vector<ActionRun> all;
  for (int i = 0; i < 120; ++i) {
    ActionRun run = run_of("r" + std::to_string(1000 + i), static_cast<ResponseState>(random.below(11)),
                           run_noon + std::chrono::seconds{random.below(5)});
    run.tenant = pick();
    run.responder = pick();
    run.record_id = pick();
    run.action = all_response_actions[random.below(2)];
    run.targets[0].reason = "Why " + pick() + "%_\\";
    all.push_back(run);
  }
  ASSERT_TRUE(put(all));
  std::ranges::sort(all,
                    [](const ActionRun& a, const ActionRun& b) { return std::pair{a.created, a.id} > std::pair{b.created, b.id}; });
  for (int i = 0; i < 300; ++i) {
    ActionQuery query;
    query.tenant = pick();
    query.responder = pick();
    if (random.chance(2)) query.record_id = pick();
    if (random.chance(2)) query.action = all_response_actions[random.below(2)];
    if (random.chance(3)) query.state = static_cast<RunState>(random.below(10));
    if (random.chance(2)) query.text = "why " + pick() + "%_\\";
    if (random.chance(2)) query.since = run_noon + std::chrono::seconds{random.below(5)};
    if (random.chance(2)) query.until = run_noon + std::chrono::seconds{random.below(5)};
    std::string expected;
    std::size_t count = 0;
    for (const ActionRun& run : all) {
      const bool fits = (query.tenant.empty() || run.tenant == query.tenant) &&
                        (query.responder.empty() || run.responder == query.responder) &&
                        (query.record_id.empty() || run.record_id == query.record_id) &&
                        (!query.action || run.action == query.action) && (!query.state || state_of(run) == *query.state) &&
                        (query.text.empty() || run.targets[0].reason == "W" + query.text.substr(1)) &&
                        (!query.since || run.created >= *query.since) && (!query.until || run.created < *query.until);
      if (!fits) continue;
      expected.append(expected.empty() ? "" : " ").append(run.id);
      ++count;
    }
    query.limit = 200;
    ASSERT_EQ(ids_of(query), expected) << "query " << i;
    ASSERT_EQ(*store_->count(query), count) << "query " << i;
  }
}

TEST_F(SqliteActionsHistoryTest, ASearchLooksIntoObjectsTasksReasonsAndWhoAsked) {
  ActionRun run = run_of("a");
  run.requested_by = "Alice O'Hara";
  run.targets[0].target = {ObjectType::message_id, "<M-1_100%@Example.com>", "Bob@example.com", "described"};
  run.targets[0].task_id = "00000012";
  run.targets[0].reason = "TaskError: gerät";
  ASSERT_TRUE(put({run, run_of("b")}));
  for (const std::string text : {"m-1_100%@EXAMPLE", "bob@", "0012", "taskerror: gerät", "ALICE O'HARA"}) {
    ActionQuery query;
    query.text = text;
    EXPECT_EQ(ids_of(query), "a") << text;
  }
  for (const std::string text : {"m-1%", "M_1", "GERÄT", "described", "acme-v1"}) {
    ActionQuery query;
    query.text = text;
    EXPECT_EQ(ids_of(query), "") << text;
  }
}

TEST_F(SqliteActionsHistoryTest, PagesLeadToTheEndAndMissNothing) {
  std::vector<ActionRun> runs;
  for (int i = 0; i < 25; ++i)
    runs.push_back(run_of("r" + std::to_string(100 + i), ResponseState::succeeded, run_noon + 1s * (i / 10)));
  ASSERT_TRUE(put(runs));
  ActionQuery query;
  query.limit = 7;
  std::set<std::string> seen;
  std::size_t pages = 0;
  for (;; ++pages) {
    const Result<RunsFound> page = store_->runs(query);
    ASSERT_TRUE(page);
    for (const ActionRun& run : page->runs) EXPECT_TRUE(seen.insert(run.id).second) << run.id;
    EXPECT_EQ(*store_->count(query), 25u) << "whatever limit and before say";
    EXPECT_EQ(page->more, seen.size() < 25u);
    if (!page->more) break;
    query.before = page->runs.back().id;
  }
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_EQ(pages, 3u) << "the fourth is the last";
  query.limit = 25;
  query.before.clear();
  EXPECT_FALSE(store_->runs(query)->more) << "a page that is just full is the last, too";
  query.before = "gone";
  EXPECT_EQ(store_->runs(query).error().code(), Code::absent) << "an end that is none would hide the rest";
}

TEST_F(SqliteActionsHistoryTest, APageIsBoundedInRowsAndBytes) {
  ActionLimits limits;
  limits.rows_shown_max = 3;
  reopen(limits);
  std::vector<ActionRun> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(run_of("r" + std::to_string(i)));
    runs.back().targets[0].reason = std::string(1000, 'x');
  }
  ASSERT_TRUE(put(runs));
  EXPECT_EQ(ids_of({}), "r4 r3 r2");
  EXPECT_TRUE(store_->runs({})->more);
  limits.rows_shown_max = 100;
  limits.shown_bytes_max = 3000;
  reopen(limits);
  ActionQuery query;
  EXPECT_EQ(ids_of(query), "r4 r3");
  EXPECT_TRUE(store_->runs(query)->more) << "it ended by its bytes, not by its rows";
  query.before = "r3";
  EXPECT_EQ(ids_of(query), "r2 r1");
  query.before = "r1";
  EXPECT_EQ(ids_of(query), "r0");
  EXPECT_FALSE(store_->runs(query)->more);
  limits.shown_bytes_max = 1;
  reopen(limits);
  EXPECT_EQ(ids_of({}), "r4") << "at least one, or paging would end";
  EXPECT_TRUE(store_->runs({})->more);
}

TEST_F(SqliteActionsHistoryTest, ARowThatCannotBeReadEndsThePageAndNotThoseBehindIt) {
  ASSERT_TRUE(put({run_of("a"), run_of("b"), run_of("c")}));
  change_file("UPDATE run_values SET value = x'7b7d' WHERE number = 2");
  ActionQuery query;
  EXPECT_NE(ids_of(query).find("run b"), std::string::npos) << "it is named, and not passed over";
  query.before = "b";
  EXPECT_EQ(ids_of(query), "a") << "whoever knows its id comes past it";
  EXPECT_EQ(*store_->count({}), 3u);
}

TEST_F(SqliteActionsHistoryTest, WhatIsOldOrTooMuchGoesButNothingThatIsNotSettled) {
  ActionLimits limits;
  limits.runs_max = 3;
  reopen(limits);
  std::vector<ActionRun> runs{run_of("open", ResponseState::queued, run_noon - limits.kept - 2h),
                              run_of("old", ResponseState::succeeded, run_noon - limits.kept - 1ns),
                              run_of("just", ResponseState::succeeded, run_noon - limits.kept)};
  ASSERT_TRUE(put(runs));
  ASSERT_TRUE(store_->trim(run_noon));
  EXPECT_EQ(ids_of({}), "just open");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put({run_of("r" + std::to_string(i), ResponseState::succeeded, run_noon + 1s * i)}));
  ASSERT_TRUE(store_->trim(run_noon));
  EXPECT_EQ(ids_of({}), "r4 r3 open");
  EXPECT_EQ(store_->run("just").error().code(), Code::absent);
  store_.reset();
  Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::read);
  Result<SqliteStatement> values = database->prepare("SELECT count(*) FROM run_values");
  ASSERT_TRUE(*values->step());
  EXPECT_EQ(values->integer(0), 3) << "values go with their runs";
}

}  // namespace
}  // namespace tidegate
