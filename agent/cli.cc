#include "agent/cli.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "agent/cli_commands.h"
#include "agent/daemon.h"

namespace tidegate {

int agent_main(int argc, char** argv) {
  CLI::App app{"tidegate-agent: collects from Trend Vision One and ships to a data processor"};
  const std::string version = std::string{"tidegate-agent "} + TIDEGATE_VERSION;
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::help);
  std::string file{agent_config_file};
  app.add_option("--config", file, "Configuration file")->capture_default_str();

  const std::vector<CliCommand> commands{
      run_command(app, file),    validate_command(app, file), status_command(app, file),         cursor_command(app, file),
      queue_command(app, file),  backfill_command(app, file), test_connector_command(app, file), filter_command(app, file),
      enroll_command(app, file), diagnose_command(app, file)};
  for (const CliCommand& command : commands) command.app->set_version_flag("--version", version);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_invalid;
  }
  for (const CliCommand& command : commands)
    if (command.app->parsed()) return command.run();
  return exit_invalid;
}

}  // namespace tidegate
