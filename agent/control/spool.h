// Spool: what waits in the journal, and for how long it lasts: how fast it is filled and emptied, from what the journal itself
// counts (P12). An hour is looked back on, one sample a minute.
//
// Thread: the owner's.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "storage/types.h"

namespace tidegate {

struct LaneRates {
  double read_per_s = 0;     // records that came in
  double shipped_per_s = 0;  // and that were acknowledged
};

struct SpoolView {
  WallTime now{};
  JournalUsage usage;
  std::chrono::seconds over{0};                // what the rates are of; 0: nothing is known yet
  double read_bytes_per_s = 0;                 // of the last hour
  std::array<LaneRates, lane_count> recent{};  // of the last five minutes

  // How long the whole budget lasts at the rate at which it was filled in the last hour, and what is left of it. Absent: nothing
  // came in, or nothing is known yet.
  std::optional<std::chrono::seconds> capacity() const;
  std::optional<std::chrono::seconds> left() const;
  // Until the lane is empty. Absent: it does not shrink.
  std::optional<std::chrono::seconds> drained_in(Lane lane) const;
};

class SpoolMeter {
 public:
  static constexpr std::chrono::minutes sample_every{1};

  // To be called so often.
  void sample(SteadyTime now, const JournalUsage& usage);
  SpoolView view(SteadyTime now, WallTime wall, const JournalUsage& usage) const;

 private:
  struct Sample {
    SteadyTime at{};
    JournalUsage usage;
  };
  std::deque<Sample> samples_;  // the oldest first; an hour of them
};

std::string spool_text(const SpoolView& view);
// {now, lanes: [{lane, records, bytes, oldest_seconds, drain_seconds (or null)}], set_aside: {chunks, records, bytes,
// oldest_seconds}, spool: {bytes, budget_bytes, read_bytes_per_second, capacity_hours (or null), left_hours (or null)}}
std::string spool_json(const SpoolView& view);

}  // namespace tidegate
