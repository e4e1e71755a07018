// A command line as who types it meets it: programs, commands, options and arguments, read from the parser's own definitions. The
// manual page and the completion are made from this, so that neither says other than the program does.
//
// Pure; any thread, one parser at a time.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidegate {

struct ManualOption {
  std::vector<std::string> names;    // "-h", "--help"; an argument has one, without dashes
  std::string placeholder;           // of its value: FILE, DIRECTORY, TEXT; empty: it takes none
  std::vector<std::string> choices;  // the only values there are; empty: any
  std::string bounds;                // "from 1 to 720", "positive"; empty: none
  std::string description;
  std::string fallback;  // empty: none
  bool argument = false;
  bool required = false;
  bool repeated = false;  // takes any number of values

  // It takes the name of a file or of a directory.
  bool is_file() const { return placeholder == "FILE"; }
  bool is_directory() const { return placeholder == "DIRECTORY"; }
};

struct ManualCommand {
  std::string path;  // "backfill start"; empty: the program itself
  std::string description;
  std::string footer;
  std::vector<ManualOption> options;    // in the order of their definition; --help among them
  std::vector<ManualOption> arguments;  // in the order in which they are given
  std::vector<ManualOption> inherited;  // options of the commands above that may stand behind it as well
  std::vector<std::string> subcommands;
  bool runs = false;  // by itself; else a subcommand has to follow
};

// The program first, each command before its subcommands.
std::vector<ManualCommand> command_tree(const CLI::App& app);

}  // namespace tidegate
