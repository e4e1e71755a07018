// `tidegate-processor responder …`: asked of the running daemon. Secrets come in a file or the standard input, never from the
// command line.
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "config/document.h"
#include "processor/cli_fleet.h"

namespace tidegate {
namespace {

constexpr std::chrono::seconds responder_test_deadline{120};  // the API may take 70 s

struct ResponderArguments : FleetArguments {
  std::string file;
  std::string name;
};

int apply_responders(const ResponderArguments& arguments) {
  const std::optional<FleetQuestion> question = document_question("/responders/apply", arguments.file);
  return question ? ask_processor(arguments, *question) : processor_exit_usage;
}

int delete_responder(const ResponderArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/responders/delete"};
  question.query = {{"name", arguments.name}, {"by", operator_name()}};
  return ask_processor(arguments, question);
}

int test_responder(const ResponderArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/responders/test", .deadline = responder_test_deadline};
  question.query = {{"name", arguments.name}};
  return ask_processor(arguments, question);
}

}  // namespace

std::string operator_name() {
  const uid_t user = ::getuid();
  if (const char* const before = std::getenv("SUDO_USER"); user == 0 && before != nullptr && *before != '\0') return before;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  if (::getpwuid_r(user, &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return "user " + std::to_string(user);
}

std::optional<FleetQuestion> document_question(const std::string& path, const std::string& file) {
  std::optional<Bytes> yaml = read_input(file, YamlLimits{}.bytes_max);
  if (!yaml) return std::nullopt;
  FleetQuestion question{.method = "POST", .path = path};
  question.query = {{"file", file == "-" ? std::string{} : std::filesystem::path{file}.filename().string()},
                    {"by", operator_name()}};
  question.body = *std::move(yaml);
  return question;
}

std::vector<FleetCommand> responder_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("responder", "Who may act, where and with which key: Vision One, or webhooks");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<ResponderArguments>();  // the parser writes to it before a command runs
  CLI::App* apply =
      add_fleet_command(*app, "apply", "Put the responders of a file in force, each in place of its name", *arguments);
  apply->add_option("--file", arguments->file, "Responders, as YAML; - is the standard input")->type_name("FILE")->required();
  CLI::App* list = add_fleet_command(*app, "list", "Show all responders", *arguments);
  CLI::App* show = add_fleet_command(*app, "show", "Show a responder as it would be applied, without its secret", *arguments);
  CLI::App* remove = add_fleet_command(*app, "delete", "Take a responder away, once nothing of it is under way", *arguments);
  CLI::App* test = add_fleet_command(*app, "test", "Say what a responder is fit for, without side effects", *arguments);
  for (CLI::App* command : {show, remove, test}) command->add_option("NAME", arguments->name, "The responder's name")->required();
  const auto named = [arguments](const std::string& path) {
    return [arguments, path] { return ask_processor(*arguments, {.path = path, .query = {{"name", arguments->name}}}); };
  };
  return {{apply, [arguments] { return apply_responders(*arguments); }},
          {list, [arguments] { return ask_processor(*arguments, {.path = "/responders"}); }},
          {show, named("/responders/show")},
          {remove, [arguments] { return delete_responder(*arguments); }},
          {test, [arguments] { return test_responder(*arguments); }}};
}

}  // namespace tidegate
