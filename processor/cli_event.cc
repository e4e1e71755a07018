// `tidegate-processor event …` and `notify …`: asked of the running daemon.
#include <CLI/CLI.hpp>
#include <memory>

#include "processor/cli_fleet.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds notify_test_deadline{120};  // a mail server may take its time

struct EventArguments : FleetArguments {
  bool open = false;
  std::string sensor;
  std::string since;
  std::string limit = "100";
};

struct NotifyArguments : FleetArguments {
  std::string name;
};

int list_events(const EventArguments& arguments) {
  FleetQuestion question{.path = "/events"};
  question.query = {
      {"open", arguments.open ? "true" : ""}, {"sensor", arguments.sensor}, {"since", arguments.since}, {"limit", arguments.limit}};
  return ask_processor(arguments, question);
}

int test_notify(const NotifyArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/notify/test", .deadline = notify_test_deadline};
  question.query = {{"name", arguments.name}};
  return ask_processor(arguments, question);
}

}  // namespace

std::vector<FleetCommand> event_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("event", "What happened to the sensors, and lasts or is over");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<EventArguments>();  // the parser writes to it before a command runs
  CLI::App* list = add_fleet_command(*app, "list", "Show events, the newest first", *arguments);
  list->add_flag("--open", arguments->open, "Only those that last");
  list->add_option("--sensor", arguments->sensor, "Only those of the sensor of this name");
  list->add_option("--since", arguments->since,
                   "Only those that lasted at or after a time: 2026-11-24T13:05:07Z, or back from now: 24h");
  list->add_option("--limit", arguments->limit, "How many to show at most")->capture_default_str();
  return {{list, [arguments] { return list_events(*arguments); }}};
}

std::vector<FleetCommand> notify_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("notify", "The ways in which people are told of events");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<NotifyArguments>();
  CLI::App* test = add_fleet_command(*app, "test", "Send a test message through a channel, and say what came of it", *arguments);
  test->add_option("NAME", arguments->name, "The channel's name, as it stands under notify")->required();
  return {{test, [arguments] { return test_notify(*arguments); }}};
}

}  // namespace tidegate
