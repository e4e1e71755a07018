// What stands beside pages: own events, notes, back-fills and the end of a reader.
#include "storage/rocks_journal.h"
#include "storage/segment.h"
#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

class RocksJournalNotesTest : public JournalTest {
 protected:
  RocksJournalNotesTest() { environment_ = environment_of(std::make_shared<FaultyFs>(temporary_.path() / "stash")); }

  std::vector<std::string> names(std::string_view prefix) {
    std::vector<std::string> names;
    Result<std::vector<Note>> notes = journal_->notes(prefix);
    EXPECT_TRUE(notes) << notes.error().text();
    for (const Note& note : *notes) names.push_back(note.name);
    return names;
  }
  bool write(const std::vector<Note>& notes) { return journal_->put_notes(notes).has_value(); }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_F(RocksJournalNotesTest, OwnEventsGoWithThePageIntoTheirOwnLane) {  // P3
  open();
  Commit commit = sample_commit(key_of(Lane::alerts), 100);
  commit.own_events = {sample_segment(50, 1), sample_segment(60, 2)};
  Result<std::vector<SegmentId>> ids = journal_->commit(commit);
  ASSERT_TRUE(ids) << ids.error().text();
  EXPECT_EQ(*ids, (std::vector<SegmentId>{{Lane::alerts, 1}})) << "of the page's segments alone";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(journal_->batch({Lane::own_events, 1})->segment, commit.own_events[0]);
    EXPECT_EQ(journal_->batch({Lane::own_events, 2})->segment, commit.own_events[1]);
    const JournalUsage usage = journal_->usage();
    EXPECT_EQ(usage.lane(Lane::own_events).records, 20u);
    EXPECT_EQ(usage.lane(Lane::own_events).oldest, WallTime{at(1)});
    EXPECT_EQ(usage.lane(Lane::own_events).bytes, stored_bytes(commit.own_events[0]) + stored_bytes(commit.own_events[1]));
    EXPECT_EQ(usage.bytes, usage.lane(Lane::own_events).bytes + stored_bytes(commit.segments[0]));
    open();
    EXPECT_FALSE(report_.healed) << report_.reason;
  }
}

TEST_F(RocksJournalNotesTest, OwnEventsOfTheirOwnLaneFollowItsSegments) {
  open();
  Commit commit = sample_commit(key_of(Lane::own_events), 100);
  commit.own_events = {sample_segment(50, 1)};
  EXPECT_EQ((*journal_->commit(commit))[0], (SegmentId{Lane::own_events, 1}));
  EXPECT_EQ(journal_->batch({Lane::own_events, 2})->segment, commit.own_events[0]);
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
}

TEST_F(RocksJournalNotesTest, AnOwnEventAloneDoesNotWaitWithTheLaneThatItSpeaksOf) {  // P5
  open();
  Commit page = sample_commit(key_of(Lane::techniques), 1, 2u << 20);
  while (journal_->commit(page)) continue;
  ASSERT_EQ(journal_->commit(page).error().code(), Code::full);
  page.own_events = {sample_segment(50, 1)};
  EXPECT_EQ(journal_->commit(page).error().code(), Code::full) << "a page waits, whatever comes with it";
  page.segments.clear();
  EXPECT_TRUE(journal_->commit(page));
}

TEST_F(RocksJournalNotesTest, NotesAreWrittenWithThePageAndErasedByAnEmptyValue) {  // P3
  open();
  Commit commit = sample_commit(key_of(Lane::alerts), 100);
  commit.notes = {{"gap/2", "two"}, {"gap/10", "ten"}, {"gap", "none of them"}, {"gap/2", "two again"}, {"job/1", "one"}};
  ASSERT_TRUE(journal_->commit(commit));
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
  EXPECT_EQ(*journal_->notes("gap/"), (std::vector<Note>{{"gap/10", "ten"}, {"gap/2", "two again"}}));
  EXPECT_EQ(names(""), (Names{"gap", "gap/10", "gap/2", "job/1"}));
  EXPECT_TRUE(names("nothing").empty());

  commit.notes = {{"gap/2", ""}, {"never there", ""}};
  ASSERT_TRUE(journal_->commit(commit));
  EXPECT_EQ(names(""), (Names{"gap", "gap/10", "job/1"}));
  EXPECT_EQ(journal_->cursors()->size(), 1u) << "notes are no cursors";
}

TEST_F(RocksJournalNotesTest, NotesBeyondALimitAreInvalidAndChangeNothing) {
  open();
  const std::vector<std::vector<Note>> bad{{{"", "x"}},
                                           {{"\n", "x"}},
                                           {{std::string(note_name_bytes_max + 1, 'n'), "x"}},
                                           {{"n", Bytes(note_value_bytes_max + 1, 'x')}},
                                           std::vector<Note>(commit_notes_max + 1, {"n", "x"})};
  for (const std::vector<Note>& notes : bad) {
    Commit commit = sample_commit(key_of(Lane::alerts), 1);
    commit.notes = notes;
    EXPECT_EQ(journal_->commit(commit).error().code(), Code::invalid);
    EXPECT_EQ(journal_->forget(commit.key, notes).error().code(), Code::invalid);
    EXPECT_EQ(journal_->put_notes(notes).error().code(), Code::invalid);
  }
  EXPECT_TRUE(names("").empty());
  EXPECT_TRUE(journal_->cursors()->empty());
  EXPECT_TRUE(
      write(std::vector<Note>(commit_notes_max, {std::string(note_name_bytes_max, 'n'), Bytes(note_value_bytes_max, 'x')})));
}

TEST_F(RocksJournalNotesTest, ABackFillHasACursorAndIdsOfItsOwn) {
  open();
  const Commit live = sample_commit(key_of(Lane::alerts), 1000);
  const Commit job = sample_commit(key_of(Lane::alerts, "acme", 3), 200);
  ASSERT_TRUE(journal_->commit(live));
  EXPECT_EQ((*journal_->commit(job))[0], (SegmentId{Lane::alerts, 2})) << "the lane is the same";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(journal_->load(live.key)->cursor, live.next);
    EXPECT_EQ(journal_->load(job.key)->cursor, job.next);
    EXPECT_EQ(journal_->load(job.key)->seen, std::vector<SeenPack>{job.seen});
    open();
    EXPECT_FALSE(report_.healed) << report_.reason;
  }
}

TEST_F(RocksJournalNotesTest, AllCursorsAreListedInOrder) {
  open();
  EXPECT_TRUE(journal_->cursors()->empty());
  const std::vector<CursorKey> keys{key_of(Lane::alerts, "a", 2), key_of(Lane::techniques, "a"), key_of(Lane::alerts, "b"),
                                    key_of(Lane::alerts, "a", 1)};
  for (const CursorKey& key : keys) ASSERT_TRUE(journal_->commit(sample_commit(key, 100)));
  Result<std::vector<StoredCursor>> cursors = journal_->cursors();
  ASSERT_TRUE(cursors);
  ASSERT_EQ(cursors->size(), 4u);
  EXPECT_EQ((*cursors)[0].key, keys[3]);
  EXPECT_EQ((*cursors)[1].key, keys[0]);
  EXPECT_EQ((*cursors)[2].key, keys[1]);
  EXPECT_EQ((*cursors)[3].key, keys[2]);
  EXPECT_EQ((*cursors)[3].cursor, sample_commit(keys[2], 100).next);
}

TEST_F(RocksJournalNotesTest, AReaderIsForgottenWithItsIdsAndItsSegmentsStay) {
  open();
  const Commit job = sample_commit(key_of(Lane::alerts, "acme", 3), 200);
  for (int page = 0; page < 3; ++page) ASSERT_TRUE(journal_->commit(job));
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1000)));
  ASSERT_TRUE(journal_->forget(job.key, {{"job/3", "done"}}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(journal_->load(job.key)->cursor);
    EXPECT_TRUE(journal_->load(job.key)->seen.empty());
    EXPECT_EQ(journal_->cursors()->size(), 1u);
    EXPECT_EQ(names("job/"), Names{"job/3"});
    EXPECT_TRUE(journal_->batch({Lane::alerts, 3}));
    open();
    EXPECT_FALSE(report_.healed) << report_.reason;
  }
  EXPECT_TRUE(journal_->forget(job.key, {})) << "forgetting again is nothing";
  EXPECT_TRUE(journal_->commit(job)) << "and it may begin again";
  EXPECT_EQ(journal_->load(job.key)->seen, std::vector<SeenPack>{job.seen});
}

}  // namespace tidegate
