// The journal: what was read and not yet acknowledged, the cursors, and the ids seen. It promises P3 (a page and its
// cursor are one synced write) and gives back segments in the order in which they were committed to their lane.
//
// Thread: every call is made on the journal's one thread; usage() and epoch() may be called from any.
// Time is an argument: the journal asks no clock.
#pragma once

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

  // Commits one page in one synced batch (P3). After ok it survives any crash; the ids of its segments come back in
  // order. After `full` nothing was written: reading must pause (P5). After any other error the page may or may not be
  // in: load() again, and go on from the cursor that is found there.
  virtual Result<std::vector<SegmentId>> commit(const Commit& commit) = 0;

  // The segment at this place. `absent`: trimmed or not yet committed. `corrupt`: its checksum does not hold.
  virtual Result<StoredSegment> batch(const SegmentId& id) = 0;

  // Forgets the lane's segments up to and including `id`. Not synced: after a crash they may be back, and a re-send
  // of the same chunk id is harmless (P2).
  //   requires: id.sequence <= usage().lane(id.lane).last
  virtual Result<void> trim(const SegmentId& id) = 0;

  virtual JournalUsage usage() const = 0;
};

}  // namespace tidegate
