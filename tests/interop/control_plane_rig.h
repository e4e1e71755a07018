// A processor with a control plane, its sensors, and a simulated API, as programs on loopback: set up as an operator does it, with
// the delivered commands and nothing else. What they print and log, and what they keep, can be searched for secrets.
//
// Everything is bounded in time, and nothing is left behind: what still runs is killed with the rig. The folder stays.
// Thread: the owner's, which must outlive the rig's processes.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/support/process.h"

namespace tidegate {

using Words = std::vector<std::string>;

class ControlPlaneRig {
 public:
  // Makes the folder anew, and the processor's configuration. Starts nothing.
  static Result<std::unique_ptr<ControlPlaneRig>> make(std::filesystem::path directory, std::filesystem::path programs);

  Result<void> start_simulator();
  Result<void> start_processor();
  // Its agent must be enrolled.
  Result<void> start_agent(const std::string& sensor);
  Result<void> stop_processor() { return stop("processor"); }
  Result<void> kill_processor() { return kill("processor"); }
  Result<void> stop_agent(const std::string& sensor) { return stop(sensor); }
  Result<void> kill_agent(const std::string& sensor) { return kill(sensor); }
  bool running(const std::string& part);
  Process& process(const std::string& part) { return processes_.at(part); }

  // `tidegate-processor WORDS --config …`, run to its end. Its standard error stream is put behind what it printed.
  Result<ProgramRun> ask(Words words);
  // `tidegate-agent WORDS --config …` of a sensor.
  Result<ProgramRun> ask_agent(const std::string& sensor, Words words);

  // A token for the tenants; its text.
  Result<std::string> token(const std::string& tenant, const std::string& uses = "1");
  // `tidegate-agent enroll`, and the two lines that this rig needs in the file that it writes.
  Result<ProgramRun> enrol(const std::string& sensor, const std::string& token);
  // All of it: token, enrol, start.
  Result<void> add_sensor(const std::string& sensor, const std::string& tenant);

  // A file with one connector of the simulator's API. `changes` are put beside its keys, or instead of them.
  std::filesystem::path connector_file(const std::string& sensor, const std::string& connector,
                                       const std::map<std::string, std::string>& changes = {}) const;
  // Applies a file and gives back what was printed.
  Result<ProgramRun> apply(const std::filesystem::path& file) { return ask({"connector", "apply", "--file", file.string()}); }

  // How many records of a connector the index holds.
  std::uint64_t indexed(const std::string& connector);
  // Waits until it holds more than `than`. False: it did not within a minute.
  bool indexed_more(const std::string& connector, std::uint64_t than);
  // Looks until it is true. False: it was not within half a minute.
  static bool comes_true(const std::function<bool()>& condition);
  // Asks until what is printed holds `text`, as long.
  bool says(const Words& words, const std::string& text);
  bool agent_says(const std::string& sensor, const Words& words, const std::string& text);

  // The token that the API lets in; it is given to the processor alone.
  const std::string& api_token() const { return api_token_; }
  std::string api_base_url() const;
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path agent_file(const std::string& sensor) const { return directory_ / (sensor + ".yaml"); }
  std::filesystem::path state_of(const std::string& part) const { return directory_ / "state" / part; }
  std::filesystem::path log_of(const std::string& part) const { return directory_ / (part + ".log"); }
  std::string fingerprint() const { return fingerprint_; }
  std::uint16_t control_port() const { return ports_.at("control"); }
  std::uint16_t data_port() const { return ports_.at("data"); }

  // Files of the folder, at any depth, that hold the text in their bytes. What the rig itself wrote as input is left out.
  std::vector<std::filesystem::path> files_with(const std::string& text) const;

 private:
  ControlPlaneRig(std::filesystem::path directory, std::filesystem::path programs)
      : directory_(std::move(directory)), programs_(std::move(programs)) {}

  Result<void> start(const std::string& part, const std::string& program, Words arguments);
  Result<void> stop(const std::string& part);
  Result<void> kill(const std::string& part);
  Result<void> await(const std::string& url, const std::string& part);
  Result<ProgramRun> run(const std::string& program, Words words);
  Result<std::uint16_t> port_for(const std::string& name);
  std::string place(const std::string& port) const { return "127.0.0.1:" + std::to_string(ports_.at(port)); }
  std::filesystem::path inputs() const { return directory_ / "inputs"; }

  std::filesystem::path directory_;
  std::filesystem::path programs_;
  std::string api_token_;
  std::string fingerprint_;
  std::map<std::string, std::uint16_t> ports_;
  std::map<std::string, Process> processes_;
};

// The value of "key":"…" in a JSON text; empty where there is none.
std::string json_text(const std::string& json, const std::string& key);

}  // namespace tidegate
