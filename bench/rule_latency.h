// How soon a rule acts, the second part of `bench rules`. A processor with a control plane, as it is delivered, takes 10,000
// records/s of one sensor; for half the time there is no rule, then a hundred are applied by the command. Of these one isolates the
// endpoint of each alert of a kind that comes once a second, the others are met by one record in 200. The API is a simulated one in
// this process.
//
//   delay_ms_p50, _p99, _max   from when the chunk with such an alert began to be sent, to when the API had the request; of fewer
//                              than 100 alerts p99 is the longest
//   actions_missing            alerts whose request did not come
//   actions_twins              requests that came again (P9)
//   processor_percent_without, processor_percent_with   of one core, all threads of the processor, without and with rules
//   sent_per_s                 records, with rules; less than 10,000 where the processor did not acknowledge as fast
//   chunks_behind              landed and not indexed, at the end: rules do not wait for the index, which may be many behind
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct RuleLatencyOptions {
  std::filesystem::path directory;
  std::filesystem::path programs;
  std::chrono::seconds seconds{60};  // that alerts come
  std::uint64_t seed = 1;
};

Result<Figures> measure_rule_latency(const RuleLatencyOptions& options, const Clock& clock);

}  // namespace tidegate
