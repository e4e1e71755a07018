// What RocksJournal writes beside trims: a page, notes, or the end of a reader, each in one batch (P3).
#include <algorithm>

#include "storage/batch.h"
#include "storage/rocks_journal.h"
#include "storage/seen_set.h"
#include "storage/segment.h"

namespace tidegate {
namespace {

Result<void> check_key(const CursorKey& key) {
  if (key.connector.size() <= connector_bytes_max) return {};
  return Error{Code::invalid, "connector name of " + std::to_string(key.connector.size()) + " bytes, at most 255"};
}

Result<void> check_commit(const Commit& commit) {
  if (Result<void> key = check_key(commit.key); !key) return key;
  const std::size_t segments = commit.segments.size() + commit.own_events.size();
  if (segments > commit_segments_max) {
    return Error{Code::invalid,
                 "commit of " + std::to_string(segments) + " segments, at most " + std::to_string(commit_segments_max)};
  }
  for (const std::vector<Segment>* each : {&commit.segments, &commit.own_events}) {
    for (const Segment& segment : *each) {
      if (Result<void> limits = check_limits(segment); !limits) return limits;
    }
  }
  if (commit.seen.ids.size() > seen_pack_ids_max) {
    return Error{Code::invalid, "commit of " + std::to_string(commit.seen.ids.size()) + " ids seen"};
  }
  if (commit.next.window && commit.next.window->next_link.size() > link_bytes_max) {
    return Error{Code::invalid, "page link of " + std::to_string(commit.next.window->next_link.size()) + " bytes, at most " +
                                    std::to_string(link_bytes_max)};
  }
  return check_notes(commit.notes);
}

// From where reading again meets every record of this page: the beginning of the sweep that it belongs to.
// `before`: null where the content type was never read.
WallSeconds read_from(const Cursor* before, const Cursor& next, const Segment& segment) {
  std::optional<WallSeconds> from;
  const auto earlier = [&](WallSeconds time) { from = std::min(from.value_or(time), time); };
  if (before) earlier(before->settled);
  if (before && before->window) earlier(before->window->from);
  if (next.window) earlier(next.window->from);
  return from.value_or(std::chrono::floor<std::chrono::seconds>(segment.oldest));
}

std::uint64_t bytes_of(const std::vector<Segment>& segments) {
  std::uint64_t bytes = 0;
  for (const Segment& segment : segments) bytes += stored_bytes(segment);
  return bytes;
}

}  // namespace

Result<std::vector<SegmentId>> RocksJournal::commit(const Commit& commit) {
  if (Result<void> limits = check_commit(commit); !limits) return std::move(limits).error();
  if (Result<void> writable = ensure_writable(); !writable) return std::move(writable).error();
  if (kept_after_all_.contains(commit.key)) {
    return Error{Code::unavailable, commit.key.connector + ": the commit that the full disk refused was kept after all: load"};
  }
  Result<KeyState*> state = state_of(commit.key);
  if (!state) return std::move(state).error();

  // What the agent says of itself does not wait for its lane when no records come with it.
  const Lane waits = commit.segments.empty() && !commit.own_events.empty() ? Lane::own_events : commit.key.lane;
  const std::uint64_t bytes = bytes_of(commit.segments) + bytes_of(commit.own_events);
  Result<void> room = budget_.admit(waits, bytes, {usage_.bytes, store_->disk_free()});
  if (!room) return std::move(room).error();

  Result<Next> next = write_page(commit, **state);
  if (!next) {
    const Error error = failed_write(std::move(next).error());
    if (error.code() == Code::full) uncertain_ = Uncertain{commit.key, (*state)->row.commits + 1};
    return error;
  }
  lanes_ = std::move(next->lanes);
  **state = std::move(next->key);
  publish_usage();
  return std::move(next->ids);
}

// Puts the segment behind the lane's last, with its index row, whose sums and age are filled in.
SegmentId RocksJournal::append(Batch& batch, Lane lane, LaneState& state, const Segment& segment, IndexRow index) {
  LaneRow& row = state.row;
  const SegmentId id{lane, ++row.last};
  row.records_ever += segment.records;
  row.bytes_ever += stored_bytes(segment);
  index.records_ever = row.records_ever;
  index.bytes_ever = row.bytes_ever;
  index.oldest = segment.oldest;
  batch.put(Family::segments, segment_key(id), segment.payload, encode_tail(segment));
  batch.put(Family::index, segment_key(id), encode(index));
  if (row.first == row.last) state.oldest = segment.oldest;
  return id;
}

Result<RocksJournal::Next> RocksJournal::write_page(const Commit& commit, const KeyState& before) {
  Next next{lanes_, before, {}};
  const Cursor* cursor_before = before.stored ? &before.row.cursor : nullptr;
  const std::size_t segments = commit.segments.size() + commit.own_events.size();
  Batch batch{*store_,
              bytes_of(commit.segments) + bytes_of(commit.own_events) + 256 * segments + 24 * commit.seen.ids.size() + 1024};

  const auto index_of_page = [&](const Segment& segment) {
    return IndexRow{.read_from = read_from(cursor_before, commit.next, segment), .job = commit.key.job};
  };
  LaneState& lane = next.lanes[index_of(commit.key.lane)];
  for (const Segment& segment : commit.segments) {
    next.ids.push_back(append(batch, commit.key.lane, lane, segment, index_of_page(segment)));
  }
  LaneState& own = next.lanes[index_of(Lane::own_events)];
  for (const Segment& segment : commit.own_events) append(batch, Lane::own_events, own, segment, index_of_page(segment));
  std::size_t rows = 2 * segments;
  for (const Lane each : all_lanes) {
    if (next.lanes[index_of(each)].row == lanes_[index_of(each)].row) continue;
    batch.put(Family::meta, lane_key(each), encode(next.lanes[index_of(each)].row));
    rows += 1;
  }

  KeyState& key = next.key;
  rows += std::erase_if(key.packs, [&](const Pack& pack) {
    if (pack.latest >= commit.forget_before) return false;
    batch.remove_once(Family::seen, pack_key(commit.key, pack.number));
    return true;
  });
  if (!commit.seen.ids.empty()) {
    const Pack pack{key.row.pack_next++, commit.seen.latest};
    batch.put(Family::seen, pack_key(commit.key, pack.number), encode_pack(commit.seen));
    rows += 1;
    key.packs.push_back(pack);
  }
  key.row.pack_first = key.packs.empty() ? key.row.pack_next : key.packs.front().number;
  key.row.packs = static_cast<std::uint32_t>(key.packs.size());
  key.row.cursor = commit.next;
  key.row.commits += 1;
  key.stored = true;
  batch.put(Family::cursors, cursor_key(commit.key), encode(key.row));
  batch.apply(commit.notes);
  rows += 1 + commit.notes.size();

  TG_ASSERT(batch.rows() == rows && next.ids.size() == commit.segments.size(),
            "P3: a page and its cursor are one: segments, own events, ids seen, notes and cursor go into one batch");
  if (Result<void> written = batch.write(Sync::yes); !written) return std::move(written).error();
  return next;
}

Result<void> RocksJournal::put_notes(const std::vector<Note>& notes) {
  if (Result<void> good = check_notes(notes); !good) return good;
  if (Result<void> writable = ensure_writable(); !writable) return writable;
  Batch batch{*store_};
  batch.apply(notes);
  if (Result<void> written = batch.write(Sync::yes); !written) return failed_write(std::move(written).error());
  return {};
}

Result<void> RocksJournal::forget(const CursorKey& key, const std::vector<Note>& notes) {
  if (Result<void> good = check_key(key); !good) return good;
  if (Result<void> good = check_notes(notes); !good) return good;
  if (Result<void> writable = ensure_writable(); !writable) return writable;
  Result<KeyState*> state = state_of(key);
  if (!state) return std::move(state).error();

  Batch batch{*store_};
  std::size_t rows = (*state)->packs.size() + notes.size();
  for (const Pack& pack : (*state)->packs) batch.remove_once(Family::seen, pack_key(key, pack.number));
  if ((*state)->stored) {
    batch.remove(Family::cursors, cursor_key(key));
    rows += 1;
  }
  batch.apply(notes);
  TG_ASSERT(batch.rows() == rows, "P3: a cursor, the ids that it saw and its notes go in one batch");
  if (rows == 0) return {};
  if (Result<void> written = batch.write(Sync::yes); !written) return failed_write(std::move(written).error());
  keys_.erase(key);
  kept_after_all_.erase(key);
  return {};
}

}  // namespace tidegate
