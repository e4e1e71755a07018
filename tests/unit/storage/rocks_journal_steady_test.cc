// The journal as a queue at a steady rate: what goes in is trimmed soon after, for ever. What is trimmed leaves tombstones, and
// whoever comes by must not have to walk over them.
#include <rocksdb/perf_context.h>

#include "storage/keys.h"
#include "storage/rocks_store.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

constexpr std::uint64_t pages = 6000;  // more than a write buffer holds, so that tables are written too
constexpr std::uint64_t waiting = 5;   // segments between commit and trim
constexpr std::size_t payload_bytes = 4000;
constexpr std::uint64_t looked_at = 500;  // pages at the beginning, and at the end

// Rows that this thread walked over in scans, those that were read and those that stand no more.
class Skipped {
 public:
  Skipped() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount); }
  ~Skipped() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

  // Since the last call.
  std::uint64_t take() {
    const rocksdb::PerfContext& seen = *rocksdb::get_perf_context();
    const std::uint64_t rows = seen.internal_delete_skipped_count + seen.internal_key_skipped_count;
    rocksdb::get_perf_context()->Reset();
    return rows;
  }
};

class RocksJournalSteadyTest : public JournalTest {
 protected:
  // A page is committed; the shipper takes the oldest one that waits; it is acknowledged; the cursor is read, as after a failure.
  std::uint64_t turn(std::uint64_t page) {
    const CursorKey key = key_of(Lane::techniques);
    const auto from = static_cast<std::int64_t>(page) * 300;
    Commit commit = sample_commit(key, from, payload_bytes);
    commit.forget_before = at(from - 600);  // ids of three pages are kept
    EXPECT_TRUE(journal_->commit(commit));
    if (page < waiting) return 0;
    const SegmentId oldest{Lane::techniques, page - waiting + 1};
    (void)skipped_.take();
    EXPECT_TRUE(journal_->batch(oldest));
    EXPECT_TRUE(journal_->trim(oldest));
    EXPECT_TRUE(journal_->load(key));
    EXPECT_TRUE(journal_->cursors());
    return skipped_.take();
  }

  // What a reader of the whole lane, instead of its known head, walks over.
  std::uint64_t skipped_by_a_scan() {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.directory = directory(), .env = nullptr}, Opening::salvage);
    EXPECT_TRUE(store);
    (void)skipped_.take();
    const SegmentId first{Lane::techniques, 1};
    const SegmentId last{Lane::techniques, pages + 1};
    EXPECT_TRUE(
        (*store)->scan(Family::segments, segment_key(first), segment_key(last), [](ByteView, ByteView) { return Result<void>{}; }));
    return skipped_.take();
  }

  Skipped skipped_;
};

}  // namespace

// osquery 7079: events that were read and deleted at a modest rate left tombstones, over which each next reading had to walk.
TEST_F(RocksJournalSteadyTest, P7Osquery7079AQueueDoesNotDecayOfItsTombstones) {
  open();
  std::uint64_t in_the_beginning = 0;
  std::uint64_t in_the_end = 0;
  for (std::uint64_t page = 1; page <= pages; ++page) {
    const std::uint64_t rows = turn(page);
    if (page <= looked_at) in_the_beginning += rows;
    if (page > pages - looked_at) in_the_end += rows;
    ASSERT_LE(journal_->usage().lane(Lane::techniques).records, 10 * waiting);
  }
  EXPECT_LE(in_the_end, in_the_beginning + looked_at) << "at most one row more for each page";
  EXPECT_GT(skipped_by_a_scan(), 10 * waiting) << "there are tombstones, and they are counted";
}

}  // namespace tidegate
