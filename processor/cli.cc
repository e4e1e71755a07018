#include "processor/cli.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "processor/cli_fleet.h"
#include "processor/daemon.h"
#include "processor/edges/sqlite_archive.h"
#include "processor/edges/stores.h"
#include "processor/search.h"

namespace tidegate {
namespace {

constexpr int exit_usage = processor_exit_usage;
constexpr int exit_storage = processor_exit_storage;

int validate(const std::string& file) {
  if (!read_processor_config(file)) return exit_usage;
  std::printf("%s: the configuration is valid\n", file.c_str());
  return 0;
}

int run(const std::string& file) {
  const std::optional<ProcessorConfig> config = read_processor_config(file);
  return config ? run_daemon(*config, file) : exit_usage;
}

int complain(int exit_code, const std::string& message) {
  std::fprintf(stderr, "tidegate-processor: %s\n", message.c_str());
  return exit_code;
}

int search(const std::string& file, const SearchOptions& options) {
  const std::optional<ProcessorConfig> config = read_processor_config(file);
  if (!config) return exit_usage;
  Result<SqliteArchive> archive = SqliteArchive::open(index_directory(config->processor.state_directory));
  if (!archive) return complain(exit_storage, archive.error().text() + "; is processor.state_directory right in " + file + "?");
  const auto output = [](std::string_view piece) { return std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size(); };
  const SearchOutcome outcome = run_search(*archive, options, SystemClock{}.wall(), output);
  const bool flushed = std::fflush(stdout) == 0;
  if (!outcome.message.empty()) return complain(outcome.exit_code, outcome.message);
  return flushed ? outcome.exit_code : complain(1, "the output could not be written");
}

// What the arguments are read into.
struct Arguments {
  std::string config_file{processor_config_file};
  std::string index = "syslog";
  SearchOptions search;
};

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_version_flag("--version", std::string{"tidegate-processor "} + TIDEGATE_VERSION);
  command->add_option("--config", arguments.config_file, "The configuration file")->type_name("FILE")->capture_default_str();
  return command;
}

void add_search_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("query", arguments.search.query, "What to look for, e.g. 'msg_class: trendmicro_visionone_alerts'; '*' is all")
      ->required();
  command.add_option("--index", arguments.index, "The index to search")->check(CLI::IsMember({"syslog"}))->capture_default_str();
  command.add_option("--tenant", arguments.search.tenant, "Only records of the tenant with this id");
  command.add_option("--from", arguments.search.from,
                     "The earliest time of a record: 2026-11-24T13:05:07Z, 2026-11-24, or back from now: -24h; default: all");
  command.add_option("--to", arguments.search.to, "The time that records lie before; default: all");
  command.add_option("--limit", arguments.search.limit, "How many records to show, the newest first; 0 is all")
      ->capture_default_str();
  command.add_flag("--json", arguments.search.json, "Print one JSON document, records in full");
  command.footer("Exit codes: 0 found, 1 nothing found or not all of the index could be read, 2 wrong usage or query, 4 no index.");
}

// `--from -24h`: CLI11 would take the value for an option of its own.
std::vector<std::string> with_joined_moments(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word{argv[i]};
    const bool takes_time = word == "--from" || word == "--to";
    if (takes_time && i + 1 < argc) words.push_back(word + "=" + argv[++i]);
    else words.push_back(word);
  }
  return {words.rbegin(), words.rend()};  // as CLI11 wants them
}

// The commands of the daemon itself, and search, which needs none.
std::vector<FleetCommand> daemon_commands(CLI::App& app) {
  const auto arguments = std::make_shared<Arguments>();  // the parser writes to it before a command runs
  CLI::App* run_command = add_command(app, "run", "Run the daemon in the foreground", *arguments);
  CLI::App* validate_command = add_command(app, "validate", "Check the configuration; every error at once", *arguments);
  CLI::App* search_command = add_command(app, "search", "Search the index, whether the daemon runs or not", *arguments);
  add_search_options(*search_command, *arguments);
  return {{run_command, [arguments] { return run(arguments->config_file); }},
          {validate_command, [arguments] { return validate(arguments->config_file); }},
          {search_command, [arguments] { return search(arguments->config_file, arguments->search); }}};
}

}  // namespace

struct ProcessorCommandLine::Parts {
  CLI::App app{"Tidegate's receiving end: lands what sensors send, acknowledges, indexes, and searches", "tidegate-processor"};
  std::vector<FleetCommand> commands{};
};

ProcessorCommandLine::ProcessorCommandLine() : parts_(std::make_unique<Parts>()) {
  CLI::App& app = parts_->app;
  app.set_version_flag("--version", std::string{"tidegate-processor "} + TIDEGATE_VERSION);
  app.require_subcommand(1);
  for (const auto& add : {daemon_commands, token_commands, sensor_commands, connector_commands, credential_commands,
                          rollout_commands, event_commands, notify_commands, responder_commands, action_commands, rule_commands})
    for (FleetCommand& command : add(app)) parts_->commands.push_back(std::move(command));
}

ProcessorCommandLine::~ProcessorCommandLine() = default;

const CLI::App& ProcessorCommandLine::app() const { return parts_->app; }

int ProcessorCommandLine::run(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of the write
  try {
    parts_->app.parse(with_joined_moments(argc, argv));
  } catch (const CLI::ParseError& error) {
    return parts_->app.exit(error) == 0 ? 0 : exit_usage;
  }
  for (const FleetCommand& command : parts_->commands)
    if (command.app->parsed()) return command.run();
  return exit_usage;
}

int run_cli(int argc, const char* const* argv) { return ProcessorCommandLine{}.run(argc, argv); }

}  // namespace tidegate
