// `tidegate-agent test-connector NAME [--json]`: the staged test of one connector of the configuration file, in this process.
// No running agent is asked or disturbed.
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <iostream>
#include <memory>

#include "agent/cli_commands.h"
#include "agent/control/connector_report.h"
#include "agent/daemon.h"
#include "agent/staged_test.h"

namespace tidegate {
namespace {

struct TestArguments {
  std::string connector;
  bool json = false;
};

asio::awaitable<void> run_into(ConnectorConfig connector, Surroundings around, ConnectorTest::OnStage on_stage,
                               std::optional<ConnectorReport>& report) {
  report = co_await run_staged_test(std::move(connector), around, std::move(on_stage));
}

ConnectorReport run_test(const ConnectorConfig& connector, ConnectorTest::OnStage on_stage) {
  SystemClock clock;
  Random random{system_seed()};
  asio::io_context loop{1};
  std::optional<ConnectorReport> report;
  // What was given up is not run to its end; a look-up of a name belongs to the system all the same, and the loop ends after it.
  asio::co_spawn(loop, run_into(connector, {clock, random}, std::move(on_stage), report),
                 [&loop](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  TG_ASSERT(report.has_value(), "a connector test always ends with a report");
  return *std::move(report);
}

int test_connector(const std::string& file, const TestArguments& arguments) {
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  const ConnectorConfig* connector = connector_named(*config, arguments.connector);
  if (connector == nullptr) return exit_invalid;
  std::signal(SIGPIPE, SIG_IGN);
  ConnectorTest::OnStage on_stage;
  if (!arguments.json) on_stage = [](const StageReport& stage) { std::cout << stage_text(stage) << std::flush; };
  const ConnectorReport report = run_test(*connector, std::move(on_stage));
  if (arguments.json) std::cout << report_json(report) << "\n";
  else std::cout << verdict_text(report);
  return report.verdict() == StageVerdict::failed ? exit_failed : exit_done;
}

}  // namespace

CliCommand test_connector_command(CLI::App& parent, const std::string& file) {
  CLI::App* const app = parent.add_subcommand("test-connector", "Test whether a connector works, stage by stage, and say why not");
  // Shared with the function that runs, because the parser writes to it in between.
  const auto arguments = std::make_shared<TestArguments>();
  app->add_option("NAME", arguments->connector, "The connector's name in the configuration")->required();
  app->add_flag("--json", arguments->json, "One JSON document and nothing else");
  return {app, [&file, arguments] { return test_connector(file, *arguments); }};
}

}  // namespace tidegate
