// `tidegate-processor connector …` and `credential …`: asked of the running daemon. Secrets come from a file or the standard input,
// never from the command line, which others can see.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "config/document.h"
#include "processor/cli_fleet.h"
#include "processor/rollout_ports.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds push_deadline{60};    // a sensor has 30 s to answer
constexpr std::chrono::seconds test_deadline{120};   // of all stages
constexpr std::chrono::seconds check_deadline{300};  // of a file with many documents
constexpr std::size_t credential_bytes_max = 64u << 10;

struct ConnectorArguments : FleetArguments {
  std::string file;
  std::string sensor;
  bool dry_run = false;
  std::string stages;
  std::string failures;
  std::string settle;
  bool detach = false;
  std::string name;
  std::string revision;
  std::string to;
};

struct CredentialArguments : FleetArguments {
  std::string name;
  std::string file = "-";
};

int apply(const ConnectorArguments& arguments) {
  const bool staged = !arguments.stages.empty();
  std::optional<Bytes> yaml = read_input(arguments.file, staged ? rollout_file_bytes_max : YamlLimits{}.bytes_max);
  if (!yaml) return processor_exit_usage;
  FleetQuestion question{.method = "POST", .path = "/connectors/apply", .deadline = push_deadline};
  question.query = {{"sensor", arguments.sensor},
                    {"file", arguments.file == "-" ? std::string{} : std::filesystem::path{arguments.file}.filename().string()},
                    {"dry_run", arguments.dry_run ? "true" : ""}};
  question.body = *std::move(yaml);
  if (!staged) return ask_processor(arguments, question);
  question.path = "/rollouts/begin";
  question.deadline = check_deadline;
  question.query.insert(question.query.end(),
                        {{"stages", arguments.stages}, {"failures", arguments.failures}, {"settle", arguments.settle}});
  if (arguments.dry_run) return ask_processor(arguments, question);
  return begin_rollout(arguments, question, arguments.detach ? Following::none : Following::until_its_end);
}

void add_apply_options(CLI::App& command, ConnectorArguments& arguments) {
  command
      .add_option("--file", arguments.file,
                  "Connectors in the syntax of the agent's file, and sensor: NAME; - is the standard input")
      ->type_name("FILE")
      ->required();
  CLI::Option* sensor = command.add_option("--sensor", arguments.sensor, "The sensor, where the file does not name it");
  command.add_flag("--dry-run", arguments.dry_run, "Show what would change, and push nothing");
  CLI::Option* stages = command.add_option(
      "--stages", arguments.stages, "Many sensors, a document each with --- between them, in stages: percentages such as 5,25,100");
  stages->excludes(sensor);
  command.add_option("--failures", arguments.failures, "How many sensors may fail before the rest is kept from it; default: 0")
      ->needs(stages);
  command
      .add_option("--settle", arguments.settle,
                  "How long after a stage its sensors must still be connected and as healthy as before, like 10min; default: 0s")
      ->needs(stages);
  command.add_flag("--detach", arguments.detach, "Do not wait for the end of the stages")->needs(stages);
}

int set_credential(const CredentialArguments& arguments) {
  std::optional<Bytes> value = read_input(arguments.file, credential_bytes_max);
  if (!value) return processor_exit_usage;
  FleetQuestion question{
      .method = "POST", .path = "/credentials/set", .query = {{"name", arguments.name}}, .deadline = push_deadline};
  question.body = *std::move(value);
  return ask_processor(arguments, question);
}

void add_name(CLI::App& command, ConnectorArguments& arguments) {
  command.add_option("NAME", arguments.name, "The connector's name")->required();
}

int ask_of(const ConnectorArguments& arguments, std::string method, std::string path, std::chrono::seconds deadline) {
  FleetQuestion question{.method = std::move(method), .path = std::move(path), .deadline = deadline};
  question.query = {{"name", arguments.name}, {"revision", arguments.revision}, {"sensor", arguments.sensor}, {"to", arguments.to}};
  return ask_processor(arguments, question);
}

}  // namespace

std::vector<FleetCommand> connector_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("connector", "Connectors, pushed to their sensors");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<ConnectorArguments>();  // the parser writes to it before a command runs
  CLI::App* apply_command = add_fleet_command(*app, "apply", "Push a file's connectors and wait for APPLIED or FAILED", *arguments);
  add_apply_options(*apply_command, *arguments);
  CLI::App* list = add_fleet_command(*app, "list", "Show all connectors and what their sensors say of them", *arguments);
  CLI::App* show = add_fleet_command(*app, "show", "Show one connector, without its secrets", *arguments);
  CLI::App* remove = add_fleet_command(*app, "delete", "Take a connector away", *arguments);
  CLI::App* test = add_fleet_command(*app, "test", "Test a connector on its sensor, stage by stage", *arguments);
  CLI::App* history = add_fleet_command(*app, "history", "Show what was pushed to a connector's sensor", *arguments);
  CLI::App* rollback = add_fleet_command(*app, "rollback", "Push a connector as it was in a revision", *arguments);
  CLI::App* move =
      add_fleet_command(*app, "move", "Take a connector to another sensor, which reads on where the old one was", *arguments);
  for (CLI::App* command : {show, remove, test, history, rollback, move}) add_name(*command, *arguments);
  for (CLI::App* command : {history, rollback})
    command->add_option("--sensor", arguments->sensor, "Where the connector was, if it is nowhere now");
  rollback->add_option("REVISION", arguments->revision, "The revision, as `connector history` shows it")->required();
  move->add_option("--to", arguments->to, "The other sensor's name")->required();
  const auto asks = [arguments](std::string method, std::string path, std::chrono::seconds deadline) {
    return [arguments, method, path, deadline] { return ask_of(*arguments, method, path, deadline); };
  };
  return {
      {apply_command, [arguments] { return apply(*arguments); }},      {list, asks("GET", "/connectors", push_deadline)},
      {show, asks("GET", "/connectors/show", push_deadline)},          {remove, asks("POST", "/connectors/delete", push_deadline)},
      {test, asks("POST", "/connectors/test", test_deadline)},         {history, asks("GET", "/connectors/history", push_deadline)},
      {rollback, asks("POST", "/connectors/rollback", push_deadline)}, {move, asks("POST", "/connectors/move", test_deadline)}};
}

std::vector<FleetCommand> credential_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("credential", "Secrets that connectors refer to by name");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<CredentialArguments>();
  CLI::App* set = add_fleet_command(*app, "set", "Keep a secret, and push it to every sensor that uses it", *arguments);
  set->add_option("NAME", arguments->name, "The credential's name")->required();
  set->add_option("--file", arguments->file, "The file that holds the value; - is the standard input")
      ->type_name("FILE")
      ->capture_default_str();
  CLI::App* list = add_fleet_command(*app, "list", "Show names and who uses them; values are never shown", *arguments);
  CLI::App* remove = add_fleet_command(*app, "delete", "Forget a secret that no connector uses", *arguments);
  remove->add_option("NAME", arguments->name, "The credential's name")->required();
  return {{set, [arguments] { return set_credential(*arguments); }},
          {list, [arguments] { return ask_processor(*arguments, {.path = "/credentials"}); }},
          {remove, [arguments] {
             return ask_processor(*arguments,
                                  {.method = "POST", .path = "/credentials/delete", .query = {{"name", arguments->name}}});
           }}};
}

}  // namespace tidegate
