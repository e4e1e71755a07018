// `bench collect`: how fast the agent reads a backlog, against curl fetching the same pages: over TLS, one kept connection, one
// page after the other. The agent parses, tells twins apart, stores and syncs what curl throws away; the ratio says what that
// costs. There is no processor: the journal takes it all.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct CollectOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t records = 1'000'000;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seed = 1;
};

Result<Report> bench_collect(const CollectOptions& options, const Clock& clock);

}  // namespace tidegate
