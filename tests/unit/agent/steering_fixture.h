// What the tests of back-fills and of the control routes share: a journal that fails when told to, readers that only note what they
// are asked, and an agent that is steered.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/control/steering.h"
#include "tests/support/manual_clock.h"
#include "tests/support/model_journal.h"
#include "tests/world/inline_store.h"

namespace tidegate {

// The next write fails: before or after it is in.
enum class WriteFault : unsigned char { none, refused, kept_after_all };

class FailingJournal final : public Journal {
 public:
  Id128 epoch() const override { return model_.epoch(); }
  Result<CursorState> load(const CursorKey& key) override { return model_.load(key); }
  Result<std::vector<StoredCursor>> cursors() override { return model_.cursors(); }
  Result<std::vector<Note>> notes(std::string_view prefix) override { return model_.notes(prefix); }
  Result<void> put_notes(const std::vector<Note>& notes) override {
    return write<void>([&] { return model_.put_notes(notes); });
  }
  Result<void> forget(const CursorKey& key, const std::vector<Note>& notes) override {
    return write<void>([&] { return model_.forget(key, notes); });
  }
  Result<std::vector<SegmentId>> commit(const Commit& commit) override {
    return write<std::vector<SegmentId>>([&] { return model_.commit(commit); });
  }
  Result<StoredSegment> batch(const SegmentId& id) override { return model_.batch(id); }
  Result<void> trim(const SegmentId& id) override { return model_.trim(id); }
  Result<void> set_aside(const SegmentId& id) override { return model_.set_aside(id); }
  Result<SegmentId> take_back() override {
    return write<SegmentId>([&] { return model_.take_back(); });
  }
  JournalUsage usage() const override { return model_.usage(); }

  void fail_next(WriteFault fault) { fault_ = fault; }

 private:
  template <class T, class Write>
  Result<T> write(Write write) {
    const WriteFault fault = std::exchange(fault_, WriteFault::none);
    if (fault == WriteFault::refused) return Error{Code::unavailable, "the disk fails"};
    Result<T> result = write();
    if (fault == WriteFault::kept_after_all) return Error{Code::unavailable, "the disk fails"};
    return result;
  }

  ModelJournal model_{Id128{1, 1}};
  WriteFault fault_ = WriteFault::none;
};

class NotingReaders final : public BackfillReaders {
 public:
  Result<void> start_reader(const Backfill& backfill) override {
    if (refusal_) return *refusal_;
    reading_.insert(backfill.number);
    return {};
  }
  asio::awaitable<void> stop_reader(std::uint32_t number) override {
    ++stopping_;
    while (slow_) co_await released_.wait();
    --stopping_;
    reading_.erase(number);
  }

  std::optional<StageState> state_of(std::uint32_t number) const override {
    if (!reading_.contains(number)) return std::nullopt;
    return StageState{.verdict = Verdict::healthy, .since = {}, .reason = {}};
  }

  const std::set<std::uint32_t>& reading() const { return reading_; }
  int stopping() const { return stopping_; }
  void refuse(std::optional<Error> refusal) { refusal_ = std::move(refusal); }
  // From now on a stop takes until release().
  void be_slow() { slow_ = true; }
  void release() {
    slow_ = false;
    released_.notify();
  }

 private:
  std::set<std::uint32_t> reading_;
  std::optional<Error> refusal_;
  bool slow_ = false;
  int stopping_ = 0;
  Signal released_;
};

class SteeringTest : public testing::Test, public Steering {
 protected:
  static constexpr std::int64_t day = 24 * 3600;

  std::vector<SteeredConnector> connectors() const override {
    return {{"acme-v1", {Lane::alerts, Lane::techniques}}, {"z\xfcrich & co", {Lane::alerts}}};
  }
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override { return store_.cursors(); }
  asio::awaitable<Result<void>> rewind(CursorKey key, WallSeconds to) override {
    rewound_.emplace_back(std::move(key), to);
    co_return rewind_answer_;
  }
  Backfills& backfills() override { return backfills_; }
  SpoolView spool() const override { return spool_; }
  asio::awaitable<Result<std::uint64_t>> resend() override { co_return resent_; }

  static WallSeconds at(std::int64_t days) { return WallSeconds{std::chrono::seconds{20'000 * day + days * day}}; }
  static BackfillRequest request(std::int64_t from = -10, std::int64_t to = -5) {
    return {"acme-v1", Lane::alerts, at(from), at(to)};
  }

  // Runs to its end, or until nothing moves any more: then it is absent, and goes on with the next run.
  template <class T>
  std::shared_ptr<std::optional<T>> begin(asio::awaitable<T> work) {
    auto result = std::make_shared<std::optional<T>>();  // shared with the coroutine, which may outlive the test's interest
    asio::co_spawn(loop_, keep(std::move(work), result), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    go_on();
    return result;
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    auto result = begin(std::move(work));
    if (!*result) throw std::runtime_error("the work hangs");
    return *std::move(*result);
  }
  void go_on() {
    loop_.restart();
    loop_.poll();
  }

  // As a process that starts anew finds it.
  Backfills restarted() { return {store_, clock_, readers_, log_}; }

  asio::io_context loop_{1};
  ManualClock clock_{at(0)};
  Log log_{clock_, LogFormat::text, Level::error, [](std::string_view) {}};
  FailingJournal journal_;
  InlineStore store_{journal_, Compression::none};
  NotingReaders readers_;
  Backfills backfills_{store_, clock_, readers_, log_};
  std::vector<std::pair<CursorKey, WallSeconds>> rewound_;
  Result<void> rewind_answer_;
  SpoolView spool_;
  Result<std::uint64_t> resent_ = 0;

 private:
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::shared_ptr<std::optional<T>> result) {
    result->emplace(co_await std::move(work));
  }
};

}  // namespace tidegate
