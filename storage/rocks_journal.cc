#include "storage/rocks_journal.h"

#include <algorithm>

#include "storage/batch.h"
#include "storage/seen_set.h"
#include "storage/segment.h"

namespace tidegate {
namespace {

constexpr std::uint64_t trim_step_max = 512;               // segments deleted in one batch
constexpr std::uint64_t reopen_free_min = 4ull << 20;      // for opening, beside the tables that it writes
constexpr std::uint64_t look_for_dead_every = 8ull << 20;  // bytes trimmed between two looks
constexpr std::uint64_t dead_bytes_max = 16ull << 20;      // dead blobs that are left lying beside a backlog
constexpr std::uint64_t rewrite_least = 32ull << 20;       // dead blobs pinned by living ones, before those are moved

std::uint64_t kept_bytes(const LaneRow& row) { return row.bytes_ever - row.bytes_trimmed; }

}  // namespace

Result<std::unique_ptr<RocksJournal>> RocksJournal::open(const JournalOptions& options, OpenReport& report) {
  std::filesystem::path directory = std::filesystem::absolute(options.directory).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  const StorePlace place{std::move(directory), options.env};
  Result<OpenedStore> opened = open_or_heal(place, options.fresh_epoch, report);
  if (!opened) return std::move(opened).error();
  return std::unique_ptr<RocksJournal>{new RocksJournal{options, place, *std::move(opened)}};
}

RocksJournal::RocksJournal(const JournalOptions& options, const StorePlace& place, OpenedStore opened)
    : place_(place), budget_({options.budget, options.keep_free}), epoch_(opened.epoch) {
  adopt(std::move(opened));
}

RocksJournal::~RocksJournal() = default;

void RocksJournal::adopt(OpenedStore opened) {
  TG_ASSERT(opened.epoch == epoch_, "a store keeps its epoch while it is in use");
  store_ = std::move(opened.store);
  lanes_ = std::move(opened.lanes);
  for (LaneState& lane : lanes_) lane.read_from.clear();  // for healing alone: it would be copied with each commit
  keys_.clear();
  publish_usage();
}

// Not healing: cursors are in the hands of collectors, and must not change under them.
Result<void> RocksJournal::reopen() {
  // Opening writes what is in memory to tables: with less room it would only fail again.
  if (failed_->code() == Code::full && store_ && store_->disk_free() < store_->unwritten_bytes() + reopen_free_min) return *failed_;
  store_.reset();
  Result<OpenedStore> opened = open_checked(place_);
  if (!opened) {
    failed_ = std::move(opened).error().in("opening the journal again");
    return *failed_;
  }
  failed_.reset();
  adopt(*std::move(opened));
  if (uncertain_) {
    Result<KeyState*> state = state_of(uncertain_->key);
    if (!state) return failed_write(std::move(state).error());
    if ((*state)->row.commits == uncertain_->commits) kept_after_all_.insert(uncertain_->key);
    uncertain_.reset();
  }
  return {};
}

Result<void> RocksJournal::ensure_writable() {
  if (!failed_) return {};
  return failed_->code() == Code::full ? reopen() : Result<void>{*failed_};
}

const Error& RocksJournal::failed_write(Error error) {
  // Whatever the library calls it: a write that failed leaves a store that takes no more of them.
  const bool named = error.code() == Code::full || error.code() == Code::corrupt;
  failed_ = named ? std::move(error) : Error{Code::unavailable, error.text()};
  return *failed_;
}

// Marks the store, so that the next opening heals it. The mark may fail to be written: then the next read finds the damage again.
Error RocksJournal::damaged(Error error) {
  if (store_ && !failed_) {
    Result<void> marked = store_->put(Family::meta, damage_key, error.text());
    if (!marked) failed_write(std::move(marked).error());
  }
  return Error{Code::corrupt, error.text()};
}

// A full disk can still be read; anything else must be opened anew, or be said.
Result<void> RocksJournal::ensure_readable() {
  if (!failed_) return {};
  Result<void> again = reopen();
  return again || (store_ && failed_->code() == Code::full) ? Result<void>{} : again;
}

Result<CursorState> RocksJournal::load(const CursorKey& key) {
  if (key.connector.size() > connector_bytes_max) return Error{Code::invalid, "connector name is longer than 255 bytes"};
  if (Result<void> readable = ensure_readable(); !readable) return std::move(readable).error();
  kept_after_all_.erase(key);
  KeyState state;
  Result<CursorState> read = read_state(key, state);
  if (read) keys_[key] = std::move(state);
  return read;
}

Result<CursorState> RocksJournal::read_state(const CursorKey& key, KeyState& state) {
  CursorState read;
  Result<Bytes> stored = store_->get(Family::cursors, cursor_key(key));
  if (!stored && stored.error().code() == Code::absent) return read;
  if (!stored) return std::move(stored).error();
  Result<CursorRow> row = decode_cursor_row(*stored);
  if (!row) return damaged(std::move(row).error().in(key.connector));
  state.row = *row;
  state.stored = true;
  read.cursor = row->cursor;

  const auto each = [&](ByteView pack, ByteView value) -> Result<void> {
    Result<SeenPack> decoded = decode_pack(value);
    if (!decoded) return std::move(decoded).error();
    state.packs.push_back({pack_number(pack), decoded->latest});
    read.seen.push_back(*std::move(decoded));
    return {};
  };
  const std::uint64_t first = row->pack_first;
  Result<void> scanned = store_->scan(Family::seen, pack_key(key, first), pack_key(key, row->pack_next), each);
  if (!scanned && scanned.error().code() == Code::corrupt) return damaged(std::move(scanned).error().in(key.connector));
  if (!scanned) return std::move(scanned).error();
  if (state.packs.size() != row->packs) {
    return damaged(Error{Code::corrupt, key.connector + ": " + std::to_string(state.packs.size()) + " packs of ids seen, " +
                                            std::to_string(row->packs) + " were written"});
  }
  return read;
}

Result<std::vector<StoredCursor>> RocksJournal::cursors() {
  if (Result<void> readable = ensure_readable(); !readable) return std::move(readable).error();
  std::vector<StoredCursor> all;
  const auto each = [&](ByteView stored, ByteView value) -> Result<void> {
    if (is_note_key(stored)) return {};
    Result<CursorKey> key = cursor_key_from(stored);
    if (!key) return std::move(key).error();
    Result<CursorRow> row = decode_cursor_row(value);
    if (!row) return std::move(row).error().in(key->connector);
    all.push_back({*std::move(key), std::move(row->cursor)});
    return {};
  };
  if (Result<void> scanned = scan_cursors(cursors_begin, cursors_end, each); !scanned) return std::move(scanned).error();
  std::ranges::sort(all, {}, &StoredCursor::key);
  return all;
}

Result<std::vector<Note>> RocksJournal::notes(std::string_view prefix) {
  if (Result<void> readable = ensure_readable(); !readable) return std::move(readable).error();
  std::vector<Note> found;
  const auto each = [&](ByteView stored, ByteView value) -> Result<void> {
    Result<std::string> name = note_name_from(stored);
    if (!name) return std::move(name).error();
    Result<Bytes> note = decode_note(value);
    if (!note) return std::move(note).error().in(*name);
    found.push_back({*std::move(name), *std::move(note)});
    return {};
  };
  const auto [from, to] = note_range(prefix);
  if (Result<void> scanned = scan_cursors(from, to, each); !scanned) return std::move(scanned).error();
  return found;
}

Result<void> RocksJournal::scan_cursors(ByteView from, ByteView to, const RocksStore::Each& each) {
  Result<void> scanned = store_->scan(Family::cursors, from, to, each);
  return !scanned && scanned.error().code() == Code::corrupt ? damaged(std::move(scanned).error()) : scanned;
}

Result<RocksJournal::KeyState*> RocksJournal::state_of(const CursorKey& key) {
  if (const auto known = keys_.find(key); known != keys_.end()) return &known->second;
  KeyState state;
  if (Result<CursorState> read = read_state(key, state); !read) return std::move(read).error();
  return &(keys_[key] = std::move(state));
}

Result<StoredSegment> RocksJournal::batch(const SegmentId& id) {
  const LaneRow& lane = lanes_[index_of(id.lane)].row;
  const std::string which = std::string{name(id.lane)} + ": segment " + std::to_string(id.sequence);
  if (id.sequence < lane.first || id.sequence > lane.last) return Error{Code::absent, which + " is not in the journal"};
  if (!store_) return *failed_;
  Result<Bytes> stored = store_->get(Family::segments, segment_key(id));
  if (!stored) {
    const Code code = stored.error().code();
    Error error = std::move(stored).error().in(which);
    return code == Code::absent || code == Code::corrupt ? damaged(std::move(error)) : std::move(error);
  }
  const std::uint32_t checksum = stored->size() < 4 ? 0 : stored_checksum(*stored);
  Result<Segment> segment = decode_segment(*std::move(stored));
  if (!segment) return damaged(std::move(segment).error().in(which));
  return StoredSegment{id, *std::move(segment), checksum};
}

Result<void> RocksJournal::trim(const SegmentId& id) {
  TG_ASSERT(id.sequence <= lanes_[index_of(id.lane)].row.last, "no trim runs ahead of what was committed");
  if (Result<void> writable = ensure_writable(); !writable) return writable;
  while (lanes_[index_of(id.lane)].row.first <= id.sequence) {
    const std::uint64_t step = std::min(id.sequence, lanes_[index_of(id.lane)].row.first + trim_step_max - 1);
    if (Result<void> trimmed = trim_to({id.lane, step}); !trimmed) return trimmed;
  }
  give_back_disk();
  return {};
}

Result<IndexRow> RocksJournal::index_row(const SegmentId& id) {
  Result<Bytes> stored = store_->get(Family::index, segment_key(id));
  if (!stored && stored.error().code() != Code::absent && stored.error().code() != Code::corrupt) return std::move(stored).error();
  if (!stored) return damaged(std::move(stored).error().in(name(id.lane)));
  Result<IndexRow> row = decode_index_row(*stored);
  if (!row) return damaged(std::move(row).error().in(name(id.lane)));
  return row;
}

// The head moves in the batch that deletes: nobody ever scans what lies before it. Returns the lane as the batch will leave it.
Result<LaneState> RocksJournal::remove_up_to(Batch& batch, const SegmentId& id) {
  LaneState next = lanes_[index_of(id.lane)];
  Result<IndexRow> last = index_row(id);
  if (!last) return std::move(last).error();
  for (std::uint64_t sequence = next.row.first; sequence <= id.sequence; ++sequence) {
    batch.remove_once(Family::segments, segment_key({id.lane, sequence}));
    batch.remove_once(Family::index, segment_key({id.lane, sequence}));
  }
  next.row.first = id.sequence + 1;
  next.row.records_trimmed = last->records_ever;
  next.row.bytes_trimmed = last->bytes_ever;
  if (next.row.first <= next.row.last) {
    Result<IndexRow> head = index_row({id.lane, next.row.first});
    if (!head) return std::move(head).error();
    next.oldest = head->oldest;
  }
  batch.put(Family::meta, lane_key(id.lane), encode(next.row));
  return next;
}

Result<void> RocksJournal::trim_to(const SegmentId& id) {
  Batch batch{*store_};
  Result<LaneState> next = remove_up_to(batch, id);
  if (!next) return std::move(next).error();
  if (Result<void> written = batch.write(Sync::no); !written) return failed_write(std::move(written).error());
  LaneState& lane = lanes_[index_of(id.lane)];
  trimmed_since_look_ += next->row.bytes_trimmed - lane.row.bytes_trimmed;
  lane = *std::move(next);
  publish_usage();
  return {};
}

// In the steady state segments are trimmed before they are flushed, no blob file is written and nothing happens here.
void RocksJournal::give_back_disk() {
  if (trimmed_since_look_ < look_for_dead_every) return;
  trimmed_since_look_ = 0;
  const std::uint64_t kept = usage_.bytes;
  const std::uint64_t spared = kept == 0 ? 0 : dead_bytes_max;
  if (store_->blob_bytes() <= kept + spared) return;
  std::vector<RocksStore::DeadRange> dead;
  for (const Lane lane : stored_lanes) {
    dead.push_back({segment_key({lane, 0}), segment_key({lane, lanes_[index_of(lane)].row.first})});
  }
  Result<void> collected = store_->collect(dead, RocksStore::Rewrite::no);
  if (collected && store_->blob_bytes() > 2 * kept + rewrite_least) {
    for (const Lane lane : stored_lanes) dead[index_of(lane)].to = lane_end(lane);
    collected = store_->collect(dead, RocksStore::Rewrite::yes);
  }
  // The trim itself is done; a disk that fails here fails the next write, which says so.
  if (!collected) trimmed_since_look_ = look_for_dead_every;
}

void RocksJournal::publish_usage() {
  JournalUsage usage;
  usage.budget = budget_.limits().bytes;
  for (const Lane lane : stored_lanes) {
    const LaneState& state = lanes_[index_of(lane)];
    LaneUsage& kept = lane == set_aside_lane ? usage.set_aside : usage.lanes[index_of(lane)];
    kept = {.first = state.row.first,
            .last = state.row.last,
            .records = state.row.records_ever - state.row.records_trimmed,
            .bytes = kept_bytes(state.row),
            .records_ever = state.row.records_ever,
            .bytes_ever = state.row.bytes_ever,
            .oldest = state.oldest};
    usage.bytes += kept_bytes(state.row);
  }
  const std::lock_guard lock{usage_mutex_};
  usage_ = usage;
}

JournalUsage RocksJournal::usage() const {
  const std::lock_guard lock{usage_mutex_};
  return usage_;
}

}  // namespace tidegate
