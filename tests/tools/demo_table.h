// The demonstration's table: one row per lane, drawn anew each second on a terminal, as plain lines elsewhere.
//
// Counters of a process begin at zero when it starts again, so the table adds what earlier lives had reached: the agent's by
// the last reading (what it counted after that is in its journal and in no counter), the processor's by asking the index.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/support/rig_metrics.h"
#include "tests/support/vision_one_options.h"

namespace tidegate {

inline constexpr std::size_t demo_lanes = feed_count;  // by feed

struct LaneFigures {
  double collected = 0;
  double committed = 0;
  double shipped = 0;
  double indexed = 0;
  double backlog = 0;
  double lag_seconds = 0;
};
using DemoFigures = std::array<LaneFigures, demo_lanes>;

enum class Life : std::uint8_t { away, running };

class DemoTable {
 public:
  explicit DemoTable(const Clock& clock);

  // A new reading of a running agent or processor.
  void read_agent(const MetricsReading& reading);
  void read_processor(const MetricsReading& reading);
  // The process has ended: the next reading begins at zero.
  void agent_ended();
  void processor_ended(const std::array<std::uint64_t, demo_lanes>& indexed);

  Life agent() const { return agent_; }
  Life processor() const { return processor_; }
  double committed() const;
  double backlog() const;

  // Draws at most once a second, or every three seconds where there is no terminal.
  void draw();
  void draw_now();
  // A line that stays, above the table.
  void say(const std::string& line);

 private:
  void erase();
  void print_rows();
  std::string row(std::size_t lane) const;
  std::string elapsed() const;

  const Clock& clock_;
  const bool terminal_;
  const SteadyTime started_;
  SteadyTime drawn_{};
  std::size_t rows_on_screen_ = 0;
  Life agent_ = Life::away;
  Life processor_ = Life::away;
  DemoFigures earlier_{};  // what earlier lives had reached
  DemoFigures total_{};
};

}  // namespace tidegate
