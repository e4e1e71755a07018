// JournalStore: the Journal as a Store, on a thread of its own, so that neither a sync nor compression holds up the loop. Calls are
// served in the order in which they came. A call cannot be cancelled: it is short, and its result is always looked at.
//
// Thread: the loop. The journal is touched by this object's thread alone.
#pragma once

#include <functional>
#include <memory>

#include "agent/edges/segment_packer.h"
#include "agent/ports.h"
#include "storage/journal.h"
#include "transport/signal.h"
#include "transport/worker_thread.h"

namespace tidegate {

class JournalStore final : public Store {
 public:
  // Segments are compressed so on the journal's thread.
  JournalStore(std::unique_ptr<Journal> journal, Compression compression);
  // Waits for the call under way.   requires: no coroutine waits on this store any more
  ~JournalStore() override;

  asio::awaitable<Result<CursorState>> load(CursorKey key) override;
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override;
  asio::awaitable<Result<std::vector<Note>>> notes(std::string prefix) override;
  asio::awaitable<Result<void>> put_notes(std::vector<Note> notes) override;
  asio::awaitable<Result<void>> forget(CursorKey key, std::vector<Note> notes) override;
  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override;
  asio::awaitable<Result<StoredSegment>> batch(SegmentId id) override;
  asio::awaitable<Result<void>> trim(SegmentId id) override;
  asio::awaitable<Result<void>> set_aside(SegmentId id) override;
  asio::awaitable<Result<SegmentId>> take_back() override;
  JournalUsage usage() const override { return journal_->usage(); }
  Id128 epoch() const override { return journal_->epoch(); }
  asio::awaitable<void> changed() override;

  // The journal's thread, for what else is kept under its lock (config_keeper).   requires: nothing waits on it any more when this
  // goes
  WorkerThread& thread() { return thread_; }

 private:
  template <class T>
  asio::awaitable<Result<T>> on_journal_thread(const std::function<Result<T>()>& call) {
    return thread_.call(call);
  }

  std::unique_ptr<Journal> journal_;
  SegmentPacker packer_;
  Signal changed_;
  WorkerThread thread_;
};

}  // namespace tidegate
