#include "agent/pipeline/lane_picker.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

JournalUsage holding(std::uint64_t alerts, std::uint64_t techniques) {
  JournalUsage usage;
  usage.lanes[index_of(Lane::alerts)].last = alerts;
  usage.lanes[index_of(Lane::techniques)].last = techniques;
  return usage;
}

TEST(LanePicker, AFreshAlertOvertakesTheBacklog) {
  LanePicker picker;
  JournalUsage usage = holding(0, 100);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(picker.pick(usage)->lane, Lane::techniques);
  usage = holding(1, 100);
  // At most one turn of fairness stands before it.
  const SegmentId first = *picker.pick(usage);
  const SegmentId second = *picker.pick(usage);
  EXPECT_TRUE(first == (SegmentId{Lane::alerts, 1}) || second == (SegmentId{Lane::alerts, 1}));
}

TEST(LanePicker, NoLaneStarves) {
  LanePicker picker;
  const JournalUsage usage = holding(1000, 1000);
  int techniques = 0;
  for (int i = 0; i < 400; ++i) techniques += picker.pick(usage)->lane == Lane::techniques ? 1 : 0;
  EXPECT_GT(techniques, 10);
}

TEST(LanePicker, ALaneIsPickedOldestFirstAndOnce) {
  LanePicker picker;
  const JournalUsage usage = holding(0, 5);
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence)
    EXPECT_EQ(picker.pick(usage), (SegmentId{Lane::techniques, sequence}));
  EXPECT_FALSE(picker.pick(usage));
}

TEST(LanePicker, TrimFollowsOnlyWhatIsAcknowledgedWithoutAHole) {
  LanePicker picker;
  const JournalUsage usage = holding(0, 4);
  for (int i = 0; i < 4; ++i) (void)picker.pick(usage);
  EXPECT_FALSE(picker.acknowledge({Lane::techniques, 2}));
  EXPECT_FALSE(picker.acknowledge({Lane::techniques, 3}));
  EXPECT_EQ(picker.acknowledge({Lane::techniques, 1}), (SegmentId{Lane::techniques, 3}));
  EXPECT_EQ(picker.acknowledge({Lane::techniques, 4}), (SegmentId{Lane::techniques, 4}));
}

TEST(LanePicker, AfterASessionOnlyTheUnacknowledgedIsPickedAgain) {
  LanePicker picker;
  JournalUsage usage = holding(0, 5);
  for (int i = 0; i < 5; ++i) (void)picker.pick(usage);
  (void)picker.acknowledge({Lane::techniques, 2});
  (void)picker.acknowledge({Lane::techniques, 4});
  picker.rewind();
  EXPECT_EQ(picker.in_flight_count(), 0u);
  EXPECT_EQ(picker.pick(usage), (SegmentId{Lane::techniques, 1}));
  EXPECT_EQ(picker.pick(usage), (SegmentId{Lane::techniques, 3}));
  EXPECT_EQ(picker.pick(usage), (SegmentId{Lane::techniques, 5}));
  EXPECT_EQ(picker.acknowledge({Lane::techniques, 1}), (SegmentId{Lane::techniques, 2}));
}

TEST(LanePicker, AJournalThatWasTrimmedBeforeTheStartBeginsAtItsFirst) {
  LanePicker picker;
  JournalUsage usage = holding(0, 9);
  usage.lanes[index_of(Lane::techniques)].first = 7;
  EXPECT_EQ(picker.pick(usage), (SegmentId{Lane::techniques, 7}));
  EXPECT_EQ(picker.acknowledge({Lane::techniques, 7}), (SegmentId{Lane::techniques, 7}));
}

TEST(LanePickerDeathTest, P4AnAckForWhatIsNotInFlightIsABug) {
  LanePicker picker;
  EXPECT_DEATH((void)picker.acknowledge({Lane::alerts, 1}), "P4");
}

}  // namespace
}  // namespace tidegate
