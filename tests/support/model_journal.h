// ModelJournal: the Journal as a plain map, in memory: what the real one is compared with, and a store for tests of what
// stands on it. No disk, no budget, no faults. Copied, it is a snapshot.
//
// Thread: the test's.
#pragma once

#include <array>
#include <map>

#include "storage/journal.h"

namespace tidegate {

class ModelJournal final : public Journal {
 public:
  explicit ModelJournal(const Id128& epoch) : epoch_(epoch) {}

  Id128 epoch() const override { return epoch_; }
  Result<CursorState> load(const CursorKey& key) override;
  Result<std::vector<SegmentId>> commit(const Commit& commit) override;
  Result<StoredSegment> batch(const SegmentId& id) override;
  Result<void> trim(const SegmentId& id) override;
  JournalUsage usage() const override;

 private:
  struct ModelLane {
    std::map<std::uint64_t, Segment> kept;
    std::uint64_t last = 0;
  };

  Id128 epoch_;
  std::map<CursorKey, CursorState> keys_;
  std::array<ModelLane, lane_count> lanes_;
};

}  // namespace tidegate
