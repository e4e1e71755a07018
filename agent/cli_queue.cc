// `tidegate-agent queue [--json]` and `queue resend`: asked of the running agent.
#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli_commands.h"
#include "agent/daemon.h"

namespace tidegate {

CliCommand queue_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("queue", "Show what waits to be shipped, and for how many hours there is room");
  const auto json = std::make_shared<bool>(false);  // the parser writes to it before the command runs
  app->add_flag("--json", *json, "One JSON document and nothing else");
  const CLI::App* const resend =
      app->add_subcommand("resend", "Ship once more what the processor refused and what was therefore set aside");
  const auto run = [&file, json, resend]() -> int {
    const std::optional<AgentConfig> config = read_config(file);
    if (!config) return exit_invalid;
    if (resend->parsed()) return ask_agent(config->control_socket, "POST", "/queue/resend");
    return ask_agent(config->control_socket, "GET", *json ? "/queue.json" : "/queue");
  };
  return {app, run};
}

}  // namespace tidegate
