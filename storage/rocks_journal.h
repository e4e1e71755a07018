// RocksJournal: the Journal on RocksDB. One commit is one batch and one sync (P3); the format is in keys.h and rows.h.
//
// Promises: after ok, a commit survives kill -9 and power loss (the disk's own flush assumed to be true). Memory is bounded,
// whatever the backlog: 32 MiB of write buffers, 8 MiB of block cache, and per content type 16 bytes for each pack of
// seen ids (DESIGN.md, "Memory and disk"). Disk is what is kept, at most `budget`, plus `journal_overhead_bytes_max`; while few
// segments pin the files of many that are trimmed, as much again as is kept.
//
// After a failed write, what to do:
//   full         Nothing was written. Pause, and commit again later; the journal tries by itself to go on with each commit or
//                trim. Where the disk refused (not the budget), a commit may prove to have been kept after all: then
//                the next commit for that key answers `unavailable`, and load() tells where to go on.
//   unavailable  The disk failed. Every commit and trim says so until load() has opened the store again; go on from its answer.
//   corrupt      Stored bytes do not hold. The damage is marked: close the journal and open it, which heals (P11).
//   invalid      The commit breaks a named limit; nothing was written.
//
// Thread: as Journal says. The directory is locked: one process, one journal.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/budget.h"
#include "storage/heal.h"
#include "storage/journal.h"

namespace tidegate {

class Batch;

struct JournalOptions {
  std::filesystem::path directory;  // of the journal alone; made, with its parents, where it is missing
  std::uint64_t budget = 4ull << 30;
  std::uint64_t keep_free = 1ull << 30;
  Id128 fresh_epoch;  // drawn by the caller at each start; used only when a store is begun
  // Null: the machine's disk. Tests give one that forgets and fails, or lives in memory.
  std::shared_ptr<rocksdb::Env> env = nullptr;
};

// Limit of one commit, own events included, beside those of a segment (segment.h), a link (rows.h), a pack (seen_set.h) and its
// notes (types.h): beyond them it is `invalid`.
inline constexpr std::size_t commit_segments_max = 1024;

// Disk beyond the segments kept: write-ahead log, tables, the library's own log, dead blobs not yet collected.
inline constexpr std::uint64_t journal_overhead_bytes_max = 96ull << 20;

class RocksJournal final : public Journal {
 public:
  // `report` is filled whatever the result. Errors as open_or_heal() has them.
  static Result<std::unique_ptr<RocksJournal>> open(const JournalOptions& options, OpenReport& report);
  ~RocksJournal() override;

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
  // What is known of a pack of ids beside its row: enough to forget it.
  struct Pack {
    std::uint64_t number = 0;
    WallSeconds latest{};
  };
  // One content type, as its rows stand on disk.
  struct KeyState {
    CursorRow row;
    bool stored = false;  // false: never committed
    std::vector<Pack> packs;
  };
  // What a commit will have made of the state, once it is written.
  struct Next {
    std::array<LaneState, stored_lane_count> lanes;
    KeyState key;
    std::vector<SegmentId> ids;
  };
  // A commit that the disk refused for want of space: whether it is in is known when the store is opened again.
  struct Uncertain {
    CursorKey key;
    std::uint64_t commits = 0;
  };

  RocksJournal(const JournalOptions& options, const StorePlace& place, OpenedStore opened);

  void adopt(OpenedStore opened);
  Result<void> reopen();
  Result<void> ensure_writable();
  Result<void> ensure_readable();
  const Error& failed_write(Error error);
  Error damaged(Error error);

  Result<CursorState> read_state(const CursorKey& key, KeyState& state);
  Result<KeyState*> state_of(const CursorKey& key);
  Result<void> scan_cursors(ByteView from, ByteView to, const RocksStore::Each& each);
  static SegmentId append(Batch& batch, Lane lane, LaneState& state, const Segment& segment, IndexRow index);
  Result<Next> write_page(const Commit& commit, const KeyState& before);
  Result<IndexRow> index_row(const SegmentId& id);
  Result<LaneState> remove_up_to(Batch& batch, const SegmentId& id);
  Result<void> trim_to(const SegmentId& id);
  Result<bool> is_set_aside(const SegmentId& id);
  void give_back_disk();
  void publish_usage();

  StorePlace place_;
  Budget budget_;
  std::unique_ptr<RocksStore> store_;  // null only between a failed reopening and the next
  Id128 epoch_;
  std::array<LaneState, stored_lane_count> lanes_;
  std::map<CursorKey, KeyState> keys_;
  std::optional<Error> failed_;           // set: the store takes no writes until it is opened again
  std::optional<Uncertain> uncertain_;    // only while failed_
  std::set<CursorKey> kept_after_all_;    // their callers were told `full`
  std::uint64_t trimmed_since_look_ = 0;  // bytes trimmed since dead blobs were last looked for

  mutable std::mutex usage_mutex_;
  JournalUsage usage_;
};

}  // namespace tidegate
