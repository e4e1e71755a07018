// The subcommands of tidegate-agent, each in a file of its own (cli_*.cc). A command sets itself up on the parser and is
// run when it was asked for; it returns the exit code (daemon.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/model.h"
#include "transport/http_client.h"

namespace CLI {
class App;
}

namespace tidegate {

struct CliCommand {
  CLI::App* app;
  std::function<int()> run;
};

//   requires: `file`, the configuration's path, outlives the command; it is known when the command is run
CliCommand run_command(CLI::App& parent, const std::string& file);
CliCommand validate_command(CLI::App& parent, const std::string& file);
CliCommand status_command(CLI::App& parent, const std::string& file);
CliCommand cursor_command(CLI::App& parent, const std::string& file);
CliCommand queue_command(CLI::App& parent, const std::string& file);
CliCommand backfill_command(CLI::App& parent, const std::string& file);
CliCommand test_connector_command(CLI::App& parent, const std::string& file);
CliCommand filter_command(CLI::App& parent, const std::string& file);
CliCommand enroll_command(CLI::App& parent, const std::string& file);
CliCommand diagnose_command(CLI::App& parent, const std::string& file);

// The configuration, or absent with every error on the standard error stream.
std::optional<AgentConfig> read_config(const std::string& file);

// The connector of that name; null where there is none, with the known ones on the standard error stream.
const ConnectorConfig* connector_named(const AgentConfig& config, const std::string& name);

// What can be collected, as commands name it.
std::vector<std::string> content_type_names();

// Asks the running agent over its local socket, and prints its answer; what it refuses goes to the standard error stream.
// Exit code: done; failed where it refused; unreachable.
int ask_agent(const std::string& socket, const std::string& method, const std::string& target);

}  // namespace tidegate
