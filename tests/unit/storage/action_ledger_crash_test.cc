// The ledger of actions on a disk that fails, and whose power is cut, at every operation.
#include <gmock/gmock.h>

#include "tests/unit/storage/action_ledger_fixture.h"

namespace tidegate {
namespace {

using testing::IsEmpty;

}  // namespace

// Each call in turn finds the power gone at each of its operations. After the restart it is in, whole, or not at all; in, where it
// had returned; and nothing is reported as damaged.
TEST_F(ActionLedgerTest, P9APowerCutAtAnyOperationLeavesAllRowsOfACallOrNone) {
  const std::vector<std::vector<LedgerRow>> calls{
      {under_way(row_one, "one 1"), under_way(row_two, "two 1")},
      {ended(row_one, "one 2")},
      {ended(row_two, "two 3"), under_way(row_one, "one 3"), under_way(row_three, "three 3")},
      {ended(row_three, "three 4")},
  };
  const std::vector<std::vector<std::string>> after{
      {"", "", ""}, {"one 1", "two 1", ""}, {"one 2", "two 1", ""}, {"one 3", "two 3", "three 3"}, {"one 3", "two 3", "three 4"}};
  for (const TornTail tail : {TornTail::dropped, TornTail::cut_anywhere, TornTail::garbled, TornTail::kept}) {
    std::uint64_t operations = 0;
    for (bool reached = true; reached; ++operations) {
      std::filesystem::remove_all(place().directory);
      const std::string id = open().id();
      std::size_t done = 0;
      files_->power_off_after(operations);
      std::uint64_t told = 0;
      while (done < calls.size() && ledger_->put(calls[done])) {
        told = ledger_->last_change();
        ++done;
      }
      reached = files_->is_off();
      if (!reached) files_->power_off();
      ledger_.reset();
      files_->power_on(random_, tail);
      open();
      EXPECT_THAT(report_.set_aside, IsEmpty()) << operations;
      EXPECT_EQ(ledger_->id(), id);
      const std::vector<std::string> bodies{body_of(row_one), body_of(row_two), body_of(row_three)};
      EXPECT_TRUE(bodies == after[done] || (done < calls.size() && bodies == after[done + 1]))
          << "after " << operations << " operations: " << testing::PrintToString(bodies);
      EXPECT_EQ(std::filesystem::exists(file("rows")), false);
      ASSERT_TRUE(ledger_->put({under_way(row_one, "next")}));
      EXPECT_GT(change_of(row_one), told);
    }
    EXPECT_GT(operations, 30u) << "each call has several operations";
  }
}

// The disk fails at each operation of a call and works again. What is read then stands, whatever comes: the runs act by it.
TEST_F(ActionLedgerTest, P9WhatIsReadAfterAPutThatFailedSurvivesAPowerCut) {
  for (const std::size_t rows : {std::size_t{1}, std::size_t{3}}) {
    std::size_t in = 0;
    std::size_t out = 0;
    std::uint64_t operations = 0;
    for (bool reached = true; reached; ++operations) {
      std::filesystem::remove_all(place().directory);
      open();
      ASSERT_TRUE(ledger_->put({under_way(row_one, "before")}));
      std::vector<LedgerRow> call{ended(row_one, "after"), ended(row_two, "new"), under_way(row_three, "new")};
      call.resize(rows);
      fail_after(operations);
      const bool put = static_cast<bool>(ledger_->put(std::move(call)));
      reached = files_->is_off();
      EXPECT_EQ(put, !reached);
      if (reached) {
        EXPECT_FALSE(ledger_->read(row_one)) << "nothing is told while the disk does not say what it has";
        EXPECT_FALSE(ledger_->unsettled());
        EXPECT_FALSE(ledger_->changed_after(0, 100));
        EXPECT_FALSE(ledger_->put({under_way(row_two, "another")}));
        mend();
      }
      const std::string read = body_of(row_one);
      const std::vector<std::string> others{body_of(row_two), body_of(row_three)};
      const std::vector<std::string> left = unsettled();
      const std::vector<std::string> changed = changed_after(0);
      ++(read == "after" ? in : out);
      EXPECT_EQ(others, (rows == 3 && read == "after" ? std::vector<std::string>{"new", "new"} : std::vector<std::string>{"", ""}))
          << "all or nothing, at operation " << operations;
      cut_power();
      open();
      EXPECT_EQ(body_of(row_one), read) << "at operation " << operations;
      EXPECT_EQ((std::vector<std::string>{body_of(row_two), body_of(row_three)}), others);
      EXPECT_EQ(unsettled(), left);
      EXPECT_EQ(changed_after(0), changed);
      EXPECT_THAT(report_.set_aside, IsEmpty());
    }
    EXPECT_GT(in, 1u) << "both are met";
    EXPECT_GT(out, 2u);
  }
}

// A process that is killed before a sync leaves what it renamed to be seen: the next one acts by it.
TEST_F(ActionLedgerTest, P9WhatIsReadAfterAKillSurvivesAPowerCut) {
  for (const std::size_t rows : {std::size_t{1}, std::size_t{2}}) {
    std::uint64_t operations = 0;
    for (bool reached = true; reached; ++operations) {
      std::filesystem::remove_all(place().directory);
      open();
      ASSERT_TRUE(ledger_->put({under_way(row_one, "before")}));
      std::vector<LedgerRow> call{ended(row_one, "after"), under_way(row_two, "new")};
      call.resize(rows);
      fail_after(operations);
      reached = !ledger_->put(std::move(call));
      ledger_.reset();
      mend();
      open();
      const std::vector<std::string> read{body_of(row_one), body_of(row_two)};
      const std::vector<std::string> after{"after", rows == 2 ? "new" : ""};
      EXPECT_TRUE((read == std::vector<std::string>{"before", ""}) || read == after);
      cut_power();
      open();
      EXPECT_EQ((std::vector<std::string>{body_of(row_one), body_of(row_two)}), read) << "at operation " << operations;
    }
    EXPECT_GT(operations, 4u);
  }
}

TEST_F(ActionLedgerTest, P9APowerCutWhileItIsSetAsideNeverBringsARowUnderTheFreshId) {
  for (std::uint64_t operations = 0; operations < 12; ++operations) {
    std::filesystem::remove_all(place().directory);
    const std::string id = open().id();
    ASSERT_TRUE(ledger_->put({under_way(row_one, "of the old one"), under_way(row_two, "too")}));
    ledger_.reset();
    flip_bit(file("ledger"), 4);
    files_->power_off_after(operations);
    ActionLedgerReport unfinished;
    static_cast<void>(ActionLedgerFiles::open(place(), {9, operations}, unfinished).has_value());
    files_->power_off();
    files_->power_on(random_, TornTail::dropped);
    open();
    EXPECT_NE(ledger_->id(), id);
    EXPECT_THAT(unsettled(), IsEmpty()) << operations;
    EXPECT_EQ(ledger_->read(row_one).error().code(), Code::corrupt);
  }
}

TEST_F(ActionLedgerTest, P9ARowThatCannotBeTrimmedIsToldAsTheDiskHasIt) {
  limits_.settled_max = 1;
  std::size_t failures = 0;
  for (std::uint64_t operations = 4; operations < 8; ++operations) {
    std::filesystem::remove_all(place().directory);
    open();
    ASSERT_TRUE(ledger_->put({ended(row_one, "old")}));
    fail_after(operations);
    const bool put = static_cast<bool>(ledger_->put({ended(row_two, "new")}));
    const bool failed = files_->is_off();
    mend();
    EXPECT_TRUE(!put || body_of(row_two) == "new") << "what was put is in, whatever becomes of the old one";
    failures += put && failed ? 1 : 0;
    const std::string read = body_of(row_one);
    cut_power();
    open();
    EXPECT_EQ(body_of(row_one), read) << operations;
  }
  EXPECT_EQ(failures, 2u) << "the removal, and its sync";
}

TEST_F(ActionLedgerTest, AValueIsReplacedWholeOrNotAtAll) {
  open();
  ASSERT_TRUE(ledger_->put_value("first"));
  EXPECT_EQ(*open().value(), "first");
  std::uint64_t operations = 0;
  for (bool reached = true; reached; ++operations) {
    ASSERT_TRUE(ledger_->put_value("first"));
    files_->power_off_after(operations);
    const bool put = static_cast<bool>(ledger_->put_value("second"));
    reached = files_->is_off();
    cut_power();
    open();
    const Bytes value = *ledger_->value();
    EXPECT_TRUE(value == "second" || (!put && value == "first")) << operations;
    EXPECT_THAT(report_.set_aside, IsEmpty());
  }
  EXPECT_GT(operations, 4u);
}

TEST_F(ActionLedgerTest, AFullDiskIsSaidAndWhatIsThereIsReadOnceThereIsRoom) {
  open();
  ASSERT_TRUE(ledger_->put({under_way(row_one, "before")}));
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = ".new"});
  EXPECT_EQ(ledger_->put({under_way(row_one, "after"), under_way(row_two, "new")}).error().code(), Code::full);
  EXPECT_EQ(body_of(row_one), "before");
  EXPECT_EQ(body_of(row_two), "");
  files_->clear();
  EXPECT_TRUE(ledger_->put({under_way(row_one, "after"), under_way(row_two, "new")}));
  EXPECT_EQ(body_of(row_one), "after");
}

}  // namespace tidegate
