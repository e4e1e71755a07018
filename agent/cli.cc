#include "agent/cli.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "agent/cli_commands.h"
#include "agent/daemon.h"

namespace tidegate {

struct AgentCommandLine::Parts {
  std::string file{agent_config_file};
  CLI::App app{"Collects from Trend Vision One and ships to a data processor", "tidegate-agent"};
  std::vector<CliCommand> commands{};
};

AgentCommandLine::AgentCommandLine() : parts_(std::make_unique<Parts>()) {
  CLI::App& app = parts_->app;
  const std::string& file = parts_->file;
  const std::string version = std::string{"tidegate-agent "} + TIDEGATE_VERSION;
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::help);
  app.add_option("--config", parts_->file, "Configuration file")->type_name("FILE")->capture_default_str();
  parts_->commands = {
      run_command(app, file),    validate_command(app, file), status_command(app, file),         cursor_command(app, file),
      queue_command(app, file),  backfill_command(app, file), test_connector_command(app, file), filter_command(app, file),
      enroll_command(app, file), diagnose_command(app, file)};
  for (const CliCommand& command : parts_->commands) command.app->set_version_flag("--version", version);
}

AgentCommandLine::~AgentCommandLine() = default;

const CLI::App& AgentCommandLine::app() const { return parts_->app; }

int AgentCommandLine::run(int argc, char** argv) {
  try {
    parts_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parts_->app.exit(error) == 0 ? exit_done : exit_invalid;
  }
  for (const CliCommand& command : parts_->commands)
    if (command.app->parsed()) return command.run();
  return exit_invalid;
}

int agent_main(int argc, char** argv) { return AgentCommandLine{}.run(argc, argv); }

}  // namespace tidegate
