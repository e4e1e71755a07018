// Heal: opens the store, proves that nothing acknowledged is missing from it, and where that fails sets the damaged
// directory aside and begins anew with the cursors moved back, and with the notes (P11). What was lost is then read again from
// the API.
//
// What is proved at each open, without reading the payloads: no commit in the write-ahead log stands behind a damage
// (a torn end is what a crash leaves: every commit is synced before it is acknowledged); every table's checksums hold; every blob
// file is there with its full length; every lane's index runs from its head to its tail without a hole and adds up to the lane's
// totals; the first and the last segment of each lane decode. A payload that rots in between is found when it is read, marked, and
// healed at the next open.
#pragma once

#include <cstddef>
#include <string>

#include "base/id128.h"
#include "base/result.h"
#include "storage/store_check.h"

namespace tidegate {

// Damaged directories that are kept beside the journal; when there are more, the oldest is removed.
inline constexpr std::size_t set_aside_max = 2;

// What open() found and did. A caller logs it, and counts `healed` (P11, P12).
struct OpenReport {
  bool created = false;           // there was no store: first start, or an emptied state directory
  bool healed = false;            // there was one, damaged: it was set aside, a new one begun with a new epoch
  bool log_cut = false;           // the log's end was damaged and dropped: at most one page, which is read again
  std::string set_aside_path;     // where the damaged store is now: "<directory>.damaged-<n>"
  std::string removed_path;       // an older damaged store that made room; empty: none
  std::string reason;             // why it was held to be damaged
  std::size_t cursors_kept = 0;   // moved back before everything that was lost
  bool cursors_complete = false;  // false: some cursor or note could not be saved; that content type begins at first_read again
};

// Opens, and where needed creates or heals.
//   `fresh_epoch` is used only when a store is begun.
//   `unavailable`: another process holds it, or the disk fails; later, or once that process is gone.
//   `full`: no space to open it.   `invalid`: no permission, not a directory, or written by a newer version.
Result<OpenedStore> open_or_heal(const StorePlace& place, const Id128& fresh_epoch, OpenReport& report);

}  // namespace tidegate
