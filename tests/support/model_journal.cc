#include "tests/support/model_journal.h"

#include <algorithm>

#include "storage/segment.h"

namespace tidegate {

Result<CursorState> ModelJournal::load(const CursorKey& key) {
  const auto found = keys_.find(key);
  return found == keys_.end() ? CursorState{} : found->second;
}

Result<std::vector<StoredCursor>> ModelJournal::cursors() {
  std::vector<StoredCursor> all;
  for (const auto& [key, state] : keys_) all.push_back({key, *state.cursor});
  return all;
}

Result<std::vector<Note>> ModelJournal::notes(std::string_view prefix) {
  std::vector<Note> found;
  for (auto at = notes_.lower_bound(prefix); at != notes_.end() && at->first.starts_with(prefix); ++at) {
    found.push_back({at->first, at->second});
  }
  return found;
}

void ModelJournal::apply(const std::vector<Note>& notes) {
  for (const Note& note : notes) {
    if (note.value.empty()) notes_.erase(note.name);
    else notes_[note.name] = note.value;
  }
}

Result<void> ModelJournal::put_notes(const std::vector<Note>& notes) {
  apply(notes);
  return {};
}

Result<void> ModelJournal::forget(const CursorKey& key, const std::vector<Note>& notes) {
  keys_.erase(key);
  apply(notes);
  return {};
}

void ModelJournal::append(ModelLane& lane, const Segment& segment) {
  lane.kept.emplace(++lane.last, segment);
  lane.records_ever += segment.records;
  lane.bytes_ever += stored_bytes(segment);
}

Result<std::vector<SegmentId>> ModelJournal::commit(const Commit& commit) {
  ModelLane& lane = lanes_[index_of(commit.key.lane)];
  std::vector<SegmentId> ids;
  for (const Segment& segment : commit.segments) {
    append(lane, segment);
    ids.push_back({commit.key.lane, lane.last});
  }
  ModelLane& own = lanes_[index_of(Lane::own_events)];
  for (const Segment& segment : commit.own_events) append(own, segment);
  apply(commit.notes);
  CursorState& state = keys_[commit.key];
  std::erase_if(state.seen, [&](const SeenPack& pack) { return pack.latest < commit.forget_before; });
  if (!commit.seen.ids.empty()) state.seen.push_back(commit.seen);
  state.cursor = commit.next;
  return ids;
}

Result<StoredSegment> ModelJournal::batch(const SegmentId& id) {
  const auto& kept = lanes_[index_of(id.lane)].kept;
  const auto found = kept.find(id.sequence);
  if (found == kept.end()) return Error{Code::absent, "no such segment"};
  return StoredSegment{id, found->second, stored_checksum(encode_tail(found->second))};
}

Result<void> ModelJournal::trim(const SegmentId& id) {
  ModelLane& lane = lanes_[index_of(id.lane)];
  TG_ASSERT(id.sequence <= lane.last, "no trim runs ahead of what was committed");
  lane.kept.erase(lane.kept.begin(), lane.kept.upper_bound(id.sequence));
  return {};
}

Result<void> ModelJournal::set_aside(const SegmentId& id) {
  Result<StoredSegment> segment = batch(id);
  if (!segment) return std::move(segment).error();
  if (std::ranges::find(aside_, id, &StoredSegment::id) != aside_.end()) return {};
  aside_.push_back(*std::move(segment));
  ++aside_ever_;
  return {};
}

Result<SegmentId> ModelJournal::take_back() {
  if (aside_.empty()) return Error{Code::absent, "nothing is set aside"};
  const Lane which = aside_.front().id.lane;
  ModelLane& lane = lanes_[index_of(which)];
  append(lane, aside_.front().segment);
  aside_.pop_front();
  return SegmentId{which, lane.last};
}

JournalUsage ModelJournal::usage() const {
  JournalUsage usage;
  for (const Lane which : all_lanes) {
    const ModelLane& lane = lanes_[index_of(which)];
    LaneUsage& used = usage.lanes[index_of(which)];
    used.last = lane.last;
    used.records_ever = lane.records_ever;
    used.bytes_ever = lane.bytes_ever;
    used.first = lane.kept.empty() ? lane.last + 1 : lane.kept.begin()->first;
    if (!lane.kept.empty()) used.oldest = lane.kept.begin()->second.oldest;
    for (const auto& [sequence, segment] : lane.kept) {
      used.records += segment.records;
      used.bytes += stored_bytes(segment);
    }
    usage.bytes += used.bytes;
  }
  usage.set_aside.last = aside_ever_;
  usage.set_aside.first = aside_ever_ + 1 - aside_.size();
  if (!aside_.empty()) usage.set_aside.oldest = aside_.front().segment.oldest;
  for (const StoredSegment& each : aside_) {
    usage.set_aside.records += each.segment.records;
    usage.set_aside.bytes += stored_bytes(each.segment);
  }
  usage.bytes += usage.set_aside.bytes;
  return usage;
}

}  // namespace tidegate
