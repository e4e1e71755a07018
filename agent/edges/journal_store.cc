#include "agent/edges/journal_store.h"

namespace tidegate {

JournalStore::JournalStore(std::unique_ptr<Journal> journal, Compression compression)
    : journal_(std::move(journal)), packer_(compression) {}

JournalStore::~JournalStore() = default;

// The calls have names, because g++ 12 destroys a capturing lambda twice when it stands inside a co_await expression.
asio::awaitable<Result<CursorState>> JournalStore::load(CursorKey key) {
  const std::function<Result<CursorState>()> call = [this, &key] { return journal_->load(key); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<std::vector<StoredCursor>>> JournalStore::cursors() {
  const std::function<Result<std::vector<StoredCursor>>()> call = [this] { return journal_->cursors(); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<std::vector<Note>>> JournalStore::notes(std::string prefix) {
  const std::function<Result<std::vector<Note>>()> call = [this, &prefix] { return journal_->notes(prefix); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<void>> JournalStore::put_notes(std::vector<Note> notes) {
  const std::function<Result<void>()> call = [this, &notes] { return journal_->put_notes(notes); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<void>> JournalStore::forget(CursorKey key, std::vector<Note> notes) {
  const std::function<Result<void>()> call = [this, &key, &notes] { return journal_->forget(key, notes); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<std::vector<SegmentId>>> JournalStore::commit(Commit commit) {
  const std::function<Result<std::vector<SegmentId>>()> call = [this, &commit]() -> Result<std::vector<SegmentId>> {
    if (Result<void> packed = packer_.pack(commit.segments); !packed) return std::move(packed).error();
    return journal_->commit(commit);
  };
  Result<std::vector<SegmentId>> result = co_await on_journal_thread(call);
  changed_.notify();
  co_return result;
}

asio::awaitable<Result<StoredSegment>> JournalStore::batch(SegmentId id) {
  const std::function<Result<StoredSegment>()> call = [this, id] { return journal_->batch(id); };
  co_return co_await on_journal_thread(call);
}

asio::awaitable<Result<void>> JournalStore::trim(SegmentId id) {
  const std::function<Result<void>()> call = [this, id] { return journal_->trim(id); };
  Result<void> result = co_await on_journal_thread(call);
  changed_.notify();
  co_return result;
}

asio::awaitable<Result<void>> JournalStore::set_aside(SegmentId id) {
  const std::function<Result<void>()> call = [this, id] { return journal_->set_aside(id); };
  Result<void> result = co_await on_journal_thread(call);
  changed_.notify();
  co_return result;
}

asio::awaitable<Result<SegmentId>> JournalStore::take_back() {
  const std::function<Result<SegmentId>()> call = [this] { return journal_->take_back(); };
  Result<SegmentId> result = co_await on_journal_thread(call);
  changed_.notify();
  co_return result;
}

asio::awaitable<void> JournalStore::changed() { co_await changed_.wait(); }

}  // namespace tidegate
