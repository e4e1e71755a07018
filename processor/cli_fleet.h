// The commands that are asked of the running daemon, through its local control socket: token, sensor, connector, credential,
// rollout, event, notify, responder, action, rule. Each prints what it answers; what it refuses goes to the standard error stream.
//
// Exit codes: 0 done; 1 it was tried and failed, or is not there; 2 wrong usage or a file that is not valid; 3 nobody answers on
// the socket, or the sensor does not answer yet; 4 the daemon's storage cannot be used.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "config/model.h"

namespace CLI {
class App;
}

namespace tidegate {

inline constexpr int processor_exit_done = 0;
inline constexpr int processor_exit_failed = 1;
inline constexpr int processor_exit_usage = 2;
inline constexpr int processor_exit_unreachable = 3;
inline constexpr int processor_exit_storage = 4;

struct FleetCommand {
  CLI::App* app;
  std::function<int()> run;
};

// What every one of these commands has.
struct FleetArguments {
  std::string config_file{processor_config_file};
  bool json = false;
};

struct FleetQuestion {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> query{};  // pairs without a value are left out
  Bytes body{};
  std::chrono::seconds deadline{30};
};

// The leaves, each with --help, --version, --config and --json.
std::vector<FleetCommand> token_commands(CLI::App& parent);
std::vector<FleetCommand> sensor_commands(CLI::App& parent);
std::vector<FleetCommand> connector_commands(CLI::App& parent);
std::vector<FleetCommand> credential_commands(CLI::App& parent);
std::vector<FleetCommand> rollout_commands(CLI::App& parent);
std::vector<FleetCommand> event_commands(CLI::App& parent);
std::vector<FleetCommand> notify_commands(CLI::App& parent);
std::vector<FleetCommand> responder_commands(CLI::App& parent);
std::vector<FleetCommand> action_commands(CLI::App& parent);
std::vector<FleetCommand> rule_commands(CLI::App& parent);

// A subcommand with --version, --config and --json.   requires: the arguments outlive the parsing
CLI::App* add_fleet_command(CLI::App& parent, const std::string& name, const std::string& description, FleetArguments& arguments);

// What is wrong with the file goes to the standard error stream, all of it at once.
std::optional<ProcessorConfig> read_processor_config(const std::string& file);

// The exit code that stands for the daemon's answer.
int exit_code_of(unsigned status);
int ask_processor(const FleetArguments& arguments, const FleetQuestion& question);

// What the daemon answers, for a command that goes on from it.
struct FleetAnswer {
  int code = processor_exit_unreachable;
  unsigned status = 0;  // 0: nobody answered, and the standard error stream says why
  Bytes body{};
};
FleetAnswer answer_of_processor(const FleetArguments& arguments, const FleetQuestion& question);
// To the standard output, or where it is a refusal to the standard error stream. Returns the exit code.
int print_answer(const FleetAnswer& answer);

// `connector apply --stages`: begins a roll-out, and unless it is told otherwise follows it until it goes on by itself no more.
enum class Following : std::uint8_t { until_its_end, none };
int begin_rollout(const FleetArguments& arguments, const FleetQuestion& question, Following following);

// Who asks, for the history of actions: the name of the account, behind sudo that of who called it.
std::string operator_name();

// All of a file, or of the standard input where the name is "-". Absent, with the reason on the standard error stream: it cannot be
// read, or is larger.
std::optional<Bytes> read_input(const std::string& file, std::size_t bytes_max);

// Puts a YAML document of that file in force, with who asks. Absent, as read_input().
std::optional<FleetQuestion> document_question(const std::string& path, const std::string& file);

}  // namespace tidegate
