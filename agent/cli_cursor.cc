// `tidegate-agent cursor [--json]` and `cursor rewind CONNECTOR CONTENT_TYPE --to TIME`: asked of the running agent.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "agent/cli_commands.h"
#include "agent/daemon.h"
#include "agent/moment.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

struct CursorArguments {
  CLI::App* rewind = nullptr;
  bool json = false;
  std::string connector;
  std::string content_type;
  std::string to;
};

int ask_cursor(const std::string& file, const CursorArguments& arguments) {
  if (arguments.rewind->parsed()) {
    if (const Result<WallSeconds> to = moment_from(arguments.to, SystemClock{}.wall()); !to) {
      std::cerr << "--to: " << to.error().text() << "\n";
      return exit_invalid;
    }
  }
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  if (!arguments.rewind->parsed()) return ask_agent(config->control_socket, "GET", arguments.json ? "/cursor.json" : "/cursor");
  return ask_agent(config->control_socket, "POST",
                   "/cursor/rewind?connector=" + percent_encoded(arguments.connector) +
                       "&content_type=" + percent_encoded(arguments.content_type) + "&to=" + percent_encoded(arguments.to));
}

}  // namespace

CliCommand cursor_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("cursor", "Show how far each content type is read, or read again from a time");
  const auto arguments = std::make_shared<CursorArguments>();  // the parser writes to it before the command runs
  app->add_flag("--json", arguments->json, "One JSON document and nothing else");
  CLI::App* const rewind = app->add_subcommand("rewind", "Read again from a time; what the index has already stays single");
  rewind->add_option("connector", arguments->connector, "The connector's name")->required();
  rewind->add_option("content_type", arguments->content_type, "What is read")
      ->required()
      ->check(CLI::IsMember(content_type_names()));
  rewind->add_option("--to", arguments->to, "UTC like 2026-11-24T13:05:07Z or 2026-11-24, or how far back, like 6h")->required();
  arguments->rewind = rewind;
  return {app, [&file, arguments] { return ask_cursor(file, *arguments); }};
}

}  // namespace tidegate
