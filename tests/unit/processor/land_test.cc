#include "processor/pipeline/land.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/unit/processor/records.h"

namespace tidegate {
namespace {

// A landing in memory whose writes wait until they are let through.
class FakeLanding final : public Landing {
 public:
  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return passes_ > 0; });
    --passes_;
    --waiting_;
    writes_.push_back(chunks.size());
    if (failing_) return Error{Code::full, "no space"};
    std::vector<Landed> answers;
    for (const Chunk& chunk : chunks) answers.push_back(chunk.id == "seen" ? Landed::duplicate : Landed::fresh);
    durable_ += chunks.size();
    return answers;
  }
  Result<LandedChunk> read(std::uint64_t) override { return Error{Code::absent, "nothing is read here"}; }
  Result<void> done(LandingPlace) override { return {}; }
  LandingUsage usage() const override { return {}; }

  void let_through(int writes) {
    const std::unique_lock lock{mutex_};
    passes_ += writes;
    changed_.notify_all();
  }
  void wait_until_writing() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void fail() { failing_ = true; }
  std::size_t durable() const { return durable_; }
  std::vector<std::size_t> writes() const { return writes_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int passes_ = 0;
  int waiting_ = 0;
  std::atomic<bool> failing_ = false;
  std::atomic<std::size_t> durable_ = 0;
  std::vector<std::size_t> writes_;
};

class LanderTest : public testing::Test {
 protected:
  // Offers a chunk; the future has the answer, and how many chunks were durable when it came.
  std::future<std::pair<Result<Landed>, std::size_t>> offer(Lander& lander, const std::string& id) {
    auto promise = std::make_shared<std::promise<std::pair<Result<Landed>, std::size_t>>>();
    Chunk chunk = test::chunk(id, {{}});
    EXPECT_TRUE(
        lander.offer(chunk, [promise, this](const Result<Landed>& landed) { promise->set_value({landed, landing_.durable()}); }));
    return promise->get_future();
  }

  FakeLanding landing_;
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  std::atomic<int> news_ = 0;
};

TEST_F(LanderTest, AnswersOnlyWhenTheChunkIsDurable) {  // P4
  Lander lander{landing_, log_, metrics_, [this] { ++news_; }};
  lander.start();
  auto answer = offer(lander, "one");
  landing_.wait_until_writing();
  EXPECT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  landing_.let_through(1);
  const auto [landed, durable] = answer.get();
  ASSERT_TRUE(landed);
  EXPECT_EQ(durable, 1u);
  lander.stop();
  EXPECT_EQ(news_, 1);
}

TEST_F(LanderTest, ChunksThatWaitShareOneWrite) {
  Lander lander{landing_, log_, metrics_, [] {}};
  lander.start();
  auto first = offer(lander, "first");
  landing_.wait_until_writing();
  std::vector<decltype(first)> others;
  for (int i = 0; i < 20; ++i) others.push_back(offer(lander, std::to_string(i)));
  landing_.let_through(2);
  for (auto& other : others) ASSERT_TRUE(other.get().first);
  lander.stop();
  EXPECT_EQ(landing_.writes(), (std::vector<std::size_t>{1, 20}));
}

TEST_F(LanderTest, ADuplicateIsAnsweredAndCounted) {  // P2
  Lander lander{landing_, log_, metrics_, [this] { ++news_; }};
  lander.start();
  landing_.let_through(1);
  const auto [landed, durable] = offer(lander, "seen").get();
  ASSERT_TRUE(landed);
  EXPECT_EQ(*landed, Landed::duplicate);
  lander.stop();
  EXPECT_EQ(news_, 0) << "nothing new was landed";
  EXPECT_NE(metrics_.text().find("tidegate_chunks_duplicate_total 1"), std::string::npos);
  EXPECT_NE(metrics_.text().find("tidegate_chunks_landed_total 0"), std::string::npos);
}

// By the chunks' ids, in the order of the landing.
class ToldOfLanded final : public LandedWatch {
 public:
  void landed(std::vector<Chunk> chunks) override {
    for (const Chunk& chunk : chunks) told.push_back(*chunk.id + " " + std::to_string(chunk.entries.size()));
  }
  std::vector<std::string> told;
};

TEST_F(LanderTest, WhoWatchesIsToldOfWhatIsNewOnceItIsDurable) {
  ToldOfLanded watch;
  Lander lander{landing_, log_, metrics_, [this] { ++news_; }, {}, &watch};
  landing_.let_through(3);
  for (const char* id : {"one", "seen", "two"}) (void)offer(lander, id);
  EXPECT_EQ(lander.step(), 3u);
  const std::string bytes = std::to_string(test::chunk("one", {{}}).entries.size());
  EXPECT_EQ(watch.told, (std::vector<std::string>{"one " + bytes, "two " + bytes})) << "whole, and without the duplicate";
  landing_.fail();
  (void)offer(lander, "three");
  EXPECT_EQ(lander.step(), 1u);
  EXPECT_EQ(watch.told.size(), 2u) << "it is not landed";
}

TEST_F(LanderTest, AFailedWriteAnswersAllWithItsReasonAndShowsInTheStatus) {  // P4, P12
  landing_.fail();
  Lander lander{landing_, log_, metrics_, [] {}};
  lander.start();
  EXPECT_FALSE(lander.status());
  landing_.let_through(1);
  EXPECT_EQ(offer(lander, "one").get().first.error().code(), Code::full);
  EXPECT_EQ(lander.status()->code(), Code::full);
  lander.stop();
}

TEST_F(LanderTest, AFullQueueTakesNothingMore) {
  Lander lander{landing_, log_, metrics_, [] {}, {.queue_chunks_max = 2}};
  auto one = offer(lander, "one");
  auto two = offer(lander, "two");
  Chunk third = test::chunk("three", {{}});
  EXPECT_FALSE(lander.offer(third, [](const Result<Landed>&) { FAIL() << "nobody is called for what was not taken"; }));
  EXPECT_EQ(third.id, "three");
  lander.stop();
  EXPECT_EQ(one.get().first.error().code(), Code::cancelled) << "what still waits is not acknowledged";
  EXPECT_EQ(two.get().first.error().code(), Code::cancelled);
}

}  // namespace
}  // namespace tidegate
