#include "storage/heal.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "storage/batch.h"
#include "storage/keys.h"
#include "storage/store_files.h"

namespace tidegate {
namespace {

// What of a damaged store goes into the next one.
struct Salvaged {
  std::vector<StoredCursor> cursors;
  std::vector<Note> notes;
  bool complete = true;
};

struct Beginning {
  Id128 epoch;
  Salvaged salvaged;
  std::string healed_from;  // why; empty: nothing was there before
};

// The pass under way is begun again, and the ids seen are not taken over: records that were seen but are lost must pass.
// A back-fill is one pass, so it keeps its end.
Cursor moved_back(const Cursor& cursor, const std::optional<WallSeconds>& lost_from, std::uint32_t job) {
  Cursor back;
  back.settled = std::min(cursor.settled, lost_from.value_or(cursor.settled));
  back.through = std::min(cursor.through, lost_from.value_or(cursor.through));
  if (job != 0) {
    back.position = back.settled;
    back.pass_to = cursor.pass_to;
  }
  return back;
}

// Back-fills read again what they lost themselves. What is left of one that has ended, and has no cursor any more, falls to the
// live reading.
void earlier_if_lost(std::optional<WallSeconds>& from, const LaneState& lane, const CursorKey& reader,
                     const std::set<std::uint32_t>& readers) {
  for (const auto& [read_by, time] : lane.read_from) {
    const auto& [of_lane, job] = read_by;
    const bool falls_to_it = job == reader.job || (reader.job == 0 && !readers.contains(job));
    if (of_lane == reader.lane && falls_to_it) from = std::min(from.value_or(time), time);
  }
}

// Never fails: what cannot be read is left out, and `complete` says so.
Salvaged salvage(const StorePlace& place) {
  Salvaged salvaged;
  Result<std::unique_ptr<RocksStore>> opened = RocksStore::open(place, Opening::salvage);
  if (!opened) {
    salvaged.complete = false;
    return salvaged;
  }
  const RocksStore& store = **opened;
  std::array<std::optional<LaneState>, stored_lane_count> lanes;
  for (const Lane lane : stored_lanes) {
    if (Result<LaneState> state = check_lane(store, lane)) lanes[index_of(lane)] = *state;
  }
  std::set<std::uint32_t> readers;
  const auto each = [&](ByteView key, ByteView value) -> Result<void> {
    if (is_note_key(key)) {
      Result<std::string> name = note_name_from(key);
      Result<Bytes> note = decode_note(value);
      if (name && note) salvaged.notes.push_back({*std::move(name), *std::move(note)});
      else salvaged.complete = false;
      return {};
    }
    Result<CursorKey> whose = cursor_key_from(key);
    Result<CursorRow> row = decode_cursor_row(value);
    // Where a lane has a hole, nobody knows how far back the lost records reach: its content types begin at first_read. What is set
    // aside may be of any of them.
    if (!whose || !row || !lanes[index_of(whose->lane)] || !lanes[index_of(set_aside_lane)]) {
      salvaged.complete = false;
      return {};
    }
    readers.insert(whose->job);
    salvaged.cursors.push_back({*whose, row->cursor});
    return {};
  };
  if (!store.scan(Family::cursors, cursors_begin, cursors_end, each)) salvaged.complete = false;
  for (auto& [key, cursor] : salvaged.cursors) {
    std::optional<WallSeconds> lost_from;
    for (const Lane lane : {key.lane, set_aside_lane}) earlier_if_lost(lost_from, *lanes[index_of(lane)], key, readers);
    cursor = moved_back(cursor, lost_from, key.job);
  }
  return salvaged;
}

// Writes a whole new store beside its place; what a crash left there before is removed.
Result<void> begin_beside(const StorePlace& place, const Beginning& beginning) {
  const StorePlace beside = beginning_place(place);
  Result<StoreFiles> left = look(beside);
  if (!left) return std::move(left).error();
  if (left->there) {
    if (Result<void> free = check_lock(beside); !free) return free;
  }
  if (Result<void> removed = remove_directory(beside); !removed) return removed;
  if (Result<void> made = make_directory(beside); !made) return made;
  Result<std::unique_ptr<RocksStore>> store = RocksStore::open(beside, Opening::beginning);
  if (!store) return std::move(store).error();

  Batch batch{**store};
  Bytes format;
  put_u32_be(format, format_version);
  batch.put(Family::meta, format_key, format);
  Bytes epoch;
  put_id(epoch, beginning.epoch);
  batch.put(Family::meta, epoch_key, epoch);
  if (!beginning.healed_from.empty()) {
    batch.put(Family::meta, healed_key, Bytes(1, beginning.salvaged.complete ? '\1' : '\0') + beginning.healed_from);
  }
  for (const auto& [key, cursor] : beginning.salvaged.cursors) {
    batch.put(Family::cursors, cursor_key(key), encode(CursorRow{.cursor = cursor}));
  }
  batch.apply(beginning.salvaged.notes);
  return batch.write(Sync::yes);
}

Result<void> put_in_place(const StorePlace& place) { return move_directory(beginning_place(place), place.directory); }

// Nothing is there. Either nothing ever was, or a crash came while a finished store was about to be put in place.
Result<void> create(const StorePlace& place, const Id128& fresh_epoch, const StoreFiles& files, OpenReport& report) {
  if (files.foreign) {
    return Error{Code::invalid, place.directory.string() + " holds files but no journal: empty it, or set sensor.state_directory"};
  }
  Result<StoreFiles> beside = look(beginning_place(place));
  if (!beside) return std::move(beside).error();
  const bool finished = beside->begun() && open_checked(beginning_place(place)).has_value();
  if (!finished) {
    if (Result<void> begun = begin_beside(place, {fresh_epoch, {}, {}}); !begun) return begun;
  }
  if (files.there) {
    if (Result<void> removed = remove_directory(place); !removed) return removed;
  }
  report.created = true;
  return put_in_place(place);
}

Result<void> make_room_aside(const StorePlace& place, const SetAside& found, OpenReport& report) {
  if (found.count < set_aside_max) return {};
  const StorePlace oldest{set_aside_path(place, found.oldest), place.env};
  report.removed_path = oldest.directory.string();
  return remove_directory(oldest);
}

// The order matters: the new store is whole and durable, cursors included, before the damaged one leaves its place.
Result<void> heal(const StorePlace& place, const Id128& fresh_epoch, const std::string& reason, OpenReport& report) {
  if (Result<void> begun = begin_beside(place, {fresh_epoch, salvage(place), reason}); !begun) return begun;
  Result<SetAside> found = find_set_aside(place);
  if (!found) return std::move(found).error();
  if (Result<void> room = make_room_aside(place, *found, report); !room) return room;
  if (Result<void> moved = move_directory(place, set_aside_path(place, found->newest + 1)); !moved) return moved;
  return put_in_place(place);
}

// A healing is reported once, by the opening that puts the new store into use: a crash in between hides nothing.
Result<void> report_healing(const StorePlace& place, OpenedStore& opened, OpenReport& report) {
  Result<Bytes> healed = opened.store->get(Family::meta, healed_key);
  if (!healed) return healed.error().code() == Code::absent ? Result<void>{} : std::move(healed).error();
  report.healed = true;
  report.created = false;
  report.cursors_complete = healed->starts_with('\1');
  report.reason = healed->substr(1);
  if (Result<SetAside> found = find_set_aside(place)) report.set_aside_path = set_aside_path(place, found->newest).string();
  const auto count = [&](ByteView key, ByteView) -> Result<void> {
    report.cursors_kept += is_note_key(key) ? 0 : 1;
    return {};
  };
  Result<void> counted = opened.store->scan(Family::cursors, cursors_begin, cursors_end, count);
  if (!counted) return counted;
  Batch batch{*opened.store};
  batch.remove(Family::meta, healed_key);
  return batch.write(Sync::yes);
}

// A store of an older version is taken over; from then on that version leaves it alone, since it would misread what is new.
Result<void> raise_format(OpenedStore& opened) {
  if (opened.format == format_version) return {};
  Bytes format;
  put_u32_be(format, format_version);
  opened.format = format_version;
  return opened.store->put(Family::meta, format_key, format);
}

}  // namespace

Result<OpenedStore> open_or_heal(const StorePlace& place, const Id128& fresh_epoch, OpenReport& report) {
  report = {};
  Result<StoreFiles> files = look(place);
  if (!files) return std::move(files).error();
  if (!files->begun()) {
    if (Result<void> created = create(place, fresh_epoch, *files, report); !created) return std::move(created).error();
  }
  Result<OpenedStore> opened = open_checked(place);
  if (!opened && opened.error().code() == Code::corrupt) {
    const std::string reason = opened.error().text();
    if (Result<void> healed = heal(place, fresh_epoch, reason, report); !healed) {
      return std::move(healed).error().in("setting aside a damaged journal (" + reason + ")");
    }
    opened = open_checked(place);
  }
  if (!opened) return opened;
  report.log_cut = opened->log_cut;
  if (Result<void> raised = raise_format(*opened); !raised) return std::move(raised).error();
  if (Result<void> reported = report_healing(place, *opened, report); !reported) return std::move(reported).error();
  return opened;
}

}  // namespace tidegate
