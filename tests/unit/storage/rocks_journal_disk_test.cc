// What the journal takes of disk and memory, in time: trimmed segments give their space back.
#include "storage/rocks_journal.h"
#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

constexpr std::size_t segment_bytes = 256u << 10;

class RocksJournalDiskTest : public JournalTest {
 protected:
  RocksJournalDiskTest() { environment_ = environment_of(std::make_shared<FaultyFs>(temporary_.path() / "stash")); }

  JournalOptions roomy() const {
    JournalOptions wide = options();
    wide.budget = 4ull << 30;
    return wide;
  }
  void open_roomy() {
    journal_.reset();
    Result<std::unique_ptr<RocksJournal>> opened = RocksJournal::open(roomy(), report_);
    ASSERT_TRUE(opened) << opened.error().text();
    journal_ = *std::move(opened);
  }
  std::uint64_t commit(Lane lane) {
    Commit commit = sample_commit(key_of(lane), ++committed_, segment_bytes);
    commit.forget_before = at(committed_);
    Result<std::vector<SegmentId>> ids = journal_->commit(commit);
    EXPECT_TRUE(ids) << ids.error().text();
    return ids ? ids->front().sequence : 0;
  }
  std::uint64_t disk_bytes(const std::string& ending = "") const {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator{directory()}) {
      if (entry.path().string().ends_with(ending)) bytes += entry.file_size();
    }
    return bytes;
  }

  std::int64_t committed_ = 0;
};

}  // namespace

TEST_F(RocksJournalDiskTest, ABacklogGivesItsDiskBackAsItIsTrimmed) {
  open_roomy();
  constexpr std::uint64_t segments = 800;  // 200 MiB
  for (std::uint64_t i = 0; i < segments; ++i) commit(Lane::techniques);
  const std::uint64_t kept = journal_->usage().bytes;
  EXPECT_LT(disk_bytes(), kept + journal_overhead_bytes_max);
  for (std::uint64_t sequence = 1; sequence <= segments; ++sequence) {
    ASSERT_TRUE(journal_->trim({Lane::techniques, sequence}));
    if (sequence % 100 == 0) {
      EXPECT_LT(disk_bytes(), journal_->usage().bytes + journal_overhead_bytes_max) << sequence;
    }
  }
  EXPECT_LT(disk_bytes(".blob"), 32u << 20);
  EXPECT_LT(disk_bytes(), journal_overhead_bytes_max);
  open_roomy();
  EXPECT_FALSE(report_.healed) << report_.reason;
}

TEST_F(RocksJournalDiskTest, SegmentsTrimmedSoonAreNeverWrittenASecondTime) {
  open_roomy();
  for (int i = 0; i < 400; ++i) {  // 100 MiB
    ASSERT_TRUE(journal_->trim({Lane::alerts, commit(Lane::alerts)}));
  }
  EXPECT_LT(disk_bytes(".blob"), 2 * segment_bytes);
  EXPECT_LT(disk_bytes(), journal_overhead_bytes_max);
}

TEST_F(RocksJournalDiskTest, AFewSegmentsThatStayDoNotPinTheSpaceOfTheRest) {
  open_roomy();
  for (int i = 0; i < 600; ++i) {  // 150 MiB; one in twenty stays, in a lane of its own
    commit(i % 20 == 0 ? Lane::alerts : Lane::techniques);
  }
  const std::uint64_t last = journal_->usage().lane(Lane::techniques).last;
  for (std::uint64_t sequence = 1; sequence <= last; ++sequence) ASSERT_TRUE(journal_->trim({Lane::techniques, sequence}));
  EXPECT_LT(disk_bytes(), journal_->usage().bytes * 2 + journal_overhead_bytes_max);
  EXPECT_LT(disk_bytes(".blob"), 100u << 20);
  for (std::uint64_t sequence = 1; sequence <= 30; ++sequence) ASSERT_TRUE(journal_->batch({Lane::alerts, sequence}));
}

}  // namespace tidegate
