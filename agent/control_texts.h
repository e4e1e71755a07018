// How the control socket shows cursors and back-fills: as text for people and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/control/backfills.h"
#include "storage/types.h"

namespace tidegate {

// A line for each reading, and one for the window that it is in.
std::string cursors_text(const std::vector<StoredCursor>& cursors);
// {"cursors": [{connector, content_type, backfill (number or null), read_through, settled, position, pass_to,
// window: null or {from, to, pages, attempts, total_count}}]}; times as ISO 8601, null where there is none yet.
std::string cursors_json(const std::vector<StoredCursor>& cursors);

std::string backfills_text(const std::vector<BackfillView>& backfills);
// {"backfills": [{number, connector, content_type, from, to, state, progress (0 to 1), created, trouble}]}
std::string backfills_json(const std::vector<BackfillView>& backfills);

}  // namespace tidegate
