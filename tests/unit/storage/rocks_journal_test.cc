#include "storage/rocks_journal.h"

#include "storage/seen_set.h"

#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

using RocksJournalTest = JournalTest;

}  // namespace

TEST_F(RocksJournalTest, APageIsThereAfterReopening) {
  open();
  EXPECT_TRUE(report_.created);
  const Commit commit = sample_commit(key_of(Lane::alerts), 1000);
  Result<std::vector<SegmentId>> ids = journal_->commit(commit);
  ASSERT_TRUE(ids) << ids.error().text();
  EXPECT_EQ(*ids, (std::vector<SegmentId>{{Lane::alerts, 1}}));
  const Id128 epoch = journal_->epoch();

  open();
  EXPECT_FALSE(report_.created);
  EXPECT_FALSE(report_.healed);
  EXPECT_EQ(journal_->epoch(), epoch);
  Result<StoredSegment> segment = journal_->batch({Lane::alerts, 1});
  ASSERT_TRUE(segment) << segment.error().text();
  EXPECT_EQ(segment->segment, commit.segments[0]);
  Result<CursorState> state = journal_->load(commit.key);
  ASSERT_TRUE(state) << state.error().text();
  EXPECT_EQ(state->cursor, commit.next);
  EXPECT_EQ(state->seen, std::vector<SeenPack>{commit.seen});
}

TEST_F(RocksJournalTest, AContentTypeNeverReadHasNoCursor) {
  open();
  Result<CursorState> state = journal_->load(key_of(Lane::audit_logs));
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->cursor);
  EXPECT_TRUE(state->seen.empty());
}

TEST_F(RocksJournalTest, LanesHaveSequencesOfTheirOwnWhoeverCommits) {
  open();
  EXPECT_EQ((*journal_->commit(sample_commit(key_of(Lane::alerts, "a"), 1)))[0], (SegmentId{Lane::alerts, 1}));
  EXPECT_EQ((*journal_->commit(sample_commit(key_of(Lane::alerts, "b"), 1)))[0], (SegmentId{Lane::alerts, 2}));
  EXPECT_EQ((*journal_->commit(sample_commit(key_of(Lane::techniques, "a"), 1)))[0], (SegmentId{Lane::techniques, 1}));
  EXPECT_FALSE(journal_->load(key_of(Lane::techniques, "b"))->cursor);
}

TEST_F(RocksJournalTest, ALargePageHasSeveralSegmentsInOrder) {
  open();
  Commit commit = sample_commit(key_of(Lane::techniques), 1000);
  commit.segments = {sample_segment(10, 1), sample_segment(20, 2), sample_segment(30, 3)};
  ASSERT_TRUE(journal_->commit(commit));
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    EXPECT_EQ(journal_->batch({Lane::techniques, sequence})->segment, commit.segments[sequence - 1]);
  }
}

TEST_F(RocksJournalTest, ACommitWithoutSegmentsMovesTheCursorAlone) {
  open();
  Commit commit = sample_commit(key_of(Lane::alerts), 1000);
  commit.segments.clear();
  commit.seen = {};
  Result<std::vector<SegmentId>> ids = journal_->commit(commit);
  ASSERT_TRUE(ids);
  EXPECT_TRUE(ids->empty());
  EXPECT_TRUE(journal_->usage().lane(Lane::alerts).empty());
  EXPECT_EQ(journal_->load(commit.key)->cursor, commit.next);
  EXPECT_TRUE(journal_->load(commit.key)->seen.empty());
}

TEST_F(RocksJournalTest, TrimmedSegmentsAreAbsentAndStaySo) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), i)));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 3}));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 2})) << "trimming again is nothing";
  EXPECT_EQ(journal_->batch({Lane::alerts, 3}).error().code(), Code::absent);
  EXPECT_TRUE(journal_->batch({Lane::alerts, 4}));
  EXPECT_EQ(journal_->batch({Lane::alerts, 6}).error().code(), Code::absent);
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).first, 4u);
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).last, 5u);
  EXPECT_EQ(journal_->batch({Lane::alerts, 3}).error().code(), Code::absent);
}

TEST_F(RocksJournalTest, AnEmptiedLaneGoesOnCountingAfterReopening) {
  open();
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1)));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 1}));
  open();
  EXPECT_TRUE(journal_->usage().lane(Lane::alerts).empty());
  EXPECT_EQ((*journal_->commit(sample_commit(key_of(Lane::alerts), 2)))[0], (SegmentId{Lane::alerts, 2}));
}

TEST_F(RocksJournalTest, TrimOfManySegmentsIsDoneInSteps) {
  open();
  Commit commit = sample_commit(key_of(Lane::alerts), 1);
  commit.segments.assign(700, sample_segment(10));
  ASSERT_TRUE(journal_->commit(commit));
  ASSERT_TRUE(journal_->commit(commit));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 1399}));
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).first, 1400u);
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).records, 10u);
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
  EXPECT_TRUE(journal_->batch({Lane::alerts, 1400}));
}

TEST_F(RocksJournalTest, UsageIsWhatIsKeptAlsoAfterReopening) {
  open();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 100 * i)));
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::techniques), 7)));
  ASSERT_TRUE(journal_->trim({Lane::alerts, 1}));
  const std::uint64_t one = 1000 + std::string{"tidegate.sample"}.size() + 35;
  for (int round = 0; round < 2; ++round) {
    const JournalUsage usage = journal_->usage();
    EXPECT_EQ(usage.lane(Lane::alerts).records, 30u);
    EXPECT_EQ(usage.lane(Lane::alerts).bytes, 3 * one);
    EXPECT_EQ(usage.lane(Lane::alerts).oldest, WallTime{at(110)});
    EXPECT_EQ(usage.bytes, 4 * one);
    EXPECT_EQ(usage.budget, 64u << 20);
    open();
  }
}

TEST_F(RocksJournalTest, PacksOfIdsAreForgottenOneByOne) {
  open();
  Commit commit = sample_commit(key_of(Lane::alerts), 0);
  for (const std::int64_t latest : {500, 100, 300}) {
    commit.seen = {at(latest), {Id128{1, static_cast<std::uint64_t>(latest)}}};
    ASSERT_TRUE(journal_->commit(commit));
  }
  commit.seen = {};
  commit.forget_before = at(301);
  ASSERT_TRUE(journal_->commit(commit));
  for (int round = 0; round < 2; ++round) {
    Result<CursorState> state = journal_->load(commit.key);
    ASSERT_TRUE(state) << state.error().text();
    ASSERT_EQ(state->seen.size(), 1u);
    EXPECT_EQ(state->seen[0].latest, at(500));
    open();
  }
}

TEST_F(RocksJournalTest, CommitsBeyondALimitAreInvalidAndChangeNothing) {
  open();
  const Commit good = sample_commit(key_of(Lane::alerts), 1);
  std::vector<Commit> bad(5, good);
  bad[0].key.connector.assign(connector_bytes_max + 1, 'c');
  bad[1].segments.assign(commit_segments_max + 1, sample_segment(1));
  bad[2].segments[0].plain_bytes = segment_plain_bytes_max + 1;
  bad[3].next.window->next_link.assign(link_bytes_max + 1, 'l');
  bad[4].seen.ids.resize(seen_pack_ids_max + 1);
  for (const Commit& commit : bad) EXPECT_EQ(journal_->commit(commit).error().code(), Code::invalid);
  EXPECT_TRUE(journal_->usage().lane(Lane::alerts).empty());
  EXPECT_TRUE(journal_->commit(good));
}

TEST_F(RocksJournalTest, AFullBudgetHoldsTechniquesBackAndLetsAlertsIn) {  // P5
  open();
  std::uint64_t committed = 0;
  Result<std::vector<SegmentId>> last = std::vector<SegmentId>{};
  while (last && committed < 100) {
    last = journal_->commit(sample_commit(key_of(Lane::techniques), static_cast<std::int64_t>(committed), 2u << 20));
    if (last) ++committed;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code(), Code::full);
  EXPECT_EQ(committed, 28u) << "90 % of 64 MiB in segments of 2 MiB";
  EXPECT_EQ(journal_->load(key_of(Lane::techniques))->cursor->settled, at(27)) << "nothing was written";
  EXPECT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1)));
  ASSERT_TRUE(journal_->trim({Lane::techniques, 4}));
  EXPECT_TRUE(journal_->commit(sample_commit(key_of(Lane::techniques), 99, 2u << 20)));
}

TEST_F(RocksJournalTest, AJournalInMemoryBehavesTheSame) {
  environment_ = memory_environment();
  open();
  EXPECT_TRUE(report_.created);
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1)));
  open();
  EXPECT_FALSE(report_.created);
  EXPECT_TRUE(journal_->batch({Lane::alerts, 1}));
}

}  // namespace tidegate
