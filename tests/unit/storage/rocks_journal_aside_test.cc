// What receivers refused: set aside beside the lanes, kept through everything, and taken back behind its lane.
#include "storage/segment.h"
#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

class RocksJournalAsideTest : public JournalTest {
 protected:
  void SetUp() override {
    open();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1000 + 100 * i)));
  }
  Segment segment(const SegmentId& id) {
    Result<StoredSegment> stored = journal_->batch(id);
    return stored ? stored->segment : Segment{};
  }
};

}  // namespace

TEST_F(RocksJournalAsideTest, WhatIsSetAsideOutlivesItsLaneAndARestart) {
  const Segment refused = segment({Lane::alerts, 2});
  ASSERT_TRUE(journal_->set_aside({Lane::alerts, 2}));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 4}));
  open();
  const JournalUsage usage = journal_->usage();
  EXPECT_TRUE(usage.lane(Lane::alerts).empty());
  EXPECT_EQ(usage.set_aside.records, refused.records);
  EXPECT_EQ(usage.set_aside.bytes, stored_bytes(refused));
  EXPECT_EQ(usage.set_aside.oldest, refused.oldest);
  EXPECT_EQ(usage.bytes, usage.set_aside.bytes);

  Result<SegmentId> back = journal_->take_back();
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, (SegmentId{Lane::alerts, 5}));
  EXPECT_EQ(segment(*back), refused);
  EXPECT_TRUE(journal_->usage().set_aside.empty());
  EXPECT_EQ(journal_->usage().bytes, stored_bytes(refused));
  open();
  EXPECT_EQ(segment(*back), refused);
  EXPECT_TRUE(journal_->usage().set_aside.empty());
  EXPECT_EQ(journal_->take_back().error().code(), Code::absent);
}

TEST_F(RocksJournalAsideTest, TheOldestComesBackFirstAndEachIsAsideOnce) {
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::techniques), 900)));
  for (const SegmentId& id : {SegmentId{Lane::alerts, 3}, SegmentId{Lane::techniques, 1}, SegmentId{Lane::alerts, 1}})
    ASSERT_TRUE(journal_->set_aside(id));
  ASSERT_TRUE(journal_->set_aside({Lane::alerts, 3})) << "as after a crash that undid the trim";
  EXPECT_EQ(journal_->usage().set_aside.last, 3u);
  const Segment third = segment({Lane::alerts, 3});
  const Segment first = segment({Lane::alerts, 1});
  EXPECT_EQ(*journal_->take_back(), (SegmentId{Lane::alerts, 5}));
  EXPECT_EQ(*journal_->take_back(), (SegmentId{Lane::techniques, 2}));
  EXPECT_EQ(*journal_->take_back(), (SegmentId{Lane::alerts, 6}));
  EXPECT_EQ(segment({Lane::alerts, 5}), third);
  EXPECT_EQ(segment({Lane::alerts, 6}), first);
}

TEST_F(RocksJournalAsideTest, WhatIsNotInItsLaneCannotBeSetAside) {
  ASSERT_TRUE(journal_->trim({Lane::alerts, 2}));
  EXPECT_EQ(journal_->set_aside({Lane::alerts, 2}).error().code(), Code::absent);
  EXPECT_EQ(journal_->set_aside({Lane::alerts, 9}).error().code(), Code::absent);
  EXPECT_TRUE(journal_->usage().set_aside.empty());
}

TEST_F(RocksJournalAsideTest, AQuarterOfTheBudgetAtMostIsSetAside) {
  constexpr std::size_t payload = 5u << 20;  // three of them fit a quarter of 64 MiB
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::techniques), 2000 + 100 * i, payload)));
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(journal_->set_aside({Lane::techniques, i}));
  const Result<void> more = journal_->set_aside({Lane::techniques, 4});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), Code::full);
  EXPECT_NE(more.error().text().find("queue resend"), std::string::npos) << more.error().text();
  ASSERT_TRUE(journal_->take_back());
  EXPECT_TRUE(journal_->set_aside({Lane::techniques, 4}));
}

// What was set aside is of the window that its lane has long left behind: healing must reach back for it (P1).
TEST_F(RocksJournalAsideTest, P11WhatWasSetAsideIsReadAgainWhenTheStoreIsLost) {
  ASSERT_TRUE(journal_->set_aside({Lane::alerts, 1}));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 4}));
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 9000 + 100 * i)));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 20}));
  journal_.reset();
  flip_bit(file(".log"), static_cast<std::int64_t>(std::filesystem::file_size(file(".log")) * 3 / 4));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_TRUE(report_.cursors_complete);
  ASSERT_TRUE(journal_->load(key_of(Lane::alerts))->cursor);
  EXPECT_LE(journal_->load(key_of(Lane::alerts))->cursor->settled, at(1000));
}

}  // namespace tidegate
