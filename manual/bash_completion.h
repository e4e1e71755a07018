// The completion of a program for bash: commands, subcommands, options, the values of closed sets, and files where an option takes
// one. It runs nothing: all it knows was known when it was made.
//
// Pure; any thread, one parser at a time. Source: bash(1), Programmable Completion.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace tidegate {

// To be sourced by bash 4.4 or later, or put into /usr/share/bash-completion/completions under the program's name.
//   requires: the parser has a name, the program's
std::string bash_completion(const CLI::App& app);

// The function in it that completes: "_tidegate_agent".
std::string completion_function(std::string_view program);

}  // namespace tidegate
