// InlineStore: a journal as a Store without a thread: every call is done when it returns, so one seed is one run.
#pragma once

#include <utility>

#include "agent/edges/segment_packer.h"
#include "agent/ports.h"
#include "storage/journal.h"
#include "transport/signal.h"

namespace tidegate {

class InlineStore final : public Store {
 public:
  InlineStore(Journal& journal, Compression compression) : journal_(journal), packer_(compression) {}

  asio::awaitable<Result<CursorState>> load(CursorKey key) override { co_return journal_.load(key); }
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override { co_return journal_.cursors(); }
  asio::awaitable<Result<std::vector<Note>>> notes(std::string prefix) override { co_return journal_.notes(prefix); }
  asio::awaitable<Result<void>> put_notes(std::vector<Note> notes) override { co_return journal_.put_notes(notes); }
  asio::awaitable<Result<void>> forget(CursorKey key, std::vector<Note> notes) override { co_return journal_.forget(key, notes); }
  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    if (Result<void> packed = packer_.pack(commit.segments); !packed) co_return std::move(packed).error();
    Result<std::vector<SegmentId>> result = journal_.commit(commit);
    changed_.notify();
    co_return result;
  }
  asio::awaitable<Result<StoredSegment>> batch(SegmentId id) override { co_return journal_.batch(id); }
  asio::awaitable<Result<void>> trim(SegmentId id) override {
    Result<void> result = journal_.trim(id);
    changed_.notify();
    co_return result;
  }
  asio::awaitable<Result<void>> set_aside(SegmentId id) override {
    Result<void> result = journal_.set_aside(id);
    changed_.notify();
    co_return result;
  }
  asio::awaitable<Result<SegmentId>> take_back() override {
    Result<SegmentId> result = journal_.take_back();
    changed_.notify();
    co_return result;
  }
  JournalUsage usage() const override { return journal_.usage(); }
  Id128 epoch() const override { return journal_.epoch(); }
  asio::awaitable<void> changed() override { co_await changed_.wait(); }

 private:
  Journal& journal_;
  SegmentPacker packer_;
  Signal changed_;
};

}  // namespace tidegate
