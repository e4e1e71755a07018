#include "manual/manual_files.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "manual/bash_completion.h"

namespace tidegate {
namespace {

Result<void> write_page(const std::filesystem::path& file, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << text;
  out.close();
  if (!out) return Error{Code::unavailable, file.string() + " cannot be written"};
  return {};
}

}  // namespace

Result<void> write_manual(const std::filesystem::path& folder, const CLI::App& app, const ProgramFacts& program,
                          const ConfigFacts& config) {
  const std::string& name = app.get_name();
  Result<void> written = write_page(folder / "man" / (name + ".1"), program_page(app, program));
  if (written) written = write_page(folder / "man" / (name + ".yaml.5"), config_page(config));
  if (written) written = write_page(folder / "completions" / name, bash_completion(app));
  return written;
}

int manual_main(int argc, char** argv, const CLI::App& app, const ProgramFacts& program, const ConfigFacts& config) {
  if (argc != 2) {
    std::cerr << "usage: " << (argc > 0 ? argv[0] : "manual") << " FOLDER\n";
    return 2;
  }
  const Result<void> written = write_manual(argv[1], app, program, config);
  if (!written) std::cerr << written.error().text() << "\n";
  return written ? 0 : 1;
}

}  // namespace tidegate
