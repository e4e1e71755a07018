// The stores that releases wrote (tests/data/stores): each must open as it is, hold all that was put into it, and be of use.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/kept_store.h"
#include "tests/support/model_journal.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> kept_stores() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator{fs::path{TIDEGATE_TREE} / "tests/data/stores"}) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

void expect_same_readers(Journal& journal, Journal& model) {
  const std::vector<StoredCursor> cursors = *model.cursors();
  ASSERT_FALSE(cursors.empty());
  const Result<std::vector<StoredCursor>> found = journal.cursors();
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(*found, cursors);
  for (const StoredCursor& each : cursors) {
    const Result<CursorState> state = journal.load(each.key);
    ASSERT_TRUE(state) << state.error().text();
    EXPECT_EQ(state->cursor, each.cursor) << name(each.key.lane);
    EXPECT_EQ(state->seen, model.load(each.key)->seen) << name(each.key.lane);
  }
  const Result<std::vector<Note>> notes = journal.notes("");
  ASSERT_TRUE(notes) << notes.error().text();
  EXPECT_EQ(*notes, *model.notes(""));
}

void expect_same_segments(Journal& journal, Journal& model) {
  const JournalUsage usage = journal.usage();
  const JournalUsage expected = model.usage();
  EXPECT_EQ(usage.bytes, expected.bytes);
  for (const Lane lane : all_lanes) {
    const LaneUsage& is = usage.lane(lane);
    const LaneUsage& must = expected.lane(lane);
    EXPECT_EQ(is.first, must.first) << name(lane);
    EXPECT_EQ(is.last, must.last) << name(lane);
    EXPECT_EQ(is.records, must.records) << name(lane);
    EXPECT_EQ(is.bytes, must.bytes) << name(lane);
    if (!must.empty()) {
      EXPECT_EQ(is.oldest, must.oldest) << name(lane);
    }
    for (std::uint64_t sequence = must.first; sequence <= must.last; ++sequence) {
      const Result<StoredSegment> segment = journal.batch({lane, sequence});
      ASSERT_TRUE(segment) << segment.error().text();
      EXPECT_EQ(segment->segment, model.batch({lane, sequence})->segment) << name(lane) << ' ' << sequence;
    }
  }
}

class KeptStoresTest : public JournalTest {
 protected:
  // Opens the journal in the fixture's directory, which is neither new nor damaged, and compares all of it.
  void open_like(Journal& model) {
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_FALSE(report_.created || report_.healed || report_.log_cut) << report_.reason;
    EXPECT_EQ(journal_->epoch(), kept_store_epoch);
    ASSERT_NO_FATAL_FAILURE(expect_same_readers(*journal_, model));
    ASSERT_NO_FATAL_FAILURE(expect_same_segments(*journal_, model));
  }

  // The store is found whole, goes on, and is found whole again.
  void expect_of_use() {
    ModelJournal model{kept_store_epoch};
    ASSERT_TRUE(play_first_half(model) && play_second_half(model));
    ASSERT_EQ(model.cursors()->size(), 2u);
    ASSERT_EQ(model.notes("")->size(), 2u);
    ASSERT_EQ(model.usage().lane(Lane::alerts).first, 2u);
    ASSERT_EQ(model.usage().lane(Lane::alerts).last, 3u);
    ASSERT_NO_FATAL_FAILURE(open_like(model));
    const Result<void> went_on = play_on(*journal_);
    ASSERT_TRUE(went_on) << went_on.error().text();
    ASSERT_TRUE(play_on(model));
    ASSERT_NO_FATAL_FAILURE(open_like(model));
  }
};

TEST_F(KeptStoresTest, EachOpensWithAllThatWasPutIntoItAndGoesOn) {
  const std::vector<fs::path> stores = kept_stores();
  ASSERT_FALSE(stores.empty());
  for (const fs::path& store : stores) {
    SCOPED_TRACE(store.filename().string());
    journal_.reset();
    fs::remove_all(directory());
    fs::create_directories(directory().parent_path());
    fs::copy(store, directory());  // the tree's own stays as it was written
    ASSERT_NO_FATAL_FAILURE(expect_of_use());
  }
}

// What this program writes is fit to be kept: tables, a blob file and a log, and small.
TEST_F(KeptStoresTest, OneThatIsWrittenTodayIsLikeThem) {
  const Result<void> written = write_kept_store(directory());
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_FALSE(write_kept_store(directory())) << "nothing is written over";
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator{directory()}) bytes += entry.file_size();
  EXPECT_LT(bytes, 200u << 10);
  for (const char* ending : {".sst", ".blob", ".log"}) EXPECT_FALSE(file(ending).empty()) << ending;
  expect_of_use();
}

}  // namespace
}  // namespace tidegate
