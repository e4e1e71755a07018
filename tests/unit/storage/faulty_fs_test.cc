// The file system that the journal is tested on: a power that goes at a chosen operation, and a process that is killed.
#include "tests/support/faulty_fs.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "tests/unit/storage/journal_fixture.h"

namespace tidegate {
namespace {

class FaultyFsTest : public testing::Test {
 protected:
  using Step = std::function<rocksdb::IOStatus()>;

  std::string path(const std::string& name) const { return (temporary_.path() / name).string(); }
  bool there(const std::string& name) const { return std::filesystem::exists(path(name)); }
  std::string content(const std::string& name) const {
    std::ifstream stream{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  rocksdb::IOStatus create(const std::string& name) { return files_.NewWritableFile(path(name), {}, &file_, nullptr); }
  rocksdb::IOStatus append(const std::string& text) { return file_->Append(text, {}, nullptr); }
  rocksdb::IOStatus sync() { return file_->Sync({}, nullptr); }
  rocksdb::IOStatus rename(const std::string& from, const std::string& to) {
    return files_.RenameFile(path(from), path(to), {}, nullptr);
  }
  rocksdb::IOStatus remove(const std::string& name) { return files_.DeleteFile(path(name), {}, nullptr); }
  rocksdb::IOStatus sync_directory() {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    const rocksdb::IOStatus opened = files_.NewDirectory(temporary_.path().string(), {}, &directory, nullptr);
    return opened.ok() ? directory->Fsync({}, nullptr) : opened;
  }
  // A file that no cut of the power can take: this text, and no more.
  void make_durable(const std::string& name, const std::string& text) {
    ASSERT_TRUE(create(name).ok() && append(text).ok() && sync().ok() && sync_directory().ok());
  }
  void end_life(TornTail tail) {
    files_.power_off();
    file_.reset();
    files_.power_on(random_, tail);
  }

  // One operation of each kind.
  std::vector<Step> steps() {
    return {[this] { return create("a"); },      [this] { return append("0123456789"); }, [this] { return sync(); },
            [this] { return rename("a", "b"); }, [this] { return sync_directory(); },     [this] { return remove("b"); }};
  }
  std::uint64_t done_of(const std::vector<Step>& all) {
    std::uint64_t done = 0;
    for (const Step& step : all) {
      if (!step().ok()) break;
      ++done;
    }
    return done;
  }

  TemporaryDirectory temporary_;
  FaultyFs files_{temporary_.path() / "stash"};
  std::unique_ptr<rocksdb::FSWritableFile> file_;
  Random random_{Seed{1}};
};

}  // namespace

TEST_F(FaultyFsTest, ThePowerGoesAfterAsManyOperationsOfAnyKindAsAreGiven) {
  const std::vector<Step> all = steps();
  ASSERT_FALSE(all.empty());
  for (std::uint64_t after = 0; after < all.size(); ++after) {
    files_.power_off_after(after);
    EXPECT_FALSE(files_.is_off());
    EXPECT_EQ(done_of(all), after);
    EXPECT_TRUE(files_.is_off());
    EXPECT_FALSE(create("c").ok()) << "it is off for whatever follows";
    file_.reset();
    files_.power_on(random_, TornTail::dropped);
    EXPECT_FALSE(files_.is_off());
    EXPECT_FALSE(there("c"));
  }
}

TEST_F(FaultyFsTest, APowerThatHasNotGoneYetIsNoLongerToGoOnceItWasSwitchedOn) {
  const std::vector<Step> all = steps();
  files_.power_off_after(all.size());
  EXPECT_EQ(done_of(all), all.size());
  EXPECT_FALSE(files_.is_off());
  files_.power_on(random_, TornTail::kept);
  EXPECT_EQ(done_of(all), all.size());
}

TEST_F(FaultyFsTest, TheOperationThatFindsThePowerGoneIsNotDone) {
  make_durable("a", "first");
  files_.power_off_after(0);
  EXPECT_FALSE(remove("a").ok());
  files_.power_on(random_, TornTail::kept);
  EXPECT_EQ(content("a"), "first");
}

TEST_F(FaultyFsTest, AnAppendThatFindsThePowerGoneIsDoneByHalf) {
  make_durable("a", "first");
  files_.power_off_after(0);
  EXPECT_FALSE(append("0123456789").ok());
  EXPECT_FALSE(append("0123456789").ok()) << "nothing of what follows is written";
  file_.reset();
  files_.power_on(random_, TornTail::kept);
  EXPECT_EQ(content("a"), "first01234");
}

TEST_F(FaultyFsTest, APowerThatIsOffIsSaidToBe) {
  EXPECT_FALSE(files_.is_off());
  files_.power_off();
  EXPECT_TRUE(files_.is_off());
  files_.power_on(random_, TornTail::dropped);
  EXPECT_FALSE(files_.is_off());
}

TEST_F(FaultyFsTest, NothingIsOpenedForReadingWithoutPower) {
  make_durable("a", "first");
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  EXPECT_TRUE(files_.NewSequentialFile(path("a"), {}, &reader, nullptr).ok());
  files_.power_off();
  EXPECT_FALSE(files_.NewSequentialFile(path("a"), {}, &reader, nullptr).ok());
}

TEST_F(FaultyFsTest, AKillTakesNothingAndTheNextPowerCutWhatWasNotSynced) {
  make_durable("removed", "gone");
  make_durable("named", "name");
  make_durable("a", "synced");
  ASSERT_TRUE(append(" and not").ok());
  ASSERT_TRUE(remove("removed").ok());
  ASSERT_TRUE(rename("named", "renamed").ok());
  ASSERT_TRUE(create("created").ok());

  end_life(TornTail::kept);
  EXPECT_EQ(content("a"), "synced and not");
  EXPECT_FALSE(there("removed"));
  EXPECT_FALSE(there("named"));
  EXPECT_EQ(content("renamed"), "name");
  EXPECT_TRUE(there("created"));

  end_life(TornTail::dropped);
  EXPECT_EQ(content("a"), "synced");
  EXPECT_EQ(content("removed"), "gone");
  EXPECT_EQ(content("named"), "name");
  EXPECT_FALSE(there("renamed"));
  EXPECT_FALSE(there("created"));
}

TEST_F(FaultyFsTest, AFileThatWasCutShortAfterAKillDoesNotGrowInAPowerCut) {
  std::set<std::uintmax_t> sizes;
  for (int round = 0; round < 50; ++round) {
    make_durable("a", "synced");
    ASSERT_TRUE(append(" and not").ok());
    end_life(TornTail::kept);
    std::filesystem::resize_file(path("a"), 8);
    end_life(TornTail::cut_anywhere);
    sizes.insert(std::filesystem::file_size(path("a")));
  }
  EXPECT_EQ(sizes, (std::set<std::uintmax_t>{6, 7, 8}));
}

}  // namespace tidegate
