// `tidegate-processor rule …`: asked of the running daemon.
#include <CLI/CLI.hpp>
#include <memory>

#include "processor/cli_fleet.h"
#include "processor/rule_texts.h"

namespace tidegate {
namespace {

constexpr std::chrono::minutes rule_run_deadline{10};  // it searches the index
constexpr std::chrono::seconds rule_rows_deadline{120};

struct RuleArguments : FleetArguments {
  std::string name;
  std::string file;
  bool dry_run = false;
  std::string from, to;
  bool act = false;
  std::string outcome, since;
  std::string limit = "100";
  std::string action, entity;
};

int apply_rule_file(const RuleArguments& arguments) {
  std::optional<FleetQuestion> question = document_question("/rules/apply", arguments.file);
  if (!question) return processor_exit_usage;
  question->query.emplace_back("dry_run", arguments.dry_run ? "true" : "");
  return ask_processor(arguments, *question);
}

int run_rule(const RuleArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/rules/run", .deadline = rule_run_deadline};
  question.query = {{"name", arguments.name},
                    {"from", arguments.from},
                    {"to", arguments.to},
                    {"act", arguments.act ? "true" : ""},
                    {"by", operator_name()}};
  return ask_processor(arguments, question);
}

int delete_rule(const RuleArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/rules/delete"};
  question.query = {{"name", arguments.name}, {"by", operator_name()}};
  return ask_processor(arguments, question);
}

int list_decisions(const RuleArguments& arguments) {
  FleetQuestion question{.path = "/rules/decisions", .deadline = rule_rows_deadline};
  question.query = {
      {"name", arguments.name}, {"outcome", arguments.outcome}, {"since", arguments.since}, {"limit", arguments.limit}};
  return ask_processor(arguments, question);
}

int unmute_rule(const RuleArguments& arguments) {
  FleetQuestion question{.method = "POST", .path = "/rules/unmute"};
  question.query = {{"name", arguments.name}, {"action", arguments.action}, {"entity", arguments.entity}, {"by", operator_name()}};
  return ask_processor(arguments, question);
}

void add_rule_run_options(CLI::App& command, RuleArguments& arguments) {
  command.add_option(
      "--from", arguments.from,
      "The earliest time of a record: 2026-11-24T13:05:07Z, 2026-11-24, or back from now: -24h; default: as far back "
      "as the rule looks on schedule, or a day");
  command.add_option("--to", arguments.to, "The time that records lie before; default: now");
  command.add_flag("--act", arguments.act, "Do it: what was decided before stays so, mutes and caps hold");
}

}  // namespace

std::vector<FleetCommand> rule_commands(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("rule", "Automation: which records are answered by which actions, by themselves");
  app->require_subcommand(1);
  const auto arguments = std::make_shared<RuleArguments>();  // the parser writes to it before a command runs
  CLI::App* apply = add_fleet_command(*app, "apply", "Put the rules of a file in force, each in place of its name", *arguments);
  apply->add_option("--file", arguments->file, "Rules, as YAML; - is the standard input")->type_name("FILE")->required();
  apply->add_flag("--dry-run", arguments->dry_run, "Check them, and change nothing");
  CLI::App* list =
      add_fleet_command(*app, "list", "Show all rules, what they have done, and what keeps one from acting", *arguments);
  CLI::App* show =
      add_fleet_command(*app, "show", "Show a rule as it would be applied, its last decisions, and its mutes", *arguments);
  CLI::App* run =
      add_fleet_command(*app, "run", "Say what a rule would have done about records of the index; --act does it", *arguments);
  add_rule_run_options(*run, *arguments);
  CLI::App* remove = add_fleet_command(*app, "delete", "Take a rule away; what is queued of it is not done", *arguments);
  CLI::App* decisions = add_fleet_command(*app, "decisions", "Show what was decided, the newest first", *arguments);
  decisions->add_option("NAME", arguments->name, "Only of the rule of this name");
  decisions->add_option("--outcome", arguments->outcome, "Only those that fired, were muted, or capped")
      ->check(CLI::IsMember({"fired", "muted", "capped"}));
  decisions->add_option("--since", arguments->since,
                        "Only those made at or after a time: 2026-11-24T13:05:07Z, or back from now: 24h");
  decisions->add_option("--limit", arguments->limit, "How many to show at most, up to " + std::to_string(rule_decisions_shown_max))
      ->capture_default_str();
  CLI::App* mutes = add_fleet_command(*app, "mutes", "Show what a rule does not act for at the moment, and until when", *arguments);
  CLI::App* unmute = add_fleet_command(*app, "unmute", "Lift mutes of a rule: all, or those that the options name", *arguments);
  unmute->add_option("--action", arguments->action, "Only those of the rule's action of this name");
  unmute->add_option("--entity", arguments->entity, "Only those of this value, as `rule mutes` shows it");
  for (CLI::App* command : {show, run, remove, mutes, unmute})
    command->add_option("NAME", arguments->name, "The rule's name")->required();
  const auto named = [arguments](const std::string& path) {
    return [arguments, path] { return ask_processor(*arguments, {.path = path, .query = {{"name", arguments->name}}}); };
  };
  return {{apply, [arguments] { return apply_rule_file(*arguments); }},
          {list, [arguments] { return ask_processor(*arguments, {.path = "/rules"}); }},
          {show, named("/rules/show")},
          {run, [arguments] { return run_rule(*arguments); }},
          {remove, [arguments] { return delete_rule(*arguments); }},
          {decisions, [arguments] { return list_decisions(*arguments); }},
          {mutes, named("/rules/mutes")},
          {unmute, [arguments] { return unmute_rule(*arguments); }}};
}

}  // namespace tidegate
