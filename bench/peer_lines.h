// What the peers of `bench pipeline` read: a file of techniques as the API serves them, one JSON object per line. It is on the
// disk when a function returns, so that no peer waits for the writing of its own input, and in the page cache as far as it fits.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/rig.h"

namespace tidegate {

struct Lines {
  std::filesystem::path file;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

// Every technique of the simulator's backlog.
Result<Lines> fetch_lines(const Rig& rig, const std::filesystem::path& file, const Clock& clock);
// The first of them, `records` at most.
Result<Lines> first_lines(const Lines& lines, std::uint64_t records, const std::filesystem::path& file);

}  // namespace tidegate
