// A benchmark several times, one run after the other, as one report. Its figures are medians: one run that was disturbed moves
// none of them. What was lost or came twice is the worst of the runs instead, for a loss in one of them is a loss.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

// Whether that key counts what must not be: it ends in `lost`, `missing` or `twins`.
bool counts_losses(std::string_view key);
// Nothing was missing in any run of the agent, and nothing came twice.
bool nothing_lost(const Report& report);

// A key or a peer that not every run has is judged by those that have it. A fact that a later run tells otherwise than the first
// one stands behind the first one's, with the number of the run.
//   requires: there is at least one run
Report merge_runs(const std::vector<Report>& runs);

// Told on standard error which run it is. An error of one run is the error of all.
Result<Report> run_several(std::uint64_t runs, const std::function<Result<Report>()>& bench);

}  // namespace tidegate
