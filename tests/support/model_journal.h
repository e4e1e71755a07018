// ModelJournal: the Journal as a plain map, in memory: what the real one is compared with, and a store for tests of what
// stands on it. No disk, no budget, no faults. Copied, it is a snapshot.
//
// Thread: the test's.
#pragma once

#include <array>
#include <deque>
#include <map>

#include "storage/journal.h"

namespace tidegate {

class ModelJournal final : public Journal {
 public:
  explicit ModelJournal(const Id128& epoch) : epoch_(epoch) {}

  Id128 epoch() const override { return epoch_; }
  Result<CursorState> load(const CursorKey& key) override;
  Result<std::vector<StoredCursor>> cursors() override;
  Result<std::vector<Note>> notes(std::string_view prefix) override;
  Result<void> put_notes(const std::vector<Note>& notes) override;
  Result<void> forget(const CursorKey& key, const std::vector<Note>& notes) override;
  Result<std::vector<SegmentId>> commit(const Commit& commit) override;
  Result<StoredSegment> batch(const SegmentId& id) override;
  Result<void> trim(const SegmentId& id) override;
  Result<void> set_aside(const SegmentId& id) override;
  Result<SegmentId> take_back() override;
  JournalUsage usage() const override;

 private:
  struct ModelLane {
    std::map<std::uint64_t, Segment> kept;
    std::uint64_t last = 0;
    std::uint64_t records_ever = 0;
    std::uint64_t bytes_ever = 0;
  };

  static void append(ModelLane& lane, const Segment& segment);
  void apply(const std::vector<Note>& notes);

  Id128 epoch_;
  std::map<CursorKey, CursorState> keys_;
  std::map<std::string, Bytes, std::less<>> notes_;
  std::array<ModelLane, lane_count> lanes_;
  std::deque<StoredSegment> aside_;  // with the places that they came from
  std::uint64_t aside_ever_ = 0;
};

}  // namespace tidegate
