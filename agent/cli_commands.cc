#include "agent/cli_commands.h"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>

#include "agent/daemon.h"
#include "config/parse.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds control_deadline{10};

asio::awaitable<void> ask_into(std::string socket, UnixRequest request, std::optional<Result<HttpResponse>>& answer) {
  answer = co_await unix_send(std::move(socket), std::move(request), control_deadline);
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

int status(const std::string& file, bool json) {
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  return ask_agent(config->control_socket, "GET", json ? "/status.json" : "/status");
}

}  // namespace

std::optional<AgentConfig> read_config(const std::string& file) {
  ParsedAgent parsed = parse_agent_file(file);
  std::cerr << to_text(parsed.errors);
  return std::move(parsed.config);
}

const ConnectorConfig* connector_named(const AgentConfig& config, const std::string& name) {
  for (const ConnectorConfig& connector : config.connectors)
    if (connector.name == name) return &connector;
  std::cerr << "connector '" << name << "' is not in the configuration";
  for (const ConnectorConfig& connector : config.connectors)
    std::cerr << (&connector == &config.connectors.front() ? "; there are: " : ", ") << connector.name;
  std::cerr << (config.connectors.empty() ? "; it holds no connectors\n" : "\n");
  return nullptr;
}

std::vector<std::string> content_type_names() {
  std::vector<std::string> names;
  for (const ContentType type : LogFilterConfig{}.content_types) names.emplace_back(name(type));
  return names;
}

int ask_agent(const std::string& socket, const std::string& method, const std::string& target) {
  asio::io_context loop{1};
  std::optional<Result<HttpResponse>> answer;
  asio::co_spawn(loop, ask_into(socket, {.method = method, .target = target}, answer), [](const std::exception_ptr&) {});
  loop.run();
  if (!answer || !*answer) {
    std::cerr << "no running agent answers on " << socket << ": "
              << (answer ? answer->error().text() : std::string{"the question could not be asked"}) << "\n";
    return exit_unreachable;
  }
  const HttpResponse& response = **answer;
  (response.status == 200 ? std::cout : std::cerr) << response.body;
  return response.status == 200 ? exit_done : exit_failed;
}

CliCommand run_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("run", "Run in the foreground; SIGTERM stops, SIGHUP reads the configuration again");
  return {app, [&file] { return run(file); }};
}

CliCommand validate_command(CLI::App& parent, const std::string& file) {
  return {parent.add_subcommand("validate", "Check the configuration and name every error"), [&file] { return validate(file); }};
}

CliCommand status_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("status", "Show what the running agent does, with reasons");
  // Shared with the function that runs, because the parser writes to it in between.
  const auto json = std::make_shared<bool>(false);
  app->add_flag("--json", *json, "One JSON document and nothing else");
  return {app, [&file, json] { return status(file, *json); }};
}

}  // namespace tidegate
