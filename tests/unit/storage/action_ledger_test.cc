#include "storage/action_ledger.h"

#include <gmock/gmock.h>

#include <fstream>
#include <limits>

#include "storage/action_ledger_format.h"
#include "storage/row_bytes.h"
#include "tests/support/file_content.h"
#include "tests/unit/storage/action_ledger_fixture.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void rewrite_newer(const std::filesystem::path& file) {
  Bytes bytes = content_of(file);
  bytes.resize(bytes.size() - 4);
  bytes[0] = 2;
  seal(bytes);
  std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

}  // namespace

TEST_F(ActionLedgerTest, AFreshOneIsEmptyAndKeepsTheIdItWasBegunWith) {
  ActionLedgerFiles& ledger = open();
  EXPECT_TRUE(report_.begun);
  EXPECT_THAT(report_.set_aside, IsEmpty());
  const std::string id = ledger.id();
  EXPECT_EQ(id, to_hex(Id128{1, 1}));
  EXPECT_EQ(ledger.last_change(), 0u);
  EXPECT_THAT(unsettled(), IsEmpty());
  EXPECT_EQ(ledger.read(row_one).error().code(), Code::absent);
  EXPECT_EQ(ledger.value().error().code(), Code::absent);
  EXPECT_EQ(open().id(), id);
  EXPECT_FALSE(report_.begun);
}

TEST_F(ActionLedgerTest, ItsDirectoryIsForItsOwnerAlone) {
  env_.reset();
  open();
  EXPECT_EQ(std::filesystem::status(place().directory).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(ActionLedgerTest, WhereAFileLiesInItsPlaceItIsRefusedAndTheFileStays) {
  std::filesystem::create_directories(place().directory.parent_path());
  std::ofstream{place().directory} << "a file";
  EXPECT_EQ(open_in_vain().code(), Code::invalid);
  EXPECT_EQ(content_of(place().directory), "a file");
}

TEST_F(ActionLedgerTest, RowsAreThereAfterARestartAsTheyWerePut) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "first"), ended(row_two, std::string("\0 second", 8))}));
  ASSERT_TRUE(ledger_->put({ended(row_three, "")}));
  ASSERT_TRUE(ledger_->put({under_way(row_one, "first, changed")}));
  open();
  EXPECT_EQ(*ledger_->read(row_one), (LedgerRow{row_one, false, "first, changed", 4}));
  EXPECT_EQ(*ledger_->read(row_two), (LedgerRow{row_two, true, std::string("\0 second", 8), 2}));
  EXPECT_EQ(*ledger_->read(row_three), (LedgerRow{row_three, true, "", 3}));
  EXPECT_THAT(unsettled(), ElementsAre(row_one));
  EXPECT_THAT(report_.set_aside, IsEmpty());
}

TEST_F(ActionLedgerTest, WhatChangedAfterAChangeIsToldInItsOrder) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_two, "a"), under_way(row_one, "b")}));
  ASSERT_TRUE(ledger_->put({under_way(row_three, "c")}));
  ASSERT_TRUE(ledger_->put({ended(row_two, "d")}));
  for (int turn = 0; turn < 2; ++turn, open()) {
    EXPECT_THAT(changed_after(0), ElementsAre(row_one, row_three, row_two));
    EXPECT_THAT(changed_after(2), ElementsAre(row_three, row_two));
    EXPECT_THAT(*ledger_->changed_after(0, 2), ElementsAre(LedgerChange{2, row_one}, LedgerChange{3, row_three}));
    EXPECT_THAT(changed_after(std::numeric_limits<std::uint64_t>::max()), IsEmpty());
    EXPECT_THAT(changed_after(ledger_->last_change()), IsEmpty());
    EXPECT_THAT(unsettled(), ElementsAre(row_one, row_three));
  }
}

// Whatever becomes of the newest row: who asked before must not miss the next.
TEST_F(ActionLedgerTest, P9AChangeIsNeverGivenTwice) {
  limits_.settled_max = 0;
  open();
  std::uint64_t highest = 0;
  const auto put_another = [&] {
    ASSERT_TRUE(ledger_->put({under_way(row_one, "again")}));
    EXPECT_GT(change_of(row_one), highest);
    EXPECT_EQ(ledger_->last_change(), change_of(row_one));
    highest = change_of(row_one);
  };
  put_another();
  open();
  EXPECT_GE(ledger_->last_change(), highest) << "after a restart";
  put_another();
  ASSERT_TRUE(ledger_->put({ended(row_two, "trimmed at once")}));
  highest = ledger_->last_change();
  EXPECT_EQ(body_of(row_two), "");
  open();
  put_another();
  flip_bit(row_file(row_one), -1);
  open();
  EXPECT_EQ(report_.set_aside.size(), 1u);
  ASSERT_TRUE(ledger_->put({under_way(row_three, "after the newest was damaged")}));
  EXPECT_GT(change_of(row_three), highest);
  highest = change_of(row_three);
  fail_after(2);
  EXPECT_FALSE(ledger_->put({under_way(row_three, "failed")}));
  const std::uint64_t failed = ledger_->last_change();
  mend();
  ASSERT_TRUE(ledger_->put({under_way(row_three, "after a failure")}));
  EXPECT_GT(change_of(row_three), failed);
}

TEST_F(ActionLedgerTest, ChangesGrowOverManyRowsAndRestarts) {
  open();
  std::uint64_t highest = 0;
  for (int i = 0; i < 2'500; ++i) {
    if (i % 700 == 699) open();
    ASSERT_TRUE(ledger_->put({under_way(row_one, "x")}));
    ASSERT_GT(change_of(row_one), highest);
    highest = change_of(row_one);
  }
}

TEST_F(ActionLedgerTest, P9ADamagedRowIsSetAsideAndNeverBegunAnewAndTheOthersStay) {
  for (const std::int64_t offset : {0, 5, 12, -1}) {
    std::filesystem::remove_all(place().directory);
    open();
    ASSERT_TRUE(ledger_->put({under_way(row_one, "rows of one call"), under_way(row_two, "are damaged alone")}));
    flip_bit(row_file(row_one), offset);
    EXPECT_EQ(ledger_->read(row_one).error().code(), Code::corrupt);
    for (int turn = 0; turn < 2; ++turn) {
      open();
      EXPECT_EQ(report_.set_aside.size(), turn == 0 ? 1u : 0u);
      EXPECT_EQ(ledger_->read(row_one).error().code(), Code::corrupt);
      EXPECT_EQ(ledger_->put({under_way(row_one, "handed over again")}).error().code(), Code::corrupt);
      EXPECT_EQ(body_of(row_two), "are damaged alone");
      EXPECT_THAT(unsettled(), ElementsAre(row_two));
      if (turn == 0) {
        EXPECT_EQ(report_.set_aside[0], row_file(row_one).string() + ".damaged");
        EXPECT_THAT(report_.reasons[0], HasSubstr("run-" + row_one + ": "));
        EXPECT_FALSE(report_.begun);
      }
    }
    std::filesystem::remove(row_file(row_one).string() + ".damaged");
    open();
    EXPECT_TRUE(ledger_->put({under_way(row_one, "an operator has seen to it")}));
  }
}

TEST_F(ActionLedgerTest, ARowThatIsCutShortIsSetAside) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "whole"), under_way(row_two, "whole")}));
  std::ofstream{row_file(row_one), std::ios::trunc};
  Bytes sealed_nothing{"\1"};
  seal(sealed_nothing);
  std::ofstream{row_file(row_two), std::ios::trunc | std::ios::binary} << sealed_nothing;
  open();
  EXPECT_EQ(report_.set_aside.size(), 2u);
  EXPECT_THAT(unsettled(), IsEmpty());
}

TEST_F(ActionLedgerTest, WhatWasWrittenTogetherIsFinishedByTheNextStart) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "old"), under_way(row_three, "newer than that")}));
  const std::vector<LedgerRow> rows{{row_one, true, "new", 7}, {row_two, false, "new", 8}, {row_three, true, "older", 1}};
  std::ofstream{file("rows"), std::ios::binary} << ledger_rows_file(rows);
  flip_bit(row_file(row_one), 3);
  open();
  EXPECT_EQ(*ledger_->read(row_one), rows[0]) << "also where the file it replaces is damaged";
  EXPECT_EQ(*ledger_->read(row_two), rows[1]);
  EXPECT_EQ(body_of(row_three), "newer than that");
  EXPECT_THAT(report_.set_aside, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file("rows")));
}

TEST_F(ActionLedgerTest, RowsWrittenTogetherThatAreDamagedAreSetAside) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "old")}));
  std::ofstream{file("rows"), std::ios::binary} << ledger_rows_file({{row_one, true, "new", 7}});
  flip_bit(file("rows"), 20);
  open();
  EXPECT_THAT(report_.set_aside, ElementsAre(file("rows.damaged").string()));
  EXPECT_EQ(body_of(row_one), "old");
}

TEST_F(ActionLedgerTest, P9ALedgerWhoseIdIsLostBeginsAnewUnderAFreshOne) {
  for (const bool damaged : {true, false}) {
    std::filesystem::remove_all(place().directory);
    const std::string id = open().id();
    ASSERT_TRUE(ledger_->put({under_way(row_one, "of the old one"), ended(row_two, "too")}));
    ASSERT_TRUE(ledger_->put_value("sealed"));
    if (damaged) flip_bit(file("ledger"), 4);
    else std::filesystem::remove(file("ledger"));
    open();
    EXPECT_TRUE(report_.begun);
    EXPECT_NE(ledger_->id(), id);
    EXPECT_EQ(report_.set_aside.size(), damaged ? 4u : 3u);
    EXPECT_EQ(report_.reasons.size(), report_.set_aside.size());
    for (const std::string& path : report_.set_aside) EXPECT_TRUE(std::filesystem::exists(path)) << path;
    EXPECT_THAT(unsettled(), IsEmpty());
    EXPECT_THAT(changed_after(0), IsEmpty());
    EXPECT_EQ(ledger_->value().error().code(), Code::absent);
    const std::string fresh = ledger_->id();
    EXPECT_EQ(open().id(), fresh);
    EXPECT_FALSE(report_.begun);
  }
}

TEST_F(ActionLedgerTest, WhatANewerVersionWroteIsLeftAlone) {
  for (const std::string name : {"ledger", "value", "rows", ""}) {
    std::filesystem::remove_all(place().directory);
    open();
    ASSERT_TRUE(ledger_->put({under_way(row_one, "kept")}));
    ASSERT_TRUE(ledger_->put_value("sealed"));
    std::ofstream{file("rows"), std::ios::binary} << ledger_rows_file({{row_two, false, "x", 5}});
    const std::string newer = name.empty() ? "run-" + row_one : name;
    rewrite_newer(file(newer));
    const Bytes bytes = content_of(file(newer));
    const Error refused = open_in_vain();
    EXPECT_EQ(refused.code(), Code::invalid) << newer;
    EXPECT_THAT(refused.text(), HasSubstr("version 2 by a newer program"));
    EXPECT_THAT(refused.text(), HasSubstr(file(newer).string()));
    EXPECT_EQ(content_of(file(newer)), bytes);
  }
}

TEST_F(ActionLedgerTest, FilesOfOtherNamesAreLeftAlone) {
  std::filesystem::create_directories(place().directory);
  const std::vector<std::string> foreign{"README", "run-1", "run-" + std::string(32, 'F'), "notes.new", "other.damaged"};
  for (const std::string& name : foreign) std::ofstream{file(name)} << "foreign";
  std::ofstream{file("run-" + row_one + ".new")} << "half";
  std::ofstream{file("ledger.new")} << "half";
  open();
  EXPECT_TRUE(report_.begun);
  EXPECT_THAT(report_.set_aside, IsEmpty());
  for (const std::string& name : foreign) EXPECT_EQ(content_of(file(name)), "foreign") << name;
  EXPECT_FALSE(std::filesystem::exists(file("run-" + row_one + ".new"))) << "what is half written has no meaning";
  EXPECT_EQ(body_of(row_one), "");
}

TEST_F(ActionLedgerTest, OnlySoManyAreUnderWayAndThoseMayGoOn) {
  limits_.unsettled_max = 2;
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "a"), under_way(row_two, "b")}));
  EXPECT_EQ(ledger_->put({under_way(row_three, "c")}).error().code(), Code::full);
  EXPECT_EQ(body_of(row_three), "");
  EXPECT_TRUE(ledger_->put({under_way(row_one, "goes on")}));
  EXPECT_TRUE(ledger_->put({ended(row_three, "is no more work")}));
  EXPECT_TRUE(ledger_->put({ended(row_one, "done"), under_way(row_three, "begins")}));
  limits_.unsettled_max = 1;
  open();
  EXPECT_TRUE(ledger_->put({under_way(row_two, "goes on where the bound is lower now")}));
  EXPECT_EQ(ledger_->put({under_way(row_one, "again")}).error().code(), Code::full);
}

TEST_F(ActionLedgerTest, WhatIsTooLargeIsRefused) {
  limits_.row_bytes_max = 10;
  limits_.together_bytes_max = 15;
  limits_.value_bytes_max = 10;
  open();
  EXPECT_TRUE(ledger_->put({under_way(row_one, std::string(10, 'x'))}));
  EXPECT_EQ(ledger_->put({under_way(row_two, std::string(11, 'x'))}).error().code(), Code::invalid);
  EXPECT_EQ(ledger_->put({under_way(row_two, std::string(8, 'x')), under_way(row_three, std::string(8, 'x'))}).error().code(),
            Code::invalid);
  EXPECT_EQ(body_of(row_two), "");
  EXPECT_TRUE(ledger_->put_value(std::string(10, 'x')));
  EXPECT_EQ(ledger_->put_value(std::string(11, 'x')).error().code(), Code::invalid);
  EXPECT_EQ(*ledger_->value(), std::string(10, 'x'));
  open();
  EXPECT_EQ(body_of(row_one), std::string(10, 'x'));
}

TEST_F(ActionLedgerTest, SettledRowsBeyondTheBoundGoTheOldestFirstAndNoOther) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_two, "the oldest, and under way")}));
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < 10; ++i) {
    keys.push_back(to_hex(Id128{7, i}));
    ASSERT_TRUE(ledger_->put({ended(keys.back(), "settled")}));
  }
  limits_.settled_max = 3;
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "x")}));
  EXPECT_EQ(changed_after(0).size(), 10u) << "only so many go in one call";
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ledger_->put({under_way(row_one, "x")}));
  const auto expect_the_newest = [&] { EXPECT_THAT(changed_after(0), ElementsAre(row_two, keys[7], keys[8], keys[9], row_one)); };
  expect_the_newest();
  EXPECT_FALSE(std::filesystem::exists(row_file(keys[6])));
  cut_power();
  open();
  expect_the_newest();
}

TEST_F(ActionLedgerTest, ADamagedValueIsSetAsideAndTheRowsStay) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "kept")}));
  ASSERT_TRUE(ledger_->put_value("sealed"));
  flip_bit(file("value"), 2);
  EXPECT_EQ(ledger_->value().error().code(), Code::corrupt);
  open();
  EXPECT_THAT(report_.set_aside, ElementsAre(file("value.damaged").string()));
  EXPECT_EQ(ledger_->value().error().code(), Code::absent);
  EXPECT_EQ(body_of(row_one), "kept");
  EXPECT_FALSE(report_.begun);
}

}  // namespace tidegate
