// The store of actions on a file of its own, and runs to put into it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "processor/edges/sqlite_actions.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/respond/stored_samples.h"

namespace tidegate::test {

// What an awaitable that does not suspend gives.
template <class T>
T at_once(asio::awaitable<T> call) {
  asio::io_context loop;
  std::optional<T> given;
  auto wait = [&]() -> asio::awaitable<void> { given.emplace(co_await std::move(call)); };
  asio::co_spawn(loop, wait, [](const std::exception_ptr&) {});
  loop.run();
  return *std::move(given);
}

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
  Result<void> put(std::vector<ActionRun> runs) { return at_once(store_->put(std::move(runs))); }
  std::vector<ActionRun> unsettled() {
    Result<std::vector<ActionRun>> runs = at_once(store_->unsettled());
    EXPECT_TRUE(runs) << runs.error().text();
    return runs ? *std::move(runs) : std::vector<ActionRun>{};
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
    const Result<std::vector<ActionRun>> runs = store_->runs(query);
    if (!runs) return runs.error().text();
    std::string ids;
    for (const ActionRun& run : *runs) ids.append(ids.empty() ? "" : " ").append(run.id);
    return ids;
  }
  std::string all_bytes() {
    std::ostringstream bytes;
    for (const auto& file : std::filesystem::directory_iterator{folder_.path()}) bytes << std::ifstream{file.path()}.rdbuf();
    return bytes.str();
  }

  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "actions.db";
  std::unique_ptr<SqliteActions> store_;
};

}  // namespace tidegate::test
