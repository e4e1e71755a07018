#include "tests/sim/checkers.h"

namespace tidegate {

std::vector<std::unique_ptr<Checker>> all_checkers() {
  std::vector<std::unique_ptr<Checker>> all;
  for (const auto make : {make_no_gap, make_no_twin, make_page_and_cursor, make_ack_is_durable, make_budget, make_fresh_first,
                          make_polite, make_bad_config, make_heals, make_truth, make_lane_order, make_drains, make_bounded})
    all.push_back(make());
  return all;
}

}  // namespace tidegate
