#include "processor/pipeline/index_worker.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

using test::chunk;

// Passes everything on to a real index, but for failures that a test asks for.
class FailingIndex final : public Index {
 public:
  explicit FailingIndex(Index& real) : real_(real) {}

  Result<std::vector<Upserted>> upsert(std::span<const IndexRecord> records) override {
    if (failures_ > 0) {
      --failures_;
      return Error{Code::full, "no space"};
    }
    return real_.upsert(records);
  }
  void fail(int times) { failures_ = times; }

 private:
  Index& real_;
  int failures_ = 0;
};

// Writes down what it is told of, and what holds at that moment; fails as often as a test asks for.
class ToldWatch final : public RecordWatch {
 public:
  explicit ToldWatch(std::function<std::string()> state) : state_(std::move(state)) {}

  std::vector<std::string> told;      // "1 2 | 2 indexed, 1 landed"
  std::set<std::string> seen_before;  // by the ids of chunks; those that were asked for are forgotten
  int failures = 0;

  // Once, as rules do.
  bool take_seen(const Chunk& chunk) override { return chunk.id && seen_before.erase(*chunk.id) > 0; }
  Result<void> seen(std::span<const IndexRecord> records) override {
    std::string numbers;
    for (const IndexRecord& record : records)
      for (std::uint64_t number = 1; number <= 20; ++number)
        if (test::record_id(number) == record.record.record_id) numbers.append(std::to_string(number)).append(" ");
    told.push_back(numbers + "| " + state_());
    if (failures-- > 0) return Error{Code::unavailable, "rules: the disk is away"};
    return {};
  }

 private:
  std::function<std::string()> state_;
};

class IndexWorkerTest : public testing::Test {
 protected:
  IndexWorkerTest() { open("state"); }

  void open(const std::string& state) {
    stores_ = {};
    state_ = folder_.path() / state;
    Result<Stores> stores = open_stores(state_, log_, metrics_);
    ASSERT_TRUE(stores) << stores.error().text();
    stores_ = *std::move(stores);
  }

  std::uint64_t indexed() {
    const Result<Query> query = parse_query("*");
    Result<SqliteArchive> archive = SqliteArchive::open(index_directory(state_));
    const Result<SearchEnd> end = archive->search({*query, {WallTime{}, WallTime::max()}, {}}, [](ByteView) { return true; });
    EXPECT_TRUE(end);
    return end->total;
  }

  // What is durable while something is under way.
  std::string indexed_and_landed() {
    return std::to_string(indexed()) + " indexed, " + std::to_string(stores_.landing->usage().chunks()) + " landed";
  }
  bool shows(const std::string& metric) { return metrics_.text().find(metric) != std::string::npos; }

  TemporaryDirectory folder_;
  std::filesystem::path state_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  Stores stores_;
};

TEST_F(IndexWorkerTest, IndexesWhatWasLandedAndForgetsThePayloads) {
  ASSERT_TRUE(stores_.landing->land(
      std::vector{chunk("a", {{.number = 1}, {.number = 2}}), chunk("b", {{.number = 3, .msg_class = "other_class"}})}));
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_};
  const Result<std::uint64_t> step = worker.step();
  ASSERT_TRUE(step) << step.error().text();
  EXPECT_EQ(*step, 2u);
  EXPECT_EQ(*worker.step(), 0u);
  EXPECT_EQ(indexed(), 3u);
  EXPECT_EQ(stores_.landing->usage().chunks(), 0u);
  EXPECT_TRUE(shows("tidegate_records_indexed_total{msg_class=\"trendmicro_visionone_alerts\"} 2"));
  EXPECT_TRUE(shows("tidegate_records_indexed_total{msg_class=\"other_class\"} 1"));
}

TEST_F(IndexWorkerTest, ARecordThatComesInTwoChunksIsIndexedOnce) {  // P2
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}}), chunk("b", {{.number = 1}})}));
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_};
  ASSERT_TRUE(worker.step());
  EXPECT_EQ(indexed(), 1u);
  EXPECT_TRUE(shows("tidegate_records_upserted_again_total 1"));
}

TEST_F(IndexWorkerTest, WhatDiedBetweenIndexAndLandingIsIndexedAgainWithoutTwins) {  // P1, P2
  // Dies when the index has answered: a copy of the disk at that moment is all that is left.
  class CopiesAfterTheIndex final : public Index {
   public:
    CopiesAfterTheIndex(Index& real, std::filesystem::path from, std::filesystem::path to)
        : real_(real), from_(std::move(from)), to_(std::move(to)) {}
    Result<std::vector<Upserted>> upsert(std::span<const IndexRecord> records) override {
      Result<std::vector<Upserted>> upserted = real_.upsert(records);
      test::copy_as_left_by_a_death(from_, to_);
      return upserted;
    }

   private:
    Index& real_;
    std::filesystem::path from_;
    std::filesystem::path to_;
  };
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}, {.number = 2}})}));
  {
    CopiesAfterTheIndex index{*stores_.index, folder_.path() / "state", folder_.path() / "left"};
    IndexWorker worker{*stores_.landing, index, log_, metrics_};
    ASSERT_TRUE(worker.step());
  }
  open("left");
  EXPECT_EQ(indexed(), 2u) << "it was durable in the index";
  EXPECT_EQ(stores_.landing->usage().chunks(), 1u) << "and not yet forgotten by the landing";
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_};
  EXPECT_EQ(*worker.step(), 1u);
  EXPECT_EQ(indexed(), 2u);
  EXPECT_TRUE(shows("tidegate_records_upserted_again_total 2"));
}

TEST_F(IndexWorkerTest, AChunkThatCannotBeReadBackIsCountedAndPassed) {
  Chunk broken = chunk("broken", {});
  broken.entries = "no msgpack at all";
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}}), broken, chunk("b", {{.number = 2}}), broken}));
  Chunk last = broken;
  last.id = "last";
  ASSERT_TRUE(stores_.landing->land(std::vector{last}));
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_};
  ASSERT_TRUE(worker.step());
  EXPECT_EQ(indexed(), 2u);
  EXPECT_EQ(stores_.landing->usage().chunks(), 0u);
  EXPECT_EQ(stores_.landing->usage().bytes(), 0u);
  EXPECT_TRUE(shows("tidegate_chunks_lost_total 2"));
}

TEST_F(IndexWorkerTest, AFailingIndexForgetsNothingAndShowsInTheStatus) {  // P12
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}})}));
  FailingIndex index{*stores_.index};
  index.fail(2);
  IndexWorker worker{*stores_.landing,
                     index,
                     log_,
                     metrics_,
                     {.gather_max = std::chrono::milliseconds{1}, .retry_wait = std::chrono::milliseconds{1}}};
  EXPECT_EQ(worker.step().error().code(), Code::full);
  EXPECT_EQ(stores_.landing->usage().chunks(), 1u);
  worker.start();
  EXPECT_TRUE(test::eventually([this] { return stores_.landing->usage().chunks() == 0; })) << "it is tried again until it passes";
  worker.stop();
  EXPECT_FALSE(worker.status());
  EXPECT_EQ(indexed(), 1u);
}

TEST_F(IndexWorkerTest, AFailureThatLastsIsTriedAgainEverMoreSeldom) {
  using namespace std::chrono_literals;
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}})}));
  FailingIndex index{*stores_.index};
  index.fail(4);
  IndexWorker worker{*stores_.landing, index, log_, metrics_, {.retry_wait = 1s, .retry_wait_max = 5s}};
  EXPECT_EQ(worker.wait_before_step(), 0ms);
  for (const std::chrono::milliseconds wait : {1s, 2s, 4s, 5s}) {
    ASSERT_FALSE(worker.step());
    EXPECT_EQ(worker.wait_before_step(), wait);
    EXPECT_TRUE(worker.status());
  }
  ASSERT_TRUE(worker.step());
  EXPECT_EQ(worker.wait_before_step(), 0ms);
  EXPECT_FALSE(worker.status());
}

TEST_F(IndexWorkerTest, ABatchIsBounded) {
  std::vector<Chunk> chunks;
  for (std::uint64_t i = 0; i < 10; ++i) chunks.push_back(chunk(std::to_string(i), {{.number = i}}));
  ASSERT_TRUE(stores_.landing->land(chunks));
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {.batch_plain_bytes_max = chunks[0].entries.size() * 3}};
  EXPECT_EQ(*worker.step(), 3u);
  EXPECT_EQ(indexed(), 3u);
}

TEST_F(IndexWorkerTest, P9WhoWatchesIsToldAfterTheIndexAndBeforeTheLandingForgets) {
  ASSERT_TRUE(stores_.landing->land(
      std::vector{chunk("a", {{.number = 3}, {.number = 1}}), chunk("b", {{.number = 2}}), chunk("c", {{.number = 1}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {}, &watch};
  EXPECT_EQ(*worker.step(), 3u);
  EXPECT_EQ(watch.told, (std::vector<std::string>{"3 1 2 1 | 3 indexed, 3 landed"})) << "once for the batch, in its order";
  EXPECT_EQ(stores_.landing->usage().chunks(), 0u);
  EXPECT_EQ(*worker.step(), 0u);
  EXPECT_EQ(watch.told.size(), 1u) << "nothing is told of nothing";
}

TEST_F(IndexWorkerTest, WhoWatchesIsToldOfEachBatchByItself) {
  const Chunk first = chunk("a", {{.number = 1}});
  ASSERT_TRUE(stores_.landing->land(std::vector{first, chunk("b", {{.number = 2}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {.batch_plain_bytes_max = first.entries.size()}, &watch};
  EXPECT_EQ(*worker.step(), 1u);
  EXPECT_EQ(*worker.step(), 1u);
  EXPECT_EQ(watch.told, (std::vector<std::string>{"1 | 1 indexed, 2 landed", "2 | 2 indexed, 1 landed"}));
}

TEST_F(IndexWorkerTest, P9AWatchThatFailsKeepsTheChunksLandedAndIsToldAgain) {  // P12
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}}), chunk("b", {{.number = 2}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  watch.failures = 1;
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {}, &watch};
  const Result<std::uint64_t> failed = worker.step();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), (Error{Code::unavailable, "rules: the disk is away"}));
  EXPECT_EQ(worker.status(), failed.error());
  EXPECT_GT(worker.wait_before_step(), std::chrono::milliseconds{0});
  EXPECT_EQ(stores_.landing->usage().chunks(), 2u);
  EXPECT_EQ(indexed(), 2u) << "they can be searched for meanwhile";
  EXPECT_EQ(*worker.step(), 2u);
  EXPECT_EQ(watch.told, (std::vector<std::string>{"1 2 | 2 indexed, 2 landed", "1 2 | 2 indexed, 2 landed"}));
  EXPECT_EQ(stores_.landing->usage().chunks(), 0u);
  EXPECT_EQ(indexed(), 2u);
  EXPECT_FALSE(worker.status());
}

TEST_F(IndexWorkerTest, P9WhoWatchesIsNotToldOfChunksThatWereLookedAtBefore) {
  ASSERT_TRUE(stores_.landing->land(
      std::vector{chunk("a", {{.number = 1}}), chunk("b", {{.number = 2}, {.number = 3}}), chunk("c", {{.number = 4}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  watch.seen_before = {"a", "c"};
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {}, &watch};
  EXPECT_EQ(*worker.step(), 3u);
  EXPECT_EQ(watch.told, (std::vector<std::string>{"2 3 | 4 indexed, 3 landed"}));
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("d", {{.number = 5}})}));
  watch.seen_before = {"d"};
  EXPECT_EQ(*worker.step(), 1u);
  EXPECT_EQ(watch.told.size(), 1u) << "of nothing nobody is told";
  EXPECT_EQ(indexed(), 5u);
}

TEST_F(IndexWorkerTest, P9WhatWasSeenIsNotLostWhileTheIndexFails) {
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}}), chunk("b", {{.number = 2}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  watch.seen_before = {"a"};
  FailingIndex index{*stores_.index};
  index.fail(2);
  IndexWorker worker{*stores_.landing, index, log_, metrics_, {}, &watch};
  ASSERT_FALSE(worker.step());
  watch.seen_before.insert("b");  // who watches goes on by himself meanwhile
  ASSERT_FALSE(worker.step());
  EXPECT_EQ(watch.seen_before.size(), 2u) << "he is asked of what is in the index";
  EXPECT_EQ(*worker.step(), 2u);
  EXPECT_TRUE(watch.told.empty());
  EXPECT_TRUE(watch.seen_before.empty());
}

TEST_F(IndexWorkerTest, P9WhatWasSeenIsNotLostWhereTheRestCannotBeWrittenDown) {
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}}), chunk("b", {{.number = 2}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  watch.seen_before = {"a"};
  watch.failures = 2;
  IndexWorker worker{*stores_.landing, *stores_.index, log_, metrics_, {}, &watch};
  ASSERT_FALSE(worker.step());
  ASSERT_FALSE(worker.step());
  EXPECT_EQ(*worker.step(), 2u);
  EXPECT_EQ(watch.told, std::vector<std::string>(3, "2 | 2 indexed, 2 landed"));
}

TEST_F(IndexWorkerTest, WhoWatchesIsNotToldOfWhatIsNotInTheIndex) {
  ASSERT_TRUE(stores_.landing->land(std::vector{chunk("a", {{.number = 1}})}));
  ToldWatch watch{[this] { return indexed_and_landed(); }};
  FailingIndex index{*stores_.index};
  index.fail(1);
  IndexWorker worker{*stores_.landing, index, log_, metrics_, {}, &watch};
  ASSERT_FALSE(worker.step());
  EXPECT_TRUE(watch.told.empty());
  ASSERT_TRUE(worker.step());
  EXPECT_EQ(watch.told.size(), 1u);
}

}  // namespace
}  // namespace tidegate
