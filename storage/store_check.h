// StoreCheck: opens a store that is there, and proves that nothing acknowledged is missing from it, as far as that can be
// known without reading every payload (heal.h lists what is proved).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <utility>

#include "base/id128.h"
#include "base/result.h"
#include "storage/keys.h"
#include "storage/rocks_store.h"
#include "storage/rows.h"

namespace tidegate {

// A lane as its rows tell: from its head to its tail without a hole.
struct LaneState {
  LaneRow row;
  WallTime oldest{};  // record time of the first segment kept; meaningless when empty
  // Reading again from here meets every record kept: by the reader's lane and number, as in CursorKey. As found at the opening.
  std::map<std::pair<Lane, std::uint32_t>, WallSeconds> read_from;
};

struct OpenedStore {
  std::unique_ptr<RocksStore> store;
  Id128 epoch;
  std::uint32_t format = format_version;
  bool log_cut = false;  // the log's end was damaged, with no commit after it, and was dropped
  std::array<LaneState, stored_lane_count> lanes;
};

//   `corrupt`: it is damaged, and the text says how.   `unavailable`: held by another process, or the disk fails.
//   `full`: no space to open it.   `invalid`: no permission, or written by a newer version.
Result<OpenedStore> open_checked(const StorePlace& place);

// `corrupt`: a hole, a row that does not decode, or sums that do not agree.
Result<LaneState> check_lane(const RocksStore& store, Lane lane);

}  // namespace tidegate
