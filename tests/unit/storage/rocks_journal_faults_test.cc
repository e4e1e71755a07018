// The journal on a disk that fails: what it says, what it has written, and how it goes on.
#include "storage/rocks_journal.h"
#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

class RocksJournalFaultsTest : public JournalTest {
 protected:
  RocksJournalFaultsTest() { environment_ = environment_of(files_); }

  Result<std::vector<SegmentId>> commit(std::int64_t from) { return journal_->commit(sample_commit(key_of(Lane::alerts), from)); }

  std::shared_ptr<FaultyFs> files_ = std::make_shared<FaultyFs>(temporary_.path() / "stash");
  Random random_{Seed{1}};
};

}  // namespace

TEST_F(RocksJournalFaultsTest, AFailedSyncIsSaidUntilLoadHasOpenedTheStoreAgain) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::io_error, .action = DiskAction::sync, .suffix = ".log"});
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  files_->clear();
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  EXPECT_EQ(journal_->trim({Lane::alerts, 1}).error().code(), Code::unavailable);
  EXPECT_TRUE(journal_->batch({Lane::alerts, 1})) << "reading goes on";

  Result<CursorState> state = journal_->load(key_of(Lane::alerts));
  ASSERT_TRUE(state) << state.error().text();
  const bool kept = state->cursor->settled == at(200);
  EXPECT_EQ(journal_->batch({Lane::alerts, 2}).has_value(), kept) << "P3: page and cursor are one";
  EXPECT_TRUE(commit(300));
}

TEST_F(RocksJournalFaultsTest, AFailedAppendWritesNothing) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::io_error, .action = DiskAction::append, .suffix = ".log"});
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  files_->clear();
  EXPECT_EQ(journal_->load(key_of(Lane::alerts))->cursor->settled, at(100));
  EXPECT_EQ((*commit(200))[0], (SegmentId{Lane::alerts, 2}));
}

TEST_F(RocksJournalFaultsTest, ADiskThatStaysBrokenIsSaidByLoadToo) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::io_error, .action = DiskAction::append, .suffix = ""});
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  EXPECT_EQ(journal_->load(key_of(Lane::alerts)).error().code(), Code::unavailable);
  EXPECT_EQ(journal_->batch({Lane::alerts, 1}).error().code(), Code::unavailable);
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  files_->clear();
  EXPECT_EQ(journal_->load(key_of(Lane::alerts))->cursor->settled, at(100));
  EXPECT_TRUE(commit(200));
}

TEST_F(RocksJournalFaultsTest, AFullDiskIsFullAndGoesOnByItselfOnceThereIsSpace) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = ".log"});
  EXPECT_EQ(commit(200).error().code(), Code::full);
  files_->set_free_space(1 << 20);
  EXPECT_EQ(commit(200).error().code(), Code::full);
  EXPECT_EQ(journal_->trim({Lane::alerts, 1}).error().code(), Code::full);
  EXPECT_TRUE(journal_->batch({Lane::alerts, 1})) << "reading goes on";
  EXPECT_TRUE(journal_->load(key_of(Lane::alerts)));

  files_->clear();
  files_->set_free_space(std::nullopt);
  Result<std::vector<SegmentId>> ids = commit(200);
  ASSERT_TRUE(ids) << ids.error().text();
  EXPECT_EQ((*ids)[0], (SegmentId{Lane::alerts, 2}));
  EXPECT_TRUE(journal_->trim({Lane::alerts, 1}));
}

// What is needed for that is what the store has in memory and a little more, on a small disk too.
TEST_F(RocksJournalFaultsTest, P5AFullDiskIsGoneOnWithAlsoWhereLittleIsFree) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = ".log"});
  EXPECT_EQ(commit(200).error().code(), Code::full);
  files_->clear();
  files_->set_free_space(4u << 20);
  EXPECT_EQ(commit(200).error().code(), Code::full) << "not yet enough for the tables";
  files_->set_free_space(16u << 20);
  EXPECT_TRUE(journal_->trim({Lane::alerts, 1}));
  EXPECT_TRUE(commit(200));
}

// A log of the library's own would end the process where the disk is full.
TEST_F(RocksJournalFaultsTest, NoLogOfTheLibraryIsKept) {
  open();
  open();
  for (const auto& each : std::filesystem::directory_iterator{directory()})
    EXPECT_FALSE(each.path().filename().string().starts_with("LOG")) << each.path();
}

TEST_F(RocksJournalFaultsTest, ACommitThatTheFullDiskKeptAfterAllIsSaidBeforeTheNext) {
  open();
  ASSERT_TRUE(commit(100));
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::sync, .suffix = ".log"});
  EXPECT_EQ(commit(200).error().code(), Code::full);
  files_->clear();
  Result<std::vector<SegmentId>> other = journal_->commit(sample_commit(key_of(Lane::alerts, "other"), 1));
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ((*other)[0], (SegmentId{Lane::alerts, 3}));
  EXPECT_EQ(commit(200).error().code(), Code::unavailable);
  EXPECT_EQ(journal_->load(key_of(Lane::alerts))->cursor->settled, at(200));
  EXPECT_TRUE(journal_->batch({Lane::alerts, 2}));
  EXPECT_TRUE(commit(300));
}

TEST_F(RocksJournalFaultsTest, TheEndOfAReaderThatTheDiskRefusedIsAskedForAgain) {
  const CursorKey job = key_of(Lane::alerts, "acme", 1);
  open();
  for (const DiskFault fault : {DiskFault::io_error, DiskFault::no_space}) {
    ASSERT_TRUE(journal_->commit(sample_commit(job, 100)));
    files_->arm({.fault = fault, .action = DiskAction::sync, .suffix = ".log"});
    EXPECT_FALSE(journal_->forget(job, {{"job/1", "done"}}));
    files_->clear();
    EXPECT_TRUE(journal_->cursors()) << "what is there can be read, and opens the store again";
    ASSERT_TRUE(journal_->forget(job, {{"job/1", "done"}}));
    EXPECT_TRUE(journal_->cursors()->empty());
    EXPECT_EQ(journal_->notes("job/")->size(), 1u);
  }
}

TEST_F(RocksJournalFaultsTest, FreeSpaceBelowWhatIsToBeKeptPausesReading) {  // P5
  open();
  JournalOptions keeping = options();
  keeping.keep_free = 1u << 30;
  journal_.reset();
  journal_ = *RocksJournal::open(keeping, report_);
  files_->set_free_space(1u << 29);
  EXPECT_EQ(commit(100).error().code(), Code::full);
  files_->set_free_space(1u << 31);
  EXPECT_TRUE(commit(100));
}

TEST_F(RocksJournalFaultsTest, AnOpeningWithoutSpaceIsFull) {
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = ""});
  EXPECT_EQ(try_open().error().code(), Code::full);
  files_->clear();
  open();
  EXPECT_TRUE(commit(100));
}

TEST_F(RocksJournalFaultsTest, AcknowledgedCommitsSurviveAPowerCut) {  // P3
  for (const TornTail tail : {TornTail::dropped, TornTail::cut_anywhere, TornTail::garbled}) {
    open();
    Result<std::vector<SegmentId>> ids = commit(static_cast<std::int64_t>(random_.below(1000)));
    ASSERT_TRUE(ids);
    files_->power_off();
    EXPECT_FALSE(commit(5000));
    journal_.reset();
    files_->power_on(random_, tail);
    open();
    EXPECT_FALSE(report_.healed) << report_.reason;
    EXPECT_TRUE(journal_->batch(ids->front()));
  }
}

TEST_F(RocksJournalFaultsTest, AWriteTornByAPowerCutIsDroppedAndTheRestKept) {
  std::size_t cuts = 0;
  open();
  for (int round = 0; round < 30; ++round) {
    Result<std::vector<SegmentId>> ids = journal_->commit(sample_commit(key_of(Lane::alerts), 10 * round, 100'000));
    ASSERT_TRUE(ids) << ids.error().text();
    files_->arm({.fault = DiskFault::io_error, .action = DiskAction::sync, .suffix = ".log"});
    EXPECT_FALSE(journal_->commit(sample_commit(key_of(Lane::alerts), 10 * round + 5, 100'000)));
    files_->clear();
    files_->power_off();
    journal_.reset();
    files_->power_on(random_, TornTail::garbled);
    open();
    ASSERT_FALSE(report_.healed) << report_.reason;
    cuts += report_.log_cut ? 1 : 0;
    ASSERT_TRUE(journal_->batch(ids->front()));
    const bool kept = journal_->load(key_of(Lane::alerts))->cursor->settled == at(10 * round + 5);
    ASSERT_EQ(journal_->batch({Lane::alerts, ids->front().sequence + 1}).has_value(), kept);
    ASSERT_TRUE(journal_->trim({Lane::alerts, journal_->usage().lane(Lane::alerts).last}));
  }
  EXPECT_GT(cuts, 0u) << "no round has garbled a whole record";
}

}  // namespace tidegate
