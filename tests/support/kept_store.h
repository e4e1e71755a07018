// The stores that are kept under tests/data/stores, one as each release wrote it: what went into them. Played on a model, the
// recipe says years later what must still be found.
//
// It never changes: a store that is kept holds what it says, and no later program can write the store of an older one again.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "storage/journal.h"

namespace tidegate {

inline constexpr Id128 kept_store_epoch{0x7469646567617465, 2};

// Two pages of the live reading of alerts, with a note; then the first of their segments is trimmed.
Result<void> play_first_half(Journal& journal);
// A page of a back-fill of techniques, with a note and an own event.
Result<void> play_second_half(Journal& journal);

// One page more of each reader, and the older segments trimmed: what an agent does with a store that it has taken over.
Result<void> play_on(Journal& journal);

// Writes the store into a folder that is made for it. The first half lies in tables and blob files, the second in the log alone.
//   `invalid`: the folder is there already.
Result<void> write_kept_store(const std::filesystem::path& folder);

}  // namespace tidegate
