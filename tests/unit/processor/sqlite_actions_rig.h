// The store of actions on a file of its own, and runs to put into it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "processor/edges/sqlite_actions.h"
#include "tests/support/file_content.h"
#include "tests/support/run_at_once.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/respond/stored_samples.h"

namespace tidegate::test {

class SqliteActionsRig : public testing::Test {
 protected:
  SqliteActionsRig() { reopen(); }

  Result<std::unique_ptr<SqliteActions>> open(char key = 'k', ActionLimits limits = {}) {
    return SqliteActions::open(file_, SealingKey{Secret{std::string(sealing_key_bytes, key)}}, system_entropy(), limits);
  }
  void reopen(ActionLimits limits = {}) {
    store_.reset();
    Result<std::unique_ptr<SqliteActions>> opened = open('k', limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  Result<void> put(std::vector<ActionRun> runs) { return run_at_once(store_->put(std::move(runs))); }
  std::vector<ActionRun> unsettled() {
    Result<UnsettledRuns> found = run_at_once(store_->unsettled());
    EXPECT_TRUE(found) << found.error().text();
    if (!found) return {};
    EXPECT_EQ(found->unreadable, std::vector<std::string>{});
    return std::move(found->runs);
  }
  // Of the file as it lies on the disk; the store is closed, and opened again.
  void change_file(const std::string& sql) {
    store_.reset();
    {
      Result<SqliteDatabase> database = SqliteDatabase::open(file_, SqliteDatabase::Mode::write);
      ASSERT_TRUE(database) << database.error().text();
      const Result<void> changed = database->execute(sql);
      ASSERT_TRUE(changed) << changed.error().text();
    }
    reopen();
  }
  // One of Vision One whose only target is so.
  static ActionRun run_of(const std::string& id, ResponseState state = ResponseState::succeeded, WallTime created = run_noon) {
    ActionRun run;
    run.id = id;
    run.responder = "acme-v1";
    run.tenant = "acme";
    run.action = ResponseAction::isolate_endpoint;
    run.requested_by = "alice";
    run.created = created;
    TargetRun& target = run.targets.emplace_back();
    target.target = {ObjectType::agent_guid, "guid-of-" + id, {}, {}};
    target.state = state;
    return run;
  }
  std::string ids_of(const ActionQuery& query) {
    const Result<RunsFound> found = store_->runs(query);
    if (!found) return found.error().text();
    std::string ids;
    for (const ActionRun& run : found->runs) ids.append(ids.empty() ? "" : " ").append(run.id);
    return ids;
  }
  // Of the database and of what lies beside it.
  std::string all_bytes() {
    std::string bytes;
    for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) {
      const std::string content = content_of(file.path());
      EXPECT_EQ(content.size(), file.file_size()) << file.path() << " was not read whole";
      bytes += content;
    }
    EXPECT_NE(bytes.find("SQLite format 3"), std::string::npos) << "the database was not read";
    return bytes;
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "actions.db";
  std::unique_ptr<SqliteActions> store_;
};

}  // namespace tidegate::test
