// The ports of a fleet, looked at on their way. Nothing is changed.
// Thread: the loop.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "agent/ports.h"
#include "base/check.h"
#include "processor/ports.h"
#include "tests/sim/passing_ports.h"

namespace tidegate {

struct StoreWatch {
  std::function<void(const Commit& commit, const Result<std::vector<SegmentId>>& result)> committed;
  // Once for each segment that is forgotten, and again if a crash brought it back.
  std::function<void(const SegmentId& id, const Id128& chunk)> trimmed;
};

class WatchedStore final : public PassingStore {
 public:
  WatchedStore(std::unique_ptr<Store> real, StoreWatch watch) : PassingStore(std::move(real)), watch_(std::move(watch)) {}

  asio::awaitable<Result<std::vector<SegmentId>>> commit(Commit commit) override {
    const Commit shown = commit;
    Result<std::vector<SegmentId>> result = co_await real_->commit(std::move(commit));
    watch_.committed(shown, result);
    co_return result;
  }
  asio::awaitable<Result<StoredSegment>> batch(SegmentId id) override {
    Result<StoredSegment> segment = co_await real_->batch(id);
    if (segment) chunks_.insert_or_assign(id, chunk_id(real_->epoch(), *segment));
    co_return segment;
  }
  asio::awaitable<Result<void>> trim(SegmentId id) override {
    const std::uint64_t first = real_->usage().lane(id.lane).first;
    Result<void> result = co_await real_->trim(id);
    if (!result) co_return result;
    for (SegmentId gone{id.lane, first}; gone.sequence <= id.sequence; ++gone.sequence) {
      const auto chunk = chunks_.extract(gone);
      TG_ASSERT(!chunk.empty(), "P4: what is trimmed was batched in this life");
      watch_.trimmed(gone, chunk.mapped());
    }
    co_return result;
  }

 private:
  StoreWatch watch_;
  std::map<SegmentId, Id128> chunks_;  // as they were batched
};

class WatchedUplink final : public PassingUplink {
 public:
  using Watch = std::function<void(const SegmentId& id, const Id128& chunk)>;
  // `shipped` is called before the segment is sent, `acked` when its ack is taken.
  WatchedUplink(std::unique_ptr<Uplink> real, const Id128& epoch, Watch shipped, Watch acked)
      : PassingUplink(std::move(real)), epoch_(epoch), shipped_(std::move(shipped)), acked_(std::move(acked)) {}

  asio::awaitable<Result<void>> ship(const StoredSegment& segment) override {
    const Id128 chunk = chunk_id(epoch_, segment);
    chunks_.insert_or_assign(segment.id, chunk);
    shipped_(segment.id, chunk);
    return real_->ship(segment);
  }

  asio::awaitable<Result<SegmentId>> ack() override {
    Result<SegmentId> acked = co_await real_->ack();
    if (acked) acked_(*acked, chunks_.at(*acked));
    co_return acked;
  }

 private:
  Id128 epoch_;
  std::map<SegmentId, Id128> chunks_;  // as they were shipped last
  Watch shipped_;
  Watch acked_;
};

// On top of a landing of somebody else's.
class WatchedLanding final : public Landing {
 public:
  using Watch = std::function<void(std::span<const Chunk> chunks, const Result<std::vector<Landed>>& landed)>;
  WatchedLanding(Landing& real, Watch watch) : real_(real), watch_(std::move(watch)) {}

  Result<std::vector<Landed>> land(std::span<const Chunk> chunks) override {
    Result<std::vector<Landed>> landed = real_.land(chunks);
    watch_(chunks, landed);
    return landed;
  }
  Result<LandedChunk> read(std::uint64_t sequence) override { return real_.read(sequence); }
  Result<void> done(LandingPlace place) override { return real_.done(place); }
  LandingUsage usage() const override { return real_.usage(); }

 private:
  Landing& real_;
  Watch watch_;
};

}  // namespace tidegate
