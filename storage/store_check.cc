#include "storage/store_check.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <algorithm>

#include "storage/keys.h"
#include "storage/log_end.h"
#include "storage/segment.h"
#include "storage/store_files.h"

namespace tidegate {
namespace {

Error damaged(std::string text) { return Error{Code::corrupt, std::move(text)}; }

// Something that must be there is not: that is damage too.
Error as_damage(Error error) {
  if (error.code() == Code::absent) return damaged(error.text());
  return error;
}

Error newer(std::string what) {
  return Error{Code::invalid,
               "written by a newer version (" + std::move(what) + "): install that version, or move the directory away"};
}

// Before opening: an unknown family must not look like a wrong use, nor a missing one be made anew.
Result<void> check_families(const StorePlace& place) {
  rocksdb::DBOptions options;
  options.env = place.environment();
  std::vector<std::string> names;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, place.directory.string(), &names);
  if (!status.ok()) return as_damage(error_from(status, "listing the journal's families"));
  for (const std::string& found : names) {
    if (std::find(family_names.begin(), family_names.end(), found) == family_names.end()) return newer("family " + found);
  }
  for (const std::string_view known : family_names) {
    if (std::find(names.begin(), names.end(), known) == names.end()) return damaged("family " + std::string{known} + " is missing");
  }
  return {};
}

// Gives the format's number.
Result<std::uint32_t> check_meta(const RocksStore& store) {
  Result<Bytes> format = store.get(Family::meta, format_key);
  if (!format) return as_damage(std::move(format).error().in("format"));
  if (format->size() != 4) return damaged("the format's number has " + std::to_string(format->size()) + " bytes");
  const std::uint32_t version = get_u32_be(*format);
  if (version > format_version) {
    return newer("format " + std::to_string(version) + ", this one knows " + std::to_string(format_version));
  }
  if (version < format_version_least) return damaged("format " + std::to_string(version) + " never existed");
  if (Result<Bytes> damage = store.get(Family::meta, damage_key)) return damaged(*std::move(damage));
  else if (damage.error().code() != Code::absent) return std::move(damage).error();
  return version;
}

Result<LaneRow> read_lane_row(const RocksStore& store, Lane lane) {
  Result<Bytes> stored = store.get(Family::meta, lane_key(lane));
  if (!stored && stored.error().code() == Code::absent) return LaneRow{};
  if (!stored) return std::move(stored).error();
  return decode_lane_row(*stored);
}

// The first and the last segment of a lane stand for those between: they lie in the oldest and the newest file.
Result<void> check_ends(const RocksStore& store, Lane lane, const LaneRow& row) {
  if (row.first > row.last) return {};
  for (const std::uint64_t sequence : {row.first, row.last}) {
    const std::string which = std::string{name(lane)} + ": segment " + std::to_string(sequence);
    Result<Bytes> stored = store.get(Family::segments, segment_key({lane, sequence}));
    if (!stored) return as_damage(std::move(stored).error().in(which));
    if (Result<Segment> segment = decode_segment(*std::move(stored)); !segment) return std::move(segment).error().in(which);
  }
  return {};
}

Result<void> check_readers(const RocksStore& store) {
  return store.scan(Family::cursors, cursors_begin, cursors_end, [](ByteView key, ByteView value) -> Result<void> {
    if (is_note_key(key)) {
      if (Result<std::string> known = note_name_from(key); !known) return std::move(known).error();
      if (Result<Bytes> note = decode_note(value); !note) return std::move(note).error();
      return {};
    }
    if (Result<CursorKey> known = cursor_key_from(key); !known) return std::move(known).error();
    if (Result<CursorRow> row = decode_cursor_row(value); !row) return std::move(row).error();
    return {};
  });
}

Result<void> check_place(const StorePlace& place) {
  Result<StoreFiles> files = look(place);
  if (!files) return std::move(files).error();
  if (!files->current) return damaged("CURRENT is missing");
  // The library opens without a log, too: with what was flushed last, and says nothing.
  if (!files->log) return damaged("the write-ahead log is missing");
  return check_lock(place);
}

// A trim that knows of a segment proves that the segment was committed, even where its commit can no longer be read.
Result<bool> trims_know_more(const StorePlace& place, const LogEnd& end) {
  Result<std::unique_ptr<RocksStore>> before_damage = RocksStore::open(place, Opening::salvage);
  if (!before_damage) return std::move(before_damage).error();
  for (const Lane lane : stored_lanes) {
    Result<LaneRow> row = read_lane_row(**before_damage, lane);
    if (!row) return std::move(row).error();
    if (end.last_behind[index_of(lane)] > row->last) return true;
  }
  return false;
}

// Cuts off what a crash tore; refuses where what was acknowledged stands behind the damage. A rotten byte in the very last
// commit looks like a tear. That is harmless: its cursor goes with it, so the page is read again. It may have been shipped, and may
// come to be acknowledged; what takes its number has another chunk id, for that depends on the content.
Result<bool> mend_log(const StorePlace& place) {
  Result<LogEnd> end = examine_log(place);
  if (!end) return as_damage(std::move(end).error());
  if (!end->damaged) return false;
  const Error behind = damaged("commits stand behind a damage in the write-ahead log " + end->file.filename().string() +
                               ", at byte " + std::to_string(end->whole_bytes));
  if (end->commit_behind) return behind;
  Result<bool> more = trims_know_more(place, *end);
  if (!more) return as_damage(std::move(more).error());
  if (*more) return behind;
  if (Result<void> cut = cut_log(*end); !cut) return std::move(cut).error();
  return true;
}

// The library's store, its log replayed.
Result<OpenedStore> open_replayed(const StorePlace& place) {
  OpenedStore opened;
  Result<bool> cut = mend_log(place);
  if (!cut) return std::move(cut).error();
  opened.log_cut = *cut;
  Result<std::unique_ptr<RocksStore>> store = RocksStore::open(place, Opening::existing);
  if (!store) return as_damage(std::move(store).error());
  opened.store = *std::move(store);
  return opened;
}

}  // namespace

Result<LaneState> check_lane(const RocksStore& store, Lane lane) {
  const std::string where{name(lane)};
  Result<LaneRow> stored = read_lane_row(store, lane);
  if (!stored) return std::move(stored).error().in(where);
  LaneState state;
  state.row = *stored;

  const LaneRow& row = state.row;
  std::uint64_t next = row.first;
  IndexRow sums{.records_ever = row.records_trimmed, .bytes_ever = row.bytes_trimmed};
  const auto each = [&](ByteView key, ByteView value) -> Result<void> {
    Result<SegmentId> id = segment_id_from(key);
    if (!id) return std::move(id).error();
    if (id->sequence != next || next > row.last) return damaged("segment " + std::to_string(next) + " is missing");
    Result<IndexRow> index = decode_index_row(value);
    if (!index) return std::move(index).error();
    if (index->origin.has_value() != (lane == set_aside_lane)) {
      return damaged("segment " + std::to_string(next) + " is in a lane where it cannot be");
    }
    if (index->records_ever < sums.records_ever || index->bytes_ever < sums.bytes_ever) {
      return damaged("the sums at segment " + std::to_string(next) + " run backwards");
    }
    if (next == row.first) state.oldest = index->oldest;
    const Lane read_by = index->origin.value_or(*id).lane;
    WallSeconds& from = state.read_from.try_emplace({read_by, index->job}, index->read_from).first->second;
    from = std::min(from, index->read_from);
    sums = *index;
    ++next;
    return {};
  };
  // From the head on: what lies before it is trimmed, and only the marks of the deletions are left there.
  Result<void> scanned = store.scan(Family::index, segment_key({lane, row.first}), lane_end(lane), each);
  if (!scanned) return std::move(scanned).error().in(where);
  if (next != row.last + 1) return damaged(where + ": segment " + std::to_string(next) + " is missing");
  if (sums.records_ever != row.records_ever || sums.bytes_ever != row.bytes_ever) {
    return damaged(where + ": the sums do not agree with the segments");
  }
  return state;
}

Result<OpenedStore> open_checked(const StorePlace& place) {
  if (Result<void> there = check_place(place); !there) return std::move(there).error();
  if (Result<void> families = check_families(place); !families) return std::move(families).error();
  Result<OpenedStore> replayed = open_replayed(place);
  if (!replayed) return replayed;

  OpenedStore opened = *std::move(replayed);
  Result<std::uint32_t> format = check_meta(*opened.store);
  if (!format) return std::move(format).error();
  opened.format = *format;
  if (Result<void> files = opened.store->verify_files(); !files) return as_damage(std::move(files).error());
  Result<Bytes> epoch = opened.store->get(Family::meta, epoch_key);
  if (!epoch) return as_damage(std::move(epoch).error().in("epoch"));
  if (epoch->size() != 16) return damaged("the epoch has " + std::to_string(epoch->size()) + " bytes");
  opened.epoch = get_id(*epoch);
  for (const Lane lane : stored_lanes) {
    Result<LaneState> state = check_lane(*opened.store, lane);
    if (!state) return std::move(state).error();
    if (Result<void> ends = check_ends(*opened.store, lane, state->row); !ends) return std::move(ends).error();
    opened.lanes[index_of(lane)] = *state;
  }
  if (Result<void> cursors = check_readers(*opened.store); !cursors) return std::move(cursors).error();
  return opened;
}

}  // namespace tidegate
