// What the benchmarks have in common: a folder of their own, a backlog of techniques at the simulator with an agent that is set to
// read it as fast as it can, waits that have an end, and what a process uses.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "bench/report.h"
#include "tests/support/rig.h"

namespace tidegate {

struct BacklogOptions {
  std::filesystem::path directory;  // emptied before and after
  std::filesystem::path programs;
  std::uint64_t records = 0;
  std::uint64_t technique_bytes = 1600;
  std::uint64_t seed = 1;
  std::uint64_t period_seconds = 6 * 3600;  // before the start, that the records are spread over

  Facts parameters() const;
};

// Empties it; of a run that failed, what explains it stays: all but the agent's state, which may be as large as the backlog.
void clean_folder(const std::filesystem::path& directory, bool failed);

// Runs a benchmark in the folder of its options, which is emptied before and after it.
template <class Bench, class Options>
Result<Report> run_in_clean_folder(const Options& options, const Clock& clock) {
  clean_folder(options.directory, false);
  const auto run = [&] {
    Bench bench{options, clock};  // its processes end with it
    return bench.run();
  };
  Result<Report> report = run();
  clean_folder(options.directory, !report);
  return report;
}

// Simulator and agent for a backlog. The agent ships to `data_port` of this machine.
RigOptions backlog_rig(const BacklogOptions& options, std::uint16_t data_port);
// The rig, with nothing started.
Result<std::unique_ptr<Rig>> make_backlog_rig(const BacklogOptions& options, std::uint16_t data_port, const Clock& clock);

// The number under a key of the simulator's statistics; nested keys by a slash, as JSON pointers are written.
Result<double> number_in(const Bytes& json, const char* pointer);

// A wait for an amount to be reached, told on standard error every ten seconds.
struct Awaited {
  std::string what;  // "outage: records buffered"
  double whole = 0;
  std::function<std::optional<double>()> amount;  // so far; absent where it cannot be told just now
  std::chrono::milliseconds look_again{50};
};
// `unavailable`: the agent has ended. `timeout`: no progress for 90 s, which is more than its longest wait between two tries
// to reach the receiver, or not done within two hours.
Result<void> wait_for(const Awaited& awaited, Rig& rig, const Clock& clock);

// Between two looks at what is waited for: as rarely as the figure allows, because looking takes from the processors that it is
// about.
inline constexpr std::chrono::milliseconds look_closely{5};
inline constexpr std::chrono::milliseconds look_again{20};
inline constexpr std::chrono::milliseconds look_rarely{100};

double in_seconds(std::chrono::nanoseconds span);
// Of all its threads so far, to the nanosecond; /proc tells hundredths of a second. 0: the process has ended.
double cpu_seconds_of(pid_t process);
// Resident memory now, counted page by page. 0: it cannot be told.
std::uint64_t rss_bytes_of(pid_t process);

}  // namespace tidegate
