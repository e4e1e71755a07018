// `bench idle`: what an agent costs that has nothing to do. Three connectors with all content types and the product's own
// intervals, an API without a record, a receiver that is there. Measured from when the first polls are over, for one interval
// (5 min), so that every poll is in it once; a shorter time would hold none.
//
//   rss_mb            resident memory at the end, counted page by page
//   cpu_ms_per_min    of all threads
//   api_requests      while it was measured: 0 says that only waiting was
#pragma once

#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct IdleOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t seconds = 300;
};

Result<Report> bench_idle(const IdleOptions& options, const Clock& clock);

}  // namespace tidegate
