#include "storage/log_end.h"

#include <fstream>
#include <iterator>

#include "tests/support/faulty_fs.h"
#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

// A log of many commits, and where each begins and ends in it.
class LogEndTest : public JournalTest {
 protected:
  void SetUp() override {
    environment_ = environment_of(std::make_shared<FaultyFs>(temporary_.path() / "stash"));
    open();
    for (int i = 0; i < 12; ++i) commit(i, i == 8 ? 70'000u : 300u);  // one spans several blocks
    log_ = file(".log");
    std::ifstream stream{log_, std::ios::binary};
    whole_.assign(std::istreambuf_iterator<char>{stream}, {});
  }
  void commit(std::int64_t from, std::size_t payload_bytes) {
    const std::size_t begin = std::filesystem::file_size(file(".log"));
    ASSERT_TRUE(journal_->commit(sample_commit(key_of(Lane::alerts), from, payload_bytes)));
    records_.push_back({begin, std::filesystem::file_size(file(".log"))});
  }
  LogEnd examine(const Bytes& log) {
    std::ofstream{log_, std::ios::binary | std::ios::trunc} << log;
    Result<LogEnd> end = examine_log({directory(), environment_});
    EXPECT_TRUE(end);
    return *end;
  }

  struct Range {
    std::size_t begin;
    std::size_t end;
  };
  std::vector<Range> records_;
  std::filesystem::path log_;
  Bytes whole_;
};

}  // namespace

TEST(LogChecksum, IsCrc32c) { EXPECT_EQ(crc32c("123456789"), 0xE3069283u); }

TEST_F(LogEndTest, AWholeLogIsWhole) {
  const LogEnd end = examine(whole_);
  EXPECT_EQ(end.file, log_);
  EXPECT_FALSE(end.damaged);
  EXPECT_EQ(end.whole_bytes, whole_.size());
}

TEST_F(LogEndTest, AFlippedBitInAnyByteIsDamageWithACommitBehindIt) {
  for (const std::size_t record : {2u, 7u, 8u}) {
    const auto [begin, past] = records_[record];
    const std::size_t step = past - begin > 2000 ? 331 : 1;
    for (std::size_t at = begin; at < past; at += step) {
      Bytes flipped = whole_;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      const LogEnd end = examine(flipped);
      ASSERT_TRUE(end.damaged) << at;
      ASSERT_TRUE(end.commit_behind) << at;
      ASSERT_EQ(end.whole_bytes, begin) << at;
    }
  }
}

TEST_F(LogEndTest, ACutInTheLastRecordHasNoCommitBehindIt) {
  const auto [begin, past] = records_.back();
  for (std::size_t at = begin; at < past; ++at) {
    const LogEnd end = examine(whole_.substr(0, at));
    ASSERT_FALSE(end.commit_behind) << at;
    ASSERT_EQ(end.whole_bytes, begin) << at;
  }
}

TEST_F(LogEndTest, PagesOfTheLastRecordThatNeverReachedTheDiskHaveNoCommitBehindThem) {
  const auto [begin, past] = records_[8];
  const Bytes torn = whole_.substr(0, past);
  for (std::size_t at = begin; at < past; at += 977) {
    Bytes holed = torn;
    holed.replace(at, std::min<std::size_t>(4096, past - at), std::min<std::size_t>(4096, past - at), '\0');
    const LogEnd end = examine(holed);
    ASSERT_TRUE(end.damaged) << at;
    ASSERT_FALSE(end.commit_behind) << at;
    ASSERT_EQ(end.whole_bytes, begin) << at;
  }
}

TEST_F(LogEndTest, ATrimBehindTheDamageTellsHowFarItsLaneHadCome) {
  commit(100, 300);
  ASSERT_TRUE(journal_->trim({Lane::alerts, 13}));
  journal_.reset();
  std::ifstream stream{log_, std::ios::binary};
  whole_.assign(std::istreambuf_iterator<char>{stream}, {});
  Bytes flipped = whole_;
  flipped[records_.back().begin + 50] = static_cast<char>(flipped[records_.back().begin + 50] ^ 1);
  const LogEnd end = examine(flipped);
  EXPECT_TRUE(end.damaged);
  EXPECT_FALSE(end.commit_behind);
  EXPECT_EQ(end.last_behind[index_of(Lane::alerts)], 13u);
  open();
  EXPECT_TRUE(report_.healed) << "the commit was acknowledged: its number must not be used again";
}

TEST_F(LogEndTest, TheEndOfAReaderBehindTheDamageIsACommit) {
  commit(100, 300);
  ASSERT_TRUE(journal_->forget(key_of(Lane::alerts), {}));
  journal_.reset();
  std::ifstream stream{log_, std::ios::binary};
  Bytes flipped{std::istreambuf_iterator<char>{stream}, {}};
  flipped[records_.back().begin + 50] = static_cast<char>(flipped[records_.back().begin + 50] ^ 1);
  EXPECT_TRUE(examine(flipped).commit_behind);
}

TEST_F(LogEndTest, ALogOfGarbageIsDamagedFromItsBeginning) {
  Random random{Seed{5}};
  Bytes garbage(100'000, '\0');
  for (char& byte : garbage) byte = static_cast<char>(random.next());
  const LogEnd end = examine(garbage);
  EXPECT_TRUE(end.damaged);
  EXPECT_FALSE(end.commit_behind);
  EXPECT_EQ(end.whole_bytes, 0u);
}

}  // namespace tidegate
