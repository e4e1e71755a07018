// What is installed for those who type a program's name: its manual page and that of its configuration, and its completion for
// bash.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "manual/config_page.h"
#include "manual/man_page.h"

namespace tidegate {

// In the folder: man/PROGRAM.1, man/PROGRAM.yaml.5, completions/PROGRAM. Folders are made, files that are there are replaced.
// `unavailable`: one cannot be written, with its name.
Result<void> write_manual(const std::filesystem::path& folder, const CLI::App& app, const ProgramFacts& program,
                          const ConfigFacts& config);

// A tool that does this: one argument, the folder. Exit code: 0 done; 1 a file cannot be written; 2 wrong usage.
int manual_main(int argc, char** argv, const CLI::App& app, const ProgramFacts& program, const ConfigFacts& config);

}  // namespace tidegate
