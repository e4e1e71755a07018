// The journal: what was read and not yet acknowledged, the cursors, and the ids seen. It promises P3 (a page and its
// cursor are one synced write) and gives back segments in the order in which they were committed to their lane.
//
// Thread: every call is made on the journal's one thread; usage() and epoch() may be called from any.
// Time is an argument: the journal asks no clock.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/types.h"

namespace tidegate {

class Journal {
 public:
  virtual ~Journal() = default;

  // Drawn when the state directory was made: a rebuilt sensor never reuses chunk ids.
  virtual Id128 epoch() const = 0;

  // Where reading goes on, and the ids that a read-again may meet. `corrupt`: the stored state breaks its format.
  virtual Result<CursorState> load(const CursorKey& key) = 0;

  // Where every reading stands, back-fills included, in the order of their keys.
  virtual Result<std::vector<StoredCursor>> cursors() = 0;

  // The notes whose names begin so, in the order of their names.
  virtual Result<std::vector<Note>> notes(std::string_view prefix) = 0;

  // Writes notes alone, in one synced batch. No budget holds them back. After any error they may or may not be in: asking again is
  // harmless.
  virtual Result<void> put_notes(const std::vector<Note>& notes) = 0;

  // Commits one page in one synced batch (P3). After ok it survives any crash; the ids of its segments (not those of its
  // own events) come back in order. After `full` nothing was written: reading must pause (P5). After any other error the page may
  // or may not be in: load() again, and go on from the cursor that is found there.
  virtual Result<std::vector<SegmentId>> commit(const Commit& commit) = 0;

  // Forgets a reader that is done: its cursor and the ids it has seen, and writes the notes, in one synced batch. Segments
  // stay until they are trimmed. Nothing happens to a cursor that is not there. After any error it may or may not be done: asking
  // again is harmless.
  //   requires: nobody commits under this key any more, or whoever does loads it first
  virtual Result<void> forget(const CursorKey& key, const std::vector<Note>& notes) = 0;

  // The segment at this place. `absent`: trimmed or not yet committed. `corrupt`: its checksum does not hold.
  virtual Result<StoredSegment> batch(const SegmentId& id) = 0;

  // Forgets the lane's segments up to and including `id`. Not synced: after a crash they may be back, and a re-send
  // of the same chunk id is harmless (P2).
  //   requires: id.sequence <= usage().lane(id.lane).last
  virtual Result<void> trim(const SegmentId& id) = 0;

  // Keeps a copy of the segment beside the lanes, synced: its lane may be trimmed past it then, and it stays until it is taken
  // back. A segment that is set aside already is left as it is. `absent`: not in its lane. `full`: no room in the budget, or in the
  // quarter of it that may be set aside; nothing was written.
  virtual Result<void> set_aside(const SegmentId& id) = 0;

  // Puts what was set aside first behind the last segment of the lane that it came from, in one synced batch, and returns its new
  // place: to the wire it is another chunk. `absent`: nothing is set aside. `full`: nothing was written.
  virtual Result<SegmentId> take_back() = 0;

  virtual JournalUsage usage() const = 0;
};

}  // namespace tidegate
