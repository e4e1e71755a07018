// `bench startup`: an agent that is started with a large backlog, until it ships again. The journal is filled while no receiver is
// there, the agent is stopped, the receiver comes, and the agent is started.
//
//   first_byte_ms     from just before the process is forked to the first byte of a chunk at the receiver: opening and proving the
//                     journal, the session, the first segment. Its files are in the page cache as far as they fit there, as
//                     after a restart of the service, not of the machine
//   peak_rss_mb       of the process from its start, through `seconds` of draining; meanwhile it also goes on collecting
//
// What an opening costs follows the number of segments, not their bytes. To fill gigabytes in minutes segments are not
// compressed, but small: about `segment_records` records each, as many bytes as a page of 200 comes to when it is compressed. So
// there are as many segments as in a compressed backlog of the same size. 10 GB are 6 million records of 1.6 KB; the filling takes
// a sync for each segment, and is told on standard error.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct StartupOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  double backlog_gb = 10;
  std::uint64_t segment_records = 20;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
};

Result<Report> bench_startup(const StartupOptions& options, const Clock& clock);

}  // namespace tidegate
