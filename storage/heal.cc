#include "storage/heal.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <vector>

#include "storage/keys.h"
#include "storage/store_files.h"

namespace tidegate {
namespace {

// What of a damaged store goes into the next one.
struct Salvaged {
  std::vector<std::pair<CursorKey, Cursor>> cursors;
  bool complete = true;
};

struct Beginning {
  Id128 epoch;
  Salvaged salvaged;
  std::string healed_from;  // why; empty: nothing was there before
};

// The pass under way is begun again, and the ids seen are not taken over: records that were seen but are lost must pass.
Cursor moved_back(const Cursor& cursor, const std::optional<WallSeconds>& lost_from) {
  Cursor back;
  back.settled = std::min(cursor.settled, lost_from.value_or(cursor.settled));
  back.through = std::min(cursor.through, lost_from.value_or(cursor.through));
  return back;
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
  std::array<std::optional<LaneState>, lane_count> lanes;
  for (const Lane lane : all_lanes) {
    if (Result<LaneState> state = check_lane(store, lane)) lanes[index_of(lane)] = *state;
  }
  const auto each = [&](ByteView key, ByteView value) -> Result<void> {
    Result<CursorKey> whose = cursor_key_from(key);
    Result<CursorRow> row = decode_cursor_row(value);
    // Where a lane has a hole, nobody knows how far back the lost records reach: its content types begin at first_read.
    if (!whose || !row || !lanes[index_of(whose->lane)]) {
      salvaged.complete = false;
      return {};
    }
    salvaged.cursors.emplace_back(*whose, moved_back(row->cursor, lanes[index_of(whose->lane)]->read_from));
    return {};
  };
  if (!store.scan(Family::cursors, Bytes(1, '\0'), Bytes(1, '\xff'), each)) salvaged.complete = false;
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

  rocksdb::WriteBatch batch;
  const auto put = [&](Family family, ByteView key, ByteView value) {
    return batch.Put((*store)->handle(family), rocksdb::Slice{key.data(), key.size()}, rocksdb::Slice{value.data(), value.size()});
  };
  Bytes format;
  put_u32_be(format, format_version);
  Bytes epoch;
  put_id(epoch, beginning.epoch);
  rocksdb::Status gathered = put(Family::meta, format_key, format);
  if (gathered.ok()) gathered = put(Family::meta, epoch_key, epoch);
  if (gathered.ok() && !beginning.healed_from.empty()) {
    gathered = put(Family::meta, healed_key, Bytes(1, beginning.salvaged.complete ? '\1' : '\0') + beginning.healed_from);
  }
  for (const auto& [key, cursor] : beginning.salvaged.cursors) {
    if (gathered.ok()) gathered = put(Family::cursors, cursor_key(key), encode(CursorRow{.cursor = cursor}));
  }
  if (!gathered.ok()) return error_from(gathered, "beginning a journal");
  return (*store)->write(batch, Sync::yes);
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
  const auto count = [&](ByteView, ByteView) -> Result<void> {
    ++report.cursors_kept;
    return {};
  };
  Result<void> counted = opened.store->scan(Family::cursors, Bytes(1, '\0'), Bytes(1, '\xff'), count);
  if (!counted) return counted;
  rocksdb::WriteBatch batch;
  const rocksdb::Slice key{healed_key.data(), healed_key.size()};
  if (const rocksdb::Status status = batch.Delete(opened.store->handle(Family::meta), key); !status.ok()) {
    return error_from(status, "noting that the healing is reported");
  }
  return opened.store->write(batch, Sync::yes);
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
  if (Result<void> reported = report_healing(place, *opened, report); !reported) return std::move(reported).error();
  return opened;
}

}  // namespace tidegate
