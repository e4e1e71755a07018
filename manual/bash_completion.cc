#include "manual/bash_completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "base/check.h"
#include "manual/command_tree.h"

namespace tidegate {
namespace {

// bash expands the words that it is given to choose from: one that would mean something to it is not offered.
bool is_plain(std::string_view word) {
  static constexpr std::string_view others = "-_.:/@%+,=";
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  });
}

std::string plain_words(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    if (is_plain(word)) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

// What is offered for a value: "-f" is files, "-d" directories, else the words themselves; empty: nothing, but a value it is.
std::string offer_of(const ManualOption& option) {
  if (option.is_file()) return "-f";
  if (option.is_directory()) return "-d";
  return plain_words(option.choices);
}

struct CommandWords {
  std::string options;  // long names, or the short one where there is no other
  std::string others;   // subcommands, and values of arguments
  bool files = false;   // an argument is a file
  bool directories = false;
};

CommandWords words_of(const ManualCommand& command) {
  std::vector<std::string> options;
  for (const std::vector<ManualOption>* each : {&command.options, &command.inherited})
    for (const ManualOption& option : *each) options.push_back(option.names.back());
  std::vector<std::string> others = command.subcommands;
  CommandWords words;
  for (const ManualOption& argument : command.arguments) {
    others.insert(others.end(), argument.choices.begin(), argument.choices.end());
    words.files = words.files || argument.is_file();
    words.directories = words.directories || argument.is_directory();
  }
  words.options = plain_words(options);
  words.others = plain_words(others);
  return words;
}

// "'search --tenant' | 'search --limit'" by what is offered there.
std::map<std::string, std::string> patterns_by_offer(const std::vector<ManualCommand>& tree) {
  std::map<std::string, std::string> patterns;
  for (const ManualCommand& command : tree) {
    for (const std::vector<ManualOption>* options : {&command.options, &command.inherited}) {
      for (const ManualOption& option : *options) {
        if (option.placeholder.empty()) continue;
        for (const std::string& name : option.names) {
          std::string& pattern = patterns[offer_of(option)];
          pattern.append(pattern.empty() ? "'" : " | '").append(command.path).append(" ").append(name).append("'");
        }
      }
    }
  }
  return patterns;
}

// A function that succeeds where the option of the command takes a value, and says in `offer` what can be offered for it.
std::string value_function(const std::string& function, const std::vector<ManualCommand>& tree) {
  std::string out = function + "_value() {\n  case \"$1 $2\" in\n";
  for (const auto& [offer, pattern] : patterns_by_offer(tree))
    out.append("    ").append(pattern).append(") offer='").append(offer).append("' ;;\n");
  return out.append("    *) return 1 ;;\n  esac\n}\n");
}

// A function that says in `command` which command the words before the cursor name.
std::string command_function(const std::string& function, const std::vector<ManualCommand>& tree) {
  std::string pattern;
  for (const ManualCommand& command : tree) {
    if (command.path.empty()) continue;
    const std::string below = command.path.find(' ') == std::string::npos ? " " + command.path : command.path;
    pattern.append(pattern.empty() ? "'" : " | '").append(below).append("'");
  }
  return function + R"(_command() {
  local i offer
  command=''
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if )" +
         function + R"(_value "$command" "${COMP_WORDS[i]}"; then
      [[ ${COMP_WORDS[i + 1]} == = ]] && ((++i))
      ((++i))
      continue
    fi
    case "$command ${COMP_WORDS[i]}" in
      )" +
         pattern + R"() command=${command:+$command }${COMP_WORDS[i]} ;;
    esac
  done
}
)";
}

// A function that offers, with what compgen is told.
std::string offer_function(const std::string& function) {
  return function + R"(_offer() {
  [[ $1 == -f || $1 == -d ]] && compopt -o filenames 2>/dev/null
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$@")
}
)";
}

std::string cases_of(const std::string& function, const std::vector<ManualCommand>& tree) {
  std::string out;
  const auto offer_names = [&](std::string_view kind) {
    out.append("\n      [[ $current == -* ]] || ").append(function).append("_offer ").append(kind).append(" -- \"$current\"");
  };
  for (const ManualCommand& command : tree) {
    const CommandWords words = words_of(command);
    out.append("    '").append(command.path).append("') options='").append(words.options).append("' others='").append(words.others);
    out.append("'");
    if (words.files) offer_names("-f");
    if (words.directories) offer_names("-d");
    out.append(" ;;\n");
  }
  return out;
}

std::string complete_function(const std::string& function, const std::vector<ManualCommand>& tree) {
  return function + R"(() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command offer options='' others=''
  COMPREPLY=()
  )" + function +
         R"(_command
  # bash makes three words of --option=value.
  if [[ $current == = ]]; then current=''
  elif [[ $before == = ]] && ((COMP_CWORD > 2)); then before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if )" + function +
         R"(_value "$command" "$before"; then
    case $offer in
      -f | -d) )" +
         function + R"(_offer "$offer" -- "$current" ;;
      *) )" +
         function + R"(_offer -W "$offer" -- "$current" ;;
    esac
    return
  fi
  case $command in
)" + cases_of(function, tree) +
         R"(  esac
  if [[ $current == -* || ( -z $others && ${#COMPREPLY[@]} -eq 0 ) ]]; then )" +
         function + R"(_offer -W "$options" -- "$current"
  else )" +
         function + R"(_offer -W "$others" -- "$current"
  fi
}
)";
}

}  // namespace

std::string completion_function(std::string_view program) {
  std::string out = "_";
  for (const char c : program) out.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
  return out;
}

std::string bash_completion(const CLI::App& app) {
  const std::string& program = app.get_name();
  TG_ASSERT(is_plain(program), "a program that is completed has a name");
  const std::vector<ManualCommand> tree = command_tree(app);
  const std::string function = completion_function(program);
  std::string out = "# bash completion for " + program + ", made from its parser; not to be edited.\n";
  out.append(value_function(function, tree)).append(command_function(function, tree)).append(offer_function(function));
  out.append(complete_function(function, tree));
  return out.append("complete -F ").append(function).append(" ").append(program).append("\n");
}

}  // namespace tidegate
