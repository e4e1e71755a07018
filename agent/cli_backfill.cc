// `tidegate-agent backfill start CONNECTOR CONTENT_TYPE --from TIME --to TIME | list [--json] | pause N | resume N | cancel N`:
// asked of the running agent.
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>

#include "agent/cli_commands.h"
#include "agent/daemon.h"
#include "agent/moment.h"
#include "transport/query_string.h"

namespace tidegate {
namespace {

struct BackfillArguments {
  CLI::App* start = nullptr;
  CLI::App* list = nullptr;
  std::array<CLI::App*, 3> changes{};  // named as their routes are
  bool json = false;
  std::string connector;
  std::string content_type;
  std::string from;
  std::string to;
  std::uint32_t number = 0;
};

// False where a time cannot be read, which is said.
bool usable(const BackfillArguments& arguments) {
  const WallTime now = SystemClock{}.wall();
  for (const auto& [option, value] : {std::pair{"--from", &arguments.from}, std::pair{"--to", &arguments.to}}) {
    if (const Result<WallSeconds> moment = moment_from(*value, now); !moment) {
      std::cerr << option << ": " << moment.error().text() << "\n";
      return false;
    }
  }
  return true;
}

int ask_backfill(const std::string& file, const BackfillArguments& arguments) {
  if (arguments.start->parsed() && !usable(arguments)) return exit_invalid;
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  const std::string& socket = config->control_socket;
  if (arguments.list->parsed()) return ask_agent(socket, "GET", arguments.json ? "/backfill.json" : "/backfill");
  for (const CLI::App* change : arguments.changes) {
    if (!change->parsed()) continue;
    return ask_agent(socket, "POST", "/backfill/" + change->get_name() + "?number=" + std::to_string(arguments.number));
  }
  return ask_agent(socket, "POST",
                   "/backfill/start?connector=" + percent_encoded(arguments.connector) +
                       "&content_type=" + percent_encoded(arguments.content_type) + "&from=" + percent_encoded(arguments.from) +
                       "&to=" + percent_encoded(arguments.to));
}

}  // namespace

CliCommand backfill_command(CLI::App& parent, const std::string& file) {
  constexpr const char* times = "UTC like 2026-11-24T13:05:07Z or 2026-11-24, or how far back, like 7d";
  CLI::App* const app = parent.add_subcommand("backfill", "Read an interval of the past, behind the live reading");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<BackfillArguments>();  // the parser writes to it before the command runs
  arguments->start = app->add_subcommand("start", "Begin one; it goes on after restarts, until it is done");
  arguments->start->add_option("connector", arguments->connector, "The connector's name")->required();
  arguments->start->add_option("content_type", arguments->content_type, "What is read")
      ->required()
      ->check(CLI::IsMember(content_type_names()));
  arguments->start->add_option("--from", arguments->from, times)->required();
  arguments->start->add_option("--to", arguments->to, times)->required();
  arguments->list = app->add_subcommand("list", "Show all with their progress");
  arguments->list->add_flag("--json", arguments->json, "One JSON document and nothing else");
  arguments->changes = {app->add_subcommand("pause", "Stop reading; what was read stays"),
                        app->add_subcommand("resume", "Go on where it was paused"),
                        app->add_subcommand("cancel", "End it; what was read stays")};
  for (CLI::App* change : arguments->changes) {
    change->add_option("number", arguments->number, "As `backfill list` shows it")->required()->check(CLI::PositiveNumber);
  }
  return {app, [&file, arguments] { return ask_backfill(file, *arguments); }};
}

}  // namespace tidegate
