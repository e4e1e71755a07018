// `bench rules`: what rules on the stream cost a processor, and how soon they act.
//
// The cost: the judge over its store on disk, fed with batches of what arrives in 200 ms at 10,000 records/s; after each, what it
// decided is on stable storage. One record in 200 is met by some of the hundred rules. Of each of
// these, KEY is how many rules are in force (0, 1, 10, 100), or 100_dense: one record in ten is met.
//
//   core_percent_KEY       of one core at 10,000 records/s, by the thread's CPU
//   cpu_us_KEY, wall_us_KEY   of a record; a wait for the disk is in the second alone
//   decisions_KEY          fired, muted or capped, and of them fired_KEY
//   written_bytes_KEY      of a record, by this process to disks
//
// The delay (rule_latency.h): a processor with those rules under 10,000 records/s.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct RulesOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t records = 500'000;  // of each KEY
  std::uint64_t seconds = 60;       // of the delay; 0: the cost alone
  std::uint64_t seed = 1;
};

Result<Report> bench_rules(const RulesOptions& options, const Clock& clock);

}  // namespace tidegate
