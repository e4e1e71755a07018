// `tidegate-agent filter try CONNECTOR 'QUERY'`: what a log filter would match among recent records. They are read from the API by
// this process, with the connector's configuration; no running agent is asked or disturbed, and nothing is stored.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/cli_commands.h"
#include "agent/daemon.h"
#include "agent/edges/vision_one_ids.h"
#include "agent/edges/vision_one_sources.h"
#include "agent/filter_report.h"
#include "agent/filter_try.h"

namespace tidegate {
namespace {

constexpr std::uint64_t hours_max = 180 * 24;
constexpr std::uint64_t pages_max = 1000;
constexpr std::uint64_t share_of_requests = 10;  // one in so many of requests_per_minute

struct FilterArguments {
  std::string connector;
  std::string query;
  std::string content_type;  // empty: those of the connector
  std::uint64_t hours = 24;
  std::uint64_t pages = 5;
  bool json = false;
};

struct ContentSource {
  ContentType type;
  std::unique_ptr<Source> source;
  std::string_view warning;  // empty: what is looked at is what is collected
};

asio::awaitable<void> read_all(FilterTry& trial, std::vector<ContentSource>& sources, const Clock& clock, FilterReport& report) {
  for (ContentSource& content : sources) {
    ContentFindings findings = co_await trial.read(*content.source, content.type, id_field(content.type), clock);
    findings.warning = content.warning;
    report.contents.push_back(std::move(findings));
  }
  report.unknown_fields = trial.unknown_fields();
}

std::set<ContentType> chosen_types(const ConnectorConfig& connector, const std::string& only) {
  if (only.empty()) return connector.content_types;
  const std::set<ContentType> all = LogFilterConfig{}.content_types;
  return {*std::find_if(all.begin(), all.end(), [&only](ContentType type) { return name(type) == only; })};
}

// What misleads is no success, whatever was found.
int exit_code_of(const FilterReport& report) {
  const auto failed = [](const ContentFindings& content) { return content.error.has_value(); };
  const auto unreachable = [](const ContentFindings& content) { return content.error && retryable(*content.error); };
  const auto misleads = [](const ContentFindings& content) { return !content.warning.empty(); };
  if (std::none_of(report.contents.begin(), report.contents.end(), failed))
    return std::any_of(report.contents.begin(), report.contents.end(), misleads) ? exit_failed : exit_done;
  return std::all_of(report.contents.begin(), report.contents.end(), unreachable) ? exit_unreachable : exit_failed;
}

// Collection with the same token needs its requests more.
ConnectorConfig at_leisure(ConnectorConfig connector) {
  connector.requests_per_minute = std::max<std::uint64_t>(connector.requests_per_minute / share_of_requests, 1);
  return connector;
}

// The sources stand on the loop, so it outlives them.
int run_trial(const ConnectorConfig& connector, FilterTry trial, const FilterArguments& arguments) {
  SystemClock clock;
  Random random{system_seed()};
  Metrics metrics;
  asio::io_context loop{1};
  VisionOneSources factory{{clock, random}, metrics};
  std::vector<ContentSource> sources;
  const ConnectorConfig asked = at_leisure(connector);
  for (const ContentType type : chosen_types(connector, arguments.content_type)) {
    Result<std::unique_ptr<Source>> source = factory.make_source(asked, lane_of(type), Urgency::background);
    if (!source) {
      std::cerr << "connector '" << connector.name << "': " << source.error().text() << "\n";
      return exit_invalid;
    }
    const bool other_fields =
        type == ContentType::observed_attack_techniques && connector.techniques_from == TechniquesFrom::pipeline;
    sources.push_back({type, *std::move(source), other_fields ? pipeline_fields_differ : std::string_view{}});
  }
  FilterReport report{.connector = connector.name, .query = arguments.query, .contents = {}, .unknown_fields = {}};
  // What was given up is not run to its end; a look-up of a name belongs to the system all the same, and the loop ends after it.
  asio::co_spawn(loop, read_all(trial, sources, clock, report), [&loop](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  if (arguments.json) std::cout << filter_report_json(report) << "\n";
  else std::cout << filter_report_text(report);
  return exit_code_of(report);
}

int try_filter(const std::string& file, const FilterArguments& arguments) {
  const std::optional<AgentConfig> config = read_config(file);
  if (!config) return exit_invalid;
  const ConnectorConfig* connector = connector_named(*config, arguments.connector);
  if (connector == nullptr) return exit_invalid;
  const SystemClock clock;
  const FilterTryPlan plan{.to = std::chrono::floor<std::chrono::seconds>(clock.wall()) - connector->settle,
                           .reach = std::chrono::hours{arguments.hours},
                           .pages_max = arguments.pages,
                           .longest = connector->window};
  Result<FilterTry> trial = FilterTry::make(arguments.query, plan);
  if (!trial) {
    std::cerr << trial.error().text() << "\n";
    return exit_invalid;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return run_trial(*connector, *std::move(trial), arguments);
}

}  // namespace

CliCommand filter_command(CLI::App& parent, const std::string& file) {
  CLI::App* const filter = parent.add_subcommand("filter", "Log filters: see what one would drop before it does");
  filter->require_subcommand(1);
  CLI::App* const app =
      filter->add_subcommand("try", "Look at recent records of a connector with a filter's query; nothing is stored");
  // Shared with the function that runs, because the parser writes to it in between.
  const auto arguments = std::make_shared<FilterArguments>();
  app->add_option("CONNECTOR", arguments->connector, "The connector's name in the configuration")->required();
  app->add_option("QUERY", arguments->query, "The query, for example 'filters.riskLevel: info'")->required();
  app->add_option("--content-type", arguments->content_type, "Only this one; without it, all of the connector's")
      ->check(CLI::IsMember(content_type_names()));
  app->add_option("--hours", arguments->hours, "How far back to look")
      ->check(CLI::Range(std::uint64_t{1}, hours_max))
      ->capture_default_str();
  app->add_option("--pages", arguments->pages, "Full pages of each content type to look at, at most")
      ->check(CLI::Range(std::uint64_t{1}, pages_max))
      ->capture_default_str();
  app->add_flag("--json", arguments->json, "One JSON document and nothing else");
  app->set_version_flag("--version", std::string{"tidegate-agent "} + TIDEGATE_VERSION);
  return {filter, [&file, arguments] { return try_filter(file, *arguments); }};
}

}  // namespace tidegate
