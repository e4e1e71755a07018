#include "storage/budget.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

constexpr std::uint64_t plenty = 1'000'000;

Budget thousand() { return Budget{{.bytes = 1000, .keep_free = 0}}; }

}  // namespace

TEST(BudgetMarks, LanesOfLeastValueWaitFirst) {
  Budget budget = thousand();
  EXPECT_TRUE(budget.admit(Lane::techniques, 10, {890, plenty}));
  EXPECT_EQ(budget.admit(Lane::techniques, 10, {891, plenty}).error().code(), Code::full);
  EXPECT_TRUE(budget.admit(Lane::audit_logs, 10, {940, plenty}));
  EXPECT_FALSE(budget.admit(Lane::audit_logs, 10, {941, plenty}));
  EXPECT_TRUE(budget.admit(Lane::alerts, 10, {970, plenty}));
  EXPECT_FALSE(budget.admit(Lane::alerts, 10, {971, plenty}));
  EXPECT_TRUE(budget.admit(Lane::own_events, 10, {990, plenty}));
  EXPECT_FALSE(budget.admit(Lane::own_events, 10, {991, plenty}));
}

TEST(BudgetMarks, ACursorAloneFindsRoomWhileItsLaneWaits) {
  Budget budget = thousand();
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {950, plenty}));
  EXPECT_TRUE(budget.admit(Lane::techniques, 0, {1000, plenty}));
  EXPECT_FALSE(budget.admit(Lane::techniques, 0, {1001, plenty}));
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {880, plenty})) << "and does not end the waiting";
}

TEST(BudgetMarks, ALaneThatWaitsGoesOnOnlyWithClearRoom) {
  Budget budget = thousand();
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {895, plenty}));
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {841, plenty}));
  EXPECT_TRUE(budget.admit(Lane::techniques, 10, {840, plenty}));
  EXPECT_TRUE(budget.admit(Lane::techniques, 10, {890, plenty}));
}

TEST(BudgetMarks, OneLaneWaitingLeavesTheOthersAlone) {
  Budget budget = thousand();
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {895, plenty}));
  EXPECT_TRUE(budget.admit(Lane::alerts, 10, {970, plenty}));
}

TEST(BudgetMarks, AnEmptyJournalTakesACommitOfAnySize) {
  Budget budget = thousand();
  EXPECT_FALSE(budget.admit(Lane::techniques, 2000, {1, plenty}));
  EXPECT_TRUE(budget.admit(Lane::techniques, 2000, {0, plenty}));
}

TEST(BudgetMarks, FreeSpaceIsKeptWhateverTheBudget) {
  Budget budget{{.bytes = 1000, .keep_free = 500}};
  EXPECT_TRUE(budget.admit(Lane::alerts, 10, {0, 510}));
  Result<void> refused = budget.admit(Lane::alerts, 10, {0, 509});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::full);
  EXPECT_NE(refused.error().text().find("storage.keep_free"), std::string::npos);
  EXPECT_FALSE(budget.admit(Lane::alerts, 10, {900, 554})) << "goes on with 5 % of what there is for the journal beyond";
  EXPECT_TRUE(budget.admit(Lane::alerts, 10, {900, 560}));
  EXPECT_FALSE(budget.admit(Lane::own_events, 0, {0, 499}));
}

// Found with a disk of 128 MiB and the default budget: reading never went on, for 5 % of the budget is more than such a disk has
// free.
TEST(BudgetMarks, P5OnADiskSmallerThanTheBudgetALaneGoesOnWhenMostOfItIsFree) {
  Budget budget{{.bytes = 1'000'000, .keep_free = 500}};
  EXPECT_FALSE(budget.admit(Lane::alerts, 10, {1000, 505}));
  EXPECT_FALSE(budget.admit(Lane::alerts, 10, {1000, 550}));
  EXPECT_TRUE(budget.admit(Lane::alerts, 10, {0, 1500}));
}

TEST(BudgetMarks, HugeNumbersDoNotOverflow) {
  Budget budget{{.bytes = UINT64_MAX, .keep_free = 0}};
  EXPECT_TRUE(budget.admit(Lane::techniques, 10, {UINT64_MAX / 2, UINT64_MAX}));
  EXPECT_FALSE(budget.admit(Lane::techniques, 10, {UINT64_MAX / 100 * 95, UINT64_MAX}));
}

}  // namespace tidegate
