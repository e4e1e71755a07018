// `bench soak`: an hour of live techniques at a steady rate, while the receiver comes and goes. Does the agent use at the end
// what it used at the beginning?
//
// A cycle is the receiver's absence and its presence after it. It ends when its time is over and the backlog is drained. There
// the agent is measured: what it keeps for a backlog is no part of the figures. An eighth of the cycles, the first ones, are the
// warm-up and left out. Of each of these the rest gives four keys:
//
//   rss_mb               resident memory, counted page by page
//   disk_mb              of the files in its state directory, by the blocks that they take
//   cpu_s_per_million    of all threads over the cycle, for a million of the records that were acknowledged in it
//
//   …_first, …_last      median of the first and of the last quarter of the cycles
//   …_slope_per_h        of a line through the cycles that outliers do not bend (trend.h)
//   …_noise              how far they lie from the line, as a standard deviation. Within an hour a slope below it is none
//
//   missing, twins       by the records' ids, against the simulator's ledger, after the last record
//   records, cycles      received; warm-up included
//   peak_rss_mb, disk_mb_max, backlog_mb_max    of the whole run, the receiver's absence included
//   open_files_first, open_files_last           descriptors at the end of the first cycle behind the warm-up, and of the last
//
// The API is read with the interval and overlap of the product's own settings to scale: each record three times, so that what is
// remembered of the records seen before is filled and emptied all the while. So the CPU of a record is not that of `pipeline`.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct SoakOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t seconds = 3600;  // of traffic
  std::uint64_t records_per_second = 500;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seed = 1;
  std::uint64_t away_every = 120;  // seconds: a cycle
  std::uint64_t away_for = 40;     // seconds: of each cycle, the first
  std::uint64_t sample_every = 10;
};

// Ends within `seconds` and five minutes. `invalid`: the options do not fit together.
Result<Report> bench_soak(const SoakOptions& options, const Clock& clock);

}  // namespace tidegate
