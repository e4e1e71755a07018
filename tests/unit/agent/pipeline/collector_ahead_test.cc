// What a collector does while a page is being stored, and what becomes of it.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "agent/pipeline/collector.h"
#include "tests/support/manual_clock.h"
#include "tests/support/model_journal.h"
#include "tests/world/inline_store.h"
#include "transport/msgpack_write.h"
#include "transport/task_group.h"

namespace tidegate {
namespace {

constexpr WallTime read_at{std::chrono::seconds{1'700'000'000}};
constexpr int pages = 6;

// A chain of pages of one record each. A page's body is its number, and so is the link to it.
class NumberedPages final : public Source {
 public:
  explicit NumberedPages(bool guesses) : guesses_(guesses) {}

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override {
    asked.push_back(request.link);
    co_return request.link.empty() ? Bytes{"0"} : Bytes{request.link};
  }
  Result<Page> parse(const PageRequest&, Bytes body) override {
    parsed.push_back(body);
    const int number = std::stoi(body);
    Page page;
    put_uint(page.payloads, static_cast<std::uint64_t>(number));
    page.records.push_back({.source_id = {1, static_cast<std::uint64_t>(number)}, .time = read_at, .listed = read_at, .bytes = 1});
    page.total_count = pages;
    if (number + 1 < pages) page.next_link = std::to_string(number + 1);
    return page;
  }
  ByteView likely_next(ByteView body) const override {
    const int number = std::stoi(std::string{body});
    guess_ = guesses_ && number + 1 < pages ? std::to_string(number + 1) : std::string{};
    return guess_;
  }

  std::vector<std::string> asked;
  std::vector<std::string> parsed;

 private:
  bool guesses_;
  mutable std::string guess_;
};

// Commits wait until they are let through, and then may be refused.
class GatedStore final : public Store {
 public:
  asio::awaitable<Result<CursorState>> load(CursorKey key) override { return inner_.load(std::move(key)); }
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override { return inner_.cursors(); }
  asio::awaitable<Result<std::vector<Note>>> notes(std::string prefix) override { return inner_.notes(std::move(prefix)); }
  asio::awaitable<Result<void>> put_notes(std::vector<Note> notes) override { return inner_.put_notes(std::move(notes)); }
  asio::awaitable<Result<void>> forget(CursorKey key, std::vector<Note> notes) override {
    return inner_.forget(std::move(key), std::move(notes));
  }
  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    while (closed) co_await opened_.wait();
    if (std::exchange(refuse_next, false)) co_return Error{Code::unavailable, "the disk fails"};
    committed.push_back(commit.next.window ? commit.next.window->next_link : "end");
    co_return co_await inner_.commit(std::move(commit));
  }
  asio::awaitable<Result<StoredSegment>> batch(SegmentId id) override { return inner_.batch(id); }
  asio::awaitable<Result<void>> trim(SegmentId id) override { return inner_.trim(id); }
  asio::awaitable<Result<void>> set_aside(SegmentId id) override { return inner_.set_aside(id); }
  asio::awaitable<Result<SegmentId>> take_back() override { return inner_.take_back(); }
  JournalUsage usage() const override { return inner_.usage(); }
  Id128 epoch() const override { return inner_.epoch(); }
  asio::awaitable<void> changed() override { return inner_.changed(); }

  void open() {
    closed = false;
    opened_.notify();
  }

  bool closed = true;
  bool refuse_next = false;
  std::vector<std::string> committed;  // by the link to the page behind

 private:
  ModelJournal journal_{Id128{1, 1}};
  InlineStore inner_{journal_, Compression::none};
  Signal opened_;
};

class CollectorAheadTest : public testing::Test {
 protected:
  void start(NumberedPages& source) {
    CollectorOptions options;
    options.key = {.connector = "acme", .lane = Lane::techniques};
    options.first_read = std::chrono::seconds{300};  // within the overlap: one pass reads it
    Result<RecordFilter> filter = RecordFilter::make({}, ContentType::observed_attack_techniques);
    ASSERT_TRUE(filter);
    CollectorParts parts{.source = source, .store = store_, .origin = {}, .filter = *std::move(filter)};
    collector_.emplace(options, std::move(parts), Surroundings{clock_, random_}, log_, metrics_);
    tasks_.spawn("collector", collector_->run());
    go_on();
  }
  void go_on() {
    loop_.restart();
    loop_.poll();
  }
  void TearDown() override {
    tasks_.stop();
    store_.open();
    go_on();
    ASSERT_TRUE(tasks_.empty());
  }

  asio::io_context loop_{1};
  ManualClock clock_{read_at};
  Random random_{Seed{1}};
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  Metrics metrics_;
  GatedStore store_;
  std::optional<Collector> collector_;
  TaskGroup tasks_{loop_.get_executor()};
};

const std::vector<std::string> each_once{"1", "2", "3", "4", "5", "end"};

TEST_F(CollectorAheadTest, WhileAPageIsStoredTheNextIsParsedAndTheOneBehindItAskedFor) {
  NumberedPages source{true};
  start(source);
  EXPECT_EQ(source.asked, (std::vector<std::string>{"", "1", "2"}));
  EXPECT_EQ(source.parsed, (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(store_.committed.empty());
  store_.open();
  go_on();
  EXPECT_EQ(store_.committed, each_once);
  EXPECT_EQ(source.asked.size(), static_cast<std::size_t>(pages));  // none of them twice
}

TEST_F(CollectorAheadTest, P3WhatWasDoneAheadOfACommitThatFailedDoesNotCount) {
  NumberedPages source{true};
  start(source);
  store_.refuse_next = true;
  store_.open();
  go_on();
  EXPECT_TRUE(store_.committed.empty());
  clock_.advance(std::chrono::minutes{1});
  go_on();
  EXPECT_EQ(store_.committed, each_once);
  EXPECT_EQ(source.asked[3], "");  // from the cursor in force: the window's first page
}

TEST_F(CollectorAheadTest, ASourceThatGuessesNoLinkIsAskedForAPageOnceTheOneBeforeIsStored) {
  NumberedPages source{false};
  start(source);
  EXPECT_EQ(source.asked, (std::vector<std::string>{""}));
  store_.open();
  go_on();
  EXPECT_EQ(store_.committed, each_once);
  EXPECT_EQ(source.asked.size(), static_cast<std::size_t>(pages));
}

}  // namespace
}  // namespace tidegate
