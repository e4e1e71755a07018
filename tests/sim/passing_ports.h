// Ports that pass everything on to the real one: a mutant overrides what it breaks.
// Thread: the loop.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports.h"
#include "processor/ports.h"

namespace tidegate {

class PassingStore : public Store {
 public:
  explicit PassingStore(std::unique_ptr<Store> real) : real_(std::move(real)) {}

  asio::awaitable<Result<CursorState>> load(CursorKey key) override { return real_->load(std::move(key)); }
  asio::awaitable<Result<std::vector<StoredCursor>>> cursors() override { return real_->cursors(); }
  asio::awaitable<Result<std::vector<Note>>> notes(std::string prefix) override { return real_->notes(std::move(prefix)); }
  asio::awaitable<Result<void>> put_notes(std::vector<Note> notes) override { return real_->put_notes(std::move(notes)); }
  asio::awaitable<Result<void>> forget(CursorKey key, std::vector<Note> notes) override {
    return real_->forget(std::move(key), std::move(notes));
  }
  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override { return real_->commit(std::move(commit)); }
  asio::awaitable<Result<StoredSegment>> batch(SegmentId id) override { return real_->batch(id); }
  asio::awaitable<Result<void>> trim(SegmentId id) override { return real_->trim(id); }
  asio::awaitable<Result<void>> set_aside(SegmentId id) override { return real_->set_aside(id); }
  asio::awaitable<Result<SegmentId>> take_back() override { return real_->take_back(); }
  JournalUsage usage() const override { return real_->usage(); }
  Id128 epoch() const override { return real_->epoch(); }
  asio::awaitable<void> changed() override { return real_->changed(); }

 protected:
  std::unique_ptr<Store> real_;
};

class PassingUplink : public Uplink {
 public:
  explicit PassingUplink(std::unique_ptr<Uplink> real) : real_(std::move(real)) {}

  asio::awaitable<Result<void>> connect() override { return real_->connect(); }
  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override { return real_->ship(segment); }
  asio::awaitable<Result<SegmentId>> ack() override { return real_->ack(); }
  asio::awaitable<void> preferred() override { return real_->preferred(); }
  void reset() override { real_->reset(); }

 protected:
  std::unique_ptr<Uplink> real_;
};

class PassingSource : public Source {
 public:
  explicit PassingSource(std::unique_ptr<Source> real) : real_(std::move(real)) {}

  asio::awaitable<Result<Bytes>> poll(const PageRequest& request) override { return real_->poll(request); }
  Result<Page> parse(const PageRequest& request, Bytes body) override { return real_->parse(request, std::move(body)); }
  ByteView likely_next(ByteView body) const override { return real_->likely_next(body); }
  SourceFacts facts() const override { return real_->facts(); }

 protected:
  std::unique_ptr<Source> real_;
};

class PassingLanding : public Landing {
 public:
  explicit PassingLanding(std::unique_ptr<Landing> real) : real_(std::move(real)) {}

  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override { return real_->land(chunks); }
  Result<LandedChunk> read(std::uint64_t sequence) override { return real_->read(sequence); }
  Result<void> done(LandingPlace place) override { return real_->done(place); }
  LandingUsage usage() const override { return real_->usage(); }

 protected:
  std::unique_ptr<Landing> real_;
};

}  // namespace tidegate
