#include "manual/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>

namespace tidegate {
namespace {

// "{a,b}" of CLI::IsMember, "UINT in [1 - 9]" of CLI::Range, "POSITIVE" of CLI::PositiveNumber.
void read_check(std::string_view check, ManualOption& option) {
  if (check.starts_with('{') && check.ends_with('}')) {
    option.choices = CLI::detail::split(std::string{check.substr(1, check.size() - 2)}, ',');
    return;
  }
  if (const std::size_t range = check.find(" in ["); range != std::string_view::npos && check.ends_with(']')) {
    const std::string_view ends = check.substr(range + 5, check.size() - range - 6);
    const std::size_t dash = ends.find(" - ");
    option.bounds = "from " + std::string{ends.substr(0, dash)};
    if (dash != std::string_view::npos) option.bounds.append(" to ").append(ends.substr(dash + 3));
    return;
  }
  for (const char c : check) option.bounds.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
}

ManualOption read_option(const CLI::Option& from) {
  ManualOption option;
  option.argument = !from.nonpositional();
  if (option.argument) option.names.push_back(from.get_name(true));
  for (const std::string& name : from.get_snames()) option.names.push_back("-" + name);
  for (const std::string& name : from.get_lnames()) option.names.push_back("--" + name);
  option.description = from.get_description();
  option.required = from.get_required();
  if (from.get_items_expected_max() == 0) return option;
  option.repeated = from.get_items_expected_max() > 1;
  option.fallback = from.get_default_str();
  // The type, and behind a colon what its value is checked for.
  const std::string type = from.get_type_name();
  const std::size_t colon = type.find(':');
  option.placeholder = type.substr(0, colon);
  if (option.placeholder.empty()) option.placeholder = "VALUE";
  if (colon != std::string::npos) read_check(std::string_view{type}.substr(colon + 1), option);
  return option;
}

void add_inherited(const ManualCommand& parent, ManualCommand& command) {
  for (const std::vector<ManualOption>* options : {&parent.options, &parent.inherited}) {
    for (const ManualOption& option : *options) {
      const bool own = std::any_of(command.options.begin(), command.options.end(),
                                   [&](const ManualOption& mine) { return mine.names.back() == option.names.back(); });
      if (!own) command.inherited.push_back(option);
    }
  }
}

void walk(const CLI::App& app, const ManualCommand* parent, std::vector<ManualCommand>& tree) {
  ManualCommand command;
  if (parent != nullptr) command.path = parent->path + (parent->path.empty() ? "" : " ") + app.get_name();
  command.description = app.get_description();
  command.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    ManualOption read = read_option(*option);
    std::vector<ManualOption>& kind = read.argument ? command.arguments : command.options;
    kind.push_back(std::move(read));
  }
  if (parent != nullptr && app.get_fallthrough()) add_inherited(*parent, command);
  const std::vector<const CLI::App*> below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* each : below) command.subcommands.push_back(each->get_name());
  command.runs = app.get_require_subcommand_min() == 0;
  tree.push_back(command);
  for (const CLI::App* each : below) walk(*each, &command, tree);
}

}  // namespace

std::vector<ManualCommand> command_tree(const CLI::App& app) {
  std::vector<ManualCommand> tree;
  walk(app, nullptr, tree);
  return tree;
}

}  // namespace tidegate
