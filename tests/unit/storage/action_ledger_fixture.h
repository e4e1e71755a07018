// What the tests of the ledger of actions have in common: one on a disk that fails when it is told to.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/action_ledger.h"
#include "tests/support/faulty_fs.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {

inline const std::string row_one(32, '1');
inline const std::string row_two(32, '2');
inline const std::string row_three(32, '3');

inline LedgerRow under_way(const std::string& key, const std::string& body) { return {key, false, body, 0}; }
inline LedgerRow ended(const std::string& key, const std::string& body) { return {key, true, body, 0}; }

class ActionLedgerTest : public testing::Test {
 protected:
  ActionLedgerFiles& open() {
    ledger_.reset();
    report_ = {};
    Result<std::unique_ptr<ActionLedgerFiles>> opened = ActionLedgerFiles::open(place(), {1, ++drawn_}, report_, limits_);
    EXPECT_TRUE(opened) << opened.error().text();
    if (opened) ledger_ = *std::move(opened);
    return *ledger_;
  }
  Error open_in_vain() {
    ledger_.reset();
    const Result<std::unique_ptr<ActionLedgerFiles>> opened = ActionLedgerFiles::open(place(), {1, ++drawn_}, report_, limits_);
    EXPECT_FALSE(opened);
    return opened ? Error{Code::gone, "it was opened"} : opened.error();
  }
  StorePlace place() const { return {temporary_.path() / "state" / "actions", env_}; }
  std::filesystem::path file(const std::string& name) const { return place().directory / name; }
  std::filesystem::path row_file(const std::string& key) const { return file("run-" + key); }

  // Empty: there is none.
  std::string body_of(const std::string& key) {
    const Result<LedgerRow> row = ledger_->read(key);
    if (row) return row->body;
    EXPECT_EQ(row.error().code(), Code::absent) << row.error().text();
    return {};
  }
  std::uint64_t change_of(const std::string& key) { return ledger_->read(key)->change; }
  std::vector<std::string> unsettled() { return *ledger_->unsettled(); }
  std::vector<std::string> changed_after(std::uint64_t change) {
    std::vector<std::string> keys;
    const Result<std::vector<LedgerChange>> changes = ledger_->changed_after(change, 100);
    EXPECT_TRUE(changes) << changes.error().text();
    for (const LedgerChange& each : *changes) {
      EXPECT_EQ(each.change, change_of(each.key));
      keys.push_back(each.key);
    }
    return keys;
  }
  // The next operation on the disk fails, and all after it until mend().
  void fail_after(std::uint64_t operations) { files_->power_off_after(operations); }
  void mend() { files_->power_on(random_, TornTail::kept); }
  void cut_power() {
    files_->power_off();
    ledger_.reset();
    files_->power_on(random_, TornTail::dropped);
  }

  TemporaryDirectory temporary_;
  std::shared_ptr<FaultyFs> files_ = std::make_shared<FaultyFs>(temporary_.path() / "stash");
  std::shared_ptr<rocksdb::Env> env_ = environment_of(files_);
  ActionLedgerLimits limits_;
  std::unique_ptr<ActionLedgerFiles> ledger_;
  ActionLedgerReport report_;
  std::uint64_t drawn_ = 0;
  Random random_{Seed{11}};
};

}  // namespace tidegate
