#include "storage/config_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "storage/config_format.h"
#include "storage/row_bytes.h"
#include "tests/support/faulty_fs.h"
#include "tests/support/temporary_directory.h"

namespace tidegate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StoredConfig offer(std::uint64_t revision) {
  StoredConfig config;
  config.head.revision = revision;
  config.head.hash = "hash of " + std::to_string(revision);
  config.head.received = WallSeconds{std::chrono::seconds{1'800'000'000 + static_cast<std::int64_t>(revision)}};
  config.head.tries = 1;
  config.sealed = "sealed text of revision " + std::to_string(revision);
  return config;
}

ConfigRefusal refusal_of(const ConfigHead& head) { return {head.sequence, head.hash, head.received, "connectors: is missing"}; }

class ConfigStoreTest : public testing::Test {
 protected:
  ConfigStore& open() {
    store_.reset();
    report_ = {};
    Result<std::unique_ptr<ConfigStore>> opened = ConfigStore::open(place(), report_);
    EXPECT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
    return *store_;
  }
  StorePlace place() const { return {temporary_.path() / "state" / "config", env_}; }
  std::filesystem::path file(const std::string& name) const { return place().directory / name; }

  void keep(std::uint64_t revision) {
    ASSERT_TRUE(store_->put_candidate(offer(revision)));
    ASSERT_TRUE(store_->keep_candidate());
  }
  std::uint64_t last_good_revision() const { return store_->last_good() ? store_->last_good()->revision : 0; }
  // The newest first.
  std::vector<std::uint64_t> kept_revisions() {
    constexpr std::uint64_t sequences_max = 100;
    std::vector<std::uint64_t> revisions;
    for (std::uint64_t sequence = sequences_max; sequence > 0; --sequence) {
      if (const Result<StoredConfig> config = store_->from_history(sequence)) revisions.push_back(config->head.revision);
    }
    return revisions;
  }

  TemporaryDirectory temporary_;
  std::shared_ptr<FaultyFs> files_ = std::make_shared<FaultyFs>(temporary_.path() / "stash");
  std::shared_ptr<rocksdb::Env> env_ = environment_of(files_);
  std::unique_ptr<ConfigStore> store_;
  ConfigStoreReport report_;
};

}  // namespace

TEST_F(ConfigStoreTest, AFreshOneHoldsNothingAndReportsNothing) {
  ConfigStore& store = open();
  EXPECT_FALSE(store.last_good() || store.candidate() || store.refusal());
  EXPECT_EQ(store.read_last_good().error().code(), Code::absent);
  EXPECT_TRUE(report_.set_aside.empty());
  EXPECT_EQ(report_.history_flaw, "");
  EXPECT_FALSE(report_.last_good_lost || report_.last_good_from_history);
}

TEST_F(ConfigStoreTest, ACandidateIsThereAfterARestartWithAllThatItWasGiven) {
  const Result<ConfigHead> put = open().put_candidate(offer(7));
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_EQ(put->sequence, 1u);
  const Result<StoredConfig> read = open().read_candidate();
  ASSERT_TRUE(read) << read.error().text();
  StoredConfig expected = offer(7);
  expected.head.sequence = 1;
  EXPECT_EQ(*read, expected);
  EXPECT_EQ(store_->candidate(), expected.head);
  EXPECT_FALSE(store_->last_good());
}

TEST_F(ConfigStoreTest, ACandidateThatIsKeptIsTheLastGoodOneAndInTheHistory) {
  open();
  keep(1);
  keep(2);
  open();
  EXPECT_FALSE(store_->candidate());
  EXPECT_EQ(store_->read_last_good()->sealed, offer(2).sealed);
  EXPECT_THAT(kept_revisions(), ElementsAre(2, 1));
  EXPECT_EQ(store_->from_history(1)->sealed, offer(1).sealed);
}

TEST_F(ConfigStoreTest, ACandidateThatIsDroppedLeavesTheLastGoodOneInForce) {
  open();
  keep(1);
  ASSERT_TRUE(store_->put_candidate(offer(2)));
  ASSERT_TRUE(store_->drop_candidate());
  EXPECT_TRUE(store_->drop_candidate()) << "it is so already";
  open();
  EXPECT_FALSE(store_->candidate());
  EXPECT_EQ(last_good_revision(), 1u);
  EXPECT_THAT(kept_revisions(), ElementsAre(1)) << "what was only tried is no history";
}

TEST_F(ConfigStoreTest, ARefusalIsRememberedUntilTheNext) {
  open();
  ASSERT_TRUE(store_->refuse({0, "first", {}, "reasons of the first"}));
  ASSERT_TRUE(store_->refuse({0, "second", {}, "reasons of the second"}));
  open();
  ASSERT_TRUE(store_->refusal());
  EXPECT_EQ(store_->refusal()->hash, "second");
  EXPECT_EQ(store_->refusal()->reasons, "reasons of the second");
  EXPECT_EQ(store_->refusal()->sequence, 2u);
  EXPECT_EQ(store_->put_candidate(offer(1))->sequence, 3u) << "later than the refusal, also after a restart";
}

TEST_F(ConfigStoreTest, TheHistoryIsBounded) {
  open();
  for (std::uint64_t revision = 1; revision <= config_history_max + 5; ++revision) keep(revision);
  const std::vector<std::uint64_t> kept = kept_revisions();
  ASSERT_EQ(kept.size(), config_history_max);
  EXPECT_EQ(kept.front(), config_history_max + 5);
  EXPECT_EQ(kept.back(), 6u);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{place().directory}) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, config_history_max + 1);
}

// P11
TEST_F(ConfigStoreTest, ADamagedLastGoodOneIsSetAsideAndComesFromTheHistory) {
  open();
  keep(1);
  keep(2);
  for (const std::int64_t offset : {0, 20, -1}) {
    flip_bit(file("last-good"), offset);
    open();
    ASSERT_EQ(report_.set_aside.size(), 1u) << offset;
    EXPECT_EQ(report_.set_aside[0], file("last-good.damaged").string());
    EXPECT_THAT(report_.reasons[0], HasSubstr("last-good: "));
    EXPECT_TRUE(report_.last_good_from_history);
    EXPECT_EQ(last_good_revision(), 2u);
    EXPECT_TRUE(std::filesystem::exists(file("last-good.damaged")));
  }
}

TEST_F(ConfigStoreTest, WhereTheNewestOfTheHistoryIsDamagedTooTheOneBeforeItIsTaken) {
  open();
  keep(1);
  keep(2);
  flip_bit(file("last-good"), 30);
  flip_bit(file("history-00000000000000000002"), 30);
  open();
  EXPECT_EQ(report_.set_aside.size(), 2u);
  EXPECT_EQ(last_good_revision(), 1u);
  EXPECT_THAT(kept_revisions(), ElementsAre(1));
}

TEST_F(ConfigStoreTest, WhereNothingOfTheHistoryCanBeReadTheLossIsSaid) {
  open();
  keep(1);
  flip_bit(file("last-good"), 30);
  std::filesystem::remove(file("history-00000000000000000001"));
  open();
  EXPECT_TRUE(report_.last_good_lost);
  EXPECT_FALSE(store_->last_good());
  keep(2);
  EXPECT_EQ(last_good_revision(), 2u);
}

TEST_F(ConfigStoreTest, AMissingLastGoodOneComesFromTheHistory) {
  open();
  keep(1);
  std::filesystem::remove(file("last-good"));
  open();
  EXPECT_TRUE(report_.last_good_from_history);
  EXPECT_EQ(last_good_revision(), 1u);
}

TEST_F(ConfigStoreTest, ADamagedCandidateOrRefusalIsSetAsideAndTouchesNothingElse) {
  open();
  keep(1);
  ASSERT_TRUE(store_->put_candidate(offer(2)));
  ASSERT_TRUE(store_->refuse({0, "h", {}, "r"}));
  std::ofstream{file("candidate"), std::ios::trunc} << "tgconfig";
  std::ofstream{file("refusal"), std::ios::trunc};
  open();
  EXPECT_THAT(report_.set_aside, ElementsAre(file("candidate.damaged").string(), file("refusal.damaged").string()));
  EXPECT_FALSE(store_->candidate() || store_->refusal() || report_.last_good_from_history);
  EXPECT_EQ(last_good_revision(), 1u);
}

TEST_F(ConfigStoreTest, WhatANewerVersionWroteIsLeftAlone) {
  open();
  keep(1);
  Bytes bytes = encode(*store_->read_last_good());
  bytes.resize(bytes.size() - 4);
  bytes[11] = 2;
  seal(bytes);
  std::ofstream{file("last-good"), std::ios::binary | std::ios::trunc} << bytes;
  ConfigStoreReport report;
  const Result<std::unique_ptr<ConfigStore>> opened = ConfigStore::open(place(), report);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::invalid);
  EXPECT_THAT(opened.error().text(), HasSubstr("format 2 by a newer version"));
  EXPECT_TRUE(std::filesystem::exists(file("last-good")));
}

TEST_F(ConfigStoreTest, WhatIsHalfWrittenHasNoMeaning) {
  open();
  keep(1);
  std::ofstream{file("last-good.new")} << "half";
  std::ofstream{file("candidate.new")} << "half";
  open();
  EXPECT_EQ(last_good_revision(), 1u);
  EXPECT_FALSE(store_->candidate());
  EXPECT_FALSE(std::filesystem::exists(file("last-good.new")));
}

TEST_F(ConfigStoreTest, AFullDiskIsSaidAndLeavesTheLastGoodOne) {
  open();
  keep(1);
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = "candidate.new"});
  const Result<ConfigHead> put = store_->put_candidate(offer(2));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), Code::full);
  EXPECT_FALSE(store_->candidate());
  EXPECT_EQ(last_good_revision(), 1u);
  files_->clear();
  keep(2);
  EXPECT_EQ(last_good_revision(), 2u);
}

TEST_F(ConfigStoreTest, P8WhereItsCopyFindsNoRoomWhatIsKeptIsReadAllTheSame) {
  open();
  keep(1);
  files_->arm({.fault = DiskFault::no_space, .action = DiskAction::append, .suffix = "02.new"});
  keep(2);
  open();
  EXPECT_EQ(last_good_revision(), 2u);
  EXPECT_EQ(store_->read_last_good()->sealed, offer(2).sealed);
  EXPECT_THAT(kept_revisions(), ElementsAre(1));
  EXPECT_THAT(report_.history_flaw, HasSubstr("history-00000000000000000002"));
  EXPECT_EQ(store_->put_candidate(offer(3)).error().code(), Code::full);
  files_->clear();
  keep(3);
  EXPECT_THAT(kept_revisions(), ElementsAre(3, 2, 1)) << "the copy is caught up on";
  open();
  EXPECT_EQ(report_.history_flaw, "");
}

TEST_F(ConfigStoreTest, P8WhateverKeepsItsCopyFromTheDiskIsSaidAndWhatIsKeptIsRead) {
  open();
  keep(1);
  std::filesystem::remove(file("history-00000000000000000001"));
  files_->arm({.fault = DiskFault::io_error, .action = DiskAction::append, .suffix = "01.new"});
  open();
  EXPECT_EQ(last_good_revision(), 1u);
  EXPECT_THAT(report_.history_flaw, HasSubstr("history-00000000000000000001"));
  EXPECT_TRUE(report_.set_aside.empty()) << "nothing is damaged";
  files_->clear();
  open();
  EXPECT_EQ(report_.history_flaw, "");
  EXPECT_THAT(kept_revisions(), ElementsAre(1));
}

TEST_F(ConfigStoreTest, AKeptOneThatIsRefusedAfterAllIsTakenBack) {
  open();
  keep(1);
  keep(2);
  ASSERT_TRUE(store_->refuse(refusal_of(*store_->last_good())));
  EXPECT_EQ(last_good_revision(), 1u);
  open();
  EXPECT_EQ(last_good_revision(), 1u);
  EXPECT_THAT(kept_revisions(), ElementsAre(1));
  ASSERT_TRUE(store_->refuse(refusal_of(*store_->last_good())));
  EXPECT_FALSE(store_->last_good()) << "there was none before it";
  EXPECT_FALSE(open().last_good());
  EXPECT_FALSE(report_.last_good_lost);
}

// Every call in turn loses its power at each of its operations. After the restart the last good one is whole: the one before, or
// the new one where keeping it had begun; and nothing is reported as damaged.
TEST_F(ConfigStoreTest, P8APowerCutAtAnyOperationLeavesOneWholeConfigurationInForce) {
  const std::vector<std::function<bool(ConfigStore&)>> calls{
      [](ConfigStore& store) { return static_cast<bool>(store.put_candidate(offer(2))); },
      [](ConfigStore& store) { return static_cast<bool>(store.keep_candidate()); },
      [](ConfigStore& store) { return static_cast<bool>(store.put_candidate(offer(3))); },
      [](ConfigStore& store) { return static_cast<bool>(store.refuse(refusal_of(*store.candidate()))); },
      [](ConfigStore& store) { return static_cast<bool>(store.drop_candidate()); },
  };
  Random random{Seed{7}};
  for (const TornTail tail : {TornTail::dropped, TornTail::cut_anywhere, TornTail::garbled, TornTail::kept}) {
    std::uint64_t operations = 0;
    for (bool reached = true; reached; ++operations) {
      std::filesystem::remove_all(place().directory);
      open();
      keep(1);
      std::size_t done = 0;
      files_->power_off_after(operations);
      while (done < calls.size() && calls[done](*store_)) ++done;
      reached = files_->is_off();
      if (!reached) files_->power_off();
      store_.reset();
      files_->power_on(random, tail);
      open();
      EXPECT_TRUE(report_.set_aside.empty()) << operations;
      ASSERT_TRUE(store_->read_last_good()) << operations;
      const std::uint64_t revision = store_->read_last_good()->head.revision;
      EXPECT_EQ(store_->read_last_good()->sealed, offer(revision).sealed);
      const bool kept_surely = done > 1;
      const bool kept_perhaps = done == 1;
      EXPECT_TRUE(revision == 2u ? kept_surely || kept_perhaps : revision == 1u && !kept_surely) << operations;
      if (kept_perhaps && revision == 1u) {
        EXPECT_EQ(store_->candidate()->revision, 2u) << "kept or still tried, never neither";
      }
      if (done >= 4) {
        EXPECT_EQ(store_->refusal()->hash, offer(3).head.hash);
      }
      if (done == 5) {
        EXPECT_FALSE(store_->candidate());
      }
      EXPECT_EQ(kept_revisions().front(), revision);
    }
    EXPECT_GT(operations, 20u) << "each call has several operations";
  }
}

}  // namespace tidegate
