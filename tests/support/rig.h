// The whole system on loopback: simulator, processor and agent as processes of their own, in a folder of their own, with
// certificates made for it. What a demonstration, a crash test and a benchmark stand on.
//
// Everything is bounded in time, and nothing is left behind: parts that still run are killed with the rig. The folder
// stays; it is the caller's.
// Thread: the owner's, which must outlive the rig's processes (process.h says why).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tests/support/process.h"
#include "tests/support/rig_metrics.h"
#include "tests/support/test_pki.h"
#include "tests/support/verdict.h"

namespace tidegate {

enum class Part : std::uint8_t { simulator, processor, agent };
inline constexpr std::size_t part_count = 3;

// "simulator", "processor", "agent".
std::string_view name(Part part);

using Settings = std::map<std::string, std::string>;

struct RigOptions {
  std::filesystem::path directory;           // made where it is missing
  std::filesystem::path programs;            // where tidegate-agent and the others stand
  std::vector<std::string> simulator_flags;  // beside address, token, certificate
  // An API beside the simulator; with it the simulator is never started, and there is no ledger.
  std::string api_base_url{};
  std::filesystem::path api_token_file{};
  std::filesystem::path api_ca_file{};  // empty: the system's roots
  // A receiver beside the processor, "127.0.0.1:4711", with a certificate of pki(); with it the processor is never started.
  std::string data_address{};
  bool sensor_certificate = true;  // false: the agent has none to show to the receiver
  // Added to the connector, or instead of what the rig says: "interval" → "1s". A value is YAML.
  Settings connector{};
  std::size_t connectors = 1;  // alike but for their names
  Settings ship{};             // of the agent: "compression" → "none"
  // Of the agent's storage.
  std::string budget = "4GiB";
  std::string keep_free = "64MiB";
  std::chrono::seconds ready_max{30};
  std::chrono::seconds stop_max{20};
};

class Rig {
 public:
  // Makes the folder, certificates, token and configuration files. Starts nothing.
  static Result<std::unique_ptr<Rig>> make(RigOptions options, const Clock& clock);
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  // Of a part from its next start on: "NAME=value", beside what this process has.
  void set_environment(Part part, std::vector<std::string> environment) { environments_[index_of(part)] = std::move(environment); }
  // Starts a part that does not run, and waits until it answers. An error holds the last lines of its log.
  Result<void> start(Part part);
  // Starts it, and waits for nothing.
  Result<void> launch(Part part);
  Result<void> wait_until_ready(Part part);
  // SIGTERM, and SIGKILL after stop_max: an error then, because a part must stop when it is told to.
  Result<ProcessEnd> stop(Part part);
  Result<ProcessEnd> kill(Part part);
  bool running(Part part);
  std::optional<Process>& process(Part part) { return processes_[index_of(part)]; }

  // What the part says of itself now. The simulator has no metrics.
  Result<MetricsReading> metrics(Part part) const;
  Result<Bytes> simulator_stats() const;
  // Of the simulator, as of now.
  Result<Bytes> ledger() const;

  // Runs `search` over the whole index; each hit goes to `sink`. Works whether the processor runs or not.
  Result<void> search_all(const std::function<Result<void>(std::string& hit)>& sink) const;
  // How many records of the index a query finds. `unavailable`: the search failed, or there is no index.
  Result<std::uint64_t> count(const std::string& query) const;
  // The ledger as of now against the index as of then.
  Result<VerdictFigures> verdict() const;
  // Asks for a verdict again and again until all is well or the time is over; gives back the last one.
  Result<VerdictFigures> verdict_within(std::chrono::seconds at_most) const;

  TestPki& pki() { return pki_; }
  const std::filesystem::path& directory() const { return options_.directory; }
  std::filesystem::path log_file(Part part) const;
  // Of the agent or the processor.
  std::filesystem::path state_directory(Part part) const;
  std::filesystem::path config_file(Part part) const;
  std::filesystem::path program(Part part) const;
  std::string command_line(Part part) const;  // what a person would type
  std::string api_base_url() const;           // as the agent has it

 private:
  Rig(RigOptions options, const Clock& clock, TestPki pki);

  static std::size_t index_of(Part part) { return static_cast<std::size_t>(part); }
  Result<void> prepare();
  Result<void> write_agent_file(const Identity& identity) const;
  Result<void> write_processor_file(const Identity& identity) const;
  std::vector<std::string> arguments(Part part) const;
  std::string ready_url(Part part) const;
  std::string log_tail(Part part) const;
  bool owns_simulator() const { return options_.api_base_url.empty(); }

  RigOptions options_;
  const Clock& clock_;
  TestPki pki_;
  Identity simulator_identity_;
  std::uint16_t simulator_port_ = 0;
  std::uint16_t data_port_ = 0;
  std::array<std::uint16_t, part_count> metrics_ports_{};
  std::array<std::vector<std::string>, part_count> environments_;
  std::array<std::optional<Process>, part_count> processes_;
};

}  // namespace tidegate
