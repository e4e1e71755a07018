#include "storage/heal.h"

#include <fstream>

#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

class HealTest : public JournalTest {
 protected:
  // Real files on a disk that is never asked to sync.
  HealTest() { environment_ = environment_of(std::make_shared<FaultyFs>(temporary_.path() / "stash")); }

  // Twenty commits in the log; `flushed`: then moved into tables and blob files by what follows them.
  void fill(bool flushed) {
    open();
    epoch_ = journal_->epoch();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1000 + 100 * i)));
    ASSERT_TRUE(journal_->trim({Lane::alerts, 5}));
    for (int i = 0; flushed && i < 12; ++i) {
      ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::techniques), 4000 + i, 2u << 20)));
    }
    if (flushed) open();  // what was in the log goes into tables when it is replayed
    journal_.reset();
  }
  void expect_healed(const std::string& reason) {
    open();
    EXPECT_TRUE(report_.healed);
    EXPECT_NE(report_.reason.find(reason), std::string::npos) << report_.reason;
    EXPECT_TRUE(std::filesystem::exists(report_.set_aside_path)) << report_.set_aside_path;
    EXPECT_NE(journal_->epoch(), epoch_);
    EXPECT_TRUE(journal_->usage().lane(Lane::alerts).empty());
    EXPECT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 9000)));
    open();
    EXPECT_FALSE(report_.healed) << "a healing is reported once";
  }
  std::optional<Cursor> cursor(Lane lane) { return journal_->load(key_of(lane))->cursor; }

  Id128 epoch_;
};

}  // namespace

TEST_F(HealTest, AStoreIsNeverHalfBegun) {
  environment_ = nullptr;
  std::filesystem::create_directories(directory());
  open();
  EXPECT_TRUE(report_.created);
  EXPECT_FALSE(std::filesystem::exists(directory().string() + ".beginning"));
  EXPECT_EQ(std::filesystem::status(directory()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(HealTest, RotInTheMiddleOfTheLogIsFoundAndTheCursorGoesBack) {  // P11
  fill(false);
  flip_bit(file(".log"), static_cast<std::int64_t>(std::filesystem::file_size(file(".log")) / 2));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_TRUE(report_.cursors_complete);
  EXPECT_EQ(report_.cursors_kept, 1u);
  ASSERT_TRUE(cursor(Lane::alerts));
  // What was lost begins with the first segment that was not trimmed, or with the damage: both are behind this.
  EXPECT_LE(cursor(Lane::alerts)->settled, at(1500));
  EXPECT_LE(cursor(Lane::alerts)->through, at(1500));
  EXPECT_FALSE(cursor(Lane::alerts)->window);
  EXPECT_TRUE(journal_->load(key_of(Lane::alerts))->seen.empty()) << "ids of lost records must not hold them back";
}

TEST_F(HealTest, RotInTheMiddleOfTheLogBeginsAnew) {
  fill(false);
  flip_bit(file(".log"), static_cast<std::int64_t>(std::filesystem::file_size(file(".log")) / 2));
  expect_healed("commits stand behind a damage");
}

// The dropped commit may have been shipped: its chunk can be at the processor without an ack. What takes its number is another
// chunk.
TEST_F(HealTest, P1ANumberThatIsGivenAnewAfterRotIsAnotherChunk) {
  open();
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1000)));
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1100)));
  const Id128 epoch = journal_->epoch();
  const Id128 shipped = chunk_id(epoch, *journal_->batch({Lane::alerts, 2}));
  journal_.reset();
  flip_bit(file(".log"), -100);
  open();
  ASSERT_TRUE(report_.log_cut);
  ASSERT_EQ(journal_->epoch(), epoch);
  ASSERT_EQ(journal_->usage().lane(Lane::alerts).last, 1u);
  ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1200)));
  EXPECT_NE(chunk_id(epoch, *journal_->batch({Lane::alerts, 2})), shipped);
}

TEST_F(HealTest, RotInTheLastCommitDropsThatCommitAlone) {
  open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1000 + 100 * i)));
  journal_.reset();
  flip_bit(file(".log"), -100);
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
  EXPECT_TRUE(report_.log_cut);
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).last, 19u);
  EXPECT_EQ(cursor(Lane::alerts)->settled, at(2800)) << "and its page is read again";
}

TEST_F(HealTest, AMissingLogIsFound) {
  fill(false);
  std::filesystem::remove(file(".log"));
  expect_healed("write-ahead log is missing");
}

TEST_F(HealTest, AMissingCurrentIsFound) {
  fill(true);
  std::filesystem::remove(directory() / "CURRENT");
  expect_healed("CURRENT is missing");
}

TEST_F(HealTest, AMissingManifestIsFound) {
  fill(true);
  for (const auto& entry : std::filesystem::directory_iterator{directory()}) {
    if (entry.path().filename().string().starts_with("MANIFEST")) std::filesystem::remove(entry.path());
  }
  expect_healed("");
  EXPECT_FALSE(report_.cursors_complete);
}

TEST_F(HealTest, AMissingTableIsFound) {
  fill(true);
  std::filesystem::remove(file(".sst"));
  expect_healed("");
}

TEST_F(HealTest, RotInATableIsFoundAtOpen) {
  fill(true);
  for (const auto& entry : std::filesystem::directory_iterator{directory()}) {
    if (entry.path().extension() == ".sst") flip_bit(entry.path(), 20);
  }
  expect_healed("");
}

TEST_F(HealTest, AMissingBlobFileIsFound) {
  fill(true);
  std::filesystem::remove(file(".blob"));
  expect_healed("blob");
}

TEST_F(HealTest, AShortenedBlobFileIsFound) {
  fill(true);
  std::filesystem::resize_file(file(".blob"), std::filesystem::file_size(file(".blob")) - 10);
  expect_healed("blob");
}

TEST_F(HealTest, CursorsGoBackBeforeTheSegmentsThatAreLostWithABlobFile) {
  fill(true);
  std::filesystem::remove(file(".blob"));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_TRUE(report_.cursors_complete);
  EXPECT_EQ(report_.cursors_kept, 2u);
  EXPECT_EQ(cursor(Lane::alerts)->settled, at(1400)) << "segment 6 was read in the sweep that began before 1500";
  EXPECT_EQ(cursor(Lane::techniques)->settled, at(4000));
}

TEST_F(HealTest, ABackFillGoesBackByItselfAndKeepsItsEnd) {  // P11
  fill(true);
  open();
  Commit page = sample_commit(key_of(Lane::alerts, "acme", 7), 300);
  page.next.pass_to = at(800);
  ASSERT_TRUE(journal_->commit(page));
  page.next.settled = at(600);
  page.next.window.reset();
  ASSERT_TRUE(journal_->commit(page));
  journal_.reset();
  std::filesystem::remove(file(".blob"));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_EQ(report_.cursors_kept, 3u);
  EXPECT_EQ(cursor(Lane::alerts)->settled, at(1400)) << "the live reading does not follow a back-fill";
  const Cursor healed = *journal_->load(page.key)->cursor;
  EXPECT_EQ(healed, (Cursor{.settled = at(300), .through = at(300), .position = at(300), .pass_to = at(800), .window = {}}));
}

TEST_F(HealTest, WhatABackFillThatHasEndedLosesFallsToTheLiveReading) {  // P1
  fill(true);
  open();
  const Commit page = sample_commit(key_of(Lane::alerts, "acme", 7), 300);
  ASSERT_TRUE(journal_->commit(page));
  ASSERT_TRUE(journal_->forget(page.key, {}));
  journal_.reset();
  std::filesystem::remove(file(".blob"));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_EQ(cursor(Lane::alerts)->settled, at(300));
  EXPECT_FALSE(journal_->load(page.key)->cursor);
}

TEST_F(HealTest, NotesAreKept) {
  fill(true);
  open();
  const std::vector<Note> notes{{"gap/1", "one"}, {"job/2", Bytes(5000, '\0')}};
  ASSERT_TRUE(journal_->put_notes(notes));
  journal_.reset();
  std::filesystem::remove(file(".blob"));
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_TRUE(report_.cursors_complete);
  EXPECT_EQ(report_.cursors_kept, 2u) << "a note is no cursor";
  EXPECT_EQ(*journal_->notes(""), notes);
}

TEST_F(HealTest, ARottenNoteIsFoundAtOpenAndLeftBehind) {
  fill(true);
  open();
  ASSERT_TRUE(journal_->put_notes({{"gap/1", "one"}, {"gap/2", "two"}}));
  journal_.reset();
  {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({directory(), environment_}, Opening::existing);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->put(Family::cursors, note_key("gap/1"), "no checksum"));
  }
  open();
  ASSERT_TRUE(report_.healed);
  EXPECT_NE(report_.reason.find("note row"), std::string::npos) << report_.reason;
  EXPECT_FALSE(report_.cursors_complete);
  EXPECT_EQ(*journal_->notes(""), (std::vector<Note>{{"gap/2", "two"}}));
}

TEST_F(HealTest, AStoreOfFormat1IsTakenOverAsItStands) {
  fill(true);
  const auto number = [&](std::uint32_t written) {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({directory(), environment_}, Opening::existing);
    ASSERT_TRUE(store);
    EXPECT_EQ(get_u32_be(*(*store)->get(Family::meta, format_key)), format_version);
    Bytes format;
    put_u32_be(format, written);
    ASSERT_TRUE((*store)->put(Family::meta, format_key, format));
  };
  number(format_version_least);
  open();
  EXPECT_FALSE(report_.healed) << report_.reason;
  EXPECT_EQ(journal_->epoch(), epoch_);
  EXPECT_EQ(journal_->usage().lane(Lane::alerts).first, 6u);
  EXPECT_EQ(cursor(Lane::alerts)->settled, at(2900));
  journal_.reset();
  number(format_version);  // finds the new number
}

TEST_F(HealTest, RotInAPayloadIsFoundWhenItIsReadAndHealedAtTheNextOpening) {
  fill(true);
  // In a payload: the library writes a head of its own before each, whose rot costs nothing.
  std::ifstream stream{file(".blob"), std::ios::binary};
  const Bytes blobs{std::istreambuf_iterator<char>{stream}, {}};
  std::size_t payload = Bytes::npos;
  for (int i = 0; i < 12 && payload == Bytes::npos; ++i) {
    payload = blobs.find(sample_commit(key_of(Lane::techniques), 4000 + i, 2u << 20).segments.front().payload);
  }
  ASSERT_NE(payload, Bytes::npos);
  flip_bit(file(".blob"), static_cast<std::int64_t>(payload + (1u << 20)));
  open();
  ASSERT_FALSE(report_.healed) << "payloads are not read at open";
  const LaneUsage usage = journal_->usage().lane(Lane::techniques);
  std::size_t corrupt = 0;
  for (std::uint64_t sequence = usage.first; sequence <= usage.last; ++sequence) {
    Result<StoredSegment> segment = journal_->batch({Lane::techniques, sequence});
    if (segment) continue;
    EXPECT_EQ(segment.error().code(), Code::corrupt);
    ++corrupt;
  }
  EXPECT_EQ(corrupt, 1u);
  expect_healed("observed_attack_techniques: segment");
}

TEST_F(HealTest, AStoreOfANewerVersionIsLeftAlone) {
  fill(false);
  {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({directory(), environment_}, Opening::existing);
    ASSERT_TRUE(store);
    Bytes newer;
    put_u32_be(newer, format_version + 1);
    ASSERT_TRUE((*store)->put(Family::meta, format_key, newer));
  }
  Result<std::unique_ptr<RocksJournal>> opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::invalid);
  EXPECT_NE(opened.error().text().find("written by a newer version"), std::string::npos) << opened.error().text();
  EXPECT_FALSE(std::filesystem::exists(directory().string() + ".damaged-1"));
}

TEST_F(HealTest, AHeldStoreIsUnavailableWithARemedy) {
  open();
  Result<std::unique_ptr<RocksJournal>> second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::unavailable);
  EXPECT_NE(second.error().text().find("stop the other agent"), std::string::npos) << second.error().text();
  EXPECT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), 1)));
}

TEST_F(HealTest, APlaceThatIsNoDirectoryIsInvalid) {
  std::filesystem::create_directories(directory().parent_path());
  std::ofstream{directory()} << "a file";
  Result<std::unique_ptr<RocksJournal>> opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::invalid) << opened.error().text();
  EXPECT_NE(opened.error().text().find("not a directory"), std::string::npos) << opened.error().text();
}

TEST_F(HealTest, FilesThatAreNoJournalAreNotTouched) {
  std::filesystem::create_directories(directory());
  std::ofstream{directory() / "holiday.jpg"} << "sea";
  EXPECT_EQ(try_open().error().code(), Code::invalid);
  EXPECT_TRUE(std::filesystem::exists(directory() / "holiday.jpg"));
}

TEST_F(HealTest, DamagedStoresDoNotPileUp) {
  for (std::size_t round = 1; round <= set_aside_max + 2; ++round) {
    fill(false);
    std::filesystem::remove(file(".log"));
    open();
    EXPECT_TRUE(report_.healed);
    EXPECT_EQ(report_.set_aside_path, directory().string() + ".damaged-" + std::to_string(round));
    EXPECT_EQ(report_.removed_path.empty(), round <= set_aside_max);
  }
  EXPECT_FALSE(std::filesystem::exists(directory().string() + ".damaged-2"));
  EXPECT_TRUE(std::filesystem::exists(directory().string() + ".damaged-3"));
}

TEST_F(HealTest, AHealingThatACrashInterruptedBetweenItsTwoMovesIsFinished) {
  fill(true);
  std::filesystem::remove(file(".blob"));
  open();
  const Cursor healed = *cursor(Lane::alerts);
  journal_.reset();
  // As the crash leaves it: the damaged store has left, the new one is not in place yet.
  std::filesystem::rename(directory(), directory().string() + ".beginning");
  open();
  EXPECT_EQ(cursor(Lane::alerts), healed);
}

}  // namespace tidegate
