#include "agent/pipeline/copies.h"

#include <gtest/gtest.h>

#include <set>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

constexpr WallSeconds closed{std::chrono::seconds{1'700'000'000}};

Record nameless(std::uint64_t content, WallTime listed) {
  Record record;
  record.source_id = {7, content};
  record.listed = listed;
  record.named = false;
  return record;
}

// A page whose content differs from that of every other number.
Page page_number(std::uint64_t number) {
  Page page;
  page.payloads = std::to_string(number);
  page.records.push_back(nameless(number, closed - 1h));
  return page;
}

TEST(Copies, ARecordWithAnIdIsItself) {
  Copies copies;
  copies.begin_sweep();
  copies.begin_page(closed, page_number(1));
  Record record;
  record.source_id = {1, 2};
  EXPECT_EQ(copies.id_of(record), record.source_id);
  EXPECT_EQ(copies.id_of(record), record.source_id);
}

TEST(Copies, CopiesOnOnePageAreToldApart) {
  Copies copies;
  copies.begin_sweep();
  copies.begin_page(closed, page_number(2));
  std::set<Id128> ids;
  for (int i = 0; i < 3; ++i) ids.insert(*copies.id_of(nameless(1, closed)));
  ids.insert(*copies.id_of(nameless(2, closed)));
  EXPECT_EQ(ids.size(), 4u);
}

TEST(Copies, WhatIsClosedIsCountedOverTheWholeSweep) {
  Copies copies;
  copies.begin_sweep();
  copies.begin_page(closed, page_number(3));
  const Id128 first = *copies.id_of(nameless(1, closed - 1s));
  copies.keep_page();
  copies.begin_page(closed, page_number(4));
  EXPECT_NE(copies.id_of(nameless(1, closed - 1s)), first);
}

TEST(Copies, WhatMayStillShiftIsCountedOnItsPageAlone) {
  Copies copies;
  copies.begin_sweep();
  copies.begin_page(closed, page_number(5));
  const Id128 first = *copies.id_of(nameless(1, closed));
  copies.keep_page();
  copies.begin_page(closed, page_number(6));
  EXPECT_EQ(copies.id_of(nameless(1, closed)), first);  // the last of a page, shown again on the next
}

TEST(Copies, APageThatWasNotKeptCountsNothing) {
  Copies copies;
  copies.begin_sweep();
  copies.begin_page(closed, page_number(7));
  const Id128 first = *copies.id_of(nameless(1, closed - 1s));
  copies.begin_page(closed, page_number(8));
  EXPECT_EQ(copies.id_of(nameless(1, closed - 1s)), first);
}

TEST(Copies, OnASweepWhoseBeginningIsUnknownTheyCannotBeTold) {
  Copies copies;
  copies.resume_sweep();
  copies.begin_page(closed, page_number(9));
  EXPECT_EQ(copies.id_of(nameless(1, closed - 1s)), std::nullopt);
  EXPECT_NE(copies.id_of(nameless(1, closed)), std::nullopt);
  copies.begin_sweep();
  copies.begin_page(closed, page_number(10));
  EXPECT_NE(copies.id_of(nameless(1, closed - 1s)), std::nullopt);
}

TEST(Copies, APageShownAgainHoldsNothingNew) {
  Copies copies;
  copies.begin_sweep();
  EXPECT_TRUE(copies.begin_page(closed, page_number(1)));
  copies.keep_page();
  EXPECT_TRUE(copies.begin_page(closed, page_number(2)));
  copies.keep_page();
  EXPECT_FALSE(copies.begin_page(closed, page_number(1)));
  copies.begin_sweep();
  EXPECT_TRUE(copies.begin_page(closed, page_number(1)));
}

TEST(Copies, ARecordThatStandsBeforeWhatWasReachedIsShownAgain) {
  Copies copies;
  copies.begin_sweep();
  Page page = page_number(1);
  page.records.push_back(nameless(7, closed + 5s));
  copies.begin_page(closed, page);
  const Id128 first = *copies.id_of(nameless(1, closed - 5s));
  copies.keep_page();
  copies.begin_page(closed, page_number(2));  // something arrived, so the page is not the same to the byte
  EXPECT_EQ(copies.id_of(nameless(1, closed - 5s)), first);
}

TEST(Copies, ReadAgainTheyHaveTheSameIds) {
  std::set<Id128> ids;
  for (int sweep = 0; sweep < 2; ++sweep) {
    Copies copies;
    copies.begin_sweep();
    for (std::uint64_t page = 0; page < 3; ++page) {
      copies.begin_page(closed, page_number(page));
      for (int i = 0; i < 2; ++i) ids.insert(*copies.id_of(nameless(1, closed - 5s)));
      copies.keep_page();
    }
  }
  EXPECT_EQ(ids.size(), 6u);
}

}  // namespace
}  // namespace tidegate
