#include "manual/man_page.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "manual/command_tree.h"
#include "manual/roff.h"

namespace tidegate {
namespace {

std::string sentence(std::string_view text) {
  std::string out{text};
  if (!out.empty() && std::string_view{".!?"}.find(out.back()) == std::string_view::npos) out.push_back('.');
  return out;
}

std::string joined_by_comma(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

// "-h, --help", "--output FILE", "connector"
std::string option_head(const ManualOption& option) {
  if (option.argument) return roff_italic(option.names.front());
  std::string out;
  for (const std::string& name : option.names) out.append(out.empty() ? "" : ", ").append(roff_bold(name));
  if (!option.placeholder.empty()) out.append(" ").append(roff_italic(option.placeholder));
  return out;
}

std::string option_text(const ManualOption& option) {
  std::string out = sentence(option.description);
  if (!option.choices.empty()) out.append(" One of: ").append(joined_by_comma(option.choices)).append(".");
  if (!option.bounds.empty()) out.append(" It must be ").append(option.bounds).append(".");
  if (!option.fallback.empty()) out.append(" Default: ").append(option.fallback).append(".");
  // An argument without brackets in the line above is required.
  if (option.required && !option.argument) out.append(" Required.");
  return roff(out);
}

std::string argument_usage(const ManualOption& argument) {
  const std::string name = roff_italic(argument.names.front()) + (argument.repeated ? "..." : "");
  return argument.required ? name : "[" + name + "]";
}

// "tidegate-agent backfill start connector content_type --from TEXT --to TEXT [OPTION]..."
std::string usage(const std::string& program, const ManualCommand& command) {
  std::string out = roff_bold(program + " " + command.path);
  for (const ManualOption& argument : command.arguments) out.append(" ").append(argument_usage(argument));
  bool others = !command.inherited.empty();
  for (const ManualOption& option : command.options) {
    if (!option.required) {
      others = true;
      continue;
    }
    out.append(" ").append(roff_bold(option.names.back())).append(" ").append(roff_italic(option.placeholder));
    if (option.repeated) out.append("...");
  }
  if (others) out.append(" [").append(roff_italic("OPTION")).append("]...");
  return out;
}

// What the program itself takes stands under OPTIONS once.
bool is_of_program(const ManualOption& option, const ManualCommand& program) {
  return std::any_of(program.options.begin(), program.options.end(),
                     [&](const ManualOption& other) { return other.names == option.names; });
}

void add_command(RoffPage& page, const std::string& program, const ManualCommand& command, const ManualCommand& root) {
  page.subsection(command.path);
  if (command.runs) page.paragraph(usage(program, command));
  page.paragraph(roff(sentence(command.description)));
  for (const ManualOption& argument : command.arguments) page.term(option_head(argument), option_text(argument));
  for (const ManualOption& option : command.options) {
    if (!is_of_program(option, root)) page.term(option_head(option), option_text(option));
  }
  if (!command.footer.empty()) page.paragraph(roff(command.footer));
}

void add_entries(RoffPage& page, std::string_view heading, const std::vector<ManualEntry>& entries) {
  if (entries.empty()) return;
  page.section(heading);
  for (const ManualEntry& entry : entries) page.term(roff_bold(entry.term), roff(entry.text));
}

void add_see_also(RoffPage& page, const std::vector<std::string>& others) {
  if (others.empty()) return;
  page.section("SEE ALSO");
  std::string line;
  for (const std::string& other : others) {
    const std::size_t bracket = other.find('(');
    line.append(line.empty() ? "" : ", ").append(roff_bold(other.substr(0, bracket)));
    if (bracket != std::string::npos) line.append(roff(other.substr(bracket)));
  }
  page.paragraph(line);
}

}  // namespace

std::string program_page(const CLI::App& app, const ProgramFacts& facts) {
  const std::string& program = app.get_name();
  TG_ASSERT(!program.empty(), "a program that has a manual page has a name");
  const std::vector<ManualCommand> tree = command_tree(app);
  const ManualCommand& root = tree.front();
  RoffPage page{program, "1", facts.version};
  page.section("NAME");
  page.paragraph(roff(program) + " \\- " + roff(root.description));
  page.section("SYNOPSIS");
  page.paragraph(roff_bold(program) + " " + roff_italic("COMMAND") + " [" + roff_italic("ARGUMENT") + "]... [" +
                 roff_italic("OPTION") + "]...");
  page.section("DESCRIPTION");
  for (const std::string& paragraph : facts.description) page.paragraph(roff(paragraph));
  page.section("COMMANDS");
  for (const ManualCommand& command : tree)
    if (!command.path.empty()) add_command(page, program, command, root);
  page.section("OPTIONS");
  page.paragraph(roff("The program itself and each command take these."));
  for (const ManualOption& option : root.options) page.term(option_head(option), option_text(option));
  add_entries(page, "EXIT STATUS", facts.exit_status);
  add_entries(page, "ENVIRONMENT", facts.environment);
  add_entries(page, "FILES", facts.files);
  add_see_also(page, facts.see_also);
  return page.text();
}

}  // namespace tidegate
