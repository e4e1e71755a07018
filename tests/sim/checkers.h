// Checkers: what must hold in a fleet, one for each promise that the simulation reaches. Each says atop its file why what it minds
// can never be seen on sound code.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/fleet.h"

namespace tidegate {

std::unique_ptr<Checker> make_no_gap();           // P1
std::unique_ptr<Checker> make_no_twin();          // P2
std::unique_ptr<Checker> make_page_and_cursor();  // P3
std::unique_ptr<Checker> make_ack_is_durable();   // P4
std::unique_ptr<Checker> make_budget();           // P5
std::unique_ptr<Checker> make_fresh_first();      // P6
std::unique_ptr<Checker> make_polite();           // P7
std::unique_ptr<Checker> make_bad_config();       // P8
std::unique_ptr<Checker> make_heals();            // P11
std::unique_ptr<Checker> make_truth();            // P12
std::unique_ptr<Checker> make_lane_order();
std::unique_ptr<Checker> make_drains();
std::unique_ptr<Checker> make_bounded();

// All of the above, each once.
std::vector<std::unique_ptr<Checker>> all_checkers();

}  // namespace tidegate
