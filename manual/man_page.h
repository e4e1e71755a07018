// The manual page of a program, section 1: NAME, SYNOPSIS, DESCRIPTION, COMMANDS, OPTIONS, EXIT STATUS, ENVIRONMENT, FILES, SEE
// ALSO. Commands and options come from the parser; beside them stands what the parser does not know.
//
// Pure; any thread, one parser at a time. Source: man-pages(7).
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidegate {

struct ManualEntry {
  std::string term;
  std::string text;
};

// Sections without entries are left out.
struct ProgramFacts {
  std::string version;
  std::vector<std::string> description{};  // paragraphs
  std::vector<ManualEntry> exit_status{};
  std::vector<ManualEntry> environment{};
  std::vector<ManualEntry> files{};
  std::vector<std::string> see_also{};  // "tidegate-agent.yaml(5)"
};

//   requires: the parser has a name, the program's
std::string program_page(const CLI::App& app, const ProgramFacts& facts);

}  // namespace tidegate
