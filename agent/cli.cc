#include "agent/cli.h"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "agent/daemon.h"
#include "config/parse.h"
#include "transport/http_client.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds control_deadline{10};

// The configuration, or absent with every error on the standard error stream.
std::optional<AgentConfig> read_config(const std::string& file) {
  ParsedAgent parsed = parse_agent_file(file);
  std::cerr << to_text(parsed.errors);
  return std::move(parsed.config);
}

int run(const std::string& file) {
  const std::optional<AgentConfig> config = read_config(file);
  return config ? run_daemon(*config, file) : exit_invalid;
}

int validate(const std::string& file) {
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  std::cout << file << " is valid: sensor " << config->sensor.name << ", " << config->connectors.size() << " connectors\n";
  return exit_done;
}

asio::awaitable<void> ask_into(std::string socket, std::string target, std::optional<Result<HttpResponse>>& answer) {
  answer = co_await unix_get(std::move(socket), std::move(target), control_deadline);
}

// Asks the running agent over its local socket.
Result<HttpResponse> ask(const std::string& socket, const std::string& target) {
  asio::io_context loop{1};
  std::optional<Result<HttpResponse>> answer;
  asio::co_spawn(loop, ask_into(socket, target, answer), [](const std::exception_ptr&) {});
  loop.run();
  if (!answer) return Error{Code::unavailable, "the question could not be asked"};
  return *std::move(answer);
}

int status(const std::string& file, bool json) {
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  Result<HttpResponse> answer = ask(config->control_socket, json ? "/status.json" : "/status");
  if (!answer || answer->status != 200) {
    std::cerr << "no running agent answers on " << config->control_socket << ": "
              << (answer ? "HTTP " + std::to_string(answer->status) : answer.error().text()) << "\n";
    return exit_unreachable;
  }
  std::cout << answer->body;
  return exit_done;
}

}  // namespace

int agent_main(int argc, char** argv) {
  CLI::App app{"tidegate-agent: collects from Trend Vision One and ships to a data processor"};
  app.set_version_flag("--version", std::string{"tidegate-agent "} + TIDEGATE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::help);
  std::string file{agent_config_file};
  app.add_option("--config", file, "Configuration file")->capture_default_str();

  app.add_subcommand("run", "Run in the foreground; SIGTERM stops, SIGHUP reads the configuration again");
  app.add_subcommand("validate", "Check the configuration and name every error");
  CLI::App* const status_command = app.add_subcommand("status", "Show what the running agent does, with reasons");
  bool json = false;
  status_command->add_flag("--json", json, "One JSON document and nothing else");
  for (CLI::App* const command : app.get_subcommands({}))
    command->set_version_flag("--version", std::string{"tidegate-agent "} + TIDEGATE_VERSION);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_invalid;
  }
  if (app.got_subcommand("run")) return run(file);
  if (app.got_subcommand("validate")) return validate(file);
  return status(file, json);
}

}  // namespace tidegate
