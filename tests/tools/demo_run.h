// The demonstration: the whole way of the data on this machine, with an outage and a crash on the way, and a verdict.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/rig.h"
#include "tests/tools/demo_table.h"

namespace tidegate {

struct DemoOptions {
  std::filesystem::path directory;   // of this run
  std::filesystem::path programs;    // where tidegate-agent and the others stand
  std::chrono::seconds length{60};   // of the live part; the replay comes after it
  std::uint64_t techniques = 50000;  // in the backlog
  std::uint64_t seed = 1;
  std::string api_base_url{};  // a real tenant instead of the simulator
  std::filesystem::path token_file{};
};

class Demo {
 public:
  Demo(DemoOptions options, const Clock& clock);

  // True: nothing missing, no twin. The verdict's line is the last that is printed.
  Result<bool> run();

 private:
  Result<void> set_up();
  Result<void> take_processor_away();
  Result<void> kill_agent();
  Result<void> bring_back(Part part);
  Result<void> live();
  Result<void> drain();
  Result<bool> judge_simulator();
  Result<bool> judge_tenant();
  void show_search() const;

  // Reads and draws until `until` says so, or `at_most` is over.
  template <class Condition>
  Result<void> watch(std::chrono::nanoseconds at_most, Condition until);
  // The same, and that the time is over is well, too.
  template <class Condition>
  Result<void> wait(std::chrono::nanoseconds at_most, Condition until);
  Result<void> look_after(Part part, Life life);
  void read();
  std::chrono::nanoseconds at(double share) const;
  bool simulated() const { return options_.api_base_url.empty(); }

  DemoOptions options_;
  const Clock& clock_;
  SteadyTime started_{};
  DemoTable table_;
  std::unique_ptr<Rig> rig_;
};

}  // namespace tidegate
