// What receivers refused again and again: set aside in a lane of the store's own, and taken back from there, oldest first.
#include <optional>

#include "storage/batch.h"
#include "storage/rocks_journal.h"
#include "storage/segment.h"

namespace tidegate {
namespace {

constexpr std::uint64_t set_aside_share = 4;  // of the budget, one part in so many

}  // namespace

Result<bool> RocksJournal::is_set_aside(const SegmentId& id) {
  bool found = false;
  const auto each = [&](ByteView, ByteView value) -> Result<void> {
    Result<IndexRow> row = decode_index_row(value);
    if (!row) return std::move(row).error();
    found = found || row->origin == id;
    return {};
  };
  const std::uint64_t first = lanes_[index_of(set_aside_lane)].row.first;
  Result<void> scanned = store_->scan(Family::index, segment_key({set_aside_lane, first}), lane_end(set_aside_lane), each);
  if (!scanned && scanned.error().code() == Code::corrupt) return damaged(std::move(scanned).error().in(name(set_aside_lane)));
  if (!scanned) return std::move(scanned).error();
  return found;
}

// The segment itself stays in its lane: the trim that goes past it is its end there, and one that a crash undoes finds it here
// already.
Result<void> RocksJournal::set_aside(const SegmentId& id) {
  if (Result<void> writable = ensure_writable(); !writable) return writable;
  Result<StoredSegment> stored = batch(id);
  if (!stored) return std::move(stored).error();
  Result<bool> known = is_set_aside(id);
  if (!known) return std::move(known).error();
  if (*known) return {};
  Result<IndexRow> index = index_row(id);
  if (!index) return std::move(index).error();

  const std::uint64_t bytes = stored_bytes(stored->segment);
  const std::uint64_t bytes_max = budget_.limits().bytes / set_aside_share;
  if (usage_.set_aside.bytes + bytes > bytes_max) {
    return Error{Code::full, std::to_string(usage_.set_aside.bytes) + " bytes are set aside already, of at most " +
                                 std::to_string(bytes_max) + ": send them again (tidegate-agent queue resend)"};
  }
  Result<void> room = budget_.admit(Lane::own_events, bytes, {usage_.bytes, store_->disk_free()});
  if (!room) return room;

  LaneState next = lanes_[index_of(set_aside_lane)];
  index->origin = id;
  Batch batch{*store_, bytes + 1024};
  append(batch, set_aside_lane, next, stored->segment, *index);
  batch.put(Family::meta, lane_key(set_aside_lane), encode(next.row));
  if (Result<void> written = batch.write(Sync::yes); !written) return failed_write(std::move(written).error());
  lanes_[index_of(set_aside_lane)] = std::move(next);
  publish_usage();
  return {};
}

Result<SegmentId> RocksJournal::take_back() {
  if (Result<void> writable = ensure_writable(); !writable) return std::move(writable).error();
  const SegmentId first{set_aside_lane, lanes_[index_of(set_aside_lane)].row.first};
  Result<StoredSegment> stored = batch(first);
  if (!stored) return std::move(stored).error();
  Result<IndexRow> index = index_row(first);
  if (!index) return std::move(index).error();
  // What is kept stays as much: only the file system must have room for the writing.
  Result<void> room = budget_.admit(Lane::own_events, 0, {usage_.bytes, store_->disk_free()});
  if (!room) return std::move(room).error();

  TG_ASSERT(index->origin, "what is set aside has a lane that it came from: looked at when the store was opened");
  const Lane lane = std::exchange(index->origin, std::nullopt)->lane;
  LaneState next = lanes_[index_of(lane)];
  Batch batch{*store_, stored_bytes(stored->segment) + 1024};
  const SegmentId place = append(batch, lane, next, stored->segment, *index);
  batch.put(Family::meta, lane_key(lane), encode(next.row));
  Result<LaneState> rest = remove_up_to(batch, first);
  if (!rest) return std::move(rest).error();
  if (Result<void> written = batch.write(Sync::yes); !written) return failed_write(std::move(written).error());
  lanes_[index_of(lane)] = std::move(next);
  lanes_[index_of(set_aside_lane)] = *std::move(rest);
  publish_usage();
  return place;
}

}  // namespace tidegate
